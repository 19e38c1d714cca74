"""Which delivered files are no content: what systems and open programs leave beside it, and what nothing here reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

#: Lock files of open spreadsheets, what a Mac or Windows puts into folders, half downloads, what editors keep aside.
STRAY = re.compile(
    r"~\$.*|\.~.*|\._.*|~.*\.tmp|.*~|#.*#|thumbs\.db|ehthumbs\.db|desktop\.ini|\.ds_store|icon\r?|.*\.(tmp|temp"
    r"|crdownload|part|partial|download|downloading|opdownload|td|xltd|bak|old|orig|swp|lnk|url|log|md5|md5sum|sha1"
    r"|sha256|sha512|sfv|crc|cks|chk|verf|ctl|flg|flag|ok|done|fin|success)|_success|_committed_.*|_started_.*",
    re.IGNORECASE,
)
#: Endings of files that say of another how many rows it has or what its checksum is.
CONTROLS = re.compile(
    r"\.(md5|md5sum|sha1|sha256|sha512|sfv|cks|chk|verf|ctl|flg|flag|ok|done|fin|success|cnt|count|sum|manifest)$",
    re.IGNORECASE,
)
#: What else such files are called.
CALLED_CONTROLS = re.compile(
    r"核对|校验|控制|记录数|行数|条数|(文件|目录|数据|表)清单|对账|checksum|md5|sha\d+|(?<![a-z])(count|counts|control|manifest)(?![a-z])",
    re.IGNORECASE,
)
FOLDERS = ("__macosx", "$recycle.bin", "system volume information", ".git", ".svn")
#: Papers about the tables, never the tables, whatever they are called.
PAPERS = re.compile(
    r".*\.(pdf|docx?|wps|pages|rtf|pptx?|dps|md|png|jpe?g|gif|bmp|tiff?|eml|msg|py|sh|bat|ps1|mp4|ofd)$",
    re.IGNORECASE,
)
EXPLAINS = re.compile(
    r"说明|字典|须知|备忘|readme|read_me|目录清单|dictionary|data_dict|核对|校验|控制总数|记录数|checksum|md5|sha\d+"
    r"|(?<![a-z])(count|counts|control|manifest)(?![a-z])",
    re.IGNORECASE,
)
#: Forms in which databases and programs keep tables, and nothing here reads.
DUMPS = re.compile(
    r".*\.(dmp|dump|dbf|mdb|accdb|mdf|ldf|jsonl?|ndjson|xml|sqlite3?|db3?|orc|avro|arrow|feather|sav|dta|sas7bdat|xpt|numbers"
    r"|rds|rdata|pkl|pickle|h5|hdf5|npz|frm|ibd|myd|ora|nb3|psc|bcp)$",
    re.IGNORECASE,
)
#: A script that brings rows, and is not only about tables.
INSERTS = re.compile(
    rb"\b(insert\s+(all\s+|ignore\s+)?into|replace\s+into|from\s+stdin|load\s+data|values\s*\()", re.IGNORECASE
)
#: Archives that only other programs open: whatever they hold, nobody has seen it.
ARCHIVES = re.compile(r".*\.(7z|rar|r\d\d|z\d\d|\d{3}|tar|tgz|tbz2?|txz|bz2|xz|zst|lz4|cab|iso)$", re.IGNORECASE)


def shown(name: str) -> str:
    """A delivered name as it is shown and kept: what is not seen is written out, bytes of GBK are read as such."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "surrogateescape")
        try:
            name = raw.decode("gb18030")
        except UnicodeDecodeError:
            name = raw.decode("utf-8", "backslashreplace")
    seen = (c if c.isprintable() or unicodedata.category(c) == "Zs" else f"\\u{ord(c):04x}" for c in name)
    return "".join(seen)


def is_stray(name: str) -> bool:
    """Whether the path inside the delivery is what a program left there; it holds no record of its own."""
    path = PurePosixPath(name)
    if any(p.lower() in FOLDERS or p.startswith(".") for p in path.parts[:-1]):
        return True
    return STRAY.fullmatch(path.name) is not None or path.name.startswith(".")


def is_counting(name: str) -> bool:
    """Whether the file's ending says that it holds counts or checksums of others and nothing else."""
    return CONTROLS.search(name) is not None and not name.startswith((".", "~"))


def is_control(name: str) -> bool:
    """Whether a content that is no table is called as if it counted others."""
    return CALLED_CONTROLS.search(PurePosixPath(name).name) is not None


def is_paper(name: str) -> bool:
    """Whether the file is a paper or picture: people read it, no table is lost with it."""
    return PAPERS.fullmatch(PurePosixPath(name).name) is not None


#: Papers that are called as a table and nothing else, with a number or month behind: 死亡名单202503.pdf.
NUMBERS_BEHIND = re.compile(r"[\W_0-9年月日第批期]*")


def is_table_on_paper(name: str, tables: Iterable[str]) -> bool:
    """Whether a paper or picture is called as one of the tables and may be one; explanations are called more."""
    stem = PurePosixPath(name).name.rpartition(".")[0].lower()
    return any(stem.startswith(t) and NUMBERS_BEHIND.fullmatch(stem[len(t) :]) for t in tables)


def explains(name: str) -> bool:
    """Whether the file's name says that it explains a table."""
    return EXPLAINS.search(PurePosixPath(name).name) is not None


def is_dump(name: str, head: bytes) -> bool:
    """Whether the file holds tables in a form of a database or a program; `head` are its first bytes."""
    low = PurePosixPath(name).name.lower()
    return DUMPS.fullmatch(low) is not None or (
        low.endswith((".sql", ".pck", ".pdc")) and INSERTS.search(head) is not None
    )


def is_archive(name: str) -> bool:
    """Whether the file is an archive that nothing here opens."""
    return ARCHIVES.fullmatch(PurePosixPath(name).name) is not None
