"""Money, in whole cents: what each line and settlement costs and who pays it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import BIRTH, CHRONIC, PRENATAL, PURCHASE, STAYS, Town

INTERIM_DAYS = 30
LINE_MONEY = ("amount", "own", "over", "first", "eligible")
PAID = (
    "deductible",
    "pool",
    "civil",
    "large",
    "catastrophic",
    "aid",
    "fund",
    "personal",
    "account",
    "cash",
    "family",
)
# Pooled share in per cent by level 1, 2, 3, ungraded; employees first, residents second.
SHARE_STAY = {310: {1: 92, 2: 87, 3: 82, 9: 90}, 390: {1: 85, 2: 72, 3: 60, 9: 75}}
SHARE_VISIT = {310: {1: 65, 2: 60, 3: 50, 9: 65}, 390: {1: 55, 2: 0, 3: 0, 9: 50}}
SHARE_CHRONIC = {310: 80, 390: 65}
DEDUCTIBLE_STAY = {1: 20_000, 2: 50_000, 3: 90_000, 9: 20_000}


@dataclass(frozen=True)
class Bill:
    """Lines and settlements with numbers, times and cents; numbers are in order of time."""

    visits: pl.DataFrame
    settlements: pl.DataFrame
    lines: pl.DataFrame


def line_money(town: Town, item: Ints, place: Ints, cnt: Ints, price: Ints, hidden: Ints) -> dict[str, Ints]:
    """Split each line's amount: wholly own, over the limit, first-paid share, and the eligible rest."""
    amount = cnt * price
    share, limit = town.cat.column("own_share")[item], town.limit[place, item]
    excluded = share == 100
    own = np.where(excluded, amount, 0)
    above = np.where((limit > 0) & ~excluded, np.maximum(0, price - limit - hidden) * cnt, 0)
    first = np.where(excluded, 0, np.sign(amount) * ((np.abs(amount - above) * share + 50) // 100))
    return {
        "amount": amount,
        "own": own,
        "over": above,
        "first": first,
        "eligible": amount - own - above - first,
    }


def make_bill(town: Town) -> Bill:
    """Bring honest and planted visits together, number everything by time and work out the money."""
    rng = np.random.default_rng([town.seed, 3])
    visits = pl.concat([town.base, *(v.select(town.base.columns) for v in town.visits)]).sort("visit")
    lines = pl.concat([town.base_lines, *town.lines]).join(
        visits.select("visit", "place", "begin", "end", "interim", "person", "kind", "fixed"),
        on="visit",
        maintain_order="left",
    )
    lines = _priced(town, _part(town, lines))
    lines = pl.concat([lines, _partial_refunds(town, rng, lines)])
    settlements = _settlements(lines, visits)
    lines = lines.join(settlements.select("visit", "part", "settlement"), on=["visit", "part"], maintain_order="left")
    visits = visits.join(settlements.select("visit").unique(), on="visit", how="semi", maintain_order="left")
    lines = _numbered(town, lines)
    settlements = settlements.join(_totals(lines), on="settlement", maintain_order="left")
    settlements = _pay(town, settlements)
    settlements, lines = _reversed(town, settlements, lines)
    order = (
        visits.sort("begin", "visit").with_row_index("encounter").select("visit", pl.col("encounter").cast(pl.Int64))
    )
    visits, settlements = visits.join(order, on="visit"), settlements.join(order, on="visit")
    lines = lines.join(order, on="visit", maintain_order="left")
    return Bill(visits.sort("encounter"), settlements.sort("settlement"), lines.sort("line"))


def _part(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """Which interim settlement a line belongs to: long stays are settled every thirty days."""
    day = (pl.col("at") // DAY - pl.col("begin") // DAY) // INTERIM_DAYS
    whole = (pl.col("end") // DAY - pl.col("begin") // DAY - 1) // INTERIM_DAYS
    last = pl.when(pl.col("interim") == 1).then(pl.max_horizontal(whole, 0)).otherwise(0)
    clockless = pl.Series(town.place("clockless"))[lines["place"].to_numpy()]
    return lines.with_columns(
        part=pl.min_horizontal(day, last).clip(0),
        last=last,
        at=pl.when(clockless).then(pl.col("at") // DAY * DAY).otherwise(pl.col("at")),
    )


def _priced(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    item, place = lines["item"].to_numpy(), lines["place"].to_numpy()
    price = lines["price"].to_numpy()
    price = np.where(price < 0, town.price[place, item], price)
    money = line_money(town, item, place, lines["cnt"].to_numpy(), price, lines["hidden"].to_numpy())
    return lines.with_columns(
        price=pl.Series(price),
        source=pl.lit(-1, dtype=pl.Int64),
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        **{k: pl.Series(v) for k, v in money.items()},
    )


def _partial_refunds(town: Town, rng: Generator, lines: pl.DataFrame) -> pl.DataFrame:
    """Take back one unit of a few honest lines inside their settlement."""
    chosen = (lines["cnt"].to_numpy() >= 2) & (lines["plant"].to_numpy() == 0) & (rng.random(len(lines)) < 0.0012)
    back = lines.filter(pl.Series(chosen)).with_columns(cnt=pl.lit(-1, dtype=pl.Int64), source=pl.col("row"))
    money = line_money(
        town,
        back["item"].to_numpy(),
        back["place"].to_numpy(),
        back["cnt"].to_numpy(),
        back["price"].to_numpy(),
        back["hidden"].to_numpy(),
    )
    return back.with_columns(
        days=pl.lit(0, dtype=pl.Int64), **{k: pl.Series(v) for k, v in money.items()}
    ).with_columns(
        at=pl.min_horizontal(pl.col("at") + 1800, pl.max_horizontal("at", "end")),
        row=pl.lit(len(lines), dtype=pl.Int64) + pl.int_range(pl.len(), dtype=pl.Int64),
    )


def _settlements(lines: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """One row a visit and part, numbered by the time of settling."""
    made = lines.group_by("visit", "part").agg(pl.col("last").first()).join(visits, on="visit")
    final = pl.col("part") == pl.col("last")
    first_day = pl.col("begin") // DAY + pl.col("part") * INTERIM_DAYS
    last_day = pl.when(final).then(pl.col("end") // DAY).otherwise(first_day + INTERIM_DAYS - 1)
    settled = pl.when(final).then(pl.col("end")).otherwise((first_day + INTERIM_DAYS) * DAY + 36_000)
    # Paper bills reach the counter weeks later.
    wait = pl.when(pl.col("manual") == 1).then((pl.col("visit") * 7919 % 45 + 10) * DAY).otherwise(0)
    made = made.with_columns(
        first_day=first_day,
        last_day=last_day,
        settled=settled + wait,
        is_interim=~final,
        original=pl.lit(-1, dtype=pl.Int64),
        sign=pl.lit(1, dtype=pl.Int64),
    ).sort("settled", "visit", "part")
    return made.with_columns(settlement=pl.int_range(pl.len(), dtype=pl.Int64))


def _numbered(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """Number lines by settlement and time; a reversing line names the line it reverses."""
    lines = lines.sort("settlement", "at", "row").with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64))
    lookup = np.empty(len(lines), dtype=np.int64)
    lookup[lines["row"].to_numpy()] = lines["line"].to_numpy()
    source = lines["source"].to_numpy()
    return lines.with_columns(
        reverses=pl.Series(np.where(source >= 0, lookup[np.maximum(source, 0)], -1)),
        sign=pl.lit(1, dtype=pl.Int64),
    ).drop("row", "source")


def _totals(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.group_by("settlement").agg(pl.col(*LINE_MONEY).sum())


def _shares(town: Town, s: pl.DataFrame) -> tuple[Ints, Ints]:
    """Pooled share in per cent and the deductible in cents of each settlement."""
    insured = town.person("insutype")[s["person"].to_numpy()]
    level = town.place("level")[s["place"].to_numpy()]
    kind = s["kind"].to_numpy()
    stay, chronic = np.isin(kind, STAYS), kind == CHRONIC
    share, deductible = np.zeros(len(s), dtype=np.int64), np.zeros(len(s), dtype=np.int64)
    for insutype in (310, 390):
        for grade in (1, 2, 3, 9):
            here = (insured == insutype) & (level == grade)
            share[here & stay] = SHARE_STAY[insutype][grade]
            share[here & ~stay] = SHARE_VISIT[insutype][grade]
            deductible[here & stay] = DEDUCTIBLE_STAY[grade]
        share[(insured == insutype) & chronic] = SHARE_CHRONIC[insutype]
    share[kind == PRENATAL] = 70
    share[kind == PURCHASE] = 0
    # The deductible is paid once a stay, not again at each interim settlement, and not for births.
    deductible[(s["part"].to_numpy() > 0) | (kind == BIRTH)] = 0
    deductible[~stay & (share > 0)] = 1500
    deductible[chronic] = 800
    return share, deductible


def _pay(town: Town, s: pl.DataFrame) -> pl.DataFrame:
    """Who pays: parts of the fund, personal account, family account and cash, summing to the total."""
    share, deductible = _shares(town, s)
    person = s["person"].to_numpy()
    employee = town.person("insutype")[person] == 310
    total, eligible = s["amount"].to_numpy(), s["eligible"].to_numpy()
    deductible = np.where(share > 0, np.minimum(deductible, np.maximum(0, eligible)), 0)
    base = np.maximum(0, eligible - deductible)
    pool = base * share // 100
    rest = base - pool
    civil = np.where(town.person("civil")[person] & (share > 0), rest * 40 // 100, 0)
    high = np.maximum(0, rest - civil - 600_000) * 60 // 100
    large, catastrophic = np.where(employee, high, 0), np.where(employee, 0, high)
    stay = np.isin(s["kind"].to_numpy(), STAYS)
    aid = np.where(town.person("assisted")[person] & stay, (rest - civil - high) * 50 // 100, 0)
    fund = pool + civil + high + aid
    personal = total - fund
    habit = (town.person("habit")[person] * 97 + s["settlement"].to_numpy() * 0.618) % 1.0
    account = np.where(
        employee, np.where(stay, personal * 30 // 100, personal * np.where(habit < 0.8, 100, 75) // 100), 0
    )
    family = np.where(~employee & ~stay & (habit < 0.12), personal * 80 // 100, 0)
    cash = personal - account - family
    money = (deductible, pool, civil, large, catastrophic, aid, fund, personal, account, cash, family)
    paid = {name: pl.Series(cents.astype(np.int64)) for name, cents in zip(PAID, money, strict=True)}
    return s.with_columns(share=pl.Series(share), **paid)


def _reversed(town: Town, s: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Whole refunds: a settlement with every amount negative and lines that name the lines they take back."""
    early = pl.col("settled") < (town.days - 8) * DAY
    chosen = s.filter((pl.col("refund") == 1) & (pl.col("last") == 0) & early)
    wait = 1800 + (chosen["visit"].to_numpy() * 7919 % (6 * DAY))
    money = [*LINE_MONEY, *PAID]
    back = chosen.with_columns(
        (-pl.col(money)),
        original=pl.col("settlement"),
        sign=pl.lit(-1, dtype=pl.Int64),
        settled=pl.col("settled") + pl.Series(wait.astype(np.int64)),
        settlement=pl.lit(len(s), dtype=pl.Int64) + pl.int_range(pl.len(), dtype=pl.Int64),
    )
    number = dict(zip(back["original"].to_list(), back["settlement"].to_list(), strict=True))
    undone = lines.filter(pl.col("settlement").is_in(chosen["settlement"].implode()))
    undone = undone.with_columns(
        -pl.col("cnt", *LINE_MONEY),
        reverses=pl.col("line"),
        sign=pl.lit(-1, dtype=pl.Int64),
        settlement=pl.col("settlement").replace_strict(number, return_dtype=pl.Int64),
    ).with_columns(line=pl.lit(len(lines), dtype=pl.Int64) + pl.int_range(pl.len(), dtype=pl.Int64))
    return pl.concat([s, back]), pl.concat([lines, undone])
