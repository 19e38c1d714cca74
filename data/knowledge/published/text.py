"""How the text of a published knowledge point is read: each function adds a table's own columns and ``why``.

``why`` is null where the text yields its parameter, else the reason it does not; nothing is guessed.

* sex: the points do not state it; it is taken from words of item name and text that belong to one sex only.
* age: ``age_to_years`` is exclusive (15 = under 15), ``age_to_days`` is the last day of life allowed.
  以下 includes the number named (Civil Code art. 1259): "11周岁以下" gives 12. The employment-age point sets
  only the lower bound of 16 (Labour Law art. 15): the upper depends on sex and year of birth, and stays open.
* exclusive pairs: B is included in A, within the window that the publication gives it (``window_zh``), else the one
  its text names. Where neither does it is derived, and the row stands in layer ``derived``: ``visit`` only when both
  items are operations (chapter 33) and neither is charged by day or hour, else ``day``. Tests, nursing and procedures
  recur in a stay; a pair on different days of it is then no repetition.
"""

from __future__ import annotations

import polars as pl

from data.knowledge import words

SERVICE_CODE = r"^[0-9]{15}$"

# Phrases that contain a sex word without meaning it: removed before the words below are looked for.
MISLEADING = (
    r"前列腺素|精神|酒精|精蛋白|精氨酸|早产[婴儿]|生产[前后]"
    r"|(?:孕妇|妊娠期?|哺乳期)[及和、]?(?:哺乳期)?(?:妇女)?(?:禁用|慎用|忌用|忌服)"
)
MALE = (
    r"前列腺|阴茎|阴囊|睾丸|附睾|精索|精囊|输精管|射精|精液|精子|精浆|少精|弱精|遗精|早泄|阳[痿萎]|勃起"
    r"|包皮|包茎|鞘膜积液|男性|男子"
)
FEMALE = (
    r"子宫|[宫胞]颈|宫腔|宫缩|胞宫|月经|经期|经前|经[闭血水量色行来]|[痛闭调行绝]经|崩漏|白带|[赤黄]带|[止带]下|恶露"
    r"|孕|妊娠|避孕|胎[儿盘动漏]|[安保]胎|流产|早产|引产|催产|产[后前妇程]|分娩|接生|难产|小产|刮宫|剖宫产"
    r"|[下通催增生缺]乳|乳汁|奶汁|女性|妇[女科人炎]|女[用科珍]|阴道|外阴|卵巢|输卵管|排卵|附件炎|盆腔炎|盆炎|止带"
)
PER_DAY = r"床位|护理|监护|监测|诊查|会诊|巡诊|抢救|取暖|降温"
RANGE = r"\d+周?岁?[-–—~至到]\d+周?岁"
BELOW = r"\d+周?岁(?:及以下|以下)"
ABOVE = r"\d+周?岁(?:及以上|以上)"


def _or_why(points: pl.DataFrame, missing: pl.Expr, why: str) -> pl.DataFrame:
    return points.with_columns(why=pl.when(missing).then(pl.lit(why)))


