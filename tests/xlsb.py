"""Hand-made xlsb workbooks: records of the binary sheet, as few as a reader needs."""

import io
import struct
import zipfile

RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
    ' Target="{target}"/></Relationships>'
)
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def _number(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _record(kind, content=b""):
    return _number(kind) + _number(len(content)) + content


def _text(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def book(cells, dimension=(0, 0, 0, 0)):
    """The bytes of a workbook whose one sheet has these cells: (row, column) -> text, in order."""
    sheet, row = _record(129) + _record(148, struct.pack("<4I", *dimension)) + _record(145), None
    for (at, column), text in cells.items():
        if at != row:
            sheet, row = sheet + _record(0, struct.pack("<I", at) + bytes(21)), at
        sheet += _record(6, struct.pack("<II", column, 0) + _text(text))
    sheet += _record(146) + _record(130)
    listed = struct.pack("<II", 0, 1) + _text("rId1") + _text("s")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS.format(kind="officeDocument", target="xl/workbook.bin"))
        archive.writestr("xl/_rels/workbook.bin.rels", RELS.format(kind="worksheet", target="worksheets/sheet1.bin"))
        archive.writestr(
            "xl/workbook.bin", _record(131) + _record(143) + _record(156, listed) + _record(144) + _record(132)
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return out.getvalue()
