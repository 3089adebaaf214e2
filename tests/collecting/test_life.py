"""A refused row is open until a later batch brings it right or somebody waives it; never two of these, whatever the order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.collecting.inbox import take
from pipelines.ground.settings import Settings
from pipelines.operations import collect_group, plan_groups
from pipelines.pages.open_rows import open_rows
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from tests.conftest import AS_OF, GOOD_CODES, HEADER, Home, file, row
from tests.effects import dies_before

pytestmark = pytest.mark.usefixtures("without_the_second_route")

DATASET = "enterprise_registration"
LATER = AS_OF + timedelta(days=9)
WRONG_CODE = "91350100M000100Y44"


def closed(home: Home) -> pl.DataFrame:
    return home.hub.resolutions(DATASET).read().sort("quarantine_id")


def closures(home: Home) -> pl.DataFrame:
    return ledger(home.hub.home, "closures").read().sort("batch_id", "closing_id")


def state(home: Home) -> list[tuple[Any, ...]]:
    """What is closed and when, without the ids of groups."""
    return closed(home).select("quarantine_id", "closed_by", "refused_on", "closed_on").rows()


def refused_then(
    home: Home, first: str, second: str, provider: str = "sichuan"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Receipts of a delivery, and of what came nine days later."""
    home.drop("sichuan", DATASET, first, name="first.csv")
    [one] = home.collect()
    home.drop(provider, DATASET, second, name="second.csv")
    [two] = home.collect(LATER)
    return one, two


def test_a_corrected_resubmission_closes_what_it_corrects_and_is_no_duplicate(home: Home) -> None:
    bad = file(row(), row(GOOD_CODES[1], 所在省份="火星"), row(GOOD_CODES[2], 注册日期="2014-02-30"))
    right = file(row(), row(GOOD_CODES[1]), row(GOOD_CODES[2]))

    first, second = refused_then(home, bad, right)

    assert (first["rows"]["refused"], second["status"]) == (2, "accepted")
    assert "first_batch_id" not in second
    batch = {"batch_id": first["batch_id"], "file_name": "first.csv", "rows": 2}
    assert second["corrects"] == {"rows": 2, "batches": [batch]}
    assert home.receipt(second) == second
    assert set(closed(home)["recognised_by"]) == {"key"}
    [counted] = closures(home).to_dicts()
    assert (counted["rows"], counted["closed_by"], counted["closing_id"]) == (2, "batch", second["batch_id"])
    assert (counted["closed_on"] - counted["refused_on"]).days == 9
    assert open_rows(home.hub, ["sichuan"], LATER.date()).height == 0
    assert audit(home.hub) == []


def test_only_the_corrected_rows_may_come_again(home: Home) -> None:
    bad = file(row(), row(GOOD_CODES[1], 所在省份="火星"), row(GOOD_CODES[2], 注册日期="2014-02-30"))
    first, _ = refused_then(home, bad, file(row(GOOD_CODES[2])))

    assert closed(home)["quarantine_id"].to_list() == [f"{first['batch_id']}-4"]
    left = open_rows(home.hub, ["sichuan"], LATER.date())
    assert left.select("row_number", "age_days", "times_refused").rows() == [(3, 9, 1)]
    text = (home.root / "outbox/sichuan/open.html").read_text(encoding="utf-8")
    assert "还有 1 行没有改正" in text
    assert f"{first['batch_id']}-3" in (home.root / "outbox/sichuan/open.csv").read_text(encoding="utf-8-sig")


def test_an_echoed_number_closes_a_row_of_the_same_subject_whatever_the_correction_changed(home: Home) -> None:
    home.drop("sichuan", DATASET, file(row(WRONG_CODE, 企业名称="甲 公司", 注册日期="不详")))
    [first] = home.collect()
    number = home.quarantine()["quarantine_id"].item()
    again = f"{HEADER},退回编号\n{row(GOOD_CODES[1], 企业名称='甲公司', 注册资金='2万')},{number}\n"
    home.drop("sichuan", DATASET, again, name="b.csv")
    [second] = home.collect(LATER)

    assert second["unknown_columns"] == []
    assert second["corrects"]["rows"] == 1
    assert closed(home).select("quarantine_id", "batch_id", "recognised_by").rows() == [
        (number, first["batch_id"], "echo")
    ]
    assert home.records()["_answers_to"].to_list() == [number]


