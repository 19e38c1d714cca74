"""Write workbooks of the old binary form (xls, et), which no library here writes: texts and numbers, several sheets."""

import struct

SECTOR = 512


def write(path, sheets, hidden=()):
    """`sheets`: name -> rows of texts, numbers or None."""
    path.write_bytes(_compound(_workbook(sheets, hidden)))


def _record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


def _begin(kind):
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _workbook(sheets, hidden):
    bodies = [_sheet(rows) for rows in sheets.values()]
    head = _begin(0x0005) + _record(0x0042, struct.pack("<H", 1200))
    bounds = [len(_bound(0, n, False)) for n in sheets]
    place = len(head) + sum(bounds) + 4
    listed = b""
    for name, body in zip(sheets, bodies, strict=True):
        listed += _bound(place, name, name in hidden)
        place += len(body)
    return head + listed + _record(0x000A, b"") + b"".join(bodies)


def _bound(place, name, is_hidden):
    return _record(0x0085, struct.pack("<IBBBB", place, int(is_hidden), 0, len(name), 1) + name.encode("utf-16-le"))


def _sheet(rows):
    width = max(map(len, rows), default=0)
    body = _begin(0x0010) + _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, (int, float)):
                body += _record(0x0203, struct.pack("<HHHd", r, c, 0, value))
            elif value is not None:
                text = value.encode("utf-16-le")
                body += _record(0x0204, struct.pack("<HHHHB", r, c, 0, len(value), 1) + text)
    return body + _record(0x000A, b"")


def _compound(stream):
    """The stream `Workbook` in a compound file."""
    stream += b"\0" * (max(4096, -(-len(stream) // SECTOR) * SECTOR) - len(stream))
    data = len(stream) // SECTOR
    tables = 1
    while tables * 128 < data + 1 + tables:
        tables += 1
    chain = [*range(1, data), 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFD] * tables]
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, data, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    listed = list(range(data + 1, data + 1 + tables))
    header += struct.pack("<109I", *listed, *[0xFFFFFFFF] * (109 - tables))
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1) + _entry("Workbook", 2, 0, len(stream))
    directory += b"\0" * (SECTOR - len(directory))
    return header + stream + directory + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name, kind, start, size, child=0xFFFFFFFF):
    text = name.encode("utf-16-le")
    head = text + b"\0" * (64 - len(text)) + struct.pack("<HBB", len(text) + 2, kind, 1)
    return head + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36 + struct.pack("<IQ", start, size)
