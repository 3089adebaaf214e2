"""Each other format is told in a sentence of its own; what an office has encrypted is to be decrypted there."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipelines.catalog import Field
from pipelines.reading import Unreadable, open_source
from pipelines.reading.problems import Problem

FIELDS = (Field(id="name", title_zh="企业名称", definition="x"), Field(id="number", title_zh="文书号", definition="x"))


def problem(folder: Path, content: bytes, suffix: str) -> Problem:
    path = folder / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        open_source(path, suffix, FIELDS, "测试", folder)
    return caught.value.problem


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".xls", ".json", ".txt", ".et", ""])
@pytest.mark.parametrize("head", [b"b\x14#e" + bytes(7) + b"E-SafeNet\x00\x00\x00LOCK\x00", b"%TSD-Header-###%"])
def test_what_an_office_has_encrypted_is_to_be_decrypted_there(tmp_path: Path, suffix: str, head: bytes) -> None:
    found = problem(tmp_path, head + bytes(range(256)) * 4, suffix)
    assert found.code == "office_encryption"
    assert "解密" in found.message_zh
    assert "请用 Excel 打开" not in found.message_zh


ENDINGS = [
    (".et", "WPS"), (".fods", "开放文档"), (".xlsb", "二进制"), (".xlsm", "宏不会保留"), (".wps", "文字处理"), (".docx", "文字处理"),
    (".doc", "文字处理"), (".pdf", "PDF"), (".ofd", "OFD"), (".jpg", "图片"), (".png", "图片"), (".dbf", "dBASE"), (".mdb", "Access"),
    (".accdb", "Access"), (".xml", "XML"), (".rar", "RAR"), (".7z", "7z"), (".gz", "gzip"), (".tar", "tar"), (".sql", "数据库"),
    (".html", "网页"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "said"), ENDINGS)
def test_an_ending_that_is_not_read_has_its_own_sentence_and_next_step(tmp_path: Path, suffix: str, said: str) -> None:
    found = problem(tmp_path, b"\x00\x01anything", suffix)
    assert found.code == "unsupported_format"
    assert said in found.message_zh
    assert "请" in found.message_zh


def package(*names: str, mimetype: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, "<x/>")
        if mimetype:
            packed.writestr("mimetype", mimetype)
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a.csv"))
    return buffer.getvalue()


TYPES = "[Content_Types].xml"
DBF = bytes([3, 126, 11, 30]) + (1).to_bytes(4, "little") + (65).to_bytes(2, "little") + bytes(54) + b"\r"
CONTENTS = [
    (package(TYPES, "word/document.xml"), "文字处理"),
    (package(TYPES, "ppt/presentation.xml"), "演示文稿"),
    (package("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"), "开放文档"),
    (package("OFD.xml", "Doc_0/Document.xml"), "OFD"),
    (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512) + "WordDocument".encode("utf-16-le"), "文字处理"),
    (b"\x00\x01\x00\x00Standard ACE DB" + bytes(64), "Access"),
    (DBF, "dBASE"),
    (tar(), "tar"),
    (b"%PDF-1.7", "PDF"),
]


@pytest.mark.parametrize(("content", "said"), CONTENTS)
@pytest.mark.parametrize("suffix", [".csv", ""])
def test_what_it_is_is_told_by_its_content(tmp_path: Path, content: bytes, said: str, suffix: str) -> None:
    found = problem(tmp_path, content, suffix)
    assert said in found.message_zh


def test_a_document_under_the_name_of_a_workbook_is_told(tmp_path: Path) -> None:
    found = problem(tmp_path, package(TYPES, "word/document.xml"), ".xlsx")
    assert found.code == "broken_workbook"
    assert "文字处理" in found.message_zh


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_bytes_that_are_nothing_known_are_not_to_be_saved_again(tmp_path: Path, suffix: str) -> None:
    noise = bytes((n * 97 + n * n * 31 + 11) % 256 for n in range(4096))
    assert "加密" in problem(tmp_path, noise, suffix).message_zh


def test_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("企业名称,文书号\n甲,一号\n".encode())
    assert open_source(path, ".csv", FIELDS, "测试", tmp_path).columns.known == ("name", "number")