def test_a_row_whose_wrong_code_was_put_right_is_recognised_by_its_other_cells(home: Home) -> None:
    twin = {"企业名称": "双生", "注册地址": "同一处"}
    bad = file(row(WRONG_CODE), row(WRONG_CODE, **twin), row("91110108551385082A", **twin))
    right = file(row(), row(GOOD_CODES[1], **twin), row(GOOD_CODES[2], **twin))

    first, _ = refused_then(home, bad, right)

    assert first["rows"]["refused"] == 3
    # Two records that agree in all but the code cannot be distinguished: they stay open, and their numbers close them.
    assert closed(home).select("quarantine_id", "recognised_by").rows() == [(f"{first['batch_id']}-2", "cells")]


def test_a_broken_line_is_recognised_by_the_code_that_stands_in_it(home: Home) -> None:
    first, second = refused_then(home, file(row() + ",多出一列", row(GOOD_CODES[1])), file(row()))

    assert first["rows"] == {"in": 2, "accepted": 1, "refused": 1, "warned": 0}
    assert closed(home)["recognised_by"].to_list() == ["code"]
    assert second["corrects"]["rows"] == 1


def test_a_row_that_is_refused_again_stays_open_and_is_listed_once(home: Home) -> None:
    _, second = refused_then(home, file(row(所在省份="火星")), file(row(所在省份="月亮")))

    assert closed(home).is_empty()
    assert open_rows(home.hub, ["sichuan"], LATER.date()).select("batch_id", "times_refused", "age_days").rows() == [
        (second["batch_id"], 2, 9)
    ]
    home.drop("sichuan", DATASET, file(row()), name="third.csv")
    [third] = home.collect(LATER)
    assert third["corrects"]["rows"] == 2
    assert audit(home.hub) == []


def test_rows_without_a_key_that_answer_each_other_are_closed_together(home: Home) -> None:
    bad = row("不是代码", 企业名称="甲", 注册资金="一")
    home.drop("sichuan", DATASET, file(bad))
    [first] = home.collect()
    answer = row("还不是代码", 企业名称="甲", 注册资金="二")
    home.drop("sichuan", DATASET, f"{HEADER},quarantine_id\n{answer},{first['batch_id']}-2\n", name="b.csv")
    [second] = home.collect(LATER)
    assert open_rows(home.hub, ["sichuan"], LATER.date())["times_refused"].to_list() == [2]
    home.drop(
        "sichuan", DATASET, f"{HEADER},quarantine_id\n{row(企业名称='甲')},{second['batch_id']}-2\n", name="c.csv"
    )
    home.collect(LATER)

    assert closed(home)["recognised_by"].to_list() == ["echo", "echo"]
    assert open_rows(home.hub, ["sichuan"], LATER.date()).is_empty()


def test_an_echoed_number_of_another_record_closes_nothing_and_the_receipt_says_so(home: Home) -> None:
    """The liar's way to a good rate of correction: every new row names an old one."""
    home.drop("sichuan", DATASET, file(row("不是代码", 企业名称="甲公司"), row(企业名称="乙公司", 所在省份="火星")))
    [first] = home.collect()
    numbers = [f"{first['batch_id']}-{n}" for n in (2, 3)]
    lines = [
        f"{row(GOOD_CODES[1], 企业名称='丙公司')},{numbers[0]}",
        f"{row(GOOD_CODES[2], 企业名称='丁公司', 所在省份='月亮')},{numbers[1]}",  # refused again: hides nothing either
    ]
    home.drop("sichuan", DATASET, f"{HEADER},退回编号\n" + "\n".join(lines) + "\n", name="b.csv")
    [second] = home.collect(LATER)

    assert (second["rows"]["accepted"], second["corrects"]["rows"]) == (1, 0)
    assert closed(home).is_empty()
    [said] = second["notices"]
    assert "第 2、3 行的“退回编号”指的不是同一条记录" in said
    left = open_rows(home.hub, ["sichuan"], LATER.date())
    assert sorted(left.select("batch_id", "row_number").rows()) == sorted(
        [(first["batch_id"], 2), (first["batch_id"], 3), (second["batch_id"], 3)]
    )


