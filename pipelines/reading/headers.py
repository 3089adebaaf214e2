"""Which column is which field: headers compared without blanks, case, width, brackets and remarks (domain.md §2.4)."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Self

from pipelines.catalog import Field
from pipelines.reading.header_texts import is_remark, key, keys, other_names
from pipelines.reading.near_columns import Near, OtherUnit, near_columns, other_units
from pipelines.reading.problems import (
    Unreadable,
    big5_header,
    duplicate_columns,
    garbled_header,
    other_separator,
    unknown_header,
)

__all__ = ["Columns", "aliases", "columns", "find_header", "header_of", "key", "known_columns", "of_fields"]

UNKNOWN: Final = "unknown:"
_NO_SEPARATORS: Final = (
    *("\x01", "\x1f", "\x02", "|@|", "|#|", "@|@", "||", "$$", "!|", "~|", "#|#", "@@", "##"),
    *("，", "、", "；", "｜", "\u3000", " ", "^", "~", ":", "@", "#", "$", "!", "&"),
)
_LONGEST: Final = 10_000
_TRADITIONAL_ALIKE: Final = 0.6  # of the characters of a name, those that are the same in both scripts
_ROWS_OF_A_HEADER: Final = 3
_SHORTEST_CODE: Final = 4
_MOST_COMPARED: Final = 60  # headers that are compared with every name


@dataclass(frozen=True)
class Columns:
    """The columns of a file in their order.

    ``names`` holds the field id of a known column and ``unknown:<position>:<header>`` of another; ``header`` the texts as sent;
    ``near`` unknown ones that may have been meant as a field, ``other_units`` those that are one in another unit of money.
    """

    names: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[Field, ...]
    header: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    other_units: tuple[OtherUnit, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Field ids that the file has."""
        return tuple(name for name in self.names if not name.startswith(UNKNOWN))

    def widened(self, header: Sequence[str]) -> Self:
        """With further columns that have neither a name nor any content."""
        more = range(len(self.header) + 1, len(header) + 1)
        return replace(self, names=(*self.names, *(f"{UNKNOWN}{n}:" for n in more)), header=tuple(header))


@lru_cache(maxsize=64)
def aliases(fields: tuple[Field, ...]) -> dict[str, str]:
    """Comparable header to field id."""
    return {key(header): field.id for field in fields for header in field.accepted_headers}


def _named(text: str, known: Mapping[str, str]) -> str | None:
    """The field a header names: by its name, without what is said beside it, or by several names that all mean the same."""
    if not text or len(text) > _LONGEST:
        return None
    for one in keys(text):
        if one in known:
            return known[one]
    names = other_names(text)
    found = {known[name] for name in names if name in known}
    # An official code beside a name of the sender's own says which column it is; two titles must agree.
    sure = any(name in known and name.isascii() and len(name) >= _SHORTEST_CODE for name in names)
    every = all(name in known or is_remark(name) for name in names)
    return found.pop() if len(found) == 1 and (sure or every) else None


