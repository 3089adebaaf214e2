"""Runs a Great Expectations suite over the rows of a DuckDB table, for one exact number: violations per rule.

The numbers come from the suite's own validation results (BASIC, no example values): Great Expectations asks for all of
them in one statement. An expectation that could not be evaluated is an error, never a success, and never a zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from threading import RLock
from typing import Any, Final

import duckdb
from great_expectations.compatibility import pydantic
from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from pipelines.checks.sql_functions import identifier, install_checks
from pipelines.expectations.duckdb_datasource import new_context
from pipelines.expectations.duckdb_dialect import handed_over
from pipelines.expectations.judged_values import is_large, with_judged_values
from pipelines.ground.errors import HubError

_KIND: Final = {True: "TABLE", False: "VIEW"}
_COUNTS: Final = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}
_one_at_a_time: Final = RLock()
_numbers: Final = count(1)


@dataclass(frozen=True)
class SuiteResult:
    """What a suite said about a table.

    Attributes:
        successful: every expectation was evaluated and met.
        expectations: how many there were.
        rows: rows of the table.
        unexpected: violations by rule id, of the expectations that were evaluated.
        errors: what went wrong, by rule id, of those that were not.
    """

    successful: bool
    expectations: int
    rows: int
    unexpected: dict[str, int]
    errors: dict[str, str]


def count_unexpected(
    con: duckdb.DuckDBPyConnection, table: str, suite_json: Mapping[str, object], *, only_severity: str | None = None
) -> SuiteResult:
    """Validate a table and count the violations of each rule.

    Args:
        con: the connection that knows the table; it gains the temporary macros of ``install_checks`` and nothing else.
        table: name of a table, view or registered frame.
        suite_json: a suite as Great Expectations writes it; each expectation has its rule id in ``meta.rule_id``.
        only_severity: leaves out expectations of any other severity.

    Returns:
        The counts; each rule id of the suite is in ``unexpected`` or in ``errors``, never in both.

    Raises:
        HubError: the suite cannot be used as it is: an unknown expectation or check, a rule id missing or used twice.
    """
    suite = _suite(json.dumps(suite_json, sort_keys=True, ensure_ascii=False), only_severity)
    row = con.execute(f"SELECT count(*) FROM {identifier(table)}").fetchone()
    rows = int(row[0]) if row else 0
    if not suite.expectations:
        return SuiteResult(True, 0, rows, {}, {})
    install_checks(con)
    unexpected: dict[str, int] = {}
    errors: dict[str, str] = {}
    results = _validate(con, table, suite, rows)
    for result in results:
        rule_id = _rule_id(result.expectation_config)
        try:
            unexpected[rule_id] = _count(result, rows)
        except HubError as error:
            errors[rule_id] = str(error)
    for expectation in suite.expectations:
        if (rule_id := _rule_id(expectation)) not in unexpected and rule_id not in errors:
            errors[rule_id] = "Great Expectations gave no result"
    successful = not errors and all(result.success for result in results)
    return SuiteResult(successful, len(suite.expectations), rows, unexpected, errors)


@cache
def shared_context() -> EphemeralDataContext:
    """The one context of this process; it holds a datasource only while a suite runs."""
    context = new_context()
    # It would write all its configuration as YAML, into memory, four times for each validation.
    context._save_project_config = lambda *_: None  # type: ignore[method-assign]
    return context


def _validate(
    con: duckdb.DuckDBPyConnection, table: str, suite: ExpectationSuite, rows: int
) -> Sequence[ExpectationValidationResult]:
    """The suite's results; the datasource lives as long as this call, for an engine remembers metrics by batch name."""
    name = f"hub_rows_{next(_numbers)}"
    with _one_at_a_time, handed_over(con) as url:
        sources = shared_context().data_sources
        selected, tables = with_judged_values(con, table, suite.expectations, name, rows)
        # What is shared would be bound and optimised again in each of four statements: of few rows that is nearly all the work.
        few = not is_large(rows)
        if few:
            con.execute("PRAGMA disable_optimizer")
        try:
            con.execute(f"CREATE TEMP {_KIND[few]} {name} AS {selected}")
            asset = sources.add_duckdb(name, connection_string=url).add_table_asset(name, table_name=name)
            batch = asset.add_batch_definition_whole_table(name).get_batch()
            results: Sequence[ExpectationValidationResult] = batch.validate(suite, result_format=_COUNTS).results
        finally:
            sources.delete(name)
            if few:
                con.execute("PRAGMA enable_optimizer")
            con.execute(f"DROP {_KIND[few]} IF EXISTS {name}")
            for made in tables:
                con.execute(f"DROP TABLE {made}")
    return results


def _count(result: ExpectationValidationResult, rows: int) -> int:
    if trouble := _trouble(result.exception_info):
        raise HubError(trouble)
    number = (result.result or {}).get("unexpected_count")
    if number is None and result.success and (rows == 0 or (result.result or {}).get("missing_count") == rows):
        return 0  # Great Expectations counts nothing where there is nothing to look at
    if not isinstance(number, int):
        raise HubError("Great Expectations gave no count")
    if (number == 0) != result.success:
        raise HubError(f"Great Expectations counted {number} violations and says success is {result.success}")
    return number


def _trouble(info: Any) -> str | None:
    """The message of an exception, which Great Expectations gives flat or one level down, by metric."""
    if not info:
        return None
    if "raised_exception" in info:
        return str(info.get("exception_message") or "unknown exception") if info["raised_exception"] else None
    messages = {_trouble(inner) for inner in info.values()}
    return "; ".join(sorted(message for message in messages if message)) or None


@lru_cache(maxsize=64)
def _suite(text: str, only_severity: str | None) -> ExpectationSuite:
    return loaded(json.loads(text), only_severity)


def loaded(suite_json: Mapping[str, Any], only_severity: str | None = None) -> ExpectationSuite:
    """A suite as Great Expectations has it in memory, our own expectations included.

    Great Expectations drops an expectation it does not understand and logs it; so each is made here, one by one.

    Raises:
        HubError: an expectation is unknown or wrong, or a rule id is missing or used twice.
    """
    name = str(suite_json["name"])
    seen: set[str] = set()
    expectations = []
    for item in suite_json["expectations"]:
        rule_id = (item.get("meta") or {}).get("rule_id")
        if not rule_id or rule_id in seen:
            raise HubError(f"suite '{name}': rule id {rule_id!r} is missing or used twice; generate the suite again")
        seen.add(rule_id)
        if only_severity is not None and item.get("severity", "critical") != only_severity:
            continue
        try:
            expectations.append(ExpectationConfiguration(**item).to_domain_obj())
        except (GreatExpectationsError, pydantic.ValidationError, TypeError) as error:
            raise HubError(f"suite '{name}', rule '{rule_id}': {error}") from error
    return ExpectationSuite(name=name, expectations=expectations, meta=suite_json.get("meta"))


def _rule_id(expectation: Any) -> str:
    return str(expectation.meta["rule_id"])
