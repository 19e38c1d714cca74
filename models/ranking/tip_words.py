"""What a tip says, without what would tell who gave it: telephone and id numbers, accounts, the informer's name.

Whoever handles a tip must not be led to its giver, so this is not undone by --unmask.
"""

from __future__ import annotations

import polars as pl

HIDDEN = "***"
_INFORMER = "举报人|投诉人|反映人|来电人|来访人|来信人|信访人|知情人|联系人"
#: What is looked for, and what stands in its place. Digits end where no letter or digit of ASCII follows.
_PATTERNS = (
    (r"(?-u:\b)1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?-u:\b)", HIDDEN),
    (r"(?-u:\b)0[0-9]{2,3}[ -]?[0-9]{7,8}(?-u:\b)", HIDDEN),
    (r"(?-u:\b)([0-9]{17}[0-9Xx]|[0-9]{15})(?-u:\b)", HIDDEN),
    (r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", HIDDEN),
    (r"((?:微信|QQ|qq)号?码?[：:是为 ]*)[A-Za-z0-9_-]{5,}", "${1}" + HIDDEN),
    (rf"((?:{_INFORMER})(?:姓名)?[：:（( ]+)[\p{{Han}}·]{{2,4}}", "${1}" + HIDDEN),
    (rf"((?:{_INFORMER}))[\p{{Han}}·]{{2,3}}(反映|举报|称|表示|说)", "${1}" + HIDDEN + "${2}"),
    (r"(我叫|我名叫|本人姓名[：:是]*)[\p{Han}·]{2,4}", "${1}" + HIDDEN),
)
_WIDE = "０１２３４５６７８９"


def masked(content: pl.Expr) -> pl.Expr:
    """The content with what names its giver hidden; null stays null."""
    plain = content.str.replace_many(list(_WIDE), list("0123456789"))
    for pattern, stand_in in _PATTERNS:
        plain = plain.str.replace_all(pattern, stand_in)
    return plain