def columns(
    header: Sequence[str], fields: tuple[Field, ...], title: str, more: Mapping[str, Sequence[str]] | None = None
) -> Columns:
    """Find the fields of a header row.

    Args:
        header: texts of the header.
        fields: of the dataset.
        title: of the dataset, for messages.
        more: names that mean a field in this file, by field, where no other column is that field.

    Raises:
        Unreadable: no column is known, or two columns are the same field.
    """
    known = aliases(fields)
    names = [
        _named(text, known) or f"{UNKNOWN}{position}:{text.strip()}" for position, text in enumerate(header, start=1)
    ]
    found = [name for name in names if not name.startswith(UNKNOWN)]
    if more:
        own = {key(text): field for field, texts in more.items() if field not in found for text in texts}
        names = [
            (_named(text, own) or name) if name.startswith(UNKNOWN) else name
            for text, name in zip(header, names, strict=True)
        ]
        found = [name for name in names if not name.startswith(UNKNOWN)]
    unknown = [
        (n, text) for n, (text, name) in enumerate(zip(header, names, strict=True), start=1) if name.startswith(UNKNOWN)
    ]
    texts = [text for _, text in unknown if text.strip()][:_MOST_COMPARED]
    near = near_columns(texts, fields, found)
    if not found:
        shown = ["".join(c if c.isprintable() else "·" for c in text.strip()[:40]) for text in header]
        raise Unreadable(unknown_header(shown, title, _why(header, known, near)))
    twice = [text for text, name in zip(header, names, strict=True) if found.count(name) > 1]
    if twice:
        raise Unreadable(duplicate_columns(twice))
    units = other_units(texts, fields, found)
    told = {unit.text for unit in units}
    return Columns(
        names=tuple(names),
        unknown=_unknown_in_words(unknown),
        missing=tuple(field for field in fields if field.required and field.id not in found),
        header=tuple(header),
        near=tuple(one for one in near if one.text not in told),
        other_units=units,
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


def _why(header: Sequence[str], known: Mapping[str, str], near: Sequence[Near]) -> tuple[str, str] | None:
    """What is wrong with a header of which no text is known, where that is certain."""
    whole = max(header, key=len, default="")[:_LONGEST]
    for separator in _NO_SEPARATORS:
        if sum(_named(part, known) is not None for part in whole.split(separator)) >= 2:
            return other_separator(separator)
    for text in header:
        for meant in _read_rightly(text[:_LONGEST]):
            if key(meant) in known:
                return garbled_header(meant.strip())
    if traditional := _in_big5(header, known):
        return big5_header(traditional)
    if near:
        pairs = "、".join(f"“{one.text[:40]}”是不是“{one.field.title_zh}”" for one in near[:5])
        english = ", ".join(f"'{one.text[:40]}' may be {one.field.id}" for one in near[:5])
        return f"{pairs}？请按目录模板的列名改正后重新报送。", f"{english}; use the column names of the catalogue."
    return None


def _read_rightly(text: str) -> Iterator[str]:
    """What a text may have been before its bytes were read in a wrong encoding."""
    for taken_for, was in (("latin-1", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gb18030"), ("gb18030", "utf-8")):
        try:
            yield text.encode(taken_for).decode(was)
        except UnicodeError:
            continue


def _in_big5(header: Sequence[str], known: Mapping[str, str]) -> str | None:
    """A name as it reads in Big5, where two of the header's are near a known one so: its characters are traditional."""
    alike = []
    for text in ",".join(header)[:_LONGEST].split(","):
        try:
            meant = text.encode("gb18030").decode("big5")
        except UnicodeError:
            continue
        if meant != text and difflib.get_close_matches(key(meant), known, n=1, cutoff=_TRADITIONAL_ALIKE):
            alike.append(meant)
    return alike[0].strip() if len(alike) > 1 else None


def known_columns(header: Sequence[str], fields: tuple[Field, ...]) -> int:
    """How many fields a header names."""
    known = aliases(fields)
    return len({name for text in header if (name := _named(text, known))})


def of_fields(names: Sequence[str]) -> Columns:
    """Columns of a file without a header: some fields, by id."""
    return Columns(tuple(names), (), (), tuple(names))


def find_header(rows: Sequence[Sequence[str]], fields: tuple[Field, ...]) -> tuple[int, int, int]:
    """Which of the first rows is the header: the one with most columns that are known, or two or three that are one together.

    Args:
        rows: the first rows of a file, blank ones included.
        fields: of the dataset.

    Returns:
        Place of the header (from 0), place of the last row of the header (a second one may follow, with the official
        codes below the titles), and how many fields it names; 0 where no row names any.
    """
    known = aliases(fields)
    named = [[_named(text, known) for text in row] for row in rows]
    scores = [len({name for name in names if name}) for names in named]
    best = max(scores, default=0)
    place = last = scores.index(best) if best else 0
    for size in range(2, _ROWS_OF_A_HEADER + 1):
        for first in range(len(rows) - size + 1):
            joined = known_columns(_joined(rows[first : first + size], known), fields) if any(rows[first]) else 0
            if joined > best:
                best, place, last = joined, first, first + size - 1
    if best == 0:
        return 0, 0, 0
    # The row below names the same fields in the same columns: the official codes under the titles, or the reverse.
    while last + 1 < len(named) and _same(named[last], named[last + 1]):
        last += 1
    return place, last, best


def header_of(rows: Sequence[Sequence[str]], place: int, last: int, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The texts of a header that ``find_header`` found; where its rows are one only together, joined column by column."""
    if not rows:
        return ()
    known = aliases(fields)
    alone, best = tuple(rows[place]), known_columns(rows[place], fields)
    for size in range(2, min(_ROWS_OF_A_HEADER, last - place + 1) + 1):
        joined = _joined(rows[place : place + size], known)
        if known_columns(joined, fields) > best:
            alone, best = tuple(joined), known_columns(joined, fields)
    return alone


def _joined(rows: Sequence[Sequence[str]], known: Mapping[str, str]) -> list[str]:
    """Header rows as one: group titles stand above names, over the columns of their group or, merged, over the first of them."""
    upper = list(rows[0])
    for row in rows[1:]:
        width = max(len(upper), len(row))
        upper += [""] * (width - len(upper))
        lower = [*row, *[""] * (width - len(row))]
        joined: list[str] = []
        group = ""
        for above, below in zip(upper, lower, strict=True):
            group = above if above.strip() else group
            if _named(below, known):
                joined.append(below)
            elif below.strip() and _named(group + below, known):
                joined.append(group + below)
            elif above.strip() and (not below.strip() or is_remark(unicodedata.normalize("NFKC", below))):
                joined.append(above)
            else:
                joined.append(below)
        upper = joined
    return upper


def _same(first: Sequence[str | None], second: Sequence[str | None]) -> bool:
    both = [(a, b) for a, b in zip(first, second, strict=False) if a and b]
    return len(both) >= max(2, sum(map(bool, first)) / 2) and all(a == b for a, b in both)
