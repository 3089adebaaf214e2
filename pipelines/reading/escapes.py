r"""CSV whose quotes and separators are escaped with a backslash, as databases export it: ``"销售\"三无\"产品",共3件\,已下架``.

A reader that knows only doubled quotes ends the cell at ``\"`` and puts ``\三无\`` into it without a word. Such records are read here
where they have the columns of the header in no other way. Their cells keep the backslashes: clean-up takes them away, with a
remark (``pipelines.screening.spelling``).
"""

from __future__ import annotations

import mmap
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_QUOTE: Final = b'\\"'


def holds_escaped_quotes(text: Path, separator: str) -> bool:
    """True where a quote in the file can only be escaped: a backslash goes before it, and the cell does not end behind it.

    Args:
        text: the file in UTF-8.
        separator: one character.
    """
    if text.stat().st_size == 0:
        return False
    ends = (*separator.encode(), *b'\r\n"')
    with text.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_QUOTE)
        while 0 <= at < len(content) - len(_QUOTE):
            if content[at + len(_QUOTE)] not in ends:
                return True
            at = content.find(_QUOTE, at + 1)
    return False


def open_quotes(text: str) -> bool:
    """True where a cell goes on behind the text, if quotes behind a backslash are part of cells."""
    return (text.count('"') - text.count('\\"')) % 2 == 1


def escaped_fields(text: str, separator: str) -> list[str] | None:
    """Fields of one record, backslashes and all; None where its quotes are broken."""
    if "\\" not in text:
        return None
    cell = _cell(separator)
    fields: list[str] = []
    at = 0
    while True:
        found = cell.match(text, at)
        if found is None:
            return None
        fields.append(found["bare"] if found["quoted"] is None else found["quoted"].replace('""', '"'))
        at = found.end()
        if at == len(text):
            return fields
        if text[at] != separator:
            return None
        at += 1


@lru_cache(maxsize=8)
def _cell(separator: str) -> re.Pattern[str]:
    sign = re.escape(separator)
    quoted = r'"(?P<quoted>(?:[^"\\]|\\.|"")*+)"'
    return re.compile(rf'{quoted}|(?P<bare>(?!")(?:[^{sign}\\]|\\.|\\$)*+)', re.DOTALL)
