"""fundwatch.toml as it is first given to people: every setting, what it means, and nothing set."""

from __future__ import annotations

import csv
from pathlib import Path

from data.errors import FundwatchError, UsageError
from flows.home import settings

MEANINGS = Path(__file__).with_name("settings.csv")
#: What follows the single settings: tables, with an example each.
TABLES = {
    "en": """\
# [rules.split_admission]   # any parameter of any rule; `fundwatch rule show ID` lists them
# max_gap = { value = 3, reason = "the county has one hospital", owner = "Li Wei", date = 2026-03-01 }

# [detectors.co_visit_ring]
# min_joint = 4

# [areas.'3401'.rules.split_admission]   # where one pooling area's differ: its code, or how it begins; the longest wins
# max_gap = 5

# [capacity]                # what a check takes, in inspector-days
# institution = 3.0
# records_a_day = 60
""",
    "zh": """\
# [rules.split_admission]   # 任一规则的任一参数；fundwatch rule show 规则编号 可列出
# max_gap = { value = 3, reason = "全县仅一家医院", owner = "李伟", date = 2026-03-01 }

# [detectors.co_visit_ring] # 模型的参数
# min_joint = 4

# [areas.'3401'.rules.split_admission]   # 某统筹区另有规定：区划代码或其前几位，以最长者为准；模型用 detectors
# max_gap = 5

# [capacity]                # 一次核查所需的人日
# institution = 3.0
# records_a_day = 60
""",
}


def text(language: str) -> str:
    """The file in the language: each setting commented out below what it means."""
    column = "meaning_zh" if language == "zh" else "meaning"
    with MEANINGS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    single = "\n".join(f"# {row[column]}\n# {row['name']} = {row['example']}\n" for row in rows)
    return f"{single}\n{TABLES['zh' if language == 'zh' else 'en']}"


def write(home: Path, language: str) -> Path:
    """Write HOME/fundwatch.toml. Raises UsageError where there is one; FundwatchError where it cannot be written."""
    from flows.publish.safe import whole

    path = home / settings.FILE_NAME
    if path.exists():
        raise UsageError(f"{path} is there already and was left as it is. Edit it, or move it away first.")
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole(path, lambda aside: aside.write_text(text(language), encoding="utf-8"))
    except OSError as error:
        raise FundwatchError(f"{path} cannot be written: {error.strerror}. Choose another --home.") from error
    return path
