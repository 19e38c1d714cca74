"""Take a delivery into the record: find, read, normalise, load, account."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from data.contract import mapping
from data.errors import FundwatchError, InputRefused, UsageError
from data.ingest import contradiction, controls, cut, earlier, manifest, match, mended, pseudonym, read, staged_rows
from data.ingest.account import Account, refused, write
from data.ingest.delivery import Delivery
from data.ingest.faults import Fault, Faults, alone
from data.ingest.find import Found, find, missing_tables, unfinished
from data.ingest.load import load
from data.ingest.normalise import UNKNOWN_WORD
from data.ingest.pseudonym import Pseudonyms, agreed
from data.ingest.rejected import standing
from data.warehouse import events, journal, spill
from data.warehouse.connection import transaction
from data.warehouse.parts import Parts

__all__ = [
    "Account",
    "Delivery",
    "Faults",
    "Found",
    "Intake",
    "Pseudonyms",
    "agreed",
    "find",
    "ingest",
    "ingest_id",
    "standing",
    "workplace",
]

#: Unknown words said of one file; rejected.csv has them all.
MOST_WORDS = 20


@dataclass(frozen=True)
class Intake:
    """How a delivery is taken in: where archives are unpacked, a bureau's dialects, pseudonyms, and which contents."""

    work: Path | None = None  # default: the system's temporary folder
    dialects: Path | None = None
    pseudonyms: Pseudonyms | None = None
    only: Collection[str] | None = None  # content hashes; None takes everything
    newer: Collection[str] = ()  # files that stand where the delivery contradicts itself
    is_replay: bool = False  # what was taken once is taken again, in the same order
    is_partial: bool = False  # a file that cannot be taken is left out and said, and the others go on
    refused: Collection[str] = ()  # in a replay: the files that were left out so


def ingest_id(deliveries: list[Delivery]) -> str:
    """Hash of what was delivered: names and contents."""
    said = "\n".join(f"{d.name} {d.file_id}" for d in deliveries)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def ingest(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
    intake: Intake | None = None,
) -> list[Account]:
    """Load a folder into the record in one transaction: all of it or nothing.

    A content that was loaded before loads nothing and counts as duplicate; faulty rows are kept in run.rejected.
    Raises InputRefused when the delivery cannot be loaded as it is; the record is then as it was. With `is_partial` a
    file at fault is left out and has its own account, unless it is all that the delivery has of an indispensable table.
    """
    intake = intake or Intake()
    pseudonym.agree(con, intake.pseudonyms)
    with workplace(intake.work) as work:
        names = mapping.names(intake.dialects)
        faults = Faults(keeps=intake.is_partial or intake.is_replay)
        found = find(folder, work, names, faults)
        deliveries = [*found.deliveries, *_mended(con, found, work, names, faults)]
        if intake.only is not None:
            deliveries = [d for d in deliveries if d.file_id in intake.only or d.name in intake.refused]
        if not intake.is_replay:
            _refuse_alone(faults.kept, deliveries)
        loaded = {row[0] for row in con.execute("select distinct source_table from run.input_file").fetchall()}
        if missing := missing_tables(deliveries, loaded):
            raise InputRefused(
                f"{folder} lacks the indispensable table {', '.join(missing)}. Deliver it with the others."
                f"{unfinished(found)}"
            )
        for name, why in found.left:
            say(f"{name}: {why}, left alone")
        with transaction(con):
            match.catch_up(con, names.of_word)
            return _all(con, _ordered(deliveries, intake), found, folder, work, intake, say, names, faults, loaded)


def _mended(
    con: duckdb.DuckDBPyConnection, found: Found, work: Path, names: mapping.Names, faults: Faults
) -> Iterator[Delivery]:
    """The mended rejects as deliveries; a file of them with a fault brings none."""
    for part in found.mended:
        with faults.within(part.name):
            yield from list(mended.deliveries(con, [part], work, names))


def _refuse_alone(faults: Sequence[Fault], sound: Sequence[Delivery]) -> None:
    """Raise InputRefused where a file at fault may be all that the delivery has of an indispensable table.

    A month without its settlements or its lines would be judged as if there had been none. A file whose table nobody
    can tell may be the one that is lacking.
    """
    have = {d.table.source for d in sound}
    lacking = [t for t in mapping.tables().values() if t.is_required and t.source not in have]
    for fault in faults:
        wanted = [t for t in lacking if fault.table in (None, t)]
        if wanted:
            which = f"{wanted[0].source} ({wanted[0].name_zh})"
            raise InputRefused(
                f"{alone(fault.sentence)} It cannot be left out: the delivery has no other file of the indispensable"
                f" table {which}; nothing was loaded."
            )


@contextmanager
def workplace(parent: Path | None) -> Iterator[Path]:
    """A folder for unpacked and decoded copies, gone afterwards; a command gives HOME/spill.

    Raises FundwatchError where none can be made.
    """
    with ExitStack() as own:
        try:
            work = own.enter_context(spill.folder(parent or spill.place(), "delivery"))
        except OSError as error:
            raise FundwatchError(
                f"No folder to unpack in can be made in {parent}: {error.strerror}. Choose another --home."
            ) from error
        yield work


