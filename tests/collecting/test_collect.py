"""What a province gets for what it drops."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest
import xlsxwriter

from pipelines.audit import audit
from tests.conftest import AS_OF, GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, balanced, file, row, rules_of

pytestmark = pytest.mark.usefixtures("without_the_second_route")


def text_of(path: Path) -> str:
    """Everything a file says, a workbook's parts included."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with ZipFile(path) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


@pytest.mark.second_route
def test_right_rows_reach_the_lake_typed_and_with_where_they_came_from(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)

    [receipt] = home.collect()

    assert receipt["status"] == "accepted"
    assert receipt["rows"] == {"in": 3, "accepted": 3, "refused": 0, "warned": 0}
    records = home.records().sort("_row_number")
    assert records["credit_code"].to_list() == list(GOOD_CODES[:3])
    assert records.schema["registration_date"] == pl.Date
    assert records["province_code"].to_list() == ["510000"] * 3
    assert records["_row_number"].to_list() == [2, 3, 4]
    assert set(records["_batch_id"]) == {receipt["batch_id"]}
    assert set(records["_region_code"]) == {"510000"}


def test_a_resent_file_adds_nothing(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    first = home.collect()
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS, name="again.csv")

    second = home.collect()

    assert [r["status"] for r in second] == ["duplicate"]
    assert second[0]["first_batch_id"] == first[0]["batch_id"]
    assert second[0]["batch_id"] != first[0]["batch_id"]
    assert home.records().height == 3
    assert home.receipt(first[0])["status"] == "accepted"


def test_a_file_resent_with_its_old_date_and_name_is_a_duplicate_too(home: Home) -> None:
    path = home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    kept = home.root / "kept.csv"
    shutil.copy2(path, kept)
    home.collect()
    for _ in range(2):
        shutil.copy2(kept, path)
        assert [r["status"] for r in home.collect()] == ["duplicate"]
    assert home.records().height == 3
    assert len(list((home.root / "outbox/sichuan").iterdir())) == 3


def test_the_same_file_under_two_names_at_once_is_taken_once(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS, name="a.csv")
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS, name="b.csv")

    assert sorted(r["status"] for r in home.collect()) == ["accepted", "duplicate"]
    assert home.records().height == 3


def test_the_same_bytes_from_another_province_are_its_own_delivery(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.drop("yunnan", "enterprise_registration", THREE_GOOD_ROWS)

    assert [r["status"] for r in home.collect()] == ["accepted", "accepted"]
    assert home.records().height == 6


def test_taken_files_move_to_done_and_their_bytes_stay_in_raw(home: Home) -> None:
    path = home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)

    [receipt] = home.collect()

    assert not path.exists()
    assert (home.root / "inbox/sichuan/.done/enterprise_registration/a.csv").exists()
    raw = home.root / "raw" / receipt["sha256"][:2] / receipt["sha256"]
    assert raw.read_bytes() == THREE_GOOD_ROWS.encode()
    assert raw.stat().st_mode & 0o222 == 0


def test_a_file_that_is_still_being_written_is_left_alone(home: Home) -> None:
    for name in ("a.csv.part", "b.tmp", ".hidden.csv"):
        home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS, name=name)

    assert home.collect() == []
    assert len(list((home.root / "inbox/sichuan/enterprise_registration").iterdir())) == 3


def test_a_refused_row_carries_every_rule_it_broke_with_its_value_and_row_number(home: Home) -> None:
    home.drop(
        "sichuan",
        "enterprise_registration",
        file(row(), row("91350100M000100Y44", 注册日期="2014-02-30", 所在省份="N/A"), row(GOOD_CODES[1])),
    )

    [receipt] = home.collect()

    assert receipt["status"] == "partial"
    assert rules_of(receipt) == {"credit_code.checksum": 1, "registration_date.date": 1, "province_code.required": 1}
    found = home.findings(receipt)
    assert found["row_number"].to_list() == ["3", "3", "3"]
    values = dict(zip(found["field"], found["value"], strict=True))
    assert values == {"credit_code": "91350100M000100Y44", "registration_date": "2014-02-30", "province_code": "N/A"}
    [refused] = home.quarantine().to_dicts()
    assert sorted(refused["rule_ids"]) == sorted(found["rule_id"])
    assert refused["registration_date"] == "2014-02-30"
    assert set(found["quarantine_id"]) == {refused["quarantine_id"]}
    assert all(found[column].str.len_chars().min() > 3 for column in ("message_zh", "hint_zh", "expected"))


