"""Which column is which field: headers compared without blanks, case, width and bracket style (domain.md §2.4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipelines.catalog import Field
from pipelines.reading.problems import (
    Unreadable,
    duplicate_columns,
    garbled_header,
    other_separator,
    unknown_header,
)

# What templates of other systems say behind a name.
_REMARK: Final = re.compile(
    r"[(\[【〔]\s*(?:非?必[填报]|[选可][填报]|可为?空)项?\s*[)\]】〕]\s*\**\s*$"
)  # templates of other systems
UNKNOWN: Final = "unknown:"
_NO_SEPARATORS: Final = ("，", "、", "；", "｜", "\u3000", " ", "^", "~", ":")
_LONGEST: Final = 10_000
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
    return _IGNORED.sub("", _REMARK.sub("", unicodedata.normalize("NFKC", header))).casefold()


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
        raise Unreadable(unknown_header([text.strip()[:40] for text in header], title, _why(header, known)))
    twice = [text for text, name in zip(header, names, strict=True) if found.count(name) > 1]
    if twice:
        raise Unreadable(duplicate_columns(twice))
    return Columns(
        names=tuple(names),
        unknown=_unknown_in_words(
            [(n, text) for n, text in enumerate(header, start=1) if names[n - 1].startswith(UNKNOWN)]
        ),
        missing=tuple(field for field in fields if field.required and field.id not in found),
        header=tuple(header),
    )


def _unknown_in_words(unknown: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Columns that are no field as people know them: by their text, or by their places, those side by side together."""
    named = [text.strip() for _, text in unknown if text.strip()]
    places = [place for place, text in unknown if not text.strip()]
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return (
        *named,
        *(f"第 {run[0]} 列（没有列名）" if len(run) == 1 else f"第 {run[0]}–{run[-1]} 列（没有列名）" for run in runs),
    )


def _why(header: Sequence[str], known: Mapping[str, str]) -> tuple[str, str] | None:
    """What is wrong with a header of which no text is known, where that is certain."""
    whole = max(header, key=len, default="")[:_LONGEST]
    for separator in _NO_SEPARATORS:
        if sum(key(part) in known for part in whole.split(separator)) >= 2:
            return other_separator(separator)
    for text in header:
        for meant in _read_rightly(text[:_LONGEST]):
            if key(meant) in known:
                return garbled_header(meant.strip())
    return None


def _read_rightly(text: str) -> Iterator[str]:
    """What a text may have been before its bytes were read in a wrong encoding."""
    for taken_for, was in (("latin-1", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gb18030"), ("gb18030", "utf-8")):
        try:
            yield text.encode(taken_for).decode(was)
        except UnicodeError:
            continue


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