def _all(
    con: duckdb.DuckDBPyConnection,
    deliveries: list[Delivery],
    found: Found,
    folder: Path,
    work: Path,
    intake: Intake,
    say: Callable[[str], None],
    names: mapping.Names,
    faults: Faults,
    loaded: Collection[str],
) -> list[Account]:
    """`loaded`: the tables, by their national names, of which HOME had contents before this delivery."""
    this = ingest_id(sorted(deliveries, key=lambda d: d.name))
    accounts: list[Account] = []
    when = functools.cache(lambda: events.stamp(con))  # one event, and none where nothing is loaded
    brought: dict[str, set[str]] = {}
    chosen = {d.file_id for d in deliveries if _is_newer(d, intake)}
    sums = controls.Sums([d.table.source for d in deliveries], is_replay=intake.is_replay)
    parts = Parts(say, "files", [d.name for d in deliveries])
    for delivery in deliveries:
        parts.begin(delivery.name)
        account = _seen(con, delivery)
        if account is not None:
            sums.add_seen(delivery)
        else:
            staged = None
            with faults.within(delivery.name, delivery.table):
                staged = read.stage(con, delivery, work, intake.pseudonyms, names)
                sums.add(delivery, staged.control)
            if staged is None:
                _refuse_alone(faults.kept, [d for d in deliveries if d.name not in faults.names()])
                continue
            notes = cut.refuse_full(delivery, staged.rows, [d for d in deliveries if d.table == delivery.table][1:])
            staged = replace(staged, notes=(*staged.notes, *notes))
            before = brought.setdefault(delivery.table.source, set())
            account = _new(con, delivery, this, folder, staged, intake, say, before, chosen, when, names)
            before.add(delivery.file_id)
        account.check()
        say(account.sentence())
        accounts.append(account)
    if not intake.is_replay:
        if not faults.kept:  # what counts the whole says nothing of what is left when a file is left out
            sums.refuse()
            others = [*(name for name, _ in found.left), *sums.read]
            manifest.refuse(found.controls, manifest.Compared(folder, sums.read, others, names), say)
        cut.refuse_empty(accounts, deliveries, loaded)
    for account in refused(f for f in faults.kept if not intake.is_replay or f.name in intake.refused):
        accounts.append(account)
        say(account.sentence())
    if any(a.loaded + a.replaced + a.rejected for a in accounts):
        match.settle(con)
        pseudonym.remember(con, intake.pseudonyms)
        write(con, this, accounts)
        journal.write(con, "ingest", this)
    return accounts


def _ordered(deliveries: list[Delivery], intake: Intake) -> list[Delivery]:
    """In the order they are loaded: lists after those who say who is who, what a person chose before the others."""
    unknown = [n for n in intake.newer if not any(_is_called(d, n) for d in deliveries)]
    if unknown and not intake.is_replay:
        raise UsageError(f"--newer {unknown[0]}: the delivery holds no table of that name.")
    return sorted(deliveries, key=lambda d: (d.table.target in match.LISTS, not _is_newer(d, intake)))


def _is_newer(delivery: Delivery, intake: Intake) -> bool:
    return any(_is_called(delivery, name) for name in intake.newer)


def _is_called(delivery: Delivery, name: str) -> bool:
    """Whether the name means this content: its path in the delivery, the file's own name, its workbook or archive."""
    path = name.strip("/").removeprefix("./")
    file = delivery.name.partition("!")[0]
    return path in (delivery.name, file, file.rpartition("/")[2], delivery.name.rpartition("/")[2])


def _seen(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Account | None:
    """The account of a content that was loaded before: all its rows are duplicates."""
    seen = con.execute(
        "select rows_in, yuan_in from run.input_file where file_id = $id and source_table = $source",
        {"id": delivery.file_id, "source": delivery.table.source},
    ).fetchall()
    if not seen or _lacks_words(con, delivery):
        return None
    rows, yuan = seen[0]
    return Account(delivery.name, delivery.table.source, rows, 0, duplicate=rows, yuan_in=yuan, yuan_duplicate=yuan)


def _lacks_words(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> bool:
    """Whether a file of tips came before the record kept what tips say: it is read once more."""
    if delivery.table.source != "tip_d" or not {f.column for f in delivery.fields.values()} & {"content"}:
        return False
    rows = con.execute(
        """
        select 1 from run.input_file as i
        where i.file_id = $id and i.source_table = 'tip_d'
            and i.event_number <= (select max(try_cast(said as bigint)) from run.step where step = 'schema')
            and exists (select 1 from record.tip where file_id = $id)
            and not exists (select 1 from record.tip where file_id = $id and content is not null)
        """,
        {"id": delivery.file_id},
    ).fetchall()
    if rows:
        con.execute(
            "delete from run.input_file where file_id = $id and source_table = 'tip_d'", {"id": delivery.file_id}
        )
    return bool(rows)


def _new(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    this: str,
    folder: Path,
    staged: read.Staged,
    intake: Intake,
    say: Callable[[str], None],
    brought: Collection[str],
    chosen: Collection[str],
    when: Callable[[], events.Stamp],
    names: mapping.Names,
) -> Account:
    for note in (*staged.notes, *earlier.notes(con, delivery, staged_rows.STAGE, names)):
        say(f"{delivery.name}: {note}")
    _say_words(con, delivery, say)
    is_newer = delivery.file_id in chosen
    if not intake.is_replay and delivery.mends is None:
        contradiction.refuse(con, delivery, [one for one in brought if is_newer or one not in chosen])
        if not is_newer:
            earlier.refuse_older(con, delivery, staged_rows.STAGE)
    return load(con, delivery, this, str(folder.resolve()), staged, is_newer, chosen, when)


def _say_words(con: duckdb.DuckDBPyConnection, delivery: Delivery, say: Callable[[str], None]) -> None:
    """Name the words that stand for no code: one line each."""
    unknown = con.execute(
        f"select field, reason, count(*) from {read.FAULTS}"
        f" where starts_with(reason, '{UNKNOWN_WORD}') group by all order by 3 desc, 2 limit {MOST_WORDS}"
    ).fetchall()
    for source, reason, rows in unknown:
        name = next(f.name_zh for f in delivery.table.fields if f.source == source)
        say(f"{delivery.name}: {name} of {rows:,} rows is {reason}")
