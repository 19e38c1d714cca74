"""A transfer's package: the department's tables as CSV and one workbook, a cover with the files' hashes, a manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from data.errors import FundwatchError
from flows.publish import workbook
from flows.publish.labels import labelled
from flows.publish.safe import whole, write_csv
from flows.publish.transfer_package import Package
from flows.publish.words import page, words
from models.casebook import transfers

MANIFEST, COVER, BOOK = "manifest.json", "cover.html", "package.xlsx"
TABLES = ("lines", "sums", "filing", "clocks")
IDS = (
    "institution_id",
    "practitioner_id",
    "subject_person_id",
    "record_number",
    "item_code",
    "settlement_id",
    "line_id",
    "invoice_number",
)


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A folder to fill that gets its name only when all within went well, and is gone otherwise."""
    place = folder.with_name(folder.name + ".part")
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir(parents=True, mode=0o700)
        yield place
        if folder.exists():
            folder.rmdir()  # it was seen to be empty
        place.replace(folder)
    except OSError as error:
        raise FundwatchError(f"{folder} cannot be written: {error.strerror or error}. Choose another place.") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write(made: Package, transfer_id: str, on: date, folder: Path, language: str, labels: str) -> str:
    """Write the package; gives the manifest's hash."""
    import xlsxwriter

    labels = "zh" if "zh" in (language, labels) else labels
    tables = {name: getattr(made, name) for name in TABLES}
    for name, rows in tables.items():
        ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), labels, "transfer").columns
        write_csv(labelled(rows, labels, "transfer"), folder / f"{name}.csv", ids=ids)

    def fill(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": workbook.CREATED})
            for name, rows in tables.items():
                title = words("zh" if labels == "zh" else "en")[f"sheet.transfer.{name}"]
                shown = labelled(rows.head(workbook.MOST), labels, "transfer")
                workbook.sheet(book, title, shown, rows.columns, (1, 0))

    whole(folder / BOOK, fill)
    files = [{"file": f, "sha256": _hash(folder / f)} for f in sorted([*(f"{t}.csv" for t in TABLES), BOOK])]
    _text(folder / COVER, _cover(made, transfer_id, on, files, language))
    files.append({"file": COVER, "sha256": _hash(folder / COVER)})
    about = {
        "transfer_id": transfer_id,
        "lead_id": made.matter["lead_id"],
        "department": made.matter["department"],
        "files": files,
    }
    _text(folder / MANIFEST, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    return _hash(folder / MANIFEST)


def _cover(made: Package, transfer_id: str, on: date, files: list[dict[str, str]], language: str) -> str:
    w = words(language)
    name = transfers.departments()[made.matter["department"]]["name_zh" if language == "zh" else "name"]
    return page(
        "transfer",
        language,
        matter=made.matter,
        transfer_id=transfer_id,
        on=on,
        to=name,
        subject=f"{w[made.matter['subject_type']]} {made.subject_name or ''} {made.matter['subject_id']}",
        filing=made.filing.to_dicts(),
        clocks=made.clocks.to_dicts(),
        sums=made.sums.filter(pl.col("kind") == "institution").head(10).to_dicts(),
        files=files,
    )


def _text(path: Path, text: str) -> None:
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
