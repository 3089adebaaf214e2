"""What stands around the rows: titles, notes, totals, second headers, blank lines, any separator, any end of line."""

from __future__ import annotations

import pytest

from pipelines.ground.limits import Limits
from pipelines.reading import Terms, Unreadable, open_source
from pipelines.reading.headers import columns
from pipelines.reading.skipped_rows import kind_of
from tests.reading.reader import fields_of, read

HEADERS = ("企业名称", "文号", "内容")
FIELDS = fields_of(HEADERS)
HEAD = ",".join(HEADERS)
TWO = {2: ("甲", "乙", "丙"), 3: ("丁", "戊", "")}


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_the_separator_is_the_one_under_which_the_header_is_known(separator: str, suffix: str) -> None:
    text = f"{HEAD}\n甲,乙,丙\n丁,戊,\n".replace(",", separator)
    assert read(text.encode(), FIELDS, suffix).records == TWO
    assert read(text.encode("gb18030"), FIELDS, suffix).records == TWO


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_end_of_line_in_every_encoding(end: str, encoding: str) -> None:
    text = f"{HEAD}{end}甲,乙,丙{end}丁,戊,{end}"
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    found = read((mark + text).encode(encoding), FIELDS)
    assert found.records == TWO
    assert found.malformed == ()


@pytest.mark.parametrize("rows", range(10))
def test_a_header_below_titles_is_found_and_rows_keep_the_numbers_a_spreadsheet_shows(rows: int) -> None:
    titles = ["行政处罚报送表", "", "填报单位：锦川市", "表格说明：日期写成 2026-03-05", "单位：万元,,"]
    text = "\n".join([*(titles * 2)[:rows], HEAD, "甲,乙,丙", '"丁\n丁",戊,', "己,庚,辛"]) + "\n"
    found = read(text.encode(), FIELDS)
    assert found.records == {
        rows + 2: ("甲", "乙", "丙"), rows + 3: ("丁\n丁", "戊", ""), rows + 4: ("己", "庚", "辛")
    }  # fmt: skip
    assert found.malformed == ()


def test_a_header_further_down_is_not_guessed() -> None:
    with pytest.raises(Unreadable) as caught:
        read(("标题\n" * 10 + HEAD + "\n甲,乙,丙\n").encode(), FIELDS)
    assert caught.value.problem.code == "unknown_header"


@pytest.mark.parametrize("damage", ["", "只有一列\n"])
def test_totals_notes_and_repeated_headers_are_no_records_and_are_told(damage: str) -> None:
    text = f"{HEAD}\n甲,乙,丙\n\n{HEAD}\n丁,戊,\n{damage}合计,,2\n合计：2条\n注：以上为本月数据\n填表人：甲,,\n"
    found = read(text.encode(), FIELDS)
    assert found.records == {2: ("甲", "乙", "丙"), 5: ("丁", "戊", "")}
    assert [line for _, line in found.malformed] == ([damage.strip()] if damage else [])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("合计", "", "12"), "total"),
        (("总　计", "1,200.5", ""), "total"),
        (("共计 25 条", None, None), "total"),
        (("", "小计", "3"), "total"),
        (("注：本表", "", ""), "note"),
        (HEADERS, "header"),
        (("合计食品有限公司", "", "12"), None),
        (("合计", "川市监处罚〔2026〕1号", "警告"), None),
        (("注：本表", "川市监处罚〔2026〕1号", "警告"), None),
        (("备注食品店", "", ""), None),
        (("", "", ""), None),
    ],
)
def test_only_what_says_so_word_for_word_is_no_record(cells: tuple[str, ...], kind: str | None) -> None:
    assert kind_of(cells, HEADERS) == kind


def test_a_second_header_row_with_the_official_codes_belongs_to_the_header() -> None:
    fields = fields_of(HEADERS)
    coded = tuple(f.model_copy(update={"headers": (f"CF_{n}",)}) for n, f in enumerate(fields))
    found = read(f"{HEAD}\nCF_0,CF_1,CF_2\n甲,乙,丙\n".encode(), coded)
    assert found.records == {3: ("甲", "乙", "丙")}


def test_a_header_cell_may_run_over_lines_and_columns_may_stand_in_any_order() -> None:
    found = read('内容,"企业\n名称", 文　号 ,别的\n丙,甲,乙,x\n'.encode(), FIELDS)
    assert found.records == {2: ("甲", "乙", "丙")}


