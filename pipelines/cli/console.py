"""The one module that prints: tables for people, JSON for programs, progress, and errors that look like whose they are.

What a verb says is a view of its own, in ``pipelines.cli.views``; text from files is never read as markup.
"""

from __future__ import annotations

import json as json_
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

_WIDTH: Final = 180
"""Characters in a line where nobody looks: a table in a log is not folded."""
_READING_WIDTH: Final = 120
OUT: Final = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
_ERR: Final = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """Says on stderr what is being done and how long it took; a spinner on a terminal."""
    begun = time.monotonic()
    with _ERR.status(title) as status:

        def step(name: str) -> None:
            status.update(f"{title} · {name}")
            if not _ERR.is_terminal:
                _ERR.print(f"{title} · {name}", markup=False)

        yield step
    _ERR.print(f"{title} · {time.monotonic() - begun:.1f} s", style="dim")


def error(message: str) -> None:
    """Something the caller gave cannot be used."""
    _ERR.print(f"错误 error: {message}", style="red", markup=False)


def failure(message: str) -> None:
    """Our own failure; never worded as the provider's."""
    _ERR.print(f"枢纽自身故障 credit-hub failed: {message}", style="bold magenta", markup=False)


def json(content: Any) -> None:
    """The result for a program."""
    sys.stdout.write(json_.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n")


def line(text: str, style: str | None = None, *, whole: bool = False) -> None:
    """A sentence; ``whole``: in one line however long, so that a path in it can be copied."""
    OUT.print(text, style=style, markup=False, soft_wrap=whole)


def show(*parts: RenderableType) -> None:
    """Tables, panels and texts, one below the other."""
    for part in parts:
        OUT.print(part)


def report(*parts: RenderableType | None) -> None:
    """What a person reads from top to bottom, in lines no longer than are easily read."""
    for part in parts:
        if part is not None:
            OUT.print(part, width=reading_width())


def reading_width() -> int:
    """Characters in a line of a report."""
    return min(OUT.width, _READING_WIDTH) if not OUT.is_terminal else OUT.width


def table(columns: Iterable[str | Column], rows: Iterable[Sequence[object]], **style: Any) -> Table:
    """A table; None is an empty cell; anything but a ``Text`` is shown as it is."""
    shown = Table(*columns, **style)
    for row in rows:
        shown.add_row(*(one if isinstance(one, Text) else Text("" if one is None else str(one)) for one in row))
    return shown


def folded(titles: Iterable[str], rows: Iterable[Sequence[object]]) -> Table:
    """A close table of many columns, whose cells are folded instead of cut."""
    return table([Column(title, overflow="fold") for title in titles], rows, padding=(0, 1), pad_edge=False)


def numbers(*names: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(name, justify="right") for name in names]
