"""Where checks register their two routes, and where screening and suites find them.

Polars (``breaks``): true where a row breaks the rule. It reads ``<field>``, the tidy text, and the columns that screening prepares
(``prepared_columns``, ``conditions``). Null counts as not broken.

SQL (``passes``): true for a good value, false for a bad one, never null for a value. It gets columns as SQL, and the parameters
and prefixes that the suite has, which it refuses with ``ValueError`` where they cannot be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import polars as pl

from pipelines.catalog import Catalog, Rule

Parameters = Sequence[int | float | str]
CellSql = Callable[[str, Parameters, Sequence[str]], str]
PairSql = Callable[[str, str, Parameters, Sequence[str]], str]
References = Mapping[str, pl.DataFrame]
_Sql = TypeVar("_Sql")


@dataclass(frozen=True)
class Lookups:
    """What rules look values up in besides the row.

    ``references`` are pairs the hub knows: by id, distinct ``key`` and ``value``.
    """

    registrar_pairs: tuple[str, ...] = ()
    division_codes: tuple[str, ...] = ()
    references: References = field(default_factory=dict)


Breaks = Callable[[Rule, Lookups], pl.Expr]


@dataclass(frozen=True)
class BuiltIn:
    """An expectation of Great Expectations itself that is the SQL route of a check."""

    expectation: str


@dataclass(frozen=True)
class CellCheck:
    """A check of one cell.

    ``suite_name`` is its name in the suites where that is not ``primitive``, ``suite_column`` the column it looks at there where
    that is not the field, ``suite_parameters`` what it is given there in place of the rule's parameters. ``of_any_text``: a masked
    value must pass it, too.
    """

    primitive: str
    breaks: Breaks
    passes: CellSql | BuiltIn
    suite_name: str | None = None
    suite_column: str | None = None
    suite_parameters: Callable[[Catalog], Sequence[str]] | None = None
    of_any_text: bool = False


@dataclass(frozen=True)
class PairCheck:
    """A check of two cells of a row, the first of which is blamed; ``passes`` sees null, too."""

    primitive: str
    breaks: Breaks
    passes: PairSql
    suite_name: str | None = None


CHECKS: Final[dict[str, CellCheck | PairCheck]] = {}
"""By primitive."""

MODULES: Final[dict[str, str]] = {}
"""Name of the module that registered a check, by primitive."""

CELL_SQL: Final[dict[str, CellSql]] = {}
"""SQL of one column, by its name in the suites."""

PAIR_SQL: Final[dict[str, PairSql]] = {}
"""SQL of two columns, by its name in the suites."""

FUNCTIONS: Final[dict[str, str]] = {}
"""SQL functions that checks call: body by signature, as ``hub_date(s)``."""

OF_ANY_TEXT: Final[set[str]] = set()
"""Names in the suites of checks that a masked value must pass, too."""

SHARED: Final[set[str]] = set()
"""Names of SQL functions of one column that several checks call, so that their result is worth a column of its own."""


def register(module: str, *checks: CellCheck | PairCheck) -> None:
    """Make checks known.

    Args:
        module: whose they are; its ``__name__``.
        checks: with both routes.

    Raises:
        ValueError: a name is taken.
    """
    for check in checks:
        name = check.suite_name or check.primitive
        if check.primitive in CHECKS:
            raise ValueError(f"the check '{check.primitive}' is registered by {MODULES[check.primitive]} already")
        if isinstance(check, PairCheck):
            register_sql(PAIR_SQL, name, check.passes)
        elif not isinstance(check.passes, BuiltIn):
            register_sql(CELL_SQL, name, check.passes)
        if isinstance(check, CellCheck) and check.of_any_text:
            OF_ANY_TEXT.add(name)
        CHECKS[check.primitive], MODULES[check.primitive] = check, module


def register_sql(known: dict[str, _Sql], name: str, passes: _Sql) -> None:
    """Make SQL known by its name in suites, also for suites that no rule of a dataset is behind.

    Raises:
        ValueError: the name is taken.
    """
    if name in known:
        raise ValueError(f"the suites know a check '{name}' already")
    known[name] = passes


def register_functions(functions: Mapping[str, str], *, shared: Collection[str] = ()) -> None:
    """Make SQL functions known that checks call; ``shared`` are names that go into ``SHARED``.

    Raises:
        ValueError: one is known already.
    """
    if again := FUNCTIONS.keys() & functions.keys():
        raise ValueError(f"SQL functions are registered already: {', '.join(sorted(again))}")
    FUNCTIONS.update(functions)
    SHARED.update(shared)


def check_of(rule: Rule) -> CellCheck | PairCheck:
    """The routes of a rule.

    Raises:
        KeyError: no module of ``pipelines.checks`` registers them.
    """
    return CHECKS[rule.primitive]


def broken(rule: Rule, lookups: Lookups) -> pl.Expr:
    """True where the row breaks the rule, else False, never null.

    Raises:
        KeyError: no module of ``pipelines.checks`` registers its routes.
    """
    return check_of(rule).breaks(rule, lookups).fill_null(False)
