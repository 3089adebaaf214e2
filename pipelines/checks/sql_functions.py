"""SQL as checks write it: identifiers, what they refuse as parameters, and the functions they call, as DuckDB macros.

Great Expectations puts all counts of a table into one statement; what several checks of a column need (``registry.SHARED``) is
therefore read from a column, where the table has one named like the expression, instead of being bound again for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipelines.checks.registry import FUNCTIONS, SHARED, CellSql, Parameters

if TYPE_CHECKING:
    import duckdb

_CALLED: Final = re.compile(r"\bhub_\w+(?=\()")


def identifier(name: str) -> str:
    """A column or table as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def install_checks(con: duckdb.DuckDBPyConnection) -> None:
    """Create the SQL functions that the checks call; as temporary macros, so only this connection knows them.

    Args:
        con: an open connection; installing again changes nothing.
    """
    for signature, body in _callees_first(FUNCTIONS):
        con.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")


def shared_calls(sql: str) -> Iterator[re.Match[str]]:
    """Where SQL calls a shared function of a column: group 1 is the function, group 2 the column, still quoted inside."""
    return _shared().finditer(sql)


def replaced_calls(sql: str, replacement: Any) -> str:
    """SQL with something else in place of every call of a shared function; ``replacement`` gets the match."""
    return _shared().sub(replacement, sql)


def _shared() -> re.Pattern[str]:
    return re.compile(rf'({"|".join(sorted(SHARED))})\("((?:[^"]|"")+)"\)')


def plain(sql: str) -> CellSql:
    """A check without parameters; ``{s}`` is the column."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        expect(parameters, 0, int | float | str, prefixes)
        return sql.format(s=column)

    return check


def expect(parameters: Parameters, count: int, kind: Any, prefixes: Sequence[str]) -> None:
    """Refuse parameters of another number or type, and any prefixes.

    Raises:
        ValueError: they are not as expected.
    """
    if len(parameters) != count or not all(isinstance(parameter, kind) for parameter in parameters):
        raise ValueError(f"takes {count} parameters of type {kind}, not {list(parameters)!r}")
    no_prefixes(prefixes)


def no_prefixes(prefixes: Sequence[str]) -> None:
    """Refuse any prefixes.

    Raises:
        ValueError: there are some.
    """
    if prefixes:
        raise ValueError("takes no prefixes")


def texts(parameters: Parameters) -> list[str]:
    """The parameters, which must be texts.

    Raises:
        ValueError: there is none, or one is no text.
    """
    if not parameters or not all(isinstance(parameter, str) for parameter in parameters):
        raise ValueError("needs at least one text as parameter, and only texts")
    return [str(parameter) for parameter in parameters]


def _callees_first(functions: Mapping[str, str]) -> list[tuple[str, str]]:
    """The functions so that each comes after those it calls: DuckDB binds a macro when it is made."""
    signatures = {signature.partition("(")[0]: signature for signature in functions}
    ordered: dict[str, str] = {}

    def add(name: str) -> None:
        signature = signatures[name]
        if signature not in ordered:
            for called in _CALLED.findall(functions[signature]):
                add(called)
            ordered[signature] = functions[signature]

    for name in signatures:
        add(name)
    return list(ordered.items())