def test_clean_up_that_loses_nothing_is_accepted_with_a_warning(home: Home) -> None:
    home.drop(
        "sichuan",
        "enterprise_registration",
        file(
            row("91350100m000100y43"),
            row("９１１１０１０８５５１３８５０８２Ｑ"),
            row("9111 0000 6000 37341L"),
            row(GOOD_CODES[3]),
        ),
    )

    [receipt] = home.collect()

    assert receipt["rows"] == {"in": 4, "accepted": 4, "refused": 0, "warned": 3}
    assert rules_of(receipt, "warn") == {"credit_code.cleaned": 3}
    assert sorted(home.records()["credit_code"]) == sorted(GOOD_CODES[:4])
    assert set(home.findings(receipt)["value"]) == {
        "91350100m000100y43",
        "９１１１０１０８５５１３８５０８２Ｑ",
        "9111 0000 6000 37341L",
    }


def test_a_confusable_letter_is_refused_with_the_code_it_probably_is(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", file(row("9135O100M000100Y43")))

    [receipt] = home.collect()

    assert rules_of(receipt) == {"credit_code.alphabet": 1}
    assert "91350100M000100Y43" in home.findings(receipt)["expected"][0]


def test_a_citizen_id_in_a_code_column_is_refused_and_never_shown(home: Home) -> None:
    person = "110101199003070003"
    home.drop("sichuan", "enterprise_registration", file(row(person)))

    [receipt] = home.collect()

    assert rules_of(receipt) == {"credit_code.citizen_id": 1}
    folder = home.hub.home.outbox("sichuan", receipt["batch_id"])
    assert all(person not in text_of(path) for path in folder.iterdir())
    assert home.quarantine()["credit_code"].to_list() == ["1****************3"]


def test_a_value_that_a_spreadsheet_would_run_is_neutralised_in_findings(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", file(row("=cmd|' /C calc'!A0"), row("@SUM(A1)")))

    [receipt] = home.collect()

    assert all(value.startswith("'") for value in home.findings(receipt)["value"])


def test_malformed_lines_of_some_files_of_a_group_and_not_of_others_are_all_refused(home: Home) -> None:
    """Polars 2.1 panics where ``pl.format`` meets a frame that lost a chunk to a filter; this is one."""
    line = row(GOOD_CODES[1]) + ",one,too,many"
    amid, last = file(line, row(GOOD_CODES[0], 企业名称="")), file(row(GOOD_CODES[2]), line)
    for provider, content in (("anhui", amid), ("beijing", last), ("fujian", amid)):
        home.drop(provider, "enterprise_registration", content)
    receipts = home.collect()
    assert balanced(receipts)
    assert sorted(one["rows"]["refused"] for one in receipts) == [1, 2, 2]
    assert home.quarantine()["raw_text"].drop_nulls().to_list() == [line] * 3


def test_a_malformed_line_is_refused_with_its_text_and_takes_no_other_line_with_it(home: Home) -> None:
    lines = [
        HEADER,
        row(GOOD_CODES[0]),
        "",
        "太少,的列",
        row(GOOD_CODES[1]) + ",多了一列",
        row(GOOD_CODES[2]),
        '坏"引号,"未闭合',
        row(GOOD_CODES[3]),
    ]
    home.drop("sichuan", "enterprise_registration", "\r\n".join(lines) + "\r\n")

    [receipt] = home.collect()

    assert receipt["rows"]["in"] == 7 - 1
    assert receipt["rows"]["accepted"] + receipt["rows"]["refused"] == 6
    assert receipt["rows"]["accepted"] == 4 - 1 + 0 or sorted(home.records()["credit_code"]) == sorted(
        [GOOD_CODES[0], GOOD_CODES[2], GOOD_CODES[3]]
    )
    refused = home.quarantine().sort("_row_number")
    assert refused["_row_number"].to_list() == [4, 5, 7]
    assert refused["raw_text"].to_list() == ["太少,的列", row(GOOD_CODES[1]) + ",多了一列", '坏"引号,"未闭合']


def test_a_short_row_is_not_filled_up_in_silence(home: Home) -> None:
    """The fast reader pads a short row with empty cells; the last column is optional here, so only counting shows it."""
    short = row(GOOD_CODES[0]).rpartition(",")[0]
    home.drop("sichuan", "enterprise_registration", file(short, row(GOOD_CODES[1], 注册地址=""), row(GOOD_CODES[2])))

    [receipt] = home.collect()

    assert rules_of(receipt) == {"record.column_count": 1}
    assert home.quarantine()["_row_number"].to_list() == [2]
    assert home.records().height == 2


def test_a_quoted_cell_may_hold_commas_quotes_and_line_breaks(home: Home) -> None:
    scope = '"零售：烟,酒；""百货""\n批发：茶"'
    home.drop("sichuan", "enterprise_registration", file(row(GOOD_CODES[0], 经营范围=scope), row(GOOD_CODES[1])))

    [receipt] = home.collect()

    assert receipt["rows"]["accepted"] == 2
    records = home.records().sort("_row_number")
    assert records["business_scope"][0] == '零售：烟,酒；"百货"\n批发：茶'
    assert records["_row_number"].to_list() == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding_gives_the_same_rows(home: Home, encoding: str) -> None:
    text = file(row(企业名称="㛃䶮（成都）有限公司"))  # 㛃 and 䶮 are beyond GBK
    home.drop("sichuan", "enterprise_registration", text.encode(encoding))

    [receipt] = home.collect()

    assert receipt["rows"]["accepted"] == 1, receipt
    assert home.records()["name"].to_list() == ["㛃䶮（成都）有限公司"]
    assert receipt["encoding"].replace("_", "-") == encoding


def test_a_workbook_gives_the_rows_a_person_sees_in_it(home: Home) -> None:
    buffer = BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = workbook.add_worksheet()
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for number, line in enumerate([HEADER, row(GOOD_CODES[0]), "", row("91350100M000100Y44")]):
        for column, cell in enumerate(line.split(",") if line else []):
            sheet.write_string(number, column, cell)
    sheet.write_datetime(1, 2, AS_OF.replace(tzinfo=None, hour=0), day)
    workbook.close()
    home.drop("sichuan", "enterprise_registration", buffer.getvalue(), name="登记.xlsx")

    [receipt] = home.collect()

    assert receipt["rows"] == {"in": 2, "accepted": 1, "refused": 1, "warned": 0}
    assert home.findings(receipt)["row_number"].to_list() == ["4"]
    assert home.records()["registration_date"][0].isoformat() == "2026-11-22"


def test_headers_are_known_in_any_order_and_spelling(home: Home) -> None:
    home.drop(
        "sichuan",
        "enterprise_registration",
        "所在省份, 统一社会信用代码 ,企业 名称,注册日期,内部备注\n四川,91350100M000100Y43,蜀锦,20140305,甲\n",
    )

    [receipt] = home.collect()

    assert receipt["rows"]["accepted"] == 1
    assert receipt["unknown_columns"] == ["内部备注"]
    assert home.records()["registration_date"][0].isoformat() == "2014-03-05"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("zero.csv", b"", "empty_file"),
        ("header.csv", HEADER.encode() + b"\n", "no_rows"),
        ("bare_header.csv", HEADER.encode(), "no_rows"),
        ("other.csv", b"a,b\n1,2\n", "unknown_header"),
        ("noise.csv", bytes(range(128, 256)) * 40, "undecodable"),
        ("twice.csv", f"{HEADER},企业名称\n{row()},x\n".encode(), "duplicate_columns"),
        ("page.pdf", b"%PDF-1.7", "unsupported_format"),
        ("broken.xlsx", b"PK\x03\x04 no workbook", "broken_workbook"),
        ("no_code.csv", "企业名称,注册日期,所在省份\n蜀锦,2014-03-05,四川\n".encode(), "missing_columns"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_receipt_that_says_what_to_do(
    home: Home, name: str, content: bytes, code: str
) -> None:
    home.drop("sichuan", "enterprise_registration", content, name=name)
    home.drop("yunnan", "enterprise_registration", THREE_GOOD_ROWS)

    receipts = {r["provider_id"]: r for r in home.collect()}

    assert receipts["sichuan"]["status"] == "rejected"
    assert receipts["sichuan"]["problem"]["code"] == code
    assert balanced(list(receipts.values()))
    assert receipts["yunnan"]["status"] == "accepted"
    assert home.findings(receipts["sichuan"]).columns[0] == "row_number"


def test_a_dataset_that_is_not_in_the_catalogue_is_rejected_with_a_receipt(home: Home) -> None:
    home.drop("sichuan", "blood_types", THREE_GOOD_ROWS)

    [receipt] = home.collect()

    assert receipt["problem"]["code"] == "not_in_catalogue"
    assert "enterprise_registration" in receipt["problem"]["message_zh"]


def test_what_cannot_be_taken_is_named_and_left_where_it_is(home: Home) -> None:
    stranger = home.drop("atlantis", "enterprise_registration", THREE_GOOD_ROWS)
    folder = home.root / "inbox/sichuan/enterprise_registration/folder.csv"
    folder.mkdir(parents=True)
    loose = home.root / "inbox/sichuan/loose.csv"
    loose.write_text("x")

    done = home.pass_over()

    assert done.receipts == ()
    assert {unclaimed_entry.path for unclaimed_entry in done.unclaimed} == {stranger.parent.parent, folder, loose}
    assert stranger.exists()


def test_who_put_something_in_the_wrong_place_reads_so_beside_the_receipts_until_it_is_gone(home: Home) -> None:
    stranger = home.drop("atlantis", "enterprise_registration", THREE_GOOD_ROWS)
    loose = home.root / "inbox/sichuan/<b>.csv"
    loose.parent.mkdir(parents=True)
    loose.write_text("x")
    other = home.root / "inbox/yunnan/b.csv"
    other.parent.mkdir(parents=True)
    other.write_text("x")
    mine, general = home.root / "outbox/sichuan/not_taken.html", home.root / "outbox/not_taken.html"

    home.pass_over()

    page = mine.read_text(encoding="utf-8")
    assert "inbox/sichuan/&lt;b&gt;.csv" in page
    assert "请移动后再报送" in page
    assert "yunnan" not in page
    assert str(home.root) not in page
    assert "inbox/atlantis" in general.read_text(encoding="utf-8")
    written = mine.stat().st_mtime_ns
    home.pass_over()
    assert mine.stat().st_mtime_ns == written, "nothing changed, and it was written again"
    assert audit(home.hub) == []

    loose.unlink()
    stranger.unlink()
    stranger.parent.rmdir()
    stranger.parent.parent.rmdir()
    home.pass_over()
    assert not mine.exists()
    assert not general.exists()
    assert (home.root / "outbox/yunnan/not_taken.html").exists()


def test_hundreds_of_tiny_files_make_one_commit(home: Home) -> None:
    for number in range(300):
        home.drop("sichuan", "enterprise_registration", file(row(企业名称=f"第{number}号店")), name=f"{number}.csv")

    receipts = home.collect()

    assert len(receipts) == 300
    assert balanced(receipts)
    assert home.records().height == 300
    assert len(home.hub.records("enterprise_registration").files()) == 1
    table = home.hub.records("enterprise_registration").open()
    assert table is not None
    assert table.version() == 1


def test_late_is_counted_from_the_day_of_receipt_in_working_days(home: Home) -> None:
    """Seven working days after 2026-09-30 end on 2026-10-15 (domain.md §10.3); a registration has no such deadline."""
    from pipelines.storage.ledger import ledger

    home.drop("sichuan", "administrative_penalty", _penalties("2026-09-30", "2026-10-09"))
    home.collect(AS_OF.replace(month=10, day=16))
    [batch] = ledger(home.hub.home, "batches").read().to_dicts()
    assert (batch["rows_accepted"], batch["dated_rows"], batch["late_rows"]) == (2, 2, 1)

    home.drop("yunnan", "administrative_penalty", _penalties("2026-09-30", "2026-10-09"))
    home.collect(AS_OF.replace(month=10, day=15))
    [batch] = ledger(home.hub.home, "batches").read().filter(pl.col("provider_id") == "yunnan").to_dicts()
    assert (batch["dated_rows"], batch["late_rows"]) == (2, 0)


def test_a_later_pass_without_new_files_changes_nothing(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    before = sorted(p.relative_to(home.root) for p in (home.root / "lake").rglob("*.parquet"))

    assert home.collect(AS_OF + timedelta(days=1)) == []
    assert sorted(p.relative_to(home.root) for p in (home.root / "lake").rglob("*.parquet")) == before


def test_the_receipt_on_disk_has_the_fields_of_the_contract(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    [receipt] = home.collect()

    written = home.receipt(receipt)

    wanted = (
        "receipt_version batch_id provider_id region_code dataset_id file_name sha256 bytes encoding received_at status "
        "catalog_version rows rules problem"
    )
    assert set(wanted.split()) <= set(written)
    assert json.dumps(written, sort_keys=True) == json.dumps(receipt, sort_keys=True)
    assert written["received_at"] == "2026-11-22T04:00:00Z"


def _penalties(*days: str) -> str:
    fields = {
        "CF_XDR_MC": "成都蜀锦文化有限公司", "CF_XDR_LB": "法人及非法人组织", "CF_XDR_SHXYM": GOOD_CODES[0], "CF_FRDB": "李四",
        "CF_WSH": "川市监处罚〔2026〕{}号", "CF_WFXW": "虚假宣传", "CF_SY": "宣传内容与事实不符", "CF_YJ": "《广告法》第五十五条",
        "CF_CFLB": "警告", "CF_NR": "警告", "CF_JDRQ": "{}", "CF_YXQ": "2099/12/31", "CF_CFJG": "成都市市场监督管理局",
        "CF_CFJGDM": "11100000MB0143028R", "CF_SJLY": "成都市市场监督管理局", "CF_SJLYDM": "11100000MB0143028R",
    }  # fmt: skip
    lines = [",".join(fields)]
    for number, day in enumerate(days, start=1):
        cells = {**fields, "CF_WSH": f"川市监处罚〔2026〕{number}号", "CF_JDRQ": day}
        lines.append(",".join(cells.values()))
    return "\n".join(lines) + "\n"
