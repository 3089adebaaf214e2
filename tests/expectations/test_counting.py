"""A suite's counts: exact, complete, and never a success for what was not evaluated."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlalchemy as sa

from pipelines.expectations import counting, duckdb_datasource
from pipelines.expectations.counting import SuiteResult, count_unexpected
from pipelines.expectations.duckdb_dialect import handed_over, lent_handles
from pipelines.ground.errors import HubError

Item = dict[str, object]


def length(rule_id: str, column: str = "v", severity: str = "critical") -> Item:
    kwargs = {"column": column, "check": "max_length", "parameters": [2]}
    return {
        "type": "expect_column_values_to_pass_check",
        "kwargs": kwargs,
        "meta": {"rule_id": rule_id},
        "severity": severity,
    }


def core(kind: str, rule_id: str, **kwargs: object) -> Item:
    return {"type": kind, "kwargs": {"column": "v", **kwargs}, "meta": {"rule_id": rule_id}, "severity": "critical"}


def suite(*expectations: Item) -> dict[str, object]:
    return {"name": "test", "expectations": list(expectations), "meta": {}}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE TABLE rows AS SELECT * FROM (VALUES ('a'), ('abc'), (NULL), ('abcd')) t(v)")
    return con


def test_core_expectations_are_counted_in_the_same_run(con: duckdb.DuckDBPyConnection) -> None:
    result = count_unexpected(
        con,
        "rows",
        suite(
            length("length"),
            core("expect_column_values_to_not_be_null", "filled"),
            core("expect_column_values_to_match_regex", "regex", regex="^ab"),
            core("expect_column_values_to_be_in_set", "set", value_set=["a"]),
        ),
    )
    assert result == SuiteResult(False, 4, 4, {"length": 2, "filled": 1, "regex": 1, "set": 2}, {})


def test_what_raises_is_an_error_and_no_success(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM rows WHERE length(v) > 2")
    result = count_unexpected(con, "rows", suite(length("good"), length("missing", "no_such_column")))
    assert not result.successful
    assert result.unexpected == {"good": 0}
    assert "no_such_column" in result.errors["missing"]


def test_what_the_database_refuses_is_an_error_for_all_it_was_asked_with(con: duckdb.DuckDBPyConnection) -> None:
    look_ahead = {"column": "v", "check": "pattern", "parameters": ["(?=a)"]}
    bad: Item = {"type": "expect_column_values_to_pass_check", "kwargs": look_ahead, "meta": {"rule_id": "bad"}}
    result = count_unexpected(con, "rows", suite(length("good"), bad))
    assert not result.successful
    assert result.unexpected.keys() | result.errors.keys() == {"good", "bad"}
    assert "(?=" in result.errors["bad"]


def test_an_expectation_without_a_count_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    item: Item = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 4}, "meta": {"rule_id": "rows"}}
    assert count_unexpected(con, "rows", suite(item)).errors == {"rows": "Great Expectations gave no count"}


def test_an_empty_table_breaks_nothing(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM rows")
    result = count_unexpected(
        con, "rows", suite(length("length"), core("expect_column_values_to_not_be_null", "filled"))
    )
    assert result == SuiteResult(True, 2, 0, {"length": 0, "filled": 0}, {})


def test_an_empty_suite_is_met(con: duckdb.DuckDBPyConnection) -> None:
    assert count_unexpected(con, "rows", suite()) == SuiteResult(True, 0, 4, {}, {})


def test_only_one_severity_when_asked(con: duckdb.DuckDBPyConnection) -> None:
    both = suite(length("refuses"), length("warns", severity="warning"))
    assert count_unexpected(con, "rows", both, only_severity="warning").unexpected == {"warns": 2}


def test_a_rule_id_stands_once(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(HubError, match="twice"):
        count_unexpected(con, "rows", suite(length("one"), length("one")))


def test_counts_are_those_of_now_and_not_of_the_last_call(con: duckdb.DuckDBPyConnection) -> None:
    assert count_unexpected(con, "rows", suite(length("length"))).unexpected == {"length": 2}
    con.execute("INSERT INTO rows VALUES ('abcde')")
    assert count_unexpected(con, "rows", suite(length("length"))).unexpected == {"length": 3}


def test_registered_frames_and_odd_names_are_fine() -> None:
    con = duckdb.connect()
    name = 'odd "name", 中文'
    con.register(name, pa.table({name: ["a", "abc"], "when": ["2024-01-01", "x"]}))
    date: Item = {
        "type": "expect_column_values_to_pass_check",
        "kwargs": {"column": "when", "check": "date"},
        "meta": {"rule_id": "d"},
    }
    assert count_unexpected(con, name, suite(length("length", name), date)).unexpected == {"length": 1, "d": 1}


def test_nothing_stays_registered(con: duckdb.DuckDBPyConnection) -> None:
    def seen() -> list[tuple[object, ...]]:
        return con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()

    before = seen()
    count_unexpected(con, "rows", suite(length("length"), length("missing", "no_such_column")))
    with pytest.raises(duckdb.Error):
        count_unexpected(con, "no_such_table", suite(length("length")))
    assert seen() == before
    assert lent_handles() == ()
    assert list(counting.shared_context().data_sources.all()) == []


def test_threads_do_not_mix_their_rows() -> None:
    found: dict[int, int] = {}

    def run(number: int) -> None:
        own = duckdb.connect()
        own.execute(f"CREATE TABLE rows AS SELECT 'abc' AS v FROM range({number})")
        found[number] = count_unexpected(own, "rows", suite(length("length"))).unexpected["length"]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {1: 1, 2: 2, 3: 3, 4: 4}


def test_nothing_is_asked_of_the_network(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert os.environ["GX_ANALYTICS_ENABLED"] == "False"
    count_unexpected(con, "rows", suite(length("length")))


def test_telemetry_is_off_before_great_expectations_is_imported() -> None:
    code = (
        "import builtins, os, sys; os.environ.pop('GX_ANALYTICS_ENABLED', None); seen = []; original = builtins.__import__\n"
        "def spy(name, *rest, **more):\n"
        "    if name.startswith('great_expectations'): seen.append(os.environ.get('GX_ANALYTICS_ENABLED'))\n"
        "    return original(name, *rest, **more)\n"
        "builtins.__import__ = spy\n"
        "import pipelines.expectations.checks\n"
        "print(*set(seen))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == ["False"]


def test_importing_the_datasource_twice_is_harmless(con: duckdb.DuckDBPyConnection) -> None:
    importlib.import_module(duckdb_datasource.__name__)
    assert count_unexpected(con, "rows", suite(length("length"))).unexpected == {"length": 2}


def test_a_cursor_keeps_its_rows_while_another_one_runs(con: duckdb.DuckDBPyConnection) -> None:
    with handed_over(con) as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            first = connection.exec_driver_sql("SELECT * FROM range(5000)")
            assert first.fetchone() == (0,)
            assert connection.exec_driver_sql("SELECT 42").scalar() == 42
            assert len(first.fetchall()) == 4999
            assert sa.inspect(connection).has_table("rows")
            assert not sa.inspect(connection).has_table("no_such_table")
    with pytest.raises(sa.exc.DBAPIError, match="no connection is lent"), engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")


def test_a_handle_is_lent_once(con: duckdb.DuckDBPyConnection) -> None:
    with handed_over(con, "mine"), pytest.raises(ValueError, match="already lent"), handed_over(con, "mine"):
        pass