def test_a_field_that_is_named_twice_is_refused_and_an_unknown_name_twice_is_carried() -> None:
    with pytest.raises(Unreadable) as caught:
        read("企业名称,文号,企业 名称\n甲,乙,丙\n".encode(), FIELDS)
    assert caught.value.problem.code == "duplicate_columns"
    assert "企业 名称" in caught.value.problem.message_zh
    assert read("企业名称,x,x\n甲,乙,丙\n".encode(), FIELDS).records == {2: ("甲", "", "")}


def test_cells_of_unknown_columns_are_there_by_row_number(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cells")
    texts = {
        ".csv": "标题\n企业名称,系统编号,备用,备用\n甲,1,x,y\n乙,2,,z\n",
        ".json": '[{"企业名称": "甲", "系统编号": 1}, {"企业名称": "乙", "系统编号": "2"}]',
    }
    for suffix, text in texts.items():
        path = folder / f"file{suffix}"
        path.write_text(text, encoding="utf-8")
        source = open_source(path, suffix, FIELDS, "测试", folder)
        number = {".csv": 4, ".json": 2}[suffix]
        found = source.cells([number, 999]).to_dicts()
        assert len(found) == 1
        assert (found[0]["_row_number"], found[0]["企业名称"], found[0]["系统编号"]) == (number, "乙", "2")
        assert "系统编号" in source.columns.unknown
        if suffix == ".csv":
            assert (found[0]["备用#3"], found[0]["备用#4"]) == (None, "z")


@pytest.mark.parametrize(
    ("content", "limits", "figure"),
    [
        (HEAD + "丙" * 1000 + "\n甲,乙,丙\n", Limits(row_bytes=1900), "1,900"),
        (HEAD + "," * 40 + "\n", Limits(columns=20), "20"),
        (HEAD + "\n甲,乙,丙\n", Limits(file_bytes=20), "20"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_beyond_a_limit_both_figures_are_told(
    content: str, limits: Limits, figure: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("limits")
    path = folder / "file.csv"
    path.write_bytes(content.encode(encoding))
    with pytest.raises(Unreadable) as caught:
        open_source(path, ".csv", FIELDS, "测试", folder, Terms(limits))
    assert caught.value.problem.code == "too_large"
    assert f"上限 {figure}" in caught.value.problem.message_zh


def test_a_company_called_like_a_total_is_a_record() -> None:
    """A text that begins like a total is looked at, and stays a record."""
    found = read(f"{HEAD}\n合计食品公司,1,2\n甲,乙,丙\n".encode(), FIELDS)
    assert sorted(found.records) == [2, 3]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("企业名称，文号，内容", "列名之间用的是“，”"),
        ("企业名称、文号、内容", "列名之间用的是“、”"),
        ("企业名称 文号 内容", "列名之间用的是空格"),
        ("企业名称,文号,内容".encode().decode("latin-1"), "本来是“企业名称”"),
        ("企业名称,文号,内容".encode().decode("gb18030", errors="ignore"), "本来是“"),
        ("甲,乙,丙", "请按目录模板的列名重新导出"),
    ],
)
def test_a_header_that_is_not_known_is_told_why_where_that_can_be_told(header: str, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(f"{header}\n1,2,3\n".encode(), fields_of(["企业名称", "文号", "内容"]))
    assert caught.value.problem.code == "unknown_header"
    assert words in caught.value.problem.message_zh


def test_columns_without_a_name_are_told_by_their_places() -> None:
    found = columns(("", "企业名称", "", "", "备", "", " "), fields_of(["企业名称"]), "测试")
    assert found.unknown == ("备", "第 1 列（没有列名）", "第 3–4 列（没有列名）", "第 6–7 列（没有列名）")


@pytest.mark.parametrize("remark", ["(必填)", "（选填）", "【必填项】*", "（非必填）", "[可空]"])
def test_what_a_template_says_behind_a_column_name_is_no_part_of_it(remark: str) -> None:
    found = columns((f"企业名称{remark}", "文号"), FIELDS, "测试")
    assert found.known == ("f0", "f1")


@pytest.mark.parametrize("end", [b"\x1a", b"\0" * 2, b"\0\x1a\r\n", b"\x1a\n\x1a"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_marks_of_the_end_of_a_file_are_no_rows(end: bytes, encoding: str) -> None:
    found = read(f"{HEAD}\n甲,乙,丙\n丁,戊,\n".encode(encoding) + end, FIELDS)
    assert (found.records, found.malformed) == (TWO, ())


def test_a_row_of_control_characters_and_a_text_is_a_row() -> None:
    found = read(f"{HEAD}\n甲,乙,丙\n\x1a,乙,\n".encode(), FIELDS)
    assert found.rows_in == 2
