"""How Great Expectations computes our checks: metrics on DuckDB, as few of them as a count needs.

Great Expectations puts all counts of a table into one statement. A table that has what a check needs as a column already, named
like the expression (``shared_columns``), or its whole verdict (``verdict_columns``), is read instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, ClassVar

from pipelines.checks.registry import CELL_SQL, PAIR_SQL
from pipelines.checks.sql_functions import identifier, replaced_calls, shared_calls
from pipelines.expectations.duckdb_datasource import DuckDBExecutionEngine  # first, because it turns telemetry off

# isort: split
import sqlalchemy as sa
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricFunctionTypes, MetricPartialFunctionTypes
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


def shared_in(sql: str) -> list[tuple[str, str, str]]:
    """What a check shares with others of its column: the column, the name it has as a column, and its SQL."""
    return [(_unquoted(found[2]), _name_of(found), found[0]) for found in shared_calls(sql)]


def with_present(sql: str, present: Collection[str]) -> str:
    """A check as SQL that reads what the table has as columns already."""
    return replaced_calls(sql, lambda found: identifier(_name_of(found)) if _name_of(found) in present else found[0])


def verdict_name(column: str, arguments: Mapping[str, Any]) -> str:
    """Name of the column that holds the whole verdict of a check."""
    said = [arguments["check"], *(arguments.get("parameters") or ()), *(arguments.get("prefixes") or ())]
    return f"passes {' '.join(map(str, said))} ({column})"


def _unquoted(column: str) -> str:
    return column.replace('""', '"')


def _name_of(found: re.Match[str]) -> str:
    return f"{found[1]}({_unquoted(found[2])})"


def _bad_rows(
    cls: type[CheckMetric],
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
    verdict = verdict_name(names[0], metric_value_kwargs)
    if len(names) == 1 and verdict in present:
        passes = f"coalesce({identifier(verdict)}, true)"  # where there is no value there is nothing to join
    else:
        passes = cls.passes([identifier(name) for name in names], metric_value_kwargs)
    passes = with_present(passes, present)
    _, compute, accessor = execution_engine.get_compute_domain(metric_domain_kwargs, cls.domain)
    return sa.literal_column(f"NOT ({passes})", sa.Boolean()), compute, accessor


def _count_of_bad_rows(
    cls: type[CheckMetric],
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


class CheckMetric(MapMetricProvider):
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


class ColumnMetric(CheckMetric):
    """Those of a check of one column."""

    columns = ("column",)
    domain = MetricDomainTypes.COLUMN
    condition_metric_name = "column_values.pass_check"
    condition_domain_keys = ("batch_id", "table", "column", "row_condition", "condition_parser")
    condition_value_keys = ("check", "parameters", "prefixes")

    @classmethod
    def passes(cls, columns: Sequence[str], arguments: Mapping[str, Any]) -> str:
        """As above."""
        check = CELL_SQL[arguments["check"]]
        passes = check(columns[0], arguments.get("parameters") or (), arguments.get("prefixes") or ())
        return f"({columns[0]} IS NULL) >= (NOT ({passes}))"


class PairMetric(CheckMetric):
    """Those of a check of two columns."""

    columns = ("column_A", "column_B")
    domain = MetricDomainTypes.COLUMN_PAIR
    condition_metric_name = "column_pair_values.pass_check"
    condition_domain_keys = ("batch_id", "table", "column_A", "column_B", "row_condition", "condition_parser")
    condition_value_keys = ("check", "parameters", "prefixes")

    @classmethod
    def passes(cls, columns: Sequence[str], arguments: Mapping[str, Any]) -> str:
        """As above."""
        check = PAIR_SQL[arguments["check"]]
        return check(columns[0], columns[1], arguments.get("parameters") or (), arguments.get("prefixes") or ())


def only_counted(expectation: Any, metric: type[CheckMetric], runtime_configuration: Any) -> Any:
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


def counted_result(metric: type[CheckMetric], metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """The result of an expectation of which only the count was asked."""
    if len(metrics) != 1:
        return None
    number = metrics[f"{metric.condition_metric_name}.unexpected_count"]
    return {"success": number == 0, "result": {"unexpected_count": number}}
