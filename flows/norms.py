"""Norms that a province gives its counties: one CSV and, beside it, the hash by which the county knows it is whole."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from data import texts
from data.errors import FundwatchError, InputRefused, UsageError
from data.knowledge import diff as knowledge_diff
from data.knowledge.load import OVERLAY, tables
from flows import handed_in
from flows.home import audit_log, lock, version
from flows.home.settings import Settings

if TYPE_CHECKING:
    import duckdb

TABLE = "peer_norm"
LAYER = "province"
#: Norms have no day of their own: they hold until others are laid.
UNUSED = ("valid_from", "valid_to", "superseded_by")


def export(con: duckdb.DuckDBPyConnection, settings: Settings, path: Path, whose: str) -> int:
    """Write the norms of the record, its days named in their basis; returns how many. `path`.sha256 has its hash.

    Raises UsageError where nothing is there to be measured or every group is too small to be shown.
    """
    import polars as pl

    from models.workbench import norms

    (days,) = con.execute("select min(settled_on), max(settled_on) from feature.settlement").fetchall()
    if days[0] is None:
        raise UsageError(f"{settings.home} has no settlements to make norms of. Run `fundwatch run` first.")
    rows = norms.measured(con, settings.detectors).with_columns(
        version=pl.lit(version.__version__), basis=pl.lit(f"{whose} {days[0]}/{days[1]}"), layer=pl.lit(LAYER)
    )
    if not rows.height:
        raise UsageError("Every group of peers is too small for a norm: it takes ten members of three institutions.")
    content = rows.with_columns(pl.lit(None, pl.String).alias(c) for c in UNUSED).select(tables()[TABLE][0]).write_csv()
    hash_text = hashlib.sha256(content.encode()).hexdigest()
    audit_log.record(settings.home, "norms", None, {"file": path.name, "sha256": hash_text, "rows": rows.height})
    with handed_in.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        texts.write_whole(_beside(path), f"{hash_text}  {path.name}\n")
        texts.write_whole(path, content)
    return rows.height


def lay(home: Path, path: Path) -> int:
    """Put norms in the place of those that HOME has; returns how many. They hold from the next run on.

    Raises InputRefused for a file that is not what its hash says, or is no file of norms; HOME is then as it was.
    """
    content = _whole(path)
    table = list(csv.reader(io.StringIO(content)))
    if not table or table[0] != tables()[TABLE][0]:
        raise InputRefused(f"{path} is no file of norms. Give one that `fundwatch norms export` wrote, unchanged.")
    with lock.hold(home), TemporaryDirectory() as place:
        laid = home / OVERLAY
        trial_folder = Path(place, OVERLAY)
        shutil.copytree(laid, trial_folder) if laid.is_dir() else trial_folder.mkdir()
        (trial_folder / f"{TABLE}.csv").write_text(content, encoding="utf-8")
        try:
            knowledge_diff.state(trial_folder)
        except UsageError as error:
            raise InputRefused(f"{path} does not fit what is here: {error}") from error
        hash_text = hashlib.sha256(content.encode()).hexdigest()
        audit_log.record(home, "knowledge", None, {"file": path.name, "sha256": hash_text, "rows": len(table) - 1})
        try:
            laid.mkdir(exist_ok=True)
            texts.write_whole(laid / f"{TABLE}.csv", content)
        except OSError as error:
            raise FundwatchError(
                f"{laid} cannot be written: {error.strerror or error}. Make room, then import again."
            ) from error
    return len(table) - 1


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _whole(path: Path) -> str:
    """The file's text. Raises InputRefused where it or its hash is not there, or they do not belong together."""
    try:
        content, noted = path.read_bytes(), _beside(path).read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise InputRefused(
            f"{path} and {_beside(path).name} beside it cannot both be read. Bring the two files of the export."
        ) from error
    if noted[:1] != [hashlib.sha256(content).hexdigest()]:
        raise InputRefused(
            f"{path} is not what {_beside(path).name} says: it was changed on the way. Ask for both files again."
        )
    return content.decode("utf-8", "replace")
