"""The CSV acid tests, and how a file's separators tell that the fast reader padded a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.reading.structure import records_are_whole, separators_outside_quotes
from tests.conftest import SHARED
from tests.reading.reader import fields_of, read

ACID = SHARED / "data/csv_acid"
NAMES = sorted(path.stem for path in (ACID / "csvs").glob("*.csv")) or ["none"]
MISTAKES_OF_THE_COPY = {
    ("location_coordinates", "Contact Phone Number"),  # the JSON has another number than the CSV
    ("newlines_crlf", "a"),  # the CSV has lost its CRLF; test_a_broken_line_is_kept_whole… has a cell with one
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", NAMES)
def test_an_acid_file_gives_the_values_its_json_says(shared_data: Path, name: str) -> None:
    expected = json.loads((ACID / "json" / f"{name}.json").read_text(encoding="utf-8"))
    expected = expected if isinstance(expected, list) else [expected]
    content = (ACID / "csvs" / f"{name}.csv").read_bytes()

    found = read(content, fields_of(list(expected[0])))

    compared = [key for key in expected[0] if (name, key) not in MISTAKES_OF_THE_COPY]
    rows = [dict(zip(expected[0], record, strict=True)) for _, record in sorted(found.records.items())]
    assert found.malformed == ()
    assert [{key: row[key] for key in compared} for row in rows] == [
        {key: row[key] for key in compared} for row in expected
    ]


@pytest.mark.parametrize(
    ("text", "records", "malformed"),
    [
        ("a,b,c\n1,2,3\n", {2: ("1", "2", "3")}, []),
        ("a,b,c\n1,2,3", {2: ("1", "2", "3")}, []),
        ("a,b,c\r\n1,2,3\r\n\r\n4,5,6\r\n", {2: ("1", "2", "3"), 4: ("4", "5", "6")}, []),
        ("a,b,c\n1,2\n4,5,6\n", {3: ("4", "5", "6")}, [(2, "1,2")]),
        ("a,b,c\n1\n4,5,6\n", {3: ("4", "5", "6")}, [(2, "1")]),
        ("a,b,c\n1,2,\n4,5,6\n", {2: ("1", "2", ""), 3: ("4", "5", "6")}, []),
        ("a,b,c\n1,2,3,4\n4,5,6\n", {3: ("4", "5", "6")}, [(2, "1,2,3,4")]),
        ('a,b,c\n1,2,"x\n4,5,6\n', {3: ("4", "5", "6")}, [(2, '1,2,"x')]),
        ('a,b,c\n1,"x,3\n4,5,6\n7,8,9\n', {3: ("4", "5", "6"), 4: ("7", "8", "9")}, [(2, '1,"x,3')]),
        ('a,b,c\n1,"2"x,3\n4,5,6\n', {3: ("4", "5", "6")}, [(2, '1,"2"x,3')]),
        ('a,b,c\n1,2,"3\n4,5,6\n7,8,"9"\n', {3: ("4", "5", "6"), 4: ("7", "8", "9")}, [(2, '1,2,"3')]),
        ('a,b,c\n1,2,3\n4,5,"6', {2: ("1", "2", "3")}, [(3, '4,5,"6')]),
        ('a,b,c\r\n"1\r\n1",2,3\r\n', {2: ("1\r\n1", "2", "3")}, []),
        ('a,b,c\r\n"1\r\n1",2,3\r\n4,5\r\n', {2: ("1\r\n1", "2", "3")}, [(3, "4,5")]),
        ('a,b,c\n"1\n1",2,3\n4,5\n7,8,9\n', {2: ("1\n1", "2", "3"), 4: ("7", "8", "9")}, [(3, "4,5")]),
    ],
)
def test_a_broken_line_is_kept_whole_and_takes_no_other_line_with_it(
    text: str, records: dict[int, tuple[str, ...]], malformed: list[tuple[int, str]]
) -> None:
    found = read(text.encode(), fields_of("abc"))

    assert found.records == records
    assert list(found.malformed) == malformed


def test_separators_are_counted_outside_quotes_wherever_a_chunk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a,b\n"1,1","2""2,"\n"x,\n,y",3\n', encoding="utf-8")
    for size in range(1, 30):
        monkeypatch.setattr("pipelines.reading.structure.CHUNK", size)
        assert separators_outside_quotes(path, ",") == 3


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        ("1,2,3\n", True), ("1,2,3", True), ("1,2,3\n\n4,5,\n,,\n", True), ("1,2,3\r\n\r\n,,\r\n", True),
        ('"1\n,,",2,\n\n', True), ("1,2,3\n,,\n4\n", False), ("1,2,3\n\n4,5\n", False), ("1,2,3\n4", False),
        ('"1\n,,",2\n', False), ('"",2,3\n"\n",\n', False), ("", True), ("\n\n", True),
    ],
)  # fmt: skip
def test_a_short_row_does_not_hide_behind_rows_that_are_no_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, whole: bool
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b,c\n" + body.encode())
    for size in (1, 2, 3, 7, 1 << 20):
        monkeypatch.setattr("pipelines.reading.structure.CHUNK", size)
        assert records_are_whole(path, ",", 3, 6) is whole


@pytest.mark.parametrize("hiding", [",,", "\n,,", "合计,,1", "合计：1条"])
def test_a_row_without_separators_is_refused_beside_them(hiding: str) -> None:
    found = read(f"a,b,c\n1,2,\n{hiding}\n4\n".encode(), fields_of("abc"))
    assert list(found.records.values()) == [("1", "2", "")]
    assert [text for _, text in found.malformed] == ["4"]