def test_a_row_without_a_key_that_comes_again_as_it_was_is_listed_once(home: Home) -> None:
    bad = row("不是代码", 企业名称="甲公司")
    home.drop("sichuan", DATASET, file(bad, row()))
    home.collect()
    home.drop("sichuan", DATASET, file(bad, row(GOOD_CODES[1])), name="b.csv")
    [second] = home.collect(LATER)
    left = open_rows(home.hub, ["sichuan"], LATER.date())
    assert left.select("batch_id", "row_number", "times_refused").rows() == [(second["batch_id"], 2, 2)]


def test_what_another_provider_sends_corrects_nothing(home: Home) -> None:
    _, second = refused_then(home, file(row(所在省份="火星")), file(row()), provider="yunnan")

    assert second["corrects"]["rows"] == 0
    assert closed(home).is_empty()


def test_a_record_that_was_right_before_does_not_close_a_later_refusal(home: Home) -> None:
    refused_then(home, file(row()), file(row(所在省份="火星")))

    assert closed(home).is_empty()
    assert closures(home).is_empty()


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("b.csv", "a.csv")])
def test_the_order_of_work_groups_does_not_change_what_is_closed(
    home: Home, monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "1")
    small = Home(Hub.open(Settings.read(home.root)))
    small.drop("sichuan", DATASET, file(row(所在省份="火星")), name=names[0])
    small.drop("sichuan", DATASET, file(row()), name=names[1])

    receipts = small.collect()

    assert len(receipts) == 2
    right = next(r for r in receipts if r["status"] == "accepted")
    assert [one[1] for one in state(small)] == ["batch"]
    # Whichever came first: the receipt of the right file says so in the end.
    assert small.receipt(right)["corrects"]["rows"] == 1
    assert "改正了以前退回的" in (small.hub.home.outbox("sichuan", right["batch_id"]) / "receipt.html").read_text(
        encoding="utf-8"
    )
    assert audit(small.hub) == []


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("create_write_transaction", f"lake/closings/{DATASET}/"),
        ("replace", "state/closed/group-#.json"),
        ("create_write_transaction", "lake/ledger/closures/"),
    ],
)
def test_a_crash_while_rows_are_closed_changes_nothing(home: Home, another: Home, what: str, place: str) -> None:
    bad, right = file(row(所在省份="火星"), row(GOOD_CODES[1])), file(row())
    for one in (home, another):
        one.drop("sichuan", DATASET, bad)
        one.collect()
        one.drop("sichuan", DATASET, right, name="b.csv")
    another.collect(LATER)

    with dies_before(what, place, root=home.root):
        home.collect(LATER)
    home.collect(LATER)

    assert state(home) == state(another)
    assert closures(home).equals(closures(another))
    assert audit(home.hub) == []


def test_a_group_that_is_overtaken_by_a_later_one_is_seen_once(home: Home) -> None:
    """The damaged file's group dies before it closes anything; the corrected file comes and finishes first."""
    home.drop("sichuan", DATASET, file(row(所在省份="火星")))
    take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF)
    [overtaken] = plan_groups(home.hub, provider=None, dataset=None)
    with dies_before("replace", "state/closed/group-#.json", root=home.root):
        collect_group(home.hub, overtaken)
    home.drop("sichuan", DATASET, file(row()), name="b.csv")
    take(home.hub.home, home.hub.catalog, provider=None, as_of=LATER)
    [later] = [g for g in plan_groups(home.hub, provider=None, dataset=None) if g.id != overtaken.id]
    [right] = [one.to_json() for one in collect_group(home.hub, later).receipts]
    assert right["corrects"]["rows"] == 0

    collect_group(home.hub, overtaken)

    assert closed(home)["closing_id"].to_list() == [right["batch_id"]]
    assert home.receipt(right)["corrects"]["rows"] == 1
    assert audit(home.hub) == []


def test_the_audit_finds_a_row_in_two_states(home: Home) -> None:
    refused_then(home, file(row(所在省份="火星")), file(row()))
    table = home.hub.resolutions(DATASET)
    twice = table.read().with_columns(transaction=pl.lit("by hand"))
    table.append_frame("by hand", twice, home.root / "scratch")

    messages = [finding.message for finding in audit(home.hub)]

    assert "a refused row is closed twice" in messages
    assert any("closed 1 of its rows" in message for message in messages)
