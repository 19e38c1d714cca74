"""Hospital schemes: nursing of several grades, sudden growth, sessions not given; and who looks like them honestly."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.care.charge import is_stay
from data.simulate.town.town import Town

SCHEMES = ("mixed_nursing", "sudden_growth", "sessions_not_given")
DAY = 86_400


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(persons=6_000, seed=3, schemes=SCHEMES, dose=1.0, year=2025)


def planted(town: Town, scheme: str) -> tuple[int, pl.DataFrame]:
    """The first place of a scheme and the planted lines there."""
    plants = pl.concat(town.plants).filter((pl.col("scheme") == scheme) & (pl.col("subject_type") == "institution"))
    place = int(plants["subject"][0])
    ids = plants.filter(pl.col("subject") == place)["plant"]
    return place, pl.concat(town.lines).filter(pl.col("plant").is_in(ids.implode()))


def odd(town: Town, kind: str) -> int:
    """The first honest place that looks odd for this reason."""
    return int(pl.concat(town.confounders).filter(pl.col("kind") == kind)["subject"][0])


def nursing(town: Town, lines: pl.DataFrame, place: int) -> pl.DataFrame:
    """Days of nursing, grades and nights of each stay at a place."""
    grades = [town.cat.role[f"nursing_{n}"] for n in (1, 2, 3)]
    stays = town.base.filter(is_stay() & (pl.col("place") == place) & (pl.col("clearing") != 5))
    charged = (
        lines.filter(pl.col("item").is_in(grades))
        .group_by("visit")
        .agg(days=pl.col("cnt").sum(), grades=pl.col("item").n_unique())
    )
    nights = (pl.col("end") // DAY - pl.col("begin") // DAY).clip(1)
    return stays.select("visit", nights=nights).join(charged, on="visit")


def machines(town: Town, place: int) -> int:
    kept = pl.concat(town.devices).filter((pl.col("place") == place) & (pl.col("device") == "血液透析机"))
    return int(kept["count"].sum())


def dialysed(town: Town, visits: pl.DataFrame, place: int) -> pl.DataFrame:
    kits = [town.cat.kit(f"dialysis_{name}") for name in ("plain", "filter", "perfusion")]
    return visits.filter(pl.col("kit").is_in(kits) & (pl.col("place") == place))


def a_day(visits: pl.DataFrame) -> pl.Series:
    return visits.group_by(pl.col("begin") // DAY).agg(persons=pl.col("person").n_unique())["persons"]


def test_grades_of_nursing_add_up_to_more_days_than_the_stay(town: Town) -> None:
    place, lines = planted(town, "mixed_nursing")
    assert (lines["plant"] > 0).all()
    stays = nursing(town, pl.concat([town.base_lines, lines]), place).join(lines.select("visit").unique(), on="visit")
    assert (stays["grades"] >= 2).all() and (stays["days"] > stays["nights"]).all()
    assert stays.filter(pl.col("days") > pl.col("nights") + 2)["nights"].len() > len(stays) // 2
    times = lines.join(town.base.select("visit", "begin", "end"), on="visit")
    assert times.filter(~pl.col("at").is_between("begin", "end")).is_empty()


def test_a_grade_that_changes_keeps_the_days(town: Town) -> None:
    stays = nursing(town, town.base_lines, odd(town, "grade_changes"))
    assert (stays["grades"] >= 2).sum() > len(stays) // 4
    assert (stays["days"] - stays["nights"]).is_between(0, stays["grades"] - 1).all()
    assert (stays["days"] > stays["nights"]).any()


def test_a_place_grows_after_it_changed_hands(town: Town) -> None:
    place, lines = planted(town, "sudden_growth")
    made = pl.concat([v.select(town.base.columns) for v in town.visits])
    made = made.filter(pl.col("visit").is_in(lines["visit"].implode()))
    first = int(made["begin"].min() or 0)
    assert first > 90 * DAY and made["diag"].n_unique() >= 5 and made["doctor"].n_unique() >= 2
    honest = town.base.filter((pl.col("place") == place) & (pl.col("begin") >= first))
    assert len(made) > 0.15 * len(honest)
    assert (made["place"] == place).all() and (made["person"].n_unique() < len(made))


def test_patients_of_a_closed_place_go_next_door(town: Town) -> None:
    host = odd(town, "neighbour_closed")
    month = (pl.col("begin") // DAY // 30.5).cast(pl.Int64)
    seen = town.base.filter(~is_stay()).group_by("place", month).agg(visits=pl.len())
    kind = town.places["kind"][host]
    same = seen.join(pl.DataFrame({"place": town.where(kind)}), on="place").filter(pl.col("begin") < 12)
    months = same.pivot(on="begin", index="place", values="visits").fill_null(0)
    shut = months.filter(pl.min_horizontal(pl.exclude("place")) == 0)
    own = np.sort(months.filter(pl.col("place") == host).drop("place").to_numpy().ravel())
    assert len(shut) > 0 and own[-3:].mean() > 1.4 * own[:6].mean()
    doctors = town.doctors["place"].to_numpy()[town.base.filter(pl.col("place") == host)["doctor"].to_numpy()]
    assert (doctors == host).all()


def test_sessions_not_given_fill_more_than_the_machines_do_elsewhere(town: Town) -> None:
    place, lines = planted(town, "sessions_not_given")
    made = pl.concat([v.select(town.base.columns) for v in town.visits])
    made = made.filter(pl.col("visit").is_in(lines["visit"].implode()))
    assert (made["absent"] == 1).all()
    both = a_day(dialysed(town, pl.concat([town.base, made]), place))
    honest = a_day(dialysed(town, town.base, place))
    assert honest.max() <= 2 * machines(town, place) < both.max()


def test_a_night_shift_is_within_three_shifts_and_nobody_is_in_bed() -> None:
    town = make_town(persons=6_000, seed=2, schemes=(), dose=1.0, year=2025)
    host = odd(town, "night_shift")
    sessions = dialysed(town, town.base, host)
    late = sessions.filter(pl.col("begin") % DAY > 16 * 3600)
    assert len(late) >= 5 and late["begin"].max() - late["begin"].min() < 55 * DAY
    assert a_day(late).max() <= machines(town, host) and a_day(sessions).max() <= 3 * machines(town, host)
    beds = town.base.filter(is_stay()).select("person", since="begin", until="end")
    inside = late.join(beds, on="person").filter(
        (pl.col("since") < pl.col("end")) & (pl.col("until") > pl.col("begin"))
    )
    assert inside.is_empty()
    lines = town.base_lines.join(late.select("visit", "begin", "end"), on="visit")
    assert lines.filter(~pl.col("at").is_between("begin", "end")).is_empty()
