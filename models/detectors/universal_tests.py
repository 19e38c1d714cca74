"""Tests and examinations that a hospital, or one of its departments, does to nearly everybody and its peers do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _test_use

PARTS = ("models.detectors._test_use",)

#: Self-check items of 2025 that say a test was done to everybody.
NAMED = (80, 82, 91, 92, 93, 102, 103, 104, 106, 107, 108, 109, 110, 111, 112, 113, 115, 116, 117, 119, 120, 121, 122,
         123, 126, 168, 169)  # fmt: skip

CARD = card.make(
    {
        "title": "Tests done to nearly everybody, at peers to few",
        "title_zh": "无指征普遍开展检查检验（开展率明显高于同类）",
        "problem": [f"hospital-{n}" for n in NAMED],
        "violation": "universal_tests",
        "family": "indication",
        "subjects": ["institution"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "{test} was done in {done} of {stays} {of_text}, {own_text}; for their departments and"
        " diagnoses {expected_text} would be usual elsewhere, the median of {peers} peers is {peer_text}"
        "{official_text}; this line of {occurred_on}: {amount} yuan beyond the usual share",
        "sentence_zh": "{of_text_zh}{stays}次中{done}次开展“{test}”，开展率{own_text}；"
        "按科室和病种他院预期{expected_text}，同类{peers}家机构中位数{peer_text}{official_text_zh}；{occurred_on}本条超出部分{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第三十八条第（二）项：违反诊疗规范过度检查",
            "定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）：无指征普遍开展的检查检验",
            "筛查模型 D10 普遍开展的检查/检验",
        ],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.fee_category", "record.fee_line.item_code"],
        "params": {
            "min_share": {"value": 0.6, "unit": "share", "meaning": "of the stays that had the test, at least"},
            "min_named_share": {
                "value": 0.4,
                "unit": "share",
                "meaning": "the same for a test that the official list names (knowledge.routine_test)",
            },
            "min_ratio": {
                "value": 3.0,
                "unit": "x",
                "meaning": "least ratio to the peers' median and to the share expected from the mix of stays",
            },
            "max_alike": {
                "value": 0.2,
                "unit": "share",
                "meaning": "of the peers may do it two thirds as often: more make it the custom of the place",
            },
            "min_stays": {"value": 20, "unit": "stays", "meaning": "fewer at the place: not judged"},
            "min_peer_stays": {"value": 10, "unit": "stays", "meaning": "fewer at a peer: no peer"},
            "min_peers": {"value": 5, "unit": "institutions", "meaning": "fewer peers: cannot judge"},
            "min_users": {
                "value": 2,
                "unit": "institutions",
                "meaning": "peers that do an unnamed test at all: else its code may just be the place's own",
            },
        },
        "exclusions": [
            "day surgery, and stays still going on",
            "what the departments and diagnoses of the place explain: expected from the same ones elsewhere",
            "what a fifth of the peers do as well: the custom of the place, tests before any operation",
            "methods of one test: items of one service code count as one",
            "departments and special kinds that too few peers have: cannot judge",
        ],
        "exclusions_zh": [
            "日间手术及尚未结束的住院",
            "可由本机构科室和诊断解释的部分：以他院相同科室、诊断计算预期",
            "五分之一以上的同类同样开展：当地习惯、术前常规检查",
            "同一检查的不同方法：同一服务编码计为一项",
            "同类中过少机构具有的科室和特殊类型：无法判定",
        ],
        "limits": "Whether a single test was needed is in its record. A package of the laboratory, a programme of"
        " the city or a research project look the same. The amount is the share of each line beyond what the"
        " peers' usual share would leave.",
        "limits_zh": "单次检查是否必要，见其病历。检验套餐、市级项目、科研课题也会呈现相同情形。"
        "金额为每条明细超出同类正常占比的部分。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a fee line of such a test. Units: lines that hit, places and tests that stay clear or cannot be
    judged."""
    _test_use.tests(con)
    _test_use.places(con, params)
    _test_use.expected(con, params)
    con.execute(_JUDGED, {k: params[k] for k in ("min_ratio", "max_alike", "min_peers", "min_users")})
    for table in ("test_item", "test_stay", "test_done", "test_place", "test_against"):
        con.execute(f"drop table {table}")


_JUDGED = """
    create or replace temp table judged as
    with weighed as (
        select *, greatest(peer_share, expected_share, 0.01) as usual,
            peers < $min_peers or (users < $min_users and problem is null) as is_alone
        from test_against
    ),
    found as (
        select *, not is_alone and share >= $min_ratio * greatest(peer_share, expected_share)
            and alike <= $max_alike * peers as is_hit
        from weighed
    ),
    -- Of the whole place and its departments the widest speaks.
    told as (
        select * from found where is_hit
        qualify department_code = '' or not bool_or(department_code = '') over (partition by institution_id, test)
    ),
    line as (
        select t.*, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.practitioner_id, l.charged_on,
            cast(l.eligible_amount * (1 - t.usual / t.share) as decimal(16, 2)) as amount
        from told as t
        join test_stay as s on s.institution_id = t.institution_id
            and (t.department_code = '' or s.department_code = t.department_code)
        join test_item as i on i.test = t.test
        join feature.fee_line as l on l.encounter_id = s.encounter_id and l.item_code = i.item_code
        where l.eligible_amount > 0
    ),
    row_of as (
        select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, line_id, encounter_id, person_id,
            institution_id, practitioner_id, charged_on as occurred_on, amount,
            cast(to_json(struct_pack(test := test_name, item_name := test_name, done := done, stays := stays,
                own_text := round(100 * share, 1) || '%', expected_text := round(100 * expected_share, 1) || '%',
                peer_text := round(100 * peer_share, 1) || '%', peers := peers, alike := alike,
                of_text := 'stays' || case when department_code = '' then '' else ' of department ' || department_code
                    end || case when base_word is null then '' else ' with ' || base_word end,
                of_text_zh := case when department_code = '' then '' else '科室' || department_code end
                    || case when base_word is null then '住院' else '做“' || base_word || '”的住院' end,
                official_text := coalesce(' (self-check list 2025, ' || problem || ')', ''),
                official_text_zh := coalesce('（2025年自查自纠问题清单第' || substr(problem, 10) || '项）', ''),
                department_code := department_code, problem := problem,
                indicator_title := 'share with ' || test_name
                    || case when department_code = '' then '' else ', department ' || department_code end,
                indicator_title_zh := test_name || '开展率'
                    || case when department_code = '' then '' else '（科室' || department_code || '）' end
            )) as varchar) as detail,
            test || '|' || department_code as part,
            round(1 - 0.5 * pow(2, -(share / usual - $min_ratio) / $min_ratio), 4) as weight,
            cast(null as varchar) as group_key, cast(1 as bigint) as units
        from line
    )
    select * from row_of
    union all
    select 'cannot_judge', case when peers < $min_peers then 'too few peers with such stays'
        else 'a test that no peer does' end, null, null, null, null, null, null, null, null, null, null, null, null,
        count(*)
    from found where is_alone group by 2
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from found where not is_alone and not is_hit having count(*) > 0
"""
