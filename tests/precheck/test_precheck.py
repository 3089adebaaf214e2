"""Precheck says of every row what collect says, writes nothing but its report, and loads nothing it does not need."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipelines.catalog import catalog
from pipelines.ground.settings import Settings
from pipelines.precheck import precheck
from tests.command import run
from tests.conftest import AS_OF, GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, file, row

DATASET = "enterprise_registration"
BAD = file(
    row(GOOD_CODES[3]),
    row(所在省份="火星"),
    row(GOOD_CODES[1], 注册日期="2027-02-30"),
    "zu,kurz",
    "",
    row(GOOD_CODES[2]) + ",zu,lang",
)


def cells() -> bytes:
    """A workbook with a code in a number cell, a day with a time, merged cells and a hidden row."""
    buffer = io.BytesIO()
    names, rows = HEADER.split(","), [row(code).split(",") for code in GOOD_CODES[:3]]
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, texts in enumerate([names, *rows]):
            sheet.write_row(number, 0, texts)
        sheet.write_number(1, names.index("统一社会信用代码"), 915101001439147008)
        sheet.write_number(2, names.index("注册日期"), 46350.4375, book.add_format({"num_format": "yyyy年m月d日"}))
        sheet.merge_range(2, 0, 3, 0, rows[1][0])
        sheet.set_row(3, None, None, {"hidden": True})
    return buffer.getvalue()


FILES: dict[str, bytes] = {
    "cells.xlsx": cells(),
    "good.csv": THREE_GOOD_ROWS.encode(),
    "bad.csv": BAD.encode(),
    "gb18030.csv": BAD.encode("gb18030"),
    "mark.csv": BAD.encode("utf-8-sig"),
    "wide.csv": BAD.encode("utf-16"),
    "mixed.csv": BAD.encode() + row(企业名称="联通").encode("gb18030") + b"\n",
    "cut.csv": BAD.encode()[:-37],
    "nul.csv": THREE_GOOD_ROWS.encode().replace("成都".encode(), b"\0\0" + "成都".encode(), 1),
    "quote.csv": file(row(经营范围='"开口不关'), row(GOOD_CODES[1])).encode(),
    "lines.csv": file(row(经营范围='"一\n二"'), row(GOOD_CODES[1], 所在省份="火星")).encode().replace(b"\n", b"\r\n"),
    "columns.csv": f"流水号,{HEADER},退回编号,确认说明\n1,{row()},x-1,已经核对无误\n2,{row(所在省份='火星')},,\n".encode(),
    "missing.csv": b"\xe4\xbc\x81\xe4\xb8\x9a\xe5\x90\x8d\xe7\xa7\xb0\n\xe7\x94\xb2\n",
    "header.csv": HEADER.encode(),
    "foreign.csv": b"a,b,c\n1,2,3\n",
    "bytes.csv": bytes(range(256)) * 20,
    "empty.csv": b"",
    "letter.pdf": b"%PDF-1.4",
    "tabs.xls": BAD.replace(",", "\t").encode("gb18030"),
    "page.xls": f"<table><tr><td>{BAD.replace(',', '<td>').replace(chr(10), '<tr><td>')}</table>".encode("gb18030"),
    "broken.xlsx": b"PK\x03\x04 no workbook",
}


def packed() -> bytes:
    """An archive of a file that is right, one that is not, and a manifest of the second that does not agree."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("对.csv", file(row(GOOD_CODES[4])))
        package.writestr("错.csv", file(row(GOOD_CODES[4], 所在省份="火星"), "zu,kurz"))
        package.writestr("错.csv.manifest.json", json.dumps({"rows": 3}))
        package.writestr("不能读.csv", b"a,b\n1,2\n")
    return content.getvalue()


PACKED = packed()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, dict[str, Any]]]:
    """Every file collected, in one pass; receipts by file name."""
    from pipelines.storage.hub import Hub

    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("precheck") / "home")))
    for name, content in FILES.items():
        home.drop("sichuan", DATASET, content, name=name)
    home.drop("sichuan", DATASET, PACKED, name="packed.zip")
    return home, {receipt["file_name"]: receipt for receipt in home.collect()}


def differences(sent: dict[str, Any], checked: dict[str, Any]) -> dict[str, Any]:
    """What collect and precheck say otherwise; what a delivery closes, only the hub can know."""
    hub_only = ("catalog_site", "corrects", "problem")  # a problem's message may name the path of the file
    found = {k: (sent[k], checked[k]) for k in sent if k not in hub_only and sent[k] != checked[k]}
    codes = [(one["problem"] or {}).get("code") for one in (sent, checked)]
    return found | ({"problem": codes} if codes[0] != codes[1] else {})


