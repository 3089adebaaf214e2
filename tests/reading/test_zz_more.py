"""Whatever happens to a file: nothing lost, nothing shifted, and a broken line takes no other line with it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.reading import Unreadable
from tests.reading.reader import Read, fields_of, read

HEADERS = ("企业名称", "文号", "内容")
FIELDS = fields_of(HEADERS)
TAG = re.compile(r"r(\d+)c")
quick = settings(max_examples=1200, deadline=None, suppress_health_check=list(HealthCheck))

words = st.sampled_from(["", "警告", "成都", "无", "a", "　", "1,000", "（甲）", "，"])
quoted_words = st.sampled_from(["", "警告", "酒,烟", 'x"y', '""', ",", "成都市"])


@dataclass(frozen=True)
class Sent:
    """A right file: its lines as bytes with their ends, and the record each line below the header holds."""

    lines: list[bytes]
    records: dict[int, tuple[str, ...]]
    encoding: str

    @property
    def content(self) -> bytes:
        return b"".join(self.lines)


@st.composite
def files(draw: st.DrawFn, cells: st.SearchStrategy[str] = words, quotes: bool = False) -> Sent:
    """A right file of one record a line; the tag ``r<line>c<column>`` in every cell says where it belongs."""
    encoding = draw(st.sampled_from(["utf-8", "gb18030"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    count = draw(st.integers(2, 8))
    empty = draw(st.booleans())
    records = {}
    for number in range(2, count + 2):
        record = tuple(f"r{number}c{place}{draw(cells)}" for place in range(len(HEADERS)))
        if not quotes:
            record = tuple(cell.replace(",", "，") for cell in record)
        if empty and draw(st.booleans()):
            record = (*record[:-1], "")
        records[number] = record
    lines = [_line(record, end, always=quotes and draw(st.booleans())) for record in [HEADERS, *records.values()]]
    return Sent([line.encode(encoding) for line in lines], records, encoding)


def _line(record: tuple[str, ...], end: str, *, always: bool) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end, quoting=csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL).writerow(record)
    return buffer.getvalue()


@st.composite
def damaged(draw: st.DrawFn, line: bytes) -> bytes:
    """The line with bytes flipped, cut, doubled, or quotes and separators put in; its end stays, and it stays one line."""
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(body) - 1)))
        match draw(st.sampled_from(["flip", "cut", "shorten", "double", "quote", "separator", "nul"])):
            case "flip":
                value = draw(st.integers(1, 255))
                body = body[:place] + bytes([body[place] ^ value]) + body[place + 1 :] if body else body
            case "cut":
                body = body[:place]
            case "shorten":
                body = body[:place] + body[place + draw(st.integers(1, 4)) :]
            case "double":
                body = body + body
            case "quote":
                body = body[:place] + b'"' + body[place:]
            case "separator":
                body = body[:place] + b"," + body[place:]
            case "nul":
                body = body[:place] + b"\x00" + body[place:]
    return body.replace(b"\n", b" ").replace(b"\r", b" ") + end


def or_rejected(content: bytes) -> Read | None:
    """What was read; None where the whole file was rejected."""
    try:
        return read(content, FIELDS)
    except Unreadable:
        return None


def check_one_damaged_line(sent: Sent, number: int, content: bytes) -> None:
    """Every other line is accepted as it was sent, under its own number; the damaged one is accepted or kept, once."""
    found = or_rejected(content)
    assert found is not None, "one bad line rejected the whole file"
    others = {place: record for place, record in sent.records.items() if place != number}
    assert {place: record for place, record in found.records.items() if place != number} == others
    assert [place for place, _ in found.malformed if place != number] == []
    assert found.rows_in in (len(others), len(others) + 1)


@quick
@given(st.data(), files())
def test_a_damaged_line_takes_no_other_line_with_it(data: st.DataObject, sent: Sent) -> None:
    number = data.draw(st.sampled_from(sorted(sent.records)))
    lines = list(sent.lines)
    lines[number - 1] = data.draw(damaged(lines[number - 1]))

    check_one_damaged_line(sent, number, b"".join(lines))


@quick
@given(st.data(), files(quoted_words, quotes=True))
def test_a_damaged_line_among_quoted_ones_takes_no_other_line_with_it(data: st.DataObject, sent: Sent) -> None:
    number = data.draw(st.sampled_from(sorted(sent.records)))
    lines = list(sent.lines)
    lines[number - 1] = data.draw(damaged(lines[number - 1]))

    check_one_damaged_line(sent, number, b"".join(lines))


@quick
@given(st.data(), files(quoted_words, quotes=True))
def test_a_stray_quote_in_any_place_takes_no_other_line_with_it(data: st.DataObject, sent: Sent) -> None:
    number = data.draw(st.sampled_from(sorted(sent.records)))
    line = sent.lines[number - 1]
    place = data.draw(st.integers(0, len(line.rstrip(b"\r\n"))))
    lines = [*sent.lines[: number - 1], line[:place] + b'"' + line[place:], *sent.lines[number:]]

    check_one_damaged_line(sent, number, b"".join(lines))


@quick
@given(st.data(), files(quoted_words, quotes=True), st.integers(1, 5))
def test_a_row_is_never_made_of_lines_that_were_not_touched(data: st.DataObject, sent: Sent, times: int) -> None:
    """Any number of damaged, joined and doubled lines: an accepted row in which no touched line has a part is a row that was sent."""
    lines = dict(enumerate(sent.lines, start=1))
    touched = set()
    for _ in range(times):
        number = data.draw(st.sampled_from(sorted(sent.records)))
        match data.draw(st.sampled_from(["damage", "double", "join"])):
            case "damage":
                lines[number] = data.draw(damaged(lines[number]))
            case "double":
                lines[number] = lines[number] * 2
            case _:
                lines[number] = lines[number].rstrip(b"\r\n") + data.draw(st.sampled_from([b"", b" ", b","]))
                touched.add(number + 1)
        touched.add(number)

    found = or_rejected(b"".join(lines.values()))

    for record in found.records.values() if found else ():
        parts = {int(part) for cell in record for part in TAG.findall(cell)}
        if parts and not parts & touched:
            assert record in sent.records.values()


@quick
@given(st.data(), files(), st.integers(1, 6))
def test_rows_in_are_accepted_and_refused_whatever_was_done_to_the_bytes(
    data: st.DataObject, sent: Sent, times: int
) -> None:
    """Without quotes a row is a line that holds anything; every one of them is there, as a record or with its text."""
    content = bytearray(sent.content)
    start = len(sent.lines[0])
    for _ in range(times):
        place = data.draw(st.integers(start, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "delete", "insert"])):
            case "flip":
                content[place] ^= data.draw(st.integers(1, 255))
            case "delete":
                del content[place]
            case _:
                content.insert(place, data.draw(st.integers(0, 255)))
        if len(content) <= start:
            return
    body = bytes(content[start:]).replace(b'"', b"'").replace(b"\r", b"")
    lines = [line for line in body.split(b"\n") if line.strip(b",")]
    blank = [line for line in body.split(b"\n") if line and not line.strip(b",")]

    found = or_rejected(bytes(content[:start]) + body)

    if found is not None:
        assert len(lines) <= found.rows_in <= len(lines) + len(blank)


@quick
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_rejected_with_a_problem(content: bytes) -> None:
    """Below a right header and without one: nothing is raised but Unreadable, which says what to do."""
    for whole in (
        content,
        ",".join(HEADERS).encode() + b"\n" + content,
        ",".join(HEADERS).encode("gb18030") + b"\n" + content,
    ):
        try:
            found = read(whole, FIELDS)
        except Unreadable as error:
            assert error.problem.message_zh
            continue
        assert all(len(record) == len(HEADERS) for record in found.records.values())


@quick
@given(files(quoted_words, quotes=True))
def test_a_right_file_is_read_as_it_was_sent(sent: Sent) -> None:
    found = read(sent.content, FIELDS)
    assert found.records == sent.records
    assert found.malformed == ()
