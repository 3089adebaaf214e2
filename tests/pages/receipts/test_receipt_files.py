"""What a provider reads back: verdict, balanced counts, every cell to correct, and nothing that runs, leaks or flatters."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest
from openpyxl import load_workbook

from pipelines.pages.receipts import sheets, workbook
from pipelines.pages.receipts.page import verdict
from pipelines.storage.columns import pseudonym_name
from pipelines.storage.pseudonym_key import pseudonyms
from tests.conftest import GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, file, row
from tests.publishing.penalties import sent

pytestmark = pytest.mark.usefixtures("without_the_second_route")

DATASET = "enterprise_registration"
PERSON = "110101199003070003"
MARKUP = "<script>alert(1)</script>\"'&"


def folder_of(home: Home, receipt: dict[str, Any]) -> Path:
    return home.hub.home.outbox(receipt["provider_id"], receipt["batch_id"])


def page_of(home: Home, receipt: dict[str, Any]) -> str:
    return (folder_of(home, receipt) / "receipt.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Tags and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def rows_of(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    return list(load_workbook(path, read_only=True)[sheet].iter_rows(values_only=True))


def test_every_delivery_has_all_four_files(home: Home) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS, name="good.csv")
    home.drop("sichuan", DATASET, file(row(所在省份="火星")), name="bad.csv")
    home.drop("sichuan", DATASET, b"", name="empty.csv")
    home.drop("sichuan", DATASET, b"%PDF-1.4", name="letter.pdf")
    home.drop("yunnan", "no_such_dataset", THREE_GOOD_ROWS, name="lost.csv")
    receipts = home.collect()
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS, name="again.csv")
    receipts += home.collect()

    assert len(receipts) == 6
    for receipt in receipts:
        folder = folder_of(home, receipt)
        assert sorted(path.name for path in folder.iterdir()) == [
            "findings.csv", "findings.xlsx", "receipt.html", "receipt.json",
        ]  # fmt: skip
        with ZipFile(folder / "findings.xlsx") as book:
            assert book.testzip() is None
        load_workbook(folder / "findings.xlsx")


def test_a_failed_delivery_never_reads_like_a_success(home: Home) -> None:
    home.drop("sichuan", DATASET, file(row(所在省份="火星")), name="refused.csv")
    home.drop("sichuan", DATASET, b"", name="empty.csv")
    home.drop("sichuan", DATASET, file(row(GOOD_CODES[1]), row(所在省份="火星")), name="part.csv")
    home.drop("sichuan", DATASET, file(row(GOOD_CODES[2])), name="good.csv")
    kinds = {}
    for receipt in home.collect():
        tags = Tags(page_of(home, receipt)).found
        [said] = [attrs["class"] for tag, attrs in tags if attrs.get("role") == "status"]
        kinds[receipt["file_name"]] = said
        words = verdict(receipt)
        if receipt["rows"]["refused"] or receipt["problem"]:
            assert "全部入库" not in page_of(home, receipt)
            assert "全部通过" not in words.word
            assert "下一步怎么做" in page_of(home, receipt)
        if receipt["problem"]:
            assert receipt["problem"]["message_zh"] in page_of(home, receipt)
    assert kinds == {
        "refused.csv": "verdict bad",
        "empty.csv": "verdict bad",
        "part.csv": "verdict part",
        "good.csv": "verdict good",
    }


def test_the_page_says_which_cell_and_links_to_the_rule_and_the_files(home: Home) -> None:
    home.drop("sichuan", DATASET, file(row(), row(GOOD_CODES[1], 注册日期="2014-02-30")))

    [receipt] = home.collect()
    tags = Tags(page_of(home, receipt)).found

    links = [attrs["href"] for tag, attrs in tags if tag == "a" and "href" in attrs]
    assert f"../../../catalog/{DATASET}.html#{DATASET}.registration_date.date" in links
    assert {"findings.csv", "findings.xlsx"} <= set(links)
    text = page_of(home, receipt)
    assert "第 3 行" in text
    assert "<code>C3</code>" in text
    assert "2014-02-30" in text
    assert not [attrs for tag, attrs in tags if tag in ("script", "img", "iframe", "object")]
    outside = [href for href in links if href and href.startswith(("http", "//", "javascript"))]
    assert outside == []


def test_markup_formulas_and_identifiers_are_harmless_everywhere(home: Home) -> None:
    name = f"{MARKUP}{'长' * 200}"
    lines = [
        row(企业名称=f'"{name.replace(chr(34), chr(34) * 2)}"'),
        row(GOOD_CODES[1], 企业名称="=cmd|' /C calc'!A0", 所在省份="@SUM(A1)"),
        row(PERSON, 注册地址="=HYPERLINK(1)"),
        row(GOOD_CODES[2], 经营范围=f"联系人 {PERSON}", 所在省份="火星"),
    ]
    text = "\n".join([f"{HEADER},备注", *(f"{line},=1+{n} {PERSON}" for n, line in enumerate(lines))])
    home.drop("sichuan", DATASET, text, name="=evil<b>.csv")

    [receipt] = home.collect()

    assert receipt["rows"]["refused"] == 4
    page = page_of(home, receipt)
    assert "<script>alert" not in page
    assert "<b>.csv" not in page
    folder = folder_of(home, receipt)
    with ZipFile(folder / "findings.xlsx") as book:
        parts = {name: book.read(name).decode(errors="replace") for name in book.namelist()}
    everything = [*parts.values(), page, (folder / "findings.csv").read_text(encoding="utf-8")]
    assert all(PERSON not in one for one in everything)
    assert all("<f>" not in part and "<f " not in part for part in parts.values())
    book = load_workbook(folder / "findings.xlsx")
    for sheet in book:
        for cells in sheet.iter_rows():
            for cell in cells:
                assert cell.data_type in ("s", "n", "inlineStr"), cell.coordinate
                # The copy is sent again, so it says what came: as text that the program was told to leave a text.
                safe = cell.quotePrefix if sheet.title == workbook.COPY else False
                assert safe or not str(cell.value or "").startswith(("=", "@", "＝")), cell.coordinate


def test_the_list_has_a_line_for_each_row_and_rule_with_the_providers_own_columns(home: Home) -> None:
    bad = [row(所在省份="火星", 注册日期="x"), row(GOOD_CODES[1]), row(GOOD_CODES[2], 企业名称="")]
    text = "\n".join([f"流水号,{HEADER},经办人", *(f"A-{n},{line},甲{n}" for n, line in enumerate(bad))])
    home.drop("sichuan", DATASET, text)

    [receipt] = home.collect()

    assert receipt["unknown_columns"] == ["流水号", "经办人"]
    path = folder_of(home, receipt) / "findings.xlsx"
    _, head, *lines = rows_of(path, workbook.LIST)
    found = home.findings(receipt)
    assert [(str(one[0]), one[1]) for one in lines] == found.select("row_number", "rule_id").rows()
    assert list(head[-3:]) == ["单元格", "自有列：流水号", "自有列：经办人"]
    own = {(one[0], one[-2], one[-1]) for one in lines}
    assert own == {(2, "A-0", "甲0"), (4, "A-2", "甲2")}
    assert {one[10] for one in lines} == {"I2", "D2", "B4"}


def test_the_copy_keeps_the_layout_and_marks_the_cells_to_correct(home: Home) -> None:
    text = f"流水号,{HEADER}\nA-1,{row(所在省份='火星', 注册资金='-5')}\nA-2,{row(GOOD_CODES[1])}\nzu,kurz\n"
    home.drop("sichuan", DATASET, text)

    [receipt] = home.collect()

    sheet = load_workbook(folder_of(home, receipt) / "findings.xlsx")[workbook.COPY]
    head = [cell.value for cell in sheet[1]]
    assert head == ["流水号", *HEADER.split(","), "原文件行号", "退回编号", "确认说明"]
    assert [cell.value for cell in sheet[2]][:3] == ["A-1", "成都蜀锦文化有限公司", GOOD_CODES[0]]
    assert sheet["G2"].value == "-5"  # a number is no formula, and is to be sent again as it is
    assert sheet["I2"].fill.fgColor.rgb == "FFFBD9D5"
    assert "代码表" in sheet["I2"].comment.text
    assert sheet["B2"].fill.fgColor.rgb != "FFFBD9D5"
    assert [cell.value for cell in sheet[2]][-3:] == [2, f"{receipt['batch_id']}-2", None]
    assert sheet["A3"].value == "zu,kurz"
    assert sheet["A3"].fill.fgColor.rgb == "FFFBD9D5"
    assert sheet.max_row == 3  # the clean row is not copied


def test_the_copy_corrected_and_sent_again_closes_its_rows(home: Home) -> None:
    home.drop("sichuan", DATASET, file(row("不是代码", 企业名称="甲"), row(GOOD_CODES[1], 所在省份="火星")))
    [first] = home.collect()
    book = load_workbook(folder_of(home, first) / "findings.xlsx")
    del book[workbook.LIST]
    sheet = book[workbook.COPY]
    sheet["B2"].value, sheet["H3"].value, sheet["F2"].value = GOOD_CODES[0], "四川", "2万"
    corrected = home.root / "inbox/sichuan" / DATASET / "corrected.xlsx"
    book.save(corrected)

    [second] = home.collect()

    assert second["status"] == "accepted"
    assert second["corrects"]["rows"] == 2


def test_the_copy_with_only_the_red_cells_mended_gives_exactly_the_values_meant(home: Home) -> None:
    """Names that a spreadsheet would take for formulas, and personal numbers that the copy masks."""
    person, passport = "11010519491231002X", "E12345678"
    texts = ["=锦川示例公司", "+86公司", "-当事人公司", "@公司", "'引号公司"]
    wrong = {"decision_date": "2026年13月3日"}
    human = {
        "subject_name": "诸葛某",
        "subject_category": "自然人",
        "credit_code": "",
        "legal_representative": "",
        "certificate_type": "护照",
        "certificate_number": passport,
        "document_number": "锦市监处罚〔2026〕9号",
        **wrong,
    }
    by_card = human | {
        "certificate_type": "身份证",
        "certificate_number": person,
        "document_number": "锦市监处罚〔2026〕10号",
    }
    firms = [
        {"document_number": f"锦市监处罚〔2026〕{n}号", "violation_facts": text, "violation_type": text, **wrong}
        for n, text in enumerate(texts)
    ]
    home.drop("sichuan", "administrative_penalty", sent("administrative_penalty", *firms, human, by_card))
    [first] = home.collect()
    assert first["rows"]["refused"] == len(texts) + 2
    path = folder_of(home, first) / "findings.xlsx"
    assert person.encode() not in path.read_bytes()
    book = load_workbook(path)
    sheet = book[workbook.COPY]
    titles = [cell.value for cell in sheet[1]]
    for line in range(2, sheet.max_row + 1):
        sheet.cell(line, titles.index("decision_date") + 1).value = "2026-05-12"
    book.save(home.root / "inbox/sichuan/administrative_penalty" / "mended.xlsx")

    [second] = home.collect()

    assert (second["rows"]["refused"], second["corrects"]["rows"]) == (0, len(texts) + 2)
    records = home.records("administrative_penalty")
    assert {*records["violation_facts"]} >= {"=锦川示例公司", "+86公司", "-当事人公司", "@公司"}
    # The lake has no plain personal number; the pseudonym tells which it was.
    known = pseudonyms(home.hub.home, home.hub.settings).series(pl.Series([passport, person]))
    people = records.filter(pl.col("subject_name") == "诸葛某").sort("document_number", descending=True)
    assert people[pseudonym_name("certificate_number")].to_list() == known.to_list()


def test_a_sheet_that_is_full_goes_on_on_the_next(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LAST_ROW", 6)
    home.drop("sichuan", DATASET, file(*(row(所在省份="火星", 注册日期=f"x{n}") for n in range(5))))

    [receipt] = home.collect()

    path = folder_of(home, receipt) / "findings.xlsx"
    book = load_workbook(path, read_only=True)
    lists = [name for name in book.sheetnames if name.startswith(workbook.LIST)]
    assert lists == ["问题清单", "问题清单2", "问题清单3"]
    values = [one[5] for name in lists for one in rows_of(path, name)[2:]]
    assert values == home.findings(receipt)["value"].to_list()
    assert len(values) == 10


def test_the_same_findings_give_the_same_bytes(home: Home, another: Home) -> None:
    for one in (home, another):
        one.drop("sichuan", DATASET, file(row(所在省份="火星"), row(GOOD_CODES[1])))
    [receipt], _ = home.collect(), another.collect()
    for name in ("findings.xlsx", "receipt.html", "receipt.json"):
        assert (folder_of(home, receipt) / name).read_bytes() == (folder_of(another, receipt) / name).read_bytes()


def test_control_characters_and_long_texts_do_not_break_the_workbook(home: Home) -> None:
    odd = row(企业名称="\x0b名\x01称_x0041_" + "长" * 40_000, 所在省份="火\x1f星")
    home.drop("sichuan", DATASET, file(odd))

    [receipt] = home.collect()

    sheet = load_workbook(folder_of(home, receipt) / "findings.xlsx")[workbook.COPY]
    assert "名�称" in str(sheet["A2"].value)
    assert len(str(sheet["A2"].value)) <= 32_767 * 2
    assert pl.DataFrame(home.findings(receipt)).height >= 2
