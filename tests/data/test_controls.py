"""Counts, sums and checksums beside a table are held against what was read of it."""

import hashlib
from decimal import Decimal

import pytest

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import controls, manifest
from data.ingest.delivery import Delivery
from data.ingest.unpack import Part

TEXT = b"setl_id,medfee_sumamt\n1,2\n"
SUMS = {controls.ROWS: Decimal(12), "total_amount": Decimal("12084.00"), "fund_amount": Decimal("6078.00")}


def compared(folder, files):
    """Contents that were read: each with twelve rows, or with nothing known of it."""
    (folder / "setl_d.csv").write_bytes(TEXT)
    table = mapping.tables()["setl_d"]
    read = {
        name: (Delivery(folder / "setl_d.csv", name, table, "", "text", "utf-8", ",", (), {}, None), control)
        for name, control in files.items()
    }
    return manifest.Compared(folder, read, [*read, "readme.txt"])


def held(tmp_path, name, text, files=None):
    said = []
    path = tmp_path / name
    path.write_bytes(text.encode())
    part = Part(path, name, name, "control")
    manifest.refuse([part], compared(tmp_path, files or {"setl_d.csv": controls.Control((), SUMS)}), said.append)
    return said


MD5, SHA256 = (hashlib.new(kind, TEXT).hexdigest() for kind in ("md5", "sha256"))
AGREEING = {
    ("setl_d.ok", "12"): 1,
    ("setl_d.csv.ok", "13"): 1,  # lines, with the header
    ("a.ctl", "setl_d.csv|12|12084.00"): 2,
    ("a.ctl", "SETL_D.CSV\t12\t6,078.00"): 2,
    ("20250331.ok", "20250331 setl_d.csv 12"): 1,
    ("control.csv", "文件名,记录数,医疗费总额\nsetl_d.csv,12,12084.00"): 2,
    ("核对表.csv", "表名,行数,基金支付总额\n结算信息表,12,6078"): 2,
    ("setl_d.ctl", "rows=12\namount=12084.00\ndate=20250401"): 2,
    ("核对.txt", "结算信息表共12条，金额合计：12084.00"): 2,
    ("setl_d.csv.md5", MD5): 1,
    ("md5.txt", f"{MD5} *setl_d.csv"): 1,
    ("a.md5", f"MD5 (setl_d.csv) = {MD5.upper()}"): 1,
    ("sha256.txt", f"{SHA256}  setl_d.csv"): 1,
    ("核对.csv", "表名,月份,记录数\nsetl_d,202501,5\nsetl_d,202502,7"): 2,
    ("sha256.txt", f"{SHA256}  setl_d.csv 12"): 2,
    ("文件清单.txt", f"setl_d.csv {len(TEXT)} 2025-04-01 10:00:00"): 1,
}


@pytest.mark.parametrize(("name", "text"), AGREEING)
def test_what_agrees_is_counted(tmp_path, name, text):
    assert held(tmp_path, name, text) == [
        f"{name}: compared with what was read, and all of it is so ({AGREEING[name, text]})"
    ]


@pytest.mark.parametrize("text", ["", "完成", "交付说明：2025年3月 第2批", "psn_info_b 30", "20250331", "1", "0"])
def test_what_counts_no_table_of_the_delivery_is_left_alone(tmp_path, text):
    assert held(tmp_path, "a.ok", text) == ["a.ok: nothing in it counts a table, left alone"]


OTHER = {
    ("setl_d.ok", "30"): "setl_d.csv has 30 rows, and 12 were read",
    ("setl_d.ok", "11"): "has 11 rows, and 12 were read",
    ("a.ctl", "setl_d.csv|12|12085.00"): "add up to 12,085.00, and what was read adds up to 12,084.00",
    ("control.csv", "文件名,记录数\nsetl_d.csv,13"): "has 13 rows, and 12 were read",
    (
        "control.csv",
        "文件名,医疗费总额\nsetl_d.csv,6078.00",
    ): "add up to 6,078.00, and what was read adds up to 12,084.00",
    ("核对表.csv", "表名,行数\n结算信息表,21"): "has 21 rows",
    ("setl_d.ctl", "rows=12\namount=1.00"): "add up to 1.00",
    ("核对.txt", "结算信息表共 21 条"): "has 21 rows",
    ("setl_d.md5", "0" * 32): "the MD5 of setl_d.csv is 0+, and it is",
    ("sha256.txt", f"{'a' * 64}  setl_d.csv"): "the SHA256 of setl_d.csv",
    ("核对.csv", "表名,月份,记录数\nsetl_d,202501,5\nsetl_d,202502,8"): "has 13 rows, and 12 were read",
    ("文件清单.txt", "setl_d.csv 12\nfee_list_d.csv 100"): "names fee_list_d.csv, and no such file came",
}


@pytest.mark.parametrize(("name", "text"), OTHER)
def test_what_differs_is_refused_with_both_numbers(tmp_path, name, text):
    with pytest.raises(InputRefused, match=OTHER[name, text]) as refusal:
        held(tmp_path, name, text)
    assert str(refusal.value).endswith("; nothing was loaded.") and name in str(refusal.value)


def test_several_contents_count_together(tmp_path):
    half = controls.Control((), {controls.ROWS: Decimal(6)})
    files = {"setl_d_1.csv": half, "a.zip!setl_d_2.csv": half}
    assert held(tmp_path, "a.ctl", "setl_d_1.csv 6\nsetl_d_2.csv 6\nsetl_d 12\na.zip 6", files)[0].endswith("(4)")
    with pytest.raises(InputRefused, match=r"setl_d_1\.csv has 12 rows, and 6 were read"):
        held(tmp_path, "a.ctl", "setl_d_1.csv 12", files)
    assert "left alone" in held(tmp_path, "a.ctl", "setl_d 30", {**files, "setl_d_3.csv": None})[0]  # it came before


def test_files_of_one_name_in_two_folders_have_their_own_counts(tmp_path):
    half = controls.Control((), {controls.ROWS: Decimal(6)})
    files = {"1月/setl_d.csv": half, "2月/setl_d.csv": controls.Control((), {controls.ROWS: Decimal(7)})}
    read = compared(tmp_path, files)
    assert read.beside("2月/setl_d.ok").meant("setl_d.csv")[1] == ["2月/setl_d.csv"]
    assert read.beside("a.ok").meant("setl_d.csv")[1] == list(files)
    assert held(tmp_path, "a.ctl", "setl_d.csv 6\nsetl_d.csv 7", files)[0].endswith("(2)")


@pytest.mark.parametrize("said", [6, 12])
def test_what_the_last_part_says_may_be_of_all(said):
    claims = (controls.Claim("setl_d_2.csv, data row 7,", controls.ROWS, (), Decimal(said), Decimal(5)),)
    parts = [controls.Control((), {controls.ROWS: Decimal(7)}), controls.Control(claims, {controls.ROWS: Decimal(5)})]
    if said == 12:
        controls.refuse(claims, controls.together(parts))
        return
    with pytest.raises(InputRefused, match="there are 6 rows, and 5 were read"):
        controls.refuse(claims, controls.together(parts))
