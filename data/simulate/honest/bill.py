"""What one visit of a practice charges: lines of the catalogue's items on its days."""

from __future__ import annotations

import functools
import random
import zlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from data.simulate.book import FEE, LIST
from data.simulate.honest.practice import Charge, PracticeError, Row, Visit
from data.simulate.honest.world import HERE, REFERENCE, World, reference, resolved


@functools.cache
def items() -> dict[str, dict[str, str]]:
    """What can stand on a practice's bill, by name: the towns' catalogue, then the library's own."""
    town = reference(REFERENCE / "items.csv", "code").values()
    first: dict[str, dict[str, str]] = {}
    for row in [*reference(HERE / "items.csv", "name").values(), *town]:
        first.setdefault(row["name"], row)
    return first


def taken(world: World, visit: Visit) -> list[Charge]:
    """Some of what the visit may charge, at least one."""
    chance = random.Random(f"{world.practice.id} {world.used}")
    return [line for line in visit.mix if chance.random() < 0.5] or list(visit.mix[:1])


def _days(line: Charge, nights: int) -> Iterable[int]:
    if line.days in ("first", "last"):
        return [0 if line.days == "first" else nights]
    if line.days in ("daily", "all"):
        return range(max(nights, 1) + (line.days == "all" and nights > 0))
    first, _, last = line.days.rpartition("-") if not line.days.startswith("-") else ("", "", line.days)
    return range(int(first or last), int(last) + 1)


def charged(
    world: World, visit: Visit, line: Charge, span: tuple[datetime, datetime], number: int, stay: bool
) -> list[Row]:
    """The rows of one line of a bill, one for each of its days."""
    begin, end = span
    item, made = _item(world, line.item), []
    # A service costs what no level's limit forbids; what a practice prices itself keeps its price.
    usual = float(item["limit_level3"]) * 0.7 if item.get("limit_level3") else float(item["price"])
    price = round(usual, 2) if line.price is None else line.price
    for day in _days(line, (end.date() - begin.date()).days):
        moment = datetime.combine(begin.date() + timedelta(days=day), time(8, 30)) + timedelta(minutes=2 * number)
        if line.at:
            moment = datetime.combine(moment.date(), time.fromisoformat(line.at))
        elif not stay or moment < begin:
            moment = datetime.combine(moment.date(), begin.time()) + timedelta(minutes=2 + number % 15)
        elif moment > end:
            moment = end - timedelta(minutes=5)
        amount = round(line.quantity * price, 2)
        share = {"01": 0.0, "02": 0.1, "03": 1.0}[item["class"]]
        own, before = (amount, 0.0) if share == 1 else (0.0, round(amount * share, 2))
        columns = {k: str(resolved(world, v, 0)) for k, v in (line.columns or {}).items()}
        # seven digits of the product and * stand for a pack of its own
        codes = [c.replace("*", world.number("0")) for c in columns.pop("trace", "").split(",") if c]
        doctor = world.doctors[line.doctor] if line.doctor else {}
        # A ward's order number is one order; at a counter the visit's prescriptions have one.
        made.append({
            "bkkp_sn": world.number("9903"), "fee_ocur_time": moment, "_order": number if stay else 1, "_trace": codes,
            "cnt": f"{line.quantity:.2f}", "pric": f"{price:.2f}", "det_item_fee_sumamt": f"{amount:.2f}",
            "selfpay_prop": f"{share:.2f}", "fulamt_ownpay_amt": f"{own:.2f}", "overlmt_selfpay": "0.00",
            "preselfpay_amt": f"{before:.2f}", "inscp_amt": f"{amount - own - before:.2f}",
            "chrgitm_lv": item["class"], "hilist_code": item["code"], "hilist_name": item["name"],
            "list_type": item["catalogue_type"], "med_list_codg": item["code"],
            "medins_list_codg": _house_code(item["code"]),
            "medins_list_name": item["name"], "med_chrgitm_type": item["fee_category"], "hosp_appr_flag": 0,
            "dscg_tkdrug_flag": 0, "rx_circ_flag": 0, "crte_time": moment + timedelta(minutes=40), "vali_flag": 1,
            **({"bilg_dr_code": doctor["dr_code"], "bilg_dr_name": doctor["dr_name"]} if doctor else {}), **columns,
        })  # fmt: skip
    return made


def _house_code(code: str) -> str:
    """An institution's own code of an item."""
    return f"LC{zlib.crc32(code.encode()) % 10**8:08d}"


def _item(world: World, name: str) -> dict[str, str]:
    """An item by name; `code|name` is one that stands in no catalogue of ours."""
    code, bar, own_name = name.partition("|")
    if bar:
        nearest = max((p for p in FEE if code.startswith(p)), key=len)
        return {"code": code, "name": own_name, "catalogue_type": LIST[code[0]], "fee_category": FEE[nearest],
                "class": "01", "price": "10"}  # fmt: skip
    if name not in items():
        raise PracticeError(f"{world.practice.id}: no item is named {name}")
    return items()[name]


def is_drug(line: str) -> bool:
    """Whether a written line is of a drug."""
    return items()[line.split()[0]]["catalogue_type"] == "101"
