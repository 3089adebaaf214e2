"""``credit-hub waive``: who and why stand in the ledger, the rows stay out of the lake, and the same command again does nothing."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.storage.ledger import ledger
from tests.command import run
from tests.conftest import GOOD_CODES, Home, file, row

pytestmark = pytest.mark.usefixtures("without_the_second_route")

DATASET = "enterprise_registration"
WHO = ("--by", "李主任", "--reason", "系统迁移前的旧记录，不再补正", "--as-of", "2026-12-01")


@pytest.fixture
def used(home: Home) -> Home:
    """Three open rows: an unknown province, a wrong date, and both."""
    home.drop(
        "sichuan",
        DATASET,
        file(
            row(所在省份="火星"),
            row(GOOD_CODES[1], 注册日期="2014-02-30"),
            row(GOOD_CODES[2], 所在省份="火星", 注册日期="2014-02-30"),
        ),
    )
    home.collect()
    return home


def waive(home: Home, *arguments: str) -> dict[str, Any]:
    done = run("waive", *arguments, *WHO, "--home", str(home.root), "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_waived_rows_are_closed_and_who_and_why_is_known(used: Home) -> None:
    number = used.quarantine()["quarantine_id"].sort()[0]

    done = waive(used, number)

    assert (done["rows"], done["already_closed"]) == (1, 0)
    [entry] = ledger(used.hub.home, "waivers").read().to_dicts()
    assert (entry["by"], entry["reason"], entry["waiver_id"]) == (WHO[1], WHO[3], done["waiver_id"])
    [counted] = ledger(used.hub.home, "closures").read().to_dicts()
    assert (counted["closed_by"], counted["closing_id"], counted["rows"]) == ("waiver", done["waiver_id"], 1)
    assert used.records().is_empty()
    assert audit(used.hub) == []
    again = waive(used, number)
    assert again == {"waiver_id": None, "rows": 0, "already_closed": 1, "left_open": 0}


def test_a_rule_waives_rows_that_broke_nothing_else_and_a_batch_all(used: Home) -> None:
    done = waive(used, "--rule", f"{DATASET}.province_code.in_table")
    assert (done["rows"], done["left_open"]) == (1, 1)
    [batch] = used.quarantine()["_batch_id"].unique()
    rest = waive(used, "--batch", batch)
    assert (rest["rows"], rest["already_closed"]) == (2, 1)
    assert used.hub.resolutions(DATASET).read()["quarantine_id"].n_unique() == 3
    # What was waived is not resolved too, when the right rows come after all.
    used.drop("sichuan", DATASET, file(row(), row(GOOD_CODES[1])), name="late.csv")
    [late] = used.collect()
    assert late["corrects"]["rows"] == 0
    assert audit(used.hub) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing was chosen"),
        (("no-such-row-1",), "no refused row goes by this"),
        (("--batch", "ffff"), "no refused row goes by this"),
        (("--rule", "enterprise_registration.name.nonsense"), "no such rule"),
        (("x-1", "--batch", "ffff"), "not both"),
    ],
)
def test_what_cannot_be_waived_is_one_sentence_and_status_2(used: Home, arguments: tuple[str, ...], said: str) -> None:
    done = run("waive", *arguments, *WHO, "--home", str(used.root))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_waiver_without_who_or_why_is_none(used: Home) -> None:
    number = used.quarantine()["quarantine_id"][0]
    for arguments, said in (
        (("--by", "某人", "--reason", "无"), "--reason"),
        (("--reason", "旧记录，不再补正"), "--by"),
    ):
        done = run("waive", number, *arguments, "--home", str(used.root))
        assert done.returncode == 2
        assert said in done.stderr
    assert used.hub.resolutions(DATASET).read().is_empty()
    assert ledger(used.hub.home, "waivers").read().select(pl.len()).item() == 0
