"""Judging each distinct value once changes the time, never a count."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.checks.registry import CELL_SQL
from pipelines.checks.sql_functions import install_checks
from pipelines.checks.texts import ODD_TEXT, TEXT_CHECKS
from pipelines.expectations import judged_values
from pipelines.expectations.counting import count_unexpected

PIECES = ["罚款", "\ufffd", "锟斤拷", "\ue123", "\x07", "a\tb", "13800138000", "110101199003077758", "12345", " ", "é"]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    install_checks(made)
    return made


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=5).map("".join))
def test_a_text_that_fails_a_check_is_odd(con: duckdb.DuckDBPyConnection, text: str) -> None:
    if "\x00" in text:
        text = text.replace("\x00", "\x01")
    checks = [CELL_SQL[name]("t", (), ()) for name in TEXT_CHECKS]
    row = con.execute(f"SELECT {ODD_TEXT.format(s='t')}, {', '.join(checks)} FROM (SELECT ?::VARCHAR AS t)", [text])
    [(odd, *good)] = row.fetchall()
    assert odd or all(good), text


def suite() -> dict[str, object]:
    def of(column: str, check: str, *parameters: object) -> dict[str, object]:
        return {
            "type": "expect_column_values_to_pass_check",
            "kwargs": {"column": column, "check": check, "parameters": list(parameters), "prefixes": []},
            "meta": {"rule_id": f"{column}.{check}"},
            "severity": "critical",
        }

    asked = [of(column, check) for column in ("kind", "facts", "day") for check in TEXT_CHECKS]
    asked += [of("kind", "in_set", "警告", "罚款"), of("facts", "max_length", 24), of("day", "date")]
    return {"name": "s", "expectations": asked, "meta": {}}


def test_each_rule_counts_the_same_judged_by_value_and_by_row(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ["警告", "罚款", "警告\ufffd", None, "\ue000", "无此类"]
    facts = [
        f"第{n}号经营部未按规定登记" + ("13800138000" if n % 7 == 0 else "锟斤拷" if n % 11 == 0 else "")
        for n in range(600)
    ]
    rows = pl.DataFrame(
        {
            "kind": [kinds[n % len(kinds)] for n in range(600)],
            "facts": [text if n % 13 else None for n, text in enumerate(facts)],
            "day": ["2026-02-30" if n % 17 == 0 else f"2026-03-{n % 28 + 1:02d}" for n in range(600)],
        }
    )
    con.register("rows", rows.to_arrow())
    by_row = count_unexpected(con, "rows", suite())
    monkeypatch.setattr(judged_values, "MANY_ROWS", 1)
    by_value = count_unexpected(con, "rows", suite())
    con.unregister("rows")
    assert by_value.unexpected == by_row.unexpected
    assert not by_value.errors
    assert not by_row.errors
    assert sum(number > 0 for number in by_row.unexpected.values()) >= 6
