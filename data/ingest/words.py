"""SQL for the codes that offices write as words, alone or beside the code."""

from __future__ import annotations

from collections.abc import Mapping

from data.ingest.normalise import HAN, UNKNOWN_WORD, half, listed

DISAGREE = "a code and a word that do not mean the same"


def worded(raw: str, words: Mapping[str, str]) -> str:
    """SQL for the code that the text's words stand for; null where one of them is unknown or they disagree.

    Several words may stand together: 死亡（火化）, 服刑、羁押. What is not known as a whole or in each of its parts is
    not guessed: 未死亡 and 解除羁押 hold the word and mean the opposite.
    """
    meant = _meant(raw, words)
    agreed = (
        f"if(len(list_filter({meant}, lambda c: c is null)) = 0 and len(list_distinct({meant})) = 1, {meant}[1], null)"
    )
    return f"coalesce({whole_word(raw, words)}, {agreed})"


def whole_word(raw: str, words: Mapping[str, str]) -> str:
    """SQL for the code that the text as a whole stands for; null for any other text."""
    return f"{_known(words)}[{_plain(raw)}]"


def disagree(raw: str, words: Mapping[str, str]) -> str:
    """SQL: the reason why the text names two codes, 310 城乡居民; null when it does not."""
    two = f"{whole_word(raw, words)} is null and len(list_distinct({_meant(raw, words)})) > 1"
    return f"case when strlen({raw}) <> length({raw}) and {two} then '{DISAGREE}' end"


def unknown_word(raw: str, value: str, words: Mapping[str, str]) -> str:
    """SQL: the reason why the text stands for no code, naming it; null when it does or is empty."""
    named = f"replace(left({raw}, 40), '|', '/')"
    codes = ", ".join(sorted(set(words.values())))
    return f"case when {raw} is not null and {value} is null then '{UNKNOWN_WORD}' || {named} || '; one of {codes}' end"


def _plain(raw: str) -> str:
    return f"replace(lower({half(raw)}), ' ', '')"


def _known(words: Mapping[str, str]) -> str:
    """A word's code; a code may stand beside its word: 11 普通门诊, 310|职工."""
    codes = sorted(set(words.values()) - set(words))
    return f"map([{listed((*words, *codes))}], [{listed((*words.values(), *codes))}])"


def _meant(raw: str, words: Mapping[str, str]) -> str:
    """The codes of the parts of a text; null for a part that is no known word."""
    apart = f"regexp_replace({_plain(raw)}, '^([0-9a-z]+)({HAN})', '\\1|\\2')"
    parts = (
        f"list_filter(regexp_split_to_array({apart}, '[/、,，;；+()（）\\[\\]【】:：|和及与-]+'), lambda p: p <> '')"
    )
    return f"list_transform({parts}, lambda p: {_known(words)}[p])"
