"""The two expectations that carry our SQL checks (``column_checks``, ``pair_checks``) into Great Expectations, and their metrics.

``ExpectColumnValuesToPassCheck`` asks one column, ``ExpectColumnPairToPassCheck`` two; both take the name of a check
from a closed list and plain parameters, so a suite with them is JSON. The first leaves null alone (that a value is
there is another rule), the second sees every row. ``sql_functions.install_checks`` puts the SQL
functions they call on a connection.

Every check is one SQL expression: true for a good value, false for a bad one, never null for a value. Great
Expectations puts all counts of a table into one statement. What several checks of a column need (``SHARED``) would be
bound and optimised again for each of them, half a second for three credit codes however few the rows; a table that has
it as a column already, named like the expression, is read instead. ``shared_columns`` says which ones a suite can use.
DuckDB may still put the expression back in place of such a column, and then computes equal ones once only where they
stand outside AND, OR and CASE: hence ``a <= b`` of two booleans for "if a then b".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, ClassVar

from pipelines.expectations.column_checks import COLUMN_CHECKS
from pipelines.expectations.duckdb_datasource import DuckDBExecutionEngine  # first, because it turns telemetry off
from pipelines.expectations.pair_checks import PAIR_CHECKS
from pipelines.expectations.sql_functions import SHARED, identifier

# isort: split
import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricFunctionTypes, MetricPartialFunctionTypes
from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.map_metric_provider.column_map_condition_auxilliary_methods import (
    _sqlalchemy_column_map_condition_values as _column_values,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_condition_auxilliary_methods import (
    _sqlalchemy_column_pair_map_condition_values as _pair_values,
)
from great_expectations.expectations.metrics.map_metric_provider.map_metric_provider import MapMetricProvider
from great_expectations.expectations.registry import register_metric
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

Parameter = pydantic.StrictInt | pydantic.StrictFloat | pydantic.StrictStr


def shared_columns(expectations: Iterable[object]) -> dict[str, dict[str, str]]:
    """What a table should have as columns for these expectations to be cheap.

    Returns:
        By the column it is computed from: SQL by name of the shared column.
    """
    shared: dict[str, dict[str, str]] = {}
    for expectation in expectations:
        if isinstance(expectation, ExpectColumnValuesToPassCheck | ExpectColumnPairToPassCheck):
            for found in SHARED.finditer(expectation.sql()):
                shared.setdefault(_unquoted(found[2]), {})[_name_of(found)] = found[0]
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
        _verdict_name(column, one.dict()): _with_present(one.sql(), present)
        for one in expectations
        if isinstance(one, ExpectColumnValuesToPassCheck)
        and one.column == column
        and (only is None or one.check in only)
    }


def _with_present(sql: str, present: Collection[str]) -> str:
    return SHARED.sub(lambda found: identifier(_name_of(found)) if _name_of(found) in present else found[0], sql)


def _unquoted(column: str) -> str:
    return column.replace('""', '"')


def _name_of(found: re.Match[str]) -> str:
    return f"{found[1]}({_unquoted(found[2])})"


def _verdict_name(column: str, arguments: Mapping[str, Any]) -> str:
    said = [arguments["check"], *(arguments.get("parameters") or ()), *(arguments.get("prefixes") or ())]
    return f"passes {' '.join(map(str, said))} ({column})"


def _bad_rows(
    cls: type[_CheckMetric],
    execution_engine: DuckDBExecutionEngine,
    metric_domain_kwargs: dict[str, Any],
    metric_value_kwargs: dict[str, Any],
    metrics: dict[str, Any],
    **_: object,
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The condition that is true for the rows a check refuses."""
    names = [str(metric_domain_kwargs[key]) for key in cls.columns]
    for name in names:
        if name not in metrics["table.columns"]:
            raise ValueError(f"there is no column '{name}'")
    present = set(metrics["table.columns"])
    verdict = _verdict_name(names[0], metric_value_kwargs)
    if len(names) == 1 and verdict in present:
        passes = f"coalesce({identifier(verdict)}, true)"  # where there is no value there is nothing to join
    else:
        passes = cls.passes([identifier(name) for name in names], metric_value_kwargs)
    passes = _with_present(passes, present)
    _, compute, accessor = execution_engine.get_compute_domain(metric_domain_kwargs, cls.domain)
    return sa.literal_column(f"NOT ({passes})", sa.Boolean()), compute, accessor


