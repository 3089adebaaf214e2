"""A bad line is refused, never guessed: text that was read in the wrong encoding must not be accepted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipelines.reading import Unreadable
from tests.reading.reader import Read, fields_of, read

CODES = ("CF_XDR_MC", "CF_WSH", "CF_NR")  # official codes: a header of ASCII tells nothing of the encoding
ROWS = [
    ("成都蜀锦文化有限公司", "川市监处罚〔2026〕1号", "警告"),
    ("昆明翠湖茶业有限公司", "云市监处罚〔2026〕2号", "罚款人民币2000元"),
    ("贵阳黔灵药业股份有限公司", "贵市监处罚〔2026〕3号", "责令停产停业"),
    ("重庆嘉陵机械厂", "渝市监处罚〔2026〕4号", "没收违法所得"),
    ("拉萨雪域旅行社", "藏市监处罚〔2026〕5号", "吊销许可证件"),
    ("兰州牛肉面馆（个体工商户）", "甘市监处罚〔2026〕6号", "通报批评"),
]


def file(encodings: Sequence[str], header: Sequence[str] = CODES, rows: Sequence[tuple[str, ...]] = ROWS) -> bytes:
    """A file whose header and rows are each in an encoding of their own."""
    lines = [header, *rows]
    return b"".join((",".join(line) + "\n").encode(encoding) for line, encoding in zip(lines, encodings, strict=True))


def mojibake(found: Read, rows: Sequence[tuple[str, ...]] = ROWS) -> list[tuple[str, ...]]:
    """Accepted records that nobody sent."""
    return [record for record in found.records.values() if record not in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_whole_file_in_one_encoding_is_read(encoding: str) -> None:
    text = "\n".join(",".join(line) for line in [CODES, *ROWS]) + "\n"
    found = read(text.encode(encoding), fields_of(CODES))
    assert list(found.records.values()) == ROWS
    assert found.malformed == ()


@pytest.mark.parametrize("odd", range(len(ROWS)))
def test_a_utf8_line_in_a_gb18030_file_is_refused_and_the_others_are_not(odd: int) -> None:
    encodings = ["gb18030"] * (len(ROWS) + 1)
    encodings[odd + 1] = "utf-8"

    found = read(file(encodings), fields_of(CODES))

    assert mojibake(found) == []
    assert list(found.records.values()) == [row for number, row in enumerate(ROWS) if number != odd]
    assert [number for number, _ in found.malformed] == [odd + 2]


def test_a_utf8_line_that_happens_to_be_gb18030_too_is_not_taken_for_it() -> None:
    """Six bytes of two UTF-8 characters are three of GB18030: strict decoding alone lets such a line pass as mojibake."""
    even = ("四川", "文书", "警告")
    assert "".join(even).encode().decode("gb18030")
    rows = [*ROWS[:3], even, *ROWS[3:]]

    found = read(file(["gb18030"] * 4 + ["utf-8"] + ["gb18030"] * 3, rows=rows), fields_of(CODES))

    assert mojibake(found, rows) == []
    assert [number for number, _ in found.malformed] == [5]


@pytest.mark.parametrize("odd", range(len(ROWS)))
def test_a_gb18030_line_in_a_utf8_file_is_refused_and_the_others_are_not(odd: int) -> None:
    encodings = ["utf-8"] * (len(ROWS) + 1)
    encodings[odd + 1] = "gb18030"

    found = read(file(encodings), fields_of(CODES))

    assert mojibake(found) == []
    assert list(found.records.values()) == [row for number, row in enumerate(ROWS) if number != odd]


def test_a_utf8_file_that_decodes_as_gb18030_but_for_nothing_is_not_read_as_gb18030() -> None:
    """One character cut in two, and every line happens to decode as GB18030: the right lines must not turn into mojibake."""
    rows = [("四川", "文书", "警告"), ("云南", "决定", "罚款"), ("贵州", "文号", "警告")]
    content = file(["utf-8"] * 4, rows=rows).replace("罚款".encode(), "罚款".encode()[:2])
    content.decode("gb18030")  # it does decode

    try:
        found = read(content, fields_of(CODES))
    except Unreadable:
        return
    assert mojibake(found, rows) == []


@pytest.mark.parametrize("bad", [b"\xb2", "警告".encode()[:2]])
def test_one_bad_byte_does_not_turn_a_chinese_header_into_an_unknown_one(bad: bytes) -> None:
    """企业名称, 文号 and 内容 in UTF-8 decode as GB18030 too; hypothesis found it."""
    headers = ("企业名称", "文号", "内容")
    content = ",".join(headers).encode() + b"\na" + bad + b",1,2\nb,3,4\n"

    found = read(content, fields_of(headers))

    assert found.records[3] == ("b", "3", "4")
    assert found.rows_in == 2


def test_half_and_half_is_rejected_or_read_right() -> None:
    try:
        found = read(file(["utf-8"] * 4 + ["gb18030"] * 3), fields_of(CODES))
    except Unreadable as error:
        assert error.problem.code == "undecodable"
        return
    assert mojibake(found) == []


def test_a_bad_byte_behind_the_first_megabyte_is_found_too() -> None:
    """The encoding is guessed from the beginning; a file that breaks later still loses its bad line only."""
    filler = [("成都蜀锦文化有限公司", f"川市监处罚〔2026〕{number}号", "警告" * 20) for number in range(9000)]
    content = file(["utf-8"] * 9001, rows=filler)
    assert len(content) > 1 << 20
    found = read(content + ",".join(ROWS[1]).encode("gb18030") + b"\n", fields_of(CODES))

    assert list(found.records.values()) == filler
    assert [number for number, _ in found.malformed] == [9002]
