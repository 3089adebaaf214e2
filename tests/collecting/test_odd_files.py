"""Odd things in an inbox: each is taken, refused or left with a word, and none keeps the others from being taken."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import xlsxwriter

from pipelines.storage import raw
from tests.conftest import GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, balanced, file, row

DATASET = "enterprise_registration"
FIVE = [file(row(code)) for code in GOOD_CODES[:5]]


def workbook(title: str = "") -> bytes:
    """Records on a sheet and on a hidden one; another title makes other bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": title})
    for name, hidden in (("数据", False), ("旧数据", True)):
        sheet = book.add_worksheet(name)
        for number, line in enumerate(THREE_GOOD_ROWS.splitlines()):
            sheet.write_row(number, 0, line.split(","))
        if hidden:
            sheet.hide()
    book.close()
    return buffer.getvalue()


def test_names_that_are_long_or_not_utf8_or_hold_line_breaks_are_taken_and_shown(home: Home) -> None:
    folder = home.drop("sichuan", DATASET, FIVE[0], name="plain.csv").parent
    long = folder / ("长" * 83 + ".csv")
    long.write_text(FIVE[1], encoding="utf-8")
    (folder / "两\n行.csv").write_text(FIVE[2], encoding="utf-8")
    gbk = Path(os.fsdecode(os.fsencode(folder) + "/企业名单.csv".encode("gbk")))
    gbk.write_text(FIVE[3], encoding="utf-8")

    receipts = home.collect()

    assert {r["file_name"] for r in receipts} == {"plain.csv", long.name, "两\ufffd行.csv", "企业名单.csv"}
    assert {r["status"] for r in receipts} == {"accepted"}
    long.write_text(FIVE[1] + "\n", encoding="utf-8")
    assert len(home.collect()) == 1
    assert not [path for path in folder.iterdir() if path.is_file()]
    assert len(list((folder.parent / ".done" / DATASET).iterdir())) == 5


def test_what_is_no_plain_file_is_left_with_a_word_and_never_opened(home: Home) -> None:
    folder = home.drop("sichuan", DATASET, FIVE[0]).parent
    os.mkfifo(folder / "pipe.csv")
    (folder / "link.csv").symlink_to(home.root / "secret")
    (folder / "folder.csv").mkdir()

    done = home.pass_over()

    assert [r.status for r in done.receipts] == ["accepted"]
    said = {unclaimed_entry.path.name: unclaimed_entry.message for unclaimed_entry in done.unclaimed}
    assert said.keys() == {"pipe.csv", "link.csv", "folder.csv"}
    assert all("不是普通文件" in said[name] for name in ("pipe.csv", "link.csv"))
    assert "是链接" in said["link.csv"]
    assert "这是目录" in said["folder.csv"]


def test_a_file_that_grows_while_it_is_copied_waits_for_the_next_pass(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.drop("sichuan", DATASET, FIVE[0])
    home.drop("sichuan", DATASET, FIVE[1], name="other.csv")
    whole = THREE_GOOD_ROWS

    copy_bytes = raw.copy_bytes

    def copied(source: int, target: int) -> None:
        copy_bytes(source, target)
        if os.path.samestat(os.fstat(source), path.stat()):
            path.write_text(whole, encoding="utf-8")

    with monkeypatch.context() as patch:
        patch.setattr(raw, "copy_bytes", copied)
        done = home.pass_over()
    assert [r.file_name for r in done.receipts] == ["other.csv"]
    assert ["正在写入" in unclaimed_entry.message for unclaimed_entry in done.unclaimed] == [True]
    assert not list((home.root / "raw").glob(".*"))

    [receipt] = home.collect()
    assert receipt["rows"]["in"] == 3


def test_what_is_written_after_the_copy_is_a_delivery_of_its_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.drop("sichuan", DATASET, FIVE[0])
    keep = raw.keep

    def kept(to: Any, source: BinaryIO) -> tuple[str, int]:
        found = keep(to, source)
        path.write_text(THREE_GOOD_ROWS, encoding="utf-8")
        return found

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.storage.raw.keep", kept)
        first = home.collect()
    second = home.collect()
    assert [r["rows"]["in"] for r in (*first, *second)] == [1, 3]
    assert balanced([*first, *second])


NOT_WHAT_THEY_SAY = {
    "book.csv": (workbook("1"), "内容却是Excel 工作簿，整个文件未入库。请把扩展名改成 .xlsx"),
    "book.json": (workbook("2"), "请把扩展名改成 .xlsx"),
    "book.zip": (workbook("3"), "请把扩展名改成 .xlsx"),
    "old.csv": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "旧格式改成 .xls"),
    "page.csv": ("<html><table><tr><td>企业名称</td></tr></table></html>".encode("gbk"), "内容却是网页"),
    "page.xls": (b"\r\n<html><table></table></html>", "内容却是网页"),
    "paper.txt": (b"%PDF-1.7\n%\xe2\xe3", "内容却是PDF 文档"),
    "scan.csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "内容却是图片"),
    "packed.csv": (gzip.compress(FIVE[0].encode()), "内容却是gzip 压缩文件"),
    "packed.zip": (b"Rar!\x1a\x07\x01\x00" + bytes(99), "内容却是RAR 压缩包"),
    "half.zip": (b"PK\x03\x04" + bytes(50), "压缩包损坏或者没有传完整"),
    "half.xlsx": (workbook("4")[:3000], "工作簿损坏或者没有传完整"),
    "two.xlsx": (workbook("5"), "数据、旧数据（隐藏）"),
    "noending": (FIVE[1].encode(), "文件名没有扩展名"),
    "twice.json": ('[{"企业名称":"甲","企业名称":"乙"}]'.encode(), "没有一个能读成一行"),
}


