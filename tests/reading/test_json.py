"""JSON: every element is a row or is kept with its text; numbers stay as they were written."""

from __future__ import annotations

import json

import pytest

from pipelines.reading import Unreadable
from tests.reading.reader import fields_of, read

HEADERS = ("企业名称", "文号", "金额")
FIELDS = fields_of(HEADERS)


def cells(text: str | bytes, suffix: str = ".json") -> tuple[dict[int, tuple[str, ...]], list[tuple[int, str]]]:
    found = read(text if isinstance(text, bytes) else text.encode(), FIELDS, suffix)
    return found.records, list(found.malformed)


def test_values_stay_as_they_were_written_and_elements_are_counted_from_1() -> None:
    text = """[{"企业名称": "甲", "文号": 910000000000000000000001, "金额": 1.10},
      {"企业名称": true, "文号": null, "金额": -1E+5, "别的": "x"}, {"企业 名称": "a\\u0000b\\n", "金额": ""}]"""
    records, malformed = cells(text)
    assert records == {
        1: ("甲", "910000000000000000000001", "1.10"), 2: ("true", "", "-1E+5"), 3: ("a\x00b\n", "", "")
    }  # fmt: skip
    assert malformed == []


@pytest.mark.parametrize(
    "element",
    [
        "5", '"x"', "null", "[1]", "{}", '{"企业名称": {"a": 1}}', '{"企业名称": ["a"]}', '{"企业名称": NaN}', '{"企业名称": -Infinity}',
        '{"企业名称": "a", "企业名称": "b"}', '{"企业名称": "a", "f0": "b"}', '{"企业名称": "\\ud800"}', '{"企业名称": "a}', "{企业名称: 1}",
        '{"企业名称": "a"', '{"企业名称" "a"}', "{'企业名称': 'a'}", '{"企业名称": 01}', '{"a": ' + "[" * 3000,
    ],
)  # fmt: skip
def test_an_element_that_is_no_plain_object_is_kept_and_takes_no_other_with_it(element: str) -> None:
    good = '{"企业名称": "%s"}'
    records, malformed = cells(f"[{good % '甲'},\n{element},\n{good % '乙'}]")
    assert records[1] == ("甲", "", "")
    whole = element.endswith("}") or not element.startswith("{")
    assert len(records) + len(malformed) == (3 if whole else len(records) + len(malformed))
    assert malformed[0][0] == 2
    if element not in ('{"企业名称": "a"', '{"a": ' + "[" * 3000):
        assert records[3] == ("乙", "", "")

    records, malformed = cells(f"{good % '甲'}\n{element}\n\n{good % '乙'}\n", ".jsonl")
    assert sorted(records) == [1, 4]
    assert [number for number, _ in malformed] == [2]
    assert malformed[0][1][:5] == element[:5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_every_encoding_and_either_shape_under_either_ending(encoding: str, suffix: str) -> None:
    elements = [json.dumps({"企业名称": f"甲{n}"}, ensure_ascii=False) for n in range(3)]
    for text in ("[" + ",\n".join(elements) + "]", "\n".join(elements) + "\n", "\r\n".join(elements)):
        records, malformed = cells(text.encode(encoding), suffix)
        assert list(records.values()) == [("甲0", "", ""), ("甲1", "", ""), ("甲2", "", "")]
        assert malformed == []


def test_an_element_in_another_encoding_is_refused_alone() -> None:
    lines = [json.dumps({"企业名称": name}, ensure_ascii=False) for name in ("成都蜀锦", "昆明翠湖茶", "重庆嘉陵")]
    for main, other in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        parts = [lines[0].encode(main), lines[1].encode(other), lines[2].encode(main)]
        for content, suffix in ((b"[" + b",\n".join(parts) + b"]", ".json"), (b"\n".join(parts), ".jsonl")):
            records, malformed = cells(content, suffix)
            assert [record[0] for record in records.values()] == ["成都蜀锦", "重庆嘉陵"]
            assert [number for number, _ in malformed] == [2]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_file_that_ends_early_says_so(cut: int) -> None:
    text = json.dumps([{"企业名称": "甲", "文号": str(n)} for n in range(3)], ensure_ascii=False)
    try:
        records, malformed = cells(text[:-cut])
    except Unreadable:
        return
    assert malformed
    assert all(record == ("甲", str(n - 1), "") for n, record in records.items())


@pytest.mark.parametrize(
    "text", [" ", "{", "x", '"a"', "5", '{"data": [{"企业名称": "甲"}]}', "[" * 50_000, "[5, 6]", "<a/>"]
)
def test_what_is_no_array_of_objects_is_rejected_with_what_it_should_be(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        cells(text)
    assert caught.value.problem.code == "not_json"


def test_an_array_longer_than_a_chunk_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.reading.decoding.CHUNK", 64)
    monkeypatch.setattr("pipelines.reading.elements.ROWS", 7)
    elements: list[str] = [json.dumps({"企业名称": f"甲{n}", "x": n}, ensure_ascii=False) for n in range(40)]
    elements[20] = '{"企业名称": "broken}'
    records, malformed = cells("[" + " ,".join(elements) + "]")
    assert len(records) + len(malformed) == 40
    assert records[40][0] == "甲39"


def test_lines_of_an_array_without_its_brackets_are_read() -> None:
    content = '{"企业名称":"甲","文号":"{1},"},\n{"企业名称":"乙"} , \r\n{"企业名称":"丙"}\n{"企业名称":"丁"},,\n'
    for suffix in (".jsonl", ".json"):
        found = read(content.encode(), FIELDS, suffix)
        assert [cells[0] for cells in found.records.values()] == ["甲", "乙", "丙"]
        assert [number for number, _ in found.malformed] == [4]


def test_rows_wrapped_in_an_object_are_told_where_they_are() -> None:
    with pytest.raises(Unreadable) as caught:
        read('{"code":200,"msg":"ok","data":[{"企业名称":"甲"}]}'.encode(), FIELDS, ".json")
    assert "数据包在“data”里面" in caught.value.problem.message_zh