def sex(points: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("text").str.replace_all(MISLEADING, "")
    male, female = plain.str.contains(MALE), plain.str.contains(FEMALE)
    sex = pl.when(male & ~female).then(pl.lit("1")).when(female & ~male).then(pl.lit("2"))
    why = (
        pl.when(male & female)
        .then(pl.lit("words of both sexes"))
        .when(~male & ~female)
        .then(pl.lit("no word of one sex only"))
    )
    return points.with_columns(sex=sex, why=why)


def _years(pattern: str, number: str) -> pl.Expr:
    found = pl.col("text").str.extract_all(pattern)
    return found.list.eval(pl.element().str.extract(number).cast(pl.Int64))


def _child_bound() -> pl.Expr:
    """Exclusive upper bound in years that the words stand for, null where they name no age group."""
    has, drug = pl.col("text").str.contains, pl.col("is_drug")
    return (
        pl.when(has("未成年|青少年"))
        .then(18)
        .when(drug & (pl.col("rule_name_zh") == "药品儿童专用"))
        .then(15)
        .when(has("儿童|小儿"))
        .then(15)
        .when(~drug & has("婴幼儿"))
        .then(3)
        .when(~drug & has("婴儿"))
        .then(1)
    )


def age(points: pl.DataFrame) -> pl.DataFrame:
    newborn = ~pl.col("is_drug") & pl.col("text").str.contains("新生儿")
    working = pl.col("text").str.contains("法定就业年龄")
    last, first = r"(\d+)\D*$", r"^(\d+)"
    note = "；下限16岁据劳动法第十五条，上限随性别和出生年份而异，未取"
    to_stated = pl.max_horizontal(_years(RANGE, last).list.max(), _years(BELOW, first).list.max()) + 1
    from_stated = pl.min_horizontal(_years(RANGE, first).list.min(), _years(ABOVE, first).list.min())
    out = points.with_columns(
        age_from_years=pl.when(working).then(16).otherwise(from_stated).cast(pl.Int64),
        age_to_years=pl.when(~newborn & ~working).then(pl.coalesce(to_stated, _child_bound())).cast(pl.Int64),
        age_to_days=pl.when(newborn).then(28).cast(pl.Int64),
        basis=pl.when(working).then(pl.col("basis") + note).otherwise("basis"),
    )
    low, high = pl.col("age_from_years"), pl.col("age_to_years")
    nothing = high.is_null() & pl.col("age_to_days").is_null() & ~working
    why = (
        pl.when(nothing)
        .then(pl.lit("no upper age or age group"))
        .when(low >= high)
        .then(pl.lit("age bounds contradict"))
    )
    return out.with_columns(why=why)


def pair(points: pl.DataFrame) -> pl.DataFrame:
    rule = pl.concat_str("limit_text", pl.col("check_zh").fill_null(""), separator="\n")
    stated = (
        pl.when(rule.str.contains("同日|单日|同一[天日]|当日"))
        .then(pl.lit("day"))
        .when(rule.str.contains("[单同]次就诊|[单同]次住院|同一次就诊"))
        .then(pl.lit("visit"))
    )
    codes = pl.col("item_a_code", "item_b_code")
    operations = pl.all_horizontal(codes.str.starts_with("0033"))
    by_day = pl.col("item_name_zh").str.contains(PER_DAY)
    derived = pl.when(operations & ~by_day).then(pl.lit("visit")).otherwise(pl.lit("day"))
    sides = pl.col("item_name_zh").str.split("×")
    given = {text: words.read("exclusive_pair", "time_window", text) for text in points["window_zh"].drop_nulls()}
    column = pl.col("window_zh").replace_strict(given, default=None, return_dtype=pl.String)
    published = pl.coalesce(column, stated)
    is_ours = pl.coalesce("window_zh", stated).is_null()
    note = pl.when(column.is_not_null()).then(pl.format("；时间区间：{}", "window_zh")).otherwise(pl.lit(""))
    out = points.with_columns(
        item_a_name=sides.list.get(0),
        item_b_name=sides.list.get(1, null_on_oob=True),
        time_window=pl.when(is_ours).then(derived).otherwise(published),
        window_source=pl.when(is_ours).then(pl.lit("derived")).otherwise(pl.lit("published")),
        layer=pl.when(is_ours).then(pl.lit("derived")).otherwise("layer"),
        basis=pl.col("basis") + note,
    )
    whole = (sides.list.len() == 2) & pl.all_horizontal(codes.is_not_null())
    why = (
        pl.when(~whole)
        .then(pl.lit("not exactly two items with their codes"))
        .when(~is_ours & published.is_null())
        .then(pl.format("no window that can be evaluated: {}", pl.col("window_zh").fill_null("")))
    )
    return out.with_columns(why=why)


def frequency(points: pl.DataFrame) -> pl.DataFrame:
    unit = pl.col("constraint_zh").str.extract("^每?(日|天|小时)$")
    out = points.with_columns(
        max_quantity=pl.when(unit == "小时").then(24).when(unit.is_not_null()).then(1).cast(pl.Int64),
        time_window=pl.lit("day"),
        unit_zh=unit,
    )
    return _or_why(out, unit.is_null(), "unit is not a day or an hour")


def course(points: pl.DataFrame) -> pl.DataFrame:
    limit = r"(?:不超过|最多支付)(\d+|[一两三])(天|日|个月|年)"
    text, check = pl.col("limit_text"), pl.col("check_zh").fill_null("")
    number = text.str.extract(limit, 1).replace({"一": "1", "两": "2", "三": "3"}).cast(pl.Int64)
    unit = text.str.extract(limit, 2)
    days = (
        pl.when(unit == "年")
        .then(number * 365)
        .when(unit == "个月")
        .then((number * 365 / 12).round().cast(pl.Int64))
        .otherwise(number)
    )
    stay = text.str.contains("[单每]次住院|住院方可支付.{0,2}单次")
    out = points.with_columns(
        max_days=days,
        count_by=pl.when(check.str.contains("跨度"))
        .then(pl.lit("span"))
        .when(check.str.contains("日期总计"))
        .then(pl.lit("days")),
        scope=pl.when(stay).then(pl.lit("stay")).otherwise(pl.lit("illness")),
    )
    why = (
        pl.when(pl.col("max_days").is_null())
        .then(pl.lit("no length of course"))
        .when(pl.col("count_by").is_null())
        .then(pl.lit("way of counting days not stated"))
    )
    return out.with_columns(why=why)


def level(points: pl.DataFrame) -> pl.DataFrame:
    has = pl.col("limit_text").str.contains
    # "三级综合医院眼科或二级及以上眼科专科": the lenient reading, hence the lowest level named
    level = pl.when(has("一级[及或]?以上")).then(1).when(has("二级[及或]?以上")).then(2).when(has("三级")).then(3)
    out = points.with_columns(min_level=level.cast(pl.Int64), is_first_only=has("首次处方时?需?由"))
    return out.with_columns(why=pl.when(level.is_null()).then(pl.lit("no level named")))