def test_a_file_that_is_not_what_its_name_says_is_told_what_to_do(home: Home) -> None:
    folder = home.drop("sichuan", DATASET, FIVE[0], name="right.csv").parent
    for name, (content, _) in NOT_WHAT_THEY_SAY.items():
        (folder / name).write_bytes(content)

    receipts = {r["file_name"]: r for r in home.collect()}

    assert receipts.pop("right.csv")["status"] == "accepted"
    assert receipts.keys() == NOT_WHAT_THEY_SAY.keys()
    for name, (_, said) in NOT_WHAT_THEY_SAY.items():
        assert receipts[name]["status"] == "rejected"
        assert said in receipts[name]["problem"]["message_zh"]
        page = home.root / "outbox/sichuan" / receipts[name]["batch_id"] / "receipt.html"
        assert "未入库：整个文件没有接收" in page.read_text(encoding="utf-8")


def test_an_archive_that_holds_a_workbook_is_no_workbook(home: Home) -> None:
    path = home.root / "inbox/sichuan" / DATASET / "a.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.csv", FIVE[0])
        package.writestr("[Content_Types].txt", "x")
    assert {r["file_name"]: r["status"] for r in home.collect()} == {
        "a.zip/a.csv": "accepted",
        "a.zip/[Content_Types].txt": "rejected",
    }


def test_the_same_bytes_under_a_wrong_and_a_right_name_in_one_pass_are_taken_once(home: Home) -> None:
    folder = home.drop("sichuan", DATASET, THREE_GOOD_ROWS, name="b.csv").parent
    for name in ("a", "c.txt", "d.xlsx"):
        (folder / name).write_text(THREE_GOOD_ROWS, encoding="utf-8")

    receipts = {r["file_name"]: r for r in home.collect()}

    assert {name: r["status"] for name, r in receipts.items()} == {
        "a": "rejected",
        "b.csv": "accepted",
        "c.txt": "duplicate",
        "d.xlsx": "duplicate",
    }
    assert receipts["c.txt"]["first_batch_id"] == receipts["b.csv"]["batch_id"]
    assert home.records().height == 3


def test_malformed_lines_beyond_a_slice_come_in_slices_and_all_of_them(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.collecting.verdicts.SLICE_ROWS", 3)
    lines = [row(GOOD_CODES[0], 注册日期="2014-02-30"), *["kurz"] * 7, row(GOOD_CODES[1], 注册日期="x"), *["kurz"] * 5]
    home.drop("sichuan", DATASET, file(*lines))

    [receipt] = home.collect()

    assert receipt["rows"] == {"in": 14, "accepted": 0, "refused": 14, "warned": 0}
    findings = home.findings(receipt)
    assert sorted(map(int, findings["row_number"])) == list(range(2, 16))
    assert home.quarantine().height == 14


@pytest.mark.parametrize("ending", ["", '"\n'])
def test_a_second_header_in_another_order_rejects_the_file_and_names_its_row(home: Home, ending: str) -> None:
    """Swapped columns of free text would be accepted otherwise, in the wrong fields; a broken line changes nothing."""
    names = HEADER.split(",")
    cells = row(GOOD_CODES[1]).split(",")
    swapped = [names[4], *names[1:4], names[0], *names[5:]]
    below = ",".join([cells[4], *cells[1:4], cells[0], *cells[5:]])
    home.drop("sichuan", DATASET, file(row(), ",".join(swapped), below) + ending)
    home.drop("sichuan", DATASET, file(row(GOOD_CODES[2]), HEADER, row(GOOD_CODES[3])), name="same_order.csv")

    mixed, same = sorted(home.collect(), key=lambda r: str(r["status"]), reverse=True)

    assert (mixed["status"], mixed["rows"]["in"], mixed["problem"]["code"]) == ("rejected", 0, "several_headers")
    assert "第 3 行" in mixed["problem"]["message_zh"]
    assert (same["status"], same["rows"]["in"], same["not_records"]) == ("accepted", 2, ["第 3 行（重复的表头）"])


def test_a_workbook_that_is_a_web_page_is_collected_and_its_receipt_says_what_it_is(home: Home) -> None:
    rows = "".join(f"<tr><td>{line.replace(',', '<td>')}</tr>" for line in THREE_GOOD_ROWS.splitlines())
    home.drop("sichuan", DATASET, f"<html><table>{rows}</table>".encode("gb18030"), name="导出.xls")

    [receipt] = home.collect()

    assert (receipt["status"], receipt["rows"]["accepted"], receipt["encoding"]) == ("accepted", 3, "gb18030")
    assert ["网页（HTML 表格）" in one for one in receipt["notices"]] == [True]
    page = (home.root / "outbox/sichuan" / receipt["batch_id"] / "receipt.html").read_text(encoding="utf-8")
    assert receipt["notices"][0] in page
