"""What a delivered folder holds: its files and what is in them, and what is left alone there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from data import texts
from data.contract import mapping
from data.errors import InputRefused
from data.ingest import foreign, stray
from data.ingest.faults import Faults
from data.ingest.unpack import EXPORT, NUMBERS, UNPACK, WORKBOOKS, Part, ending, parts

NO_TABLE = "not a table of the export"
STRAY = "left there by a program"
HIDDEN = "a hidden sheet"
EMPTY = "it holds nothing"
NO_FILE = "no file that could be read"
#: Paths that mean nothing but themselves to any reader.
PLAIN = re.compile(r"[\w/. ()（）,，、-]+")


def contents(
    folder: Path, work: Path, names: mapping.Names, left: list[tuple[str, str]], faults: Faults | None = None
) -> Iterator[Part]:
    """The contents of a folder and below in a stable order; `left` gets what is left alone, with the reason.

    A link out of the folder, an archive that is not safe, and a file that may be a table and cannot be read are
    faults: InputRefused, unless `faults` keeps them. An archive with one brings none of its files.
    """
    faults = faults or Faults()
    for path, name in _files(folder, left, faults):
        if stray.is_counting(path.name):
            yield Part(path, name, path.name, "control")
            continue
        if stray.is_paper(name):
            left.append((name, NO_TABLE))
            continue
        inside: list[Part] = []
        with faults.within(name, names.table(path.name)):
            inside = list(parts(_plain(path, work), name, work, PurePosixPath(name).name))
        for part in inside:
            if part.form == "unread":
                if names.table(part.stem) or _holds_tables(part, names):
                    with faults.within(part.name, names.table(part.stem)):
                        raise InputRefused(part.why)
                else:
                    left.append((part.name, NO_TABLE))
            elif part.form == "empty" and names.table(part.stem) and not _is_beside(part):
                with faults.within(part.name, names.table(part.stem)):
                    raise InputRefused(
                        f"{part.name} holds nothing, no header and no row. Export it again, or take it out; nothing was"
                        " loaded."
                    )
            elif part.form in ASIDE:
                left.append((part.name, ASIDE[part.form]))
            else:
                yield part


def _leads_nowhere(link: Path, root: Path) -> str:
    """Why a link is not followed; empty for one to a file or folder of the delivery."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # a loop is the latter
        return "leads to nothing"
    return "" if root in target.parents else "leads out of the delivery"


def _plain(path: Path, work: Path) -> Path:
    """The file under a name that no reader takes for a pattern or stumbles over."""
    if PLAIN.fullmatch(str(path)):
        return path
    alias = work / f"{next(NUMBERS)}{ending(path.name)}"
    try:
        alias.symlink_to(path.resolve())
    except OSError:  # some disks know no links
        shutil.copyfile(path, alias)
    return alias


ASIDE = {"stray": STRAY, "paper": NO_TABLE, "empty": EMPTY}


def _is_beside(part: Part) -> bool:
    """Whether an empty file is none of the export's own: a workbook of empty sheets, a paper about the tables."""
    return part.stem.lower().endswith(WORKBOOKS) or stray.explains(part.stem)


def _holds_tables(part: Part, names: mapping.Names) -> bool:
    """Whether a content that cannot be read may hold tables, whatever it is called."""
    if not part.why.endswith((UNPACK, EXPORT)):
        return part.stem.lower().endswith((".zip", *WORKBOOKS))
    if not part.stem.lower().endswith((".json", ".xml")):
        return True
    return foreign.holds_records(texts.plain(part.path.read_bytes()[: texts.HEAD]), part.stem, names)


def _files(folder: Path, left: list[tuple[str, str]], faults: Faults) -> Iterator[tuple[Path, str]]:
    """The files of the folder and below with their names in it, but for what programs leave there."""
    root = folder.resolve()
    paths: list[Path] = []

    def closed(error: OSError) -> None:
        place = stray.shown(Path(error.filename).relative_to(folder).as_posix())
        with faults.within(f"{place}/"):
            closed_folder = stray.shown(str(error.filename))
            raise InputRefused(f"The folder {closed_folder} cannot be read: {error.strerror}. Nothing was loaded.")

    for place, folders, files in os.walk(folder, onerror=closed):
        paths += [Path(place) / name for name in files]
        for name in list(folders):
            path = Path(place) / name
            inside = stray.shown(path.relative_to(folder).as_posix())
            if path.is_symlink():
                paths.append(path)
            elif stray.is_stray(f"{inside}/file"):
                left.append((f"{inside}/", STRAY))
                folders.remove(name)
    for path in sorted(paths):
        name = stray.shown(path.relative_to(folder).as_posix())
        if path.is_symlink() and (why := _leads_nowhere(path, root)):
            with faults.within(name):
                raise InputRefused(f"{name} is a link that {why}. Put the file itself there.")
            continue
        if not path.is_file():
            if not path.is_dir():
                left.append((name, NO_FILE))
            continue
        if stray.is_stray(name) and not stray.is_counting(path.name):
            left.append((name, STRAY))
        else:
            yield path, name
