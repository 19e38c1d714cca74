"""Made-up names, addresses and numbers of persons and institutions."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.simulate.town.catalogue import Ints

SURNAMES = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
GIVEN_MALE = list("伟强磊军勇杰涛明超刚平辉鹏飞波斌宇浩凯健俊峰建国华志文博东海新林松山")
GIVEN_FEMALE = list("芳娜敏静丽艳娟霞秀英玲燕红梅兰莉萍雪琳慧莹洁云珍倩婷蓉琴月凤桂香春秋")
WORDS = list("岚汀禾岭澜梧沙榆青麓云棠松鹿溪枫柏鹭荻芷蘅苔岑屿渚湄沅葭")
DIVISIONS = (
    ("990102", "云汀区"),
    ("990103", "禾岭区"),
    ("990104", "澜桥区"),
    ("990121", "青麓县"),
    ("990122", "梧川县"),
    ("990123", "沙榆县"),
    ("990124", "棠湾县"),
)
ELSEWHERE = (("990200", "鹿岑市"), ("980100", "枫屿市"))
CITY = ("990100", "岚汀市")
CENTRES = np.array(
    [
        (104.30, 30.57),
        (104.37, 30.55),
        (104.22, 30.64),
        (104.66, 30.75),
        (104.08, 30.58),
        (104.48, 30.16),
        (104.13, 31.04),
        (106.60, 31.40),
        (108.30, 33.60),
    ]
)
CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array(list("10X98765432"))

Texts = NDArray[np.str_]


def person_names(rng: Generator, sex: Ints) -> Texts:
    """A surname and one or two syllables by sex (1 male, 2 female)."""
    n = len(sex)
    surname = np.array(SURNAMES)[(rng.random(n) ** 1.6 * len(SURNAMES)).astype(int)]
    male, female = np.array(GIVEN_MALE), np.array(GIVEN_FEMALE)
    given = [
        np.where(sex == 1, male[rng.integers(0, len(male), n)], female[rng.integers(0, len(female), n)])
        for _ in range(2)
    ]
    second = np.where(rng.random(n) < 0.72, given[1], "")
    return np.char.add(np.char.add(surname, given[0]), second)


def identity_numbers(division: Texts, birth: Texts, sequence: Ints) -> Texts:
    """18 characters: division, birth yyyymmdd, three digits whose last is odd for men, check character."""
    body = np.char.add(np.char.add(division, birth), np.char.zfill(sequence.astype(str), 3))
    digits = np.ascontiguousarray(body.astype("U17")).view("U1").reshape(len(body), 17).astype(np.int64)
    return np.char.add(body, CHECK_DIGITS[(digits * CHECK_WEIGHTS).sum(axis=1) % 11])


def phone_numbers(rng: Generator, n: int) -> Texts:
    """Eleven digits beginning with 100, a range no operator has."""
    return np.char.add("100", np.char.zfill(rng.integers(0, 10**8, n).astype(str), 8))


def addresses(rng: Generator, division: Ints) -> Texts:
    """Made-up village, building and room of each household."""
    n = len(division)
    names = np.array([name for _, name in DIVISIONS])[division]
    words = np.array(WORDS)
    place = np.char.add(words[rng.integers(0, len(words), n)], words[rng.integers(0, len(words), n)])
    kind = np.array(["村", "园社区", "里小区", "街道"])[rng.integers(0, 4, n)]
    house = np.char.add(
        np.char.add(rng.integers(1, 90, n).astype(str), "号"),
        np.char.add(rng.integers(1, 60, n).astype(str), "室"),
    )
    return np.char.add(np.char.add(names, place), np.char.add(kind, house))
