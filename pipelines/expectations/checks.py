"""The two expectations that carry our SQL checks (``pipelines.checks``) into Great Expectations, and their metrics.

``ExpectColumnValuesToPassCheck`` asks one column, ``ExpectColumnPairToPassCheck`` two; both take the name of a check
from a closed list and plain parameters, so a suite with them is JSON. The first leaves null alone (that a value is
there is another rule), the second sees every row. ``checks.sql_functions.install_checks`` puts the SQL functions they
call on a connection.

Every check is one SQL expression: true for a good value, false for a bad one, never null for a value. Great
Expectations puts all counts of a table into one statement. What several checks of a column need (``registry.SHARED``) would be
bound and optimised again for each of them, half a second for three credit codes however few the rows; a table that has
it as a column already, named like the expression, is read instead. ``shared_columns`` says which ones a suite can use.
DuckDB may still put the expression back in place of such a column, and then computes equal ones once only where they
are outside AND, OR and CASE: hence ``a <= b`` of two booleans for "if a then b".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from pipelines.checks.registry import CELL_SQL, PAIR_SQL
from pipelines.checks.sql_functions import identifier
from pipelines.expectations.check_metrics import (
    ColumnMetric,
    PairMetric,
    counted_result,
    only_counted,
    shared_in,
    verdict_name,
    with_present,
)

# isort: split
from great_expectations.compatibility import pydantic
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation

Parameter = pydantic.StrictInt | pydantic.StrictFloat | pydantic.StrictStr


def shared_columns(expectations: Iterable[object]) -> dict[str, dict[str, str]]:
    """What a table should have as columns for these expectations to be cheap.

    Returns:
        By the column it is computed from: SQL by name of the shared column.
    """
    shared: dict[str, dict[str, str]] = {}
    for expectation in expectations:
        if isinstance(expectation, ExpectColumnValuesToPassCheck | ExpectColumnPairToPassCheck):
            for column, name, sql in shared_in(expectation.sql()):
                shared.setdefault(column, {})[name] = sql
    return shared


def verdict_columns(
    expectations: Iterable[object], column: str, present: Collection[str], only: Collection[str] | None = None
) -> dict[str, str]:
    """The whole verdicts of the checks over one column alone, so that each of its distinct values is judged once.

    Args:
        expectations: of a suite.
        column: the column.
        present: shared columns that the table has, which the verdicts then read.
        only: names of checks; None for all.

    Returns:
        SQL by name of the column.
    """
    return {
        verdict_name(column, one.dict()): with_present(one.sql(), present)
        for one in expectations
        if isinstance(one, ExpectColumnValuesToPassCheck)
        and one.column == column
        and (only is None or one.check in only)
    }


def row_condition(expectation: object) -> str | None:
    """SQL that is true for the rows which do not meet an expectation; None where it is not about single rows."""
    match expectation:
        case ExpectColumnValuesToPassCheck():
            return f"{identifier(expectation.column)} IS NOT NULL AND NOT ({expectation.sql()})"
        case ExpectColumnPairToPassCheck():
            return f"NOT ({expectation.sql()})"
        case ExpectColumnValuesToNotBeNull():
            return f"{identifier(expectation.column)} IS NULL"
        case _:
            return None


class ExpectColumnValuesToPassCheck(ColumnMapExpectation):
    """Every value of the column passes one of ``CELL_SQL``; null is not examined."""

    check: pydantic.StrictStr
    parameters: list[Parameter] = []  # noqa: RUF012 - pydantic copies it
    prefixes: list[pydantic.StrictStr] = []  # noqa: RUF012 - pydantic copies it

    map_metric: ClassVar[str] = ColumnMetric.condition_metric_name
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "check", "parameters", "prefixes")
    args_keys: ClassVar[tuple[str, ...]] = ("column", "check", "parameters", "prefixes")

    @pydantic.root_validator(skip_on_failure=True)
    def _check_can_be_called(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 - pydantic passes the class
        _known(values["check"], CELL_SQL)(values["column"], values["parameters"], values["prefixes"])
        return values

    def sql(self) -> str:
        """The check as SQL, true for a good value."""
        return ColumnMetric.passes([identifier(self.column)], self.dict())

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> Any:
        """The counts, and example values where the result format asks for any: each costs a statement."""
        counted = only_counted(self, ColumnMetric, runtime_configuration)
        return counted or super().get_validation_dependencies(execution_engine, runtime_configuration)

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        counted = counted_result(ColumnMetric, metrics)
        return counted or super()._validate(metrics, runtime_configuration, execution_engine)


class ExpectColumnPairToPassCheck(ColumnPairMapExpectation):
    """Every row passes one of ``PAIR_SQL``, rows with null in either column included; ``column_A`` is blamed."""

    check: pydantic.StrictStr
    parameters: list[Parameter] = []  # noqa: RUF012 - pydantic copies it
    prefixes: list[pydantic.StrictStr] = []  # noqa: RUF012 - pydantic copies it

    map_metric: ClassVar[str] = PairMetric.condition_metric_name
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "check", "parameters", "prefixes")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "check", "parameters", "prefixes")

    @pydantic.root_validator(skip_on_failure=True)
    def _check_can_be_called(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 - pydantic passes the class
        _known(values["check"], PAIR_SQL)(
            values["column_A"], values["column_B"], values["parameters"], values["prefixes"]
        )
        return values

    def sql(self) -> str:
        """The check as SQL, true for a good row."""
        return PairMetric.passes([identifier(self.column_A), identifier(self.column_B)], self.dict())

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> Any:
        """As above; the number of rows looked at is that of the table and needs no statement."""
        if counted := only_counted(self, PairMetric, runtime_configuration):
            return counted
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        dependencies.metric_configurations.pop(f"{self.map_metric}.filtered_row_count")
        return dependencies

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        if counted := counted_result(PairMetric, metrics):
            return counted
        looked_at = {f"{self.map_metric}.filtered_row_count": metrics["table.row_count"]}
        return super()._validate({**metrics, **looked_at}, runtime_configuration, execution_engine)


def _known(name: str, checks: Mapping[str, Callable[..., str]]) -> Callable[..., str]:
    if name not in checks:
        raise ValueError(f"there is no check '{name}'; there are {', '.join(sorted(checks))}")
    return checks[name]
