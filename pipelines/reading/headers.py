"""Which column is which field: headers compared without blanks, case, width and bracket style (domain.md §2.4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipelines.catalog import Field
from pipelines.reading.problems import Unreadable, duplicate_columns, unknown_header

UNKNOWN: Final = "unknown:"
_IGNORED: Final = re.compile(r"[\s\ufeff\u200b-\u200d\u2060_\-‐-―＿－\"'“”*＊:：()\[\]{}〔〕【】]+")


@dataclass(frozen=True)
class Columns:
    """The columns of a file in their order.

    ``names`` holds the field id of a known column and ``unknown:<position>:<header>`` of another; ``header`` the texts as sent.
    """

    names: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[Field, ...]
    header: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Field ids that the file has."""
        return tuple(name for name in self.names if not name.startswith(UNKNOWN))


def key(header: str) -> str:
    """What is compared of a header."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header)).casefold()


@lru_cache(maxsize=64)
def aliases(fields: tuple[Field, ...]) -> dict[str, str]:
    """Comparable header to field id."""
    return {key(header): field.id for field in fields for header in field.accepted_headers}


def columns(header: Sequence[str], fields: tuple[Field, ...], title: str) -> Columns:
    """Find the fields of a header row.

    Raises:
        Unreadable: no column is known, or two columns are the same field.
    """
    known = aliases(fields)
    names = [
        known.get(key(text)) or f"{UNKNOWN}{position}:{text.strip()}" for position, text in enumerate(header, start=1)
    ]
    found = [name for name in names if not name.startswith(UNKNOWN)]
    if not found:
        raise Unreadable(unknown_header([text.strip()[:40] for text in header], title))
    twice = [text for text, name in zip(header, names, strict=True) if found.count(name) > 1]
    if twice:
        raise Unreadable(duplicate_columns(twice))
    return Columns(
        names=tuple(names),
        unknown=tuple(text.strip() for text, name in zip(header, names, strict=True) if name.startswith(UNKNOWN)),
        missing=tuple(field for field in fields if field.required and field.id not in found),
        header=tuple(header),
    )


def known_columns(header: Sequence[str], fields: tuple[Field, ...]) -> int:
    """How many fields a header names."""
    known = aliases(fields)
    return len({known[key(text)] for text in header if key(text) in known})


def of_fields(names: Sequence[str]) -> Columns:
    """Columns of a file without a header: some fields, by id."""
    return Columns(tuple(names), (), (), tuple(names))


def find_header(rows: Sequence[Sequence[str]], fields: tuple[Field, ...]) -> tuple[int, int, int]:
    """Which of the first rows is the header: the one with most columns that are known.

    Args:
        rows: the first rows of a file, blank ones included.
        fields: of the dataset.

    Returns:
        Place of the header (from 0), place of the last row of the header (a second one may follow, with the official
        codes below the titles), and how many fields it names; 0 where no row names any.
    """
    known = aliases(fields)
    named = [[known.get(key(text)) for text in row] for row in rows]
    scores = [len({name for name in names if name}) for names in named]
    best = max(scores, default=0)
    if best == 0:
        return 0, 0, 0
    place = last = scores.index(best)
    # The row below names the same fields in the same columns: the official codes under the titles, or the reverse.
    while last + 1 < len(named) and _same(named[place], named[last + 1]):
        last += 1
    return place, last, best


def _same(first: Sequence[str | None], second: Sequence[str | None]) -> bool:
    both = [(a, b) for a, b in zip(first, second, strict=False) if a and b]
    return len(both) >= max(2, sum(map(bool, first)) / 2) and all(a == b for a, b in both)
