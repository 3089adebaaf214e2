"""What a file means as a whole: its columns, its layout, its blank rows, rows that say one record twice, and its names.

The inputs are small forms of files that real providers sent; the figures are what must come of them.
"""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl
import pytest

from tests.conftest import HEADER as REGISTRATION
from tests.conftest import Home, balanced, file, row, rules_of
from tests.reading.penalties import CODES, HEADER, penalty, text

PENALTY = "administrative_penalty"
LICENCE = "administrative_licence"


def sent(
    home: Home, content: str | bytes, name: str = "a.csv", dataset: str = PENALTY, **manifest: Any
) -> dict[str, Any]:
    """The receipt of a file; the two routes have counted the same, or this raises."""
    path = home.drop("sichuan", dataset, content, name)
    if manifest:
        path.with_name(f"{name}.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    [receipt] = home.collect()
    assert balanced([receipt])
    return receipt


def counts(receipt: dict[str, Any]) -> tuple[int, int, int]:
    rows = receipt["rows"]
    return rows["in"], rows["accepted"], rows["refused"]


def still_open(home: Home) -> int:
    return int(home.hub.still_open(PENALTY).collect().height)


def test_a_separator_at_the_end_of_every_line_costs_no_row_and_is_told_once(home: Home) -> None:
    lines = text([penalty(n) for n in range(3)]).splitlines()
    receipt = sent(home, "\n".join([lines[0], *(line + "," for line in lines[1:])]) + "\n")
    assert counts(receipt) == (3, 3, 0)
    assert receipt["unknown_columns"] == []
    assert [notice for notice in receipt["notices"] if "逗号" in notice] == receipt["notices"]
    assert len(receipt["notices"]) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_separators_at_the_end_of_some_lines_are_left_out_and_a_wrong_line_is_still_refused(
    home: Home, encoding: str
) -> None:
    lines = text([penalty(n) for n in range(4)]).splitlines()
    odd = [lines[0], lines[1] + ",,", lines[2], lines[3] + ",多", lines[4] + ","]
    receipt = sent(home, ("\n".join(odd) + "\n").encode(encoding))
    assert counts(receipt) == (4, 3, 1)
    assert rules_of(receipt) == {"record.column_count": 1}
    assert "有 2 行的末尾" in receipt["notices"][0]


def test_rows_that_hold_only_a_serial_number_or_a_default_are_told_once_and_are_no_records(home: Home) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", *HEADER])
    for number in range(1, 61):
        cells = penalty(number) if number <= 3 else ["", "法人及非法人组织" if number % 2 else "", *[""] * 20]
        sheet.append([str(number), *(cell or None for cell in cells)])
    stream = io.BytesIO()
    book.save(stream)
    receipt = sent(home, stream.getvalue(), "a.xlsx")
    assert counts(receipt) == (3, 3, 0)
    assert receipt["rules"] == []
    [told] = receipt["not_records"]
    assert "第 5–61 行" in told
    assert "57 行" in told


def test_a_row_that_says_something_of_its_own_is_never_blank(home: Home) -> None:
    rows = [
        penalty(1),
        penalty(2),
        penalty(3, 行政相对人名称="", 统一社会信用代码="", 行政处罚决定书文号="", 违法事实="另一件事。"),
    ]
    assert counts(sent(home, text(rows))) == (3, 2, 1)


def test_instructions_samples_numbers_of_columns_footers_and_repeated_headers_are_no_records(home: Home) -> None:
    width = len(HEADER)
    lines = text([
        ["必填，填写全称", "下拉选择", "18位", "必填", *[""] * (width - 4)],
        ["示例", *penalty(9)[1:]],
        [str(place) for place in range(1, width + 1)],
        penalty(0),
        ["\ufeff" + HEADER[0], *HEADER[1:]],
        penalty(1),
        ["填表人：张三", "审核人：李四", *[""] * (width - 2)],
        ["以下空白", *[""] * (width - 1)],
    ])  # fmt: skip
    receipt = sent(home, lines)
    assert counts(receipt) == (2, 2, 0)
    assert [told.split("（")[1].split("）")[0] for told in receipt["not_records"]] == [
        *("填写要求", "示例", "列的编号", "重复的表头", "说明文字", "结束符，没有内容")
    ]


def test_a_file_for_another_dataset_is_told_and_leaves_nothing_open(home: Home) -> None:
    receipt = sent(home, text([penalty(0)]), dataset=LICENCE)
    assert receipt["problem"]["code"] == "missing_columns"
    assert PENALTY in receipt["problem"]["message_zh"]
    assert counts(receipt) == (0, 0, 0)
    assert home.hub.still_open(LICENCE).collect().height == 0
    assert counts(sent(home, text([penalty(0)]), name="right.csv")) == (1, 1, 0)


def test_a_missing_column_is_told_with_the_one_it_may_be(home: Home) -> None:
    receipt = sent(home, text([penalty(0)], ["处罚日期" if one == "处罚决定日期" else one for one in HEADER]))
    assert "处罚决定日期（文件里的“处罚日期”可能就是这一列" in receipt["problem"]["message_zh"]


def test_an_amount_in_yuan_stops_the_file_with_the_unit_and_the_column_to_use(home: Home) -> None:
    header = ["罚款金额（元）" if one == "罚款金额（万元）" else one for one in HEADER]
    receipt = sent(home, text([penalty(0, **{"罚款金额（万元）": "5000"})], header))
    assert receipt["problem"]["code"] == "other_unit"
    assert "单位是元，请把金额换算成万元，列名改为“罚款金额（万元）”" in receipt["problem"]["message_zh"]
    empty = penalty(0, **{"罚款金额（万元）": "", "处罚类别": "警告", "处罚内容": "警告。"})
    assert counts(sent(home, text([empty], header), name="warnings.csv")) == (1, 1, 0)


def test_one_record_with_two_contents_is_refused_until_one_of_them_comes_alone(home: Home) -> None:
    wrong, right = penalty(0, **{"罚款金额（万元）": "5"}), penalty(0)
    receipt = sent(home, text([wrong, penalty(1), right]))
    assert counts(receipt) == (3, 1, 2)
    assert rules_of(receipt) == {"document_number.one_content": 2}
    found = home.findings(receipt).to_dicts()
    assert [(one["row_number"], one["expected"].rsplit("；", 1)[1]) for one in found] == [
        ("2", "内容不同的是第 4 行"),
        ("4", "内容不同的是第 2 行"),
    ]
    assert still_open(home) == 2
    assert counts(sent(home, text([right]), name="right.csv")) == (1, 1, 0)
    assert still_open(home) == 0


def test_a_newer_version_of_a_record_in_the_same_file_is_no_contradiction(home: Home) -> None:
    newer = penalty(0, **{"罚款金额（万元）": "0.6", "数据更新时间": "2026-11-14 09:30:00"})
    assert counts(sent(home, text([penalty(0), newer]))) == (2, 2, 0)


def test_a_provider_may_say_that_one_of_two_contents_is_right(home: Home) -> None:
    rows = [[*penalty(0, **{"罚款金额（万元）": "5"}), ""], [*penalty(0), "决定书原件为5000元"]]
    receipt = sent(home, text(rows, [*HEADER, "确认说明"]))
    assert counts(receipt) == (2, 1, 1)
    assert receipt["confirmed"]["rows"] == 1


def test_an_exact_repeat_is_told_with_its_rows_and_refuses_nothing(home: Home) -> None:
    receipt = sent(home, text([penalty(0), penalty(1), penalty(0)]))
    assert counts(receipt) == (3, 3, 0)
    assert "第 2、4 行，多出 1 行" in receipt["notices"][0]


def test_a_file_whose_names_contradict_the_register_is_stopped_as_a_whole(home: Home) -> None:
    names = [f"锦川示例{n}食品有限公司" for n in range(5)]
    home.drop("sichuan", "enterprise_registration", file(*(row(CODES[n], 企业名称=names[n]) for n in range(5))))
    home.collect()
    rotated = [penalty(n, 行政相对人名称=names[(n + 1) % 5]) for n in range(5)]
    receipt = sent(home, text(rotated))
    assert receipt["problem"]["code"] == "names_contradict_register"
    assert counts(receipt) == (0, 0, 0)
    assert REGISTRATION.startswith("企业名称")
    few = [penalty(n, 行政相对人名称=names[n] if n else "另一家公司") for n in range(5)]
    assert counts(sent(home, text(few), name="few.csv")) == (5, 5, 0)


LICENCE_2015 = (
    "行政许可决定书文号,项目名称,审批类别,许可内容,行政相对人名称,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(组织机构代码),"
    "行政相对人代码_3(工商登记码),行政相对人代码_4(税务登记号),行政相对人代码_5 (居民身份证号),法定代表人姓名,许可决定日期,许可截止期,"
    "许可机关,当前状态,地方编码,数据更新时间戳,备注\n"
    "锦市监许〔2016〕1号,食品经营许可,普通,热食类食品制售,锦川示例食品公司,91350100M000100Y43,,,,,诸葛若岚,2016/05/04,2021/05/03,"
    "锦川市市场监督管理局,{status},510100,2016/05/05,\n"
)
PENALTY_2015 = (
    "行政处罚决定书文号,处罚名称,处罚类别1,处罚类别2,处罚事由,处罚依据,行政相对人名称,行政相对人代码_1(统一社会信用代码),法定代表人姓名,"
    "处罚结果,处罚决定日期,处罚机关,当前状态,地方编码,备注,数据更新时间戳\n"
    "锦市监处罚〔2016〕1号,食品案,罚款,,经营过期食品,食品安全法,锦川示例食品公司,91350100M000100Y43,诸葛若岚,罚款5000元,2016/05/04,"
    "锦川市市场监督管理局,{status},510100,,2016/05/05\n"
)


@pytest.mark.parametrize(("dataset", "content"), [(LICENCE, LICENCE_2015), (PENALTY, PENALTY_2015)])
def test_a_file_of_the_standard_of_2015_is_taken_under_its_own_columns_and_marked(
    home: Home, dataset: str, content: str
) -> None:
    receipt = sent(home, content.format(status="0"), dataset=dataset)
    assert (counts(receipt), receipt["rules"]) == ((1, 1, 0), [])
    assert "2015年至2018年" in receipt["notices"][0]
    [record] = home.hub.records(dataset).scan().collect().to_dicts()
    assert record["_layout"] == "double_publicity_2015"
    assert record["document_number"].endswith("〔2016〕1号")
    if dataset == LICENCE:
        assert (record["record_status"], str(record["valid_to"]), record["document_title"]) == (
            "1",
            "2021-05-03",
            "食品经营许可",
        )
    else:
        assert (record["violation_facts"], record["penalty_kinds"], record["penalty_content"]) == (
            "经营过期食品",
            "fine",
            "罚款5000元",
        )
    home.publish()
    assert home.shared(dataset).height == 1


def test_a_revoked_penalty_of_2015_is_no_penalty(home: Home) -> None:
    receipt = sent(home, PENALTY_2015.format(status="1"))
    assert counts(receipt) == (1, 0, 1)
    assert rules_of(receipt) == {"legacy_status.in_table": 1}


def test_the_current_standard_asks_for_all_its_columns_still(home: Home) -> None:
    receipt = sent(home, text([penalty(0), penalty(1, 违法行为类型="", **{"罚款金额（万元）": ""})]))
    assert rules_of(receipt) == {"violation_type.required": 1, "fine_amount_cny_10k.required_when": 1}
    [record] = home.hub.records(PENALTY).scan().collect().to_dicts()
    assert record["_layout"] == "double_publicity_2018"


def test_a_cell_beyond_the_limit_refuses_its_row_alone(home: Home) -> None:
    rows = [penalty(0), penalty(1, 违法事实="长" * 500_000), penalty(2)]
    receipt = sent(home, text(rows))
    assert counts(receipt) == (3, 2, 1)
    [finding] = home.findings(receipt).to_dicts()
    assert finding["row_number"] == "3"
    assert "太长" in finding["expected"]
    assert len(finding["value"]) < 25_000


def test_a_volume_far_from_the_providers_own_is_questioned_once_it_has_a_history(home: Home) -> None:
    for number in range(4):
        rows = [penalty(n, 行政处罚决定书文号=f"锦市监处罚〔2026〕{number}{n:03d}号") for n in range(150)]
        assert sent(home, text(rows), name=f"{number}.csv")["notices"] == []
    receipt = sent(home, text([penalty(900)]), name="small.csv")
    assert "中位数是 150 行" in receipt["notices"][0]
    assert receipt["status"] == "accepted"


def test_a_full_file_is_compared_with_what_the_hub_holds(home: Home) -> None:
    sent(home, text([penalty(n) for n in range(4)]), name="first.csv")
    receipt = sent(home, text([penalty(n, 备注="再报") for n in range(3)]), name="full.csv", operation="full")
    [notice] = receipt["notices"]
    assert "记录共 4 条，其中 1 条这个文件里没有（例如 锦市监处罚〔2026〕4号）" in notice
    whole = sent(home, text([penalty(n, 备注="都在") for n in range(4)]), name="whole.csv", operation="全量")
    assert "这个文件里都有" in whole["notices"][0]
    elsewhere = sent(home, text([penalty(9)]), name="month.csv", operation="full", period="2025-01")
    assert elsewhere["notices"] == []


def test_a_manifest_in_utf16_is_read(home: Home) -> None:
    path = home.drop("sichuan", PENALTY, text([penalty(0)]))
    path.with_name("a.csv.manifest.json").write_bytes('{"rows":1}'.encode("utf-16"))
    [receipt] = home.collect()
    assert (receipt["manifest"], receipt["status"]) == ("agreed", "accepted")


def test_findings_with_one_cause_are_told_once(home: Home) -> None:
    rows = [penalty(n, 处罚机关="", 处罚机关统一社会信用代码="") for n in range(3)]
    receipt = sent(home, text(rows))
    assert "整列没有填写：“处罚机关”、“处罚机关统一社会信用代码”，3 行都是空的" in receipt["notices"][0]
    swapped = [[cells[2], cells[1], cells[0], *cells[3:]] for cells in (penalty(n) for n in range(3))]
    assert "代码在“行政相对人名称”一列里" in sent(home, text(swapped), name="swapped.csv")["notices"][0]
    broken = [[*penalty(n), "多", "多"] for n in range(3)]
    assert "第 2、3、4 行读不成一条记录，原因相同" in sent(home, text(broken), name="broken.csv")["notices"][0]


def test_a_slip_in_a_header_is_named_and_the_rows_are_taken(home: Home) -> None:
    receipt = sent(home, text([penalty(0)], ["公示截至期" if one == "公示截止期" else one for one in HEADER]))
    assert counts(receipt) == (1, 1, 0)
    assert "“公示截至期”是不是“公示截止期”" in receipt["notices"][0]
