"""GB18030 by the C library gives what Python's strict codec gives, and a damaged file in it costs no multiple of a clean one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.reading import ROW_NUMBER, Source, gb18030, open_source, salvage
from pipelines.reading.line_places import line_ends
from tests.reading.reader import Read, fields_of, read
from tests.reading.test_salvage import Sent, damaged, files, quoted_words

MARK = b"\xff"
HEADERS = ("企业名称", "文号", "内容")
FIELDS = fields_of(HEADERS)
quick = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

with_iconv = pytest.mark.skipif(
    gb18030.usable_library() is None, reason="no glibc with GB18030: Python decodes everything"
)


def both(chunk: bytes, foreign: list[int]) -> Iterator[tuple[bytes, dict[int, str]]]:
    """What the C library gives with its corrections, and what Python alone gives."""
    lines = chunk.split(b"\n")
    instead = {number: MARK + lines[number] for number in foreign}
    for way in (gb18030.transcoded, gb18030.by_python):
        yield way(chunk, lambda text: MARK + text.encode(), instead)


def four(leads: range, fourths: range = range(0x30, 0x3A)) -> Iterator[bytes]:
    return (
        bytes((a, b, c, d)) for a in leads for b in range(0x30, 0x3A) for c in range(0x81, 0xFF) for d in fourths
    )  # fmt: skip


@with_iconv
def test_every_code_of_two_bytes_is_the_character_of_python_or_refused_like_there() -> None:
    codes = [bytes((a, b)) for a in range(0x80, 0x100) for b in range(0x100) if b != ord("\n")]
    ours, theirs = both(b"\n".join(codes), [])
    assert ours == theirs


@with_iconv
@pytest.mark.parametrize("leads", [range(0x81, 0x85), range(0x85, 0x86), range(0x90, 0x98), range(0xE2, 0xE4)])
def test_every_code_of_four_bytes_is_the_character_of_python_or_refused_like_there(leads: range) -> None:
    """The planes in between are computed like those here; all were looked at once, by hand."""
    ours, theirs = both(b"\n".join(four(leads)), [])
    assert ours == theirs


pieces = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=8).map(
        lambda text: text.encode("gb18030")
    ),
    st.binary(max_size=6).map(lambda value: value.replace(b"\n", b"")),
    st.sampled_from(
        [b"\xa6\xd9", b"\xa8\xbc", b"\xfe\x51", b"\x84\x31\x82\x36", b"\x81\x35\xf4\x37", b"\xb2", b"2026"]
    ),
)
lines_ = st.lists(st.lists(pieces, max_size=5).map(b"".join), min_size=1, max_size=8)


@with_iconv
@quick
@given(lines_, st.booleans(), st.data())
def test_whatever_the_bytes_both_ways_give_the_same(lines: list[bytes], ended: bool, data: st.DataObject) -> None:
    chunk = b"\n".join(lines) + (b"\n" if ended else b"")
    if not chunk:
        return
    count = len(line_ends(chunk))
    foreign = sorted(data.draw(st.sets(st.integers(0, count - 1), max_size=2)))
    ours, theirs = both(chunk, foreign)
    assert ours == theirs


def test_where_there_is_no_glibc_python_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(",".join((f"企{n}", "︐号〔2026〕", "𠮷")) + "\n" for n in range(3)).encode("gb18030")
    whole = ",".join(HEADERS).encode("gb18030") + b"\n" + content + b"\xb2\xff,1,2\n"
    expected = read(whole, FIELDS)
    assert (len(expected.records), [number for number, _ in expected.malformed]) == (3, [5])

    monkeypatch.setattr(gb18030, "usable_library", lambda: None)

    assert read(whole, FIELDS) == expected


@quick
@given(files(quoted_words, quotes=True), st.sampled_from(",|"), st.data())
def test_a_file_in_small_chunks_reads_as_in_one_and_as_the_longer_way(
    sent: Sent, separator: str, data: st.DataObject
) -> None:
    content = sent.content.decode(sent.encoding).replace(",", separator)
    text = content.replace("警", "億").replace("市", "\ue7c7").encode("gb18030").splitlines(keepends=True)
    for place in data.draw(st.sets(st.integers(1, len(text) - 1), max_size=2)):
        text[place] = data.draw(damaged(text[place]))
    content = b"".join(text)
    expected = read(content, FIELDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.reading.delimited.read_in_one_pass", lambda *_: None)
        assert read(content, FIELDS) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.reading.one_pass.SMALL", 48)
        patch.setattr("pipelines.reading.one_pass.HEAD", 32)
        assert read(content, FIELDS) == expected


def test_a_blank_or_broken_first_row_keeps_the_numbers_of_the_others() -> None:
    for first in (b"", b"\xb2\xff,1,2", b"1"):
        rows = [first, *("甲乙丙丁,号,文".encode("gb18030") for _ in range(4))]
        found = read(b"\n".join([",".join(HEADERS).encode("gb18030"), *rows]) + b"\n", FIELDS)
        assert sorted(found.records) == [3, 4, 5, 6]
        assert [number for number, _ in found.malformed] == ([2] if first else [])


def test_a_line_with_hundreds_of_separators_too_many_is_malformed() -> None:
    """Separators are counted in a byte: 256 more must not look like none more."""
    line = "成都蜀锦,一号,警告"
    for encoding in ("utf-8", "gb18030"):
        content = "\n".join([",".join(HEADERS), line, line + ",x" * 256, line]) + "\n"
        found: Read = read(content.encode(encoding) + b"\xb2\xff\n", FIELDS)
        assert sorted(found.records) == [2, 4]
        assert [number for number, _ in found.malformed] == [3, 5]


def test_cells_of_a_malformed_line_are_not_those_of_a_blank_row(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(",".join(HEADERS).encode("gb18030") + b"\n1\n" + "甲乙丙丁,号,文\n".encode("gb18030") * 2)
    for way in (open_source, salvage):
        found: Source = way(path, ".csv", FIELDS, "测试", tmp_path)
        assert found.cells([2, 3])[ROW_NUMBER].to_list() == [3]


ROWS = 40_000


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same rows as clean UTF-8, and as GB18030 with every hundredth line malformed."""
    folder = tmp_path_factory.mktemp("pair")
    line = ",".join(f"成都蜀锦文化有限公司第{n}分公司,川市监处罚〔2026〕{n}号" for n in range(9)) + ",警告\n"
    header = ",".join(f"列{n}" for n in range(19)) + "\n"
    clean, broken = folder / "clean.csv", folder / "broken.csv"
    clean.write_text(header + line * ROWS, encoding="utf-8")
    wrong = [line.encode("gb18030").replace(b",", b",\xff", 1), line.replace(",", "", 1).encode("gb18030")]
    block = line.encode("gb18030") * 99
    broken.write_bytes(header.encode("gb18030") + b"".join(block + wrong[n % 2] for n in range(ROWS // 100)))
    return clean, broken


def seconds(path: Path, scratch: Path) -> tuple[float, int, int]:
    """CPU seconds to read a file, the least of some; its rows with cells and its malformed lines."""
    best = float("inf")
    for _ in range(4):
        begun = time.process_time()
        source = open_source(path, ".csv", fields_of([f"列{n}" for n in range(19)]), "测试", scratch)
        rows = source.rows.select(pl.col("f0").count(), pl.all().exclude("f0").count().name.suffix("_")).collect()
        best = min(best, time.process_time() - begun)
    return best, int(rows["f0"].item()), len(source.malformed)


@with_iconv
def test_a_hundredth_of_bad_lines_in_gb18030_costs_no_multiple_of_a_clean_file(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    clean, rows, none = seconds(pair[0], tmp_path)
    broken, fewer, malformed = seconds(pair[1], tmp_path)
    assert (rows, none) == (ROWS, 0)
    assert (fewer, malformed) == (ROWS - ROWS // 100, ROWS // 100)
    # Four times, measured; six and more on busy cores. Reading its lines one by one in Python takes more than twenty.
    assert broken < 12 * clean