def _count_of_bad_rows(
    cls: type[_CheckMetric],
    execution_engine: DuckDBExecutionEngine,
    metric_domain_kwargs: dict[str, Any],
    metric_value_kwargs: dict[str, Any],
    metrics: dict[str, Any],
    **_: object,
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Their number, as one column of the statement that all counts share."""
    condition, compute, accessor = _bad_rows(cls, execution_engine, metric_domain_kwargs, metric_value_kwargs, metrics)
    # A check of null is null, and DuckDB's count of nothing but null is null.
    return sa.func.coalesce(sa.func.count_if(condition), 0), compute, accessor


class _Said(IDDict):
    """Arguments of a metric that do not change, so that their digest is made once and not for every metric that has them.

    A copy is an ordinary one: Great Expectations copies them to take the column out.
    """

    digest: Any = None

    def __deepcopy__(self, memo: dict[int, Any]) -> IDDict:
        return deepcopy(IDDict(self), memo)

    def to_id(self, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        """As Great Expectations makes it."""
        if id_keys is not None or id_ignore_keys is not None:
            return super().to_id(id_keys, id_ignore_keys)
        if self.digest is None:
            self.digest = super().to_id()
        return self.digest

    def __hash__(self) -> int:  # type: ignore[override] # as IDDict itself
        return hash(self.to_id())


@lru_cache(maxsize=64)
def _whole_table(batch_id: str | None) -> _Said:
    return _Said(batch_id=batch_id, table=None)


class _CheckMetric(MapMetricProvider):
    """The metrics of a check.

    Registered one by one: for two columns Great Expectations would count by a statement of its own for each check.
    """

    condition_metric_name: ClassVar[str]
    columns: ClassVar[tuple[str, ...]] = ()
    domain: ClassVar[MetricDomainTypes]

    @classmethod
    def passes(cls, columns: Sequence[str], arguments: Mapping[str, Any]) -> str:
        """The check as SQL."""
        raise NotImplementedError

    @classmethod
    def _register_metric_functions(cls) -> None:
        if not cls.columns:
            return

        def register(suffix: str, provider: Callable[..., Any] | None, kind: Any, *more: str) -> None:
            register_metric(
                metric_name=f"{cls.condition_metric_name}.{suffix}",
                metric_domain_keys=cls.condition_domain_keys,
                metric_value_keys=(*cls.condition_value_keys, *more),
                execution_engine=DuckDBExecutionEngine,
                metric_class=cls,
                metric_provider=provider,
                metric_fn_type=kind,
            )

        value, partial = MetricFunctionTypes.VALUE, MetricPartialFunctionTypes
        values = _column_values if len(cls.columns) == 1 else _pair_values
        register("condition", _bad_rows, partial.MAP_CONDITION_FN)
        register("unexpected_count.aggregate_fn", _count_of_bad_rows, partial.AGGREGATE_FN)
        register("unexpected_count", None, value)
        register("unexpected_values", values, value, "result_format")
        register("filtered_row_count", None, value, "result_format")  # looked up by name, never computed
        register("unexpected_rows", cls.sqlalchemy_unexpected_rows_provider, value, "result_format")
        register("unexpected_index_list", cls.sqlalchemy_unexpected_index_list_provider, value, "result_format")
        register("unexpected_index_query", cls.sqlalchemy_unexpected_index_query_provider, value, "result_format")

    @classmethod
    def _get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,
        configuration: Any = None,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
    ) -> dict[str, MetricConfiguration]:
        """A count of bad rows needs the names of the columns and nothing else; examples need the condition besides."""
        domain, name = metric.metric_domain_kwargs, metric.metric_name
        if name.endswith(".unexpected_count"):
            counted = MetricConfiguration(f"{name}.aggregate_fn", domain, metric.metric_value_kwargs)
            return {"metric_partial_fn": counted}
        columns = MetricConfiguration("table.columns", _whole_table(domain.get("batch_id")))
        if name.endswith((".condition", ".aggregate_fn")):
            return {"table.columns": columns}
        dependencies: dict[str, MetricConfiguration] = super()._get_evaluation_dependencies(
            metric, configuration, execution_engine, runtime_configuration
        )
        return {**dependencies, "table.columns": columns}


class _ColumnMetric(_CheckMetric):
    columns = ("column",)
    domain = MetricDomainTypes.COLUMN
    condition_metric_name = "column_values.pass_check"
    condition_domain_keys = ("batch_id", "table", "column", "row_condition", "condition_parser")
    condition_value_keys = ("check", "parameters", "prefixes")

    @classmethod
    def passes(cls, columns: Sequence[str], arguments: Mapping[str, Any]) -> str:
        check = COLUMN_CHECKS[arguments["check"]]
        passes = check(columns[0], arguments.get("parameters") or (), arguments.get("prefixes") or ())
        return f"({columns[0]} IS NULL) >= (NOT ({passes}))"


class _PairMetric(_CheckMetric):
    columns = ("column_A", "column_B")
    domain = MetricDomainTypes.COLUMN_PAIR
    condition_metric_name = "column_pair_values.pass_check"
    condition_domain_keys = ("batch_id", "table", "column_A", "column_B", "row_condition", "condition_parser")
    condition_value_keys = ("check", "parameters", "prefixes")

    @classmethod
    def passes(cls, columns: Sequence[str], arguments: Mapping[str, Any]) -> str:
        check = PAIR_CHECKS[arguments["check"]]
        return check(columns[0], columns[1], arguments.get("parameters") or (), arguments.get("prefixes") or ())


def _only_counted(expectation: Any, metric: type[_CheckMetric], runtime_configuration: Any) -> Any:
    """The metrics of a check where the result format asks for counts and no examples, else nothing.

    Great Expectations would name the same and the examples, and take the expectation apart again for each metric: with two
    hundred rules that is most of what a small file costs. Where unexpected values are excluded too, the one count is all.
    """
    asked = parse_result_format((runtime_configuration or {}).get("result_format", expectation.result_format))
    plain = expectation.mostly == 1 and expectation.row_condition is None
    if asked["result_format"] != "BASIC" or asked["partial_unexpected_count"] != 0 or not plain:
        return None
    domain = _Said((key, getattr(expectation, key, None)) for key in metric.condition_domain_keys)
    values = _Said((key, getattr(expectation, key)) for key in metric.condition_value_keys)
    name = f"{metric.condition_metric_name}.unexpected_count"
    counts = {name: MetricConfiguration(name, domain, values)}
    if not asked.get("exclude_unexpected_values"):
        if "column" in domain:
            present = "column_values.nonnull.unexpected_count"
            counts[present] = MetricConfiguration(present, domain)
        counts["table.row_count"] = MetricConfiguration("table.row_count", _whole_table(expectation.batch_id))
    return ValidationDependencies(counts, asked)


def _counted(metric: type[_CheckMetric], metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """The result of an expectation of which only the count was asked."""
    if len(metrics) != 1:
        return None
    number = metrics[f"{metric.condition_metric_name}.unexpected_count"]
    return {"success": number == 0, "result": {"unexpected_count": number}}


class ExpectColumnValuesToPassCheck(ColumnMapExpectation):
    """Every value of the column passes one of ``COLUMN_CHECKS``; null is not examined."""

    check: pydantic.StrictStr
    parameters: list[Parameter] = []  # noqa: RUF012 - pydantic copies it
    prefixes: list[pydantic.StrictStr] = []  # noqa: RUF012 - pydantic copies it

    map_metric: ClassVar[str] = _ColumnMetric.condition_metric_name
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "check", "parameters", "prefixes")
    args_keys: ClassVar[tuple[str, ...]] = ("column", "check", "parameters", "prefixes")

    @pydantic.root_validator(skip_on_failure=True)
    def _check_can_be_called(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 - pydantic passes the class
        _known(values["check"], COLUMN_CHECKS)(values["column"], values["parameters"], values["prefixes"])
        return values

    def sql(self) -> str:
        """The check as SQL, true for a good value."""
        return _ColumnMetric.passes([identifier(self.column)], self.dict())

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> Any:
        """The counts, and example values where the result format asks for any: each costs a statement."""
        counted = _only_counted(self, _ColumnMetric, runtime_configuration)
        return counted or super().get_validation_dependencies(execution_engine, runtime_configuration)

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        counted = _counted(_ColumnMetric, metrics)
        return counted or super()._validate(metrics, runtime_configuration, execution_engine)


class ExpectColumnPairToPassCheck(ColumnPairMapExpectation):
    """Every row passes one of ``PAIR_CHECKS``, rows with null in either column included; ``column_A`` is blamed."""

    check: pydantic.StrictStr
    parameters: list[Parameter] = []  # noqa: RUF012 - pydantic copies it
    prefixes: list[pydantic.StrictStr] = []  # noqa: RUF012 - pydantic copies it

    map_metric: ClassVar[str] = _PairMetric.condition_metric_name
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "check", "parameters", "prefixes")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "check", "parameters", "prefixes")

    @pydantic.root_validator(skip_on_failure=True)
    def _check_can_be_called(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 - pydantic passes the class
        _known(values["check"], PAIR_CHECKS)(
            values["column_A"], values["column_B"], values["parameters"], values["prefixes"]
        )
        return values

    def sql(self) -> str:
        """The check as SQL, true for a good row."""
        return _PairMetric.passes([identifier(self.column_A), identifier(self.column_B)], self.dict())

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> Any:
        """As above; the number of rows looked at is that of the table and needs no statement."""
        if counted := _only_counted(self, _PairMetric, runtime_configuration):
            return counted
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        dependencies.metric_configurations.pop(f"{self.map_metric}.filtered_row_count")
        return dependencies

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        if counted := _counted(_PairMetric, metrics):
            return counted
        looked_at = {f"{self.map_metric}.filtered_row_count": metrics["table.row_count"]}
        return super()._validate({**metrics, **looked_at}, runtime_configuration, execution_engine)


def _known(name: str, checks: Mapping[str, Callable[..., str]]) -> Callable[..., str]:
    if name not in checks:
        raise ValueError(f"there is no check '{name}'; there are {', '.join(sorted(checks))}")
    return checks[name]
