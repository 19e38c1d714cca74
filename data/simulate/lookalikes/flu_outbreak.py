"""A flu outbreak: for two weeks half a village coughs and the village clinic gives everybody the same."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.clock import DAY
from data.simulate.town.town import Town


def add(town: Town, rng: Generator) -> None:
    """One outbreak for every ten thousand persons, in January, March or December."""
    pool = town.where("village", "clinic", "township")
    for _ in range(1 + len(town.people) // 10_000):
        place = int(rng.choice(pool))
        near = town.person("division") == town.place("division")[place]
        ill = np.flatnonzero(near & (town.person("death") < 0) & town.person("ordinary"))
        unit = rng.choice(np.unique(town.person("employer")[ill]))
        own = np.unique(town.person("household")[ill[town.person("employer")[ill] == unit]])
        own = ill[np.isin(town.person("household")[ill], own)]
        person = rng.choice(own, max(1, min(len(own) * 6 // 10, 90)), replace=False)
        person = np.concatenate([person, person[rng.random(len(person)) < 0.35]])
        n = len(person)
        day = int(rng.choice([8, 66, 340])) + np.rint(rng.gamma(3.0, 2.0, n)).astype(np.int64)
        day = np.minimum(day, town.days - 2)
        where = np.full(n, place)
        staff = np.flatnonzero(town.doctors["place"].to_numpy() == place)
        doctor = np.full(n, rng.choice(staff))
        begin = day * DAY + town.clock(rng, where)
        young = town.person("age")[person] < 13
        town.add_visits(
            person=person,
            place=where,
            doctor=doctor,
            dept=town.doctors["dept"].to_numpy()[doctor],
            diag=town.cat.diagnosis["J06.900"],
            begin=begin,
            end=begin + rng.integers(200, 1500, n),
            kit=np.where(young, town.cat.kit("child"), town.cat.kit("cold")),
            cert=rng.choice([1, 3], n),
        )
        town.spare(place)
        town.confound("flu_outbreak", "institution", [place])
        town.confound("flu_outbreak", "practitioner", doctor[:1])
        town.confound("flu_outbreak", "person", person)