def test_an_archive_is_checked_file_by_file_with_what_its_manifest_says(
    collected: tuple[Home, dict[str, dict[str, Any]]], tmp_path: Path
) -> None:
    _, receipts = collected
    path = tmp_path / "packed.zip"
    path.write_bytes(PACKED)

    done = precheck(catalog(Settings.read().catalog), path, DATASET, provider_id="sichuan", as_of=AS_OF)

    by_name = {one.receipt["file_name"]: one for one in done}
    assert sorted(by_name) == sorted(name for name in receipts if name.startswith("packed.zip/"))
    assert len(by_name) == 3
    for name, one in by_name.items():
        assert differences(receipts[name], one.receipt) == {}
        assert (one.folder / "receipt.html").is_file()
    assert by_name["packed.zip/错.csv"].receipt["problem"]["code"].startswith("manifest_")
    assert [one.passed for name, one in by_name.items() if "对" in name] == [True]


@pytest.mark.parametrize("name", FILES)
def test_every_row_gets_the_verdict_that_collect_gives(
    name: str, collected: tuple[Home, dict[str, dict[str, Any]]], tmp_path: Path
) -> None:
    home, receipts = collected
    path = tmp_path / name
    path.write_bytes(FILES[name])

    [done] = precheck(catalog(Settings.read().catalog), path, DATASET, provider_id="sichuan", as_of=AS_OF)

    assert differences(receipts[name], done.receipt) == {}
    there = home.hub.home.outbox("sichuan", receipts[name]["batch_id"])
    for part in ("findings.csv", "findings.xlsx"):
        assert (done.folder / part).read_bytes() == (there / part).read_bytes()
    assert (done.folder / "receipt.html").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([name, f"{name}.precheck"])


@pytest.mark.parametrize(
    ("name", "status", "said"), [("good.csv", 0, "全部通过"), ("bad.csv", 1, "部分通过"), ("empty.csv", 2, "不通过")]
)
def test_the_exit_status_and_the_words_follow_the_verdict(name: str, status: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    arguments = ("precheck", str(path), "--dataset", DATASET, "--home", str(tmp_path / "none"), "--as-of", "2026-11-22")

    shown = run(*arguments)
    as_json = run(*arguments, "--json", "--out", str(tmp_path / "report"))

    assert shown.returncode == as_json.returncode == status
    assert said in shown.stdout
    assert json.loads(as_json.stdout)["status"] == json.loads((tmp_path / "report/receipt.json").read_text())["status"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-file.csv", "--dataset", DATASET), "cannot be read"),
        ((".", "--dataset", DATASET), "cannot be read"),
        (("no-such-file.csv", "--dataset", "nonsense"), "is not in the catalogue"),
        (("no-such-file.csv", "--dataset", DATASET, "--provider", "mars"), "is not in the catalogue"),
        (("no-such-file.csv",), "--dataset"),
    ],
)
def test_what_cannot_be_prechecked_is_one_sentence_and_status_2(arguments: tuple[str, ...], said: str) -> None:
    done = run("precheck", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_precheck_of_a_corrected_file_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for content in (BAD, THREE_GOOD_ROWS):
        path.write_text(content, encoding="utf-8")
        [done] = precheck(catalog(Settings.read().catalog), path, DATASET, provider_id=None, as_of=AS_OF)
    assert done.passed
    assert len((done.folder / "findings.csv").read_text(encoding="utf-8-sig").splitlines()) == 1


def test_a_precheck_loads_neither_airflow_nor_the_second_route_nor_the_lake_nor_what_only_other_files_need(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.csv").write_text(file(row(), row(GOOD_CODES[1], 所在省份="火星")), encoding="utf-8")
    code = """
import atexit, sys
unwanted = ("airflow", "great_expectations", "pandas", "duckdb", "deltalake", "numpy", "pyarrow", "fastexcel")
atexit.register(lambda: print([m for m in unwanted if m in sys.modules]))
sys.argv[0] = "credit-hub"
from pipelines.cli import main
main()
"""
    arguments = ["precheck", str(tmp_path / "a.csv"), "--dataset", DATASET, "--home", str(tmp_path / "none")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_that_is_to_be_changed_is_cut_however_narrow_the_terminal(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    from pipelines.cli import console
    from pipelines.cli.views import refused

    known = catalog(Settings.read().catalog)
    path = tmp_path / "导出.xls"
    path.write_bytes(
        file(row(GOOD_CODES[0][:-1] + "4"), row(注册日期="2027-02-30 00:00:00")).replace(",", "\t").encode()
    )
    done = precheck(known, path, DATASET, provider_id="sichuan", as_of=AS_OF)
    shown = io.StringIO()
    monkeypatch.setattr(console, "OUT", Console(file=shown, width=width, highlight=False))

    refused.prechecked(done, known, as_json=False)

    said = shown.getvalue()
    assert "…" not in said
    text = "".join(character for character in said if character not in " \n│·")
    assert "请注意：文件名的结尾是.xls" in text
    assert "不是有效的日期" in text
    assert GOOD_CODES[0][:-1] + "4" in text
