"""Which column of the dataset a header that is none may have been meant as: a slip of the pen, or another unit of money.

Nothing is read by likeness: a column that is only near stays unread, and the receipt names the one it is near to.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from pipelines.catalog import Field
from pipelines.reading.header_texts import key, unit_of

_NEAR: Final = 0.65
_CONTAINED: Final = 0.8  # one name stands in the other
_SHORTEST: Final = 3  # characters of a name that is looked for in another


class Near(NamedTuple):
    """A header and the field it is near to."""

    text: str
    field: Field


class OtherUnit(NamedTuple):
    """A header of an amount in another unit than the field's, or in none (``""``), and the header it should have."""

    text: str
    unit: str
    field: Field
    wanted: str
    wanted_unit: str


def near_columns(unknown: Sequence[str], fields: Sequence[Field], found: Collection[str]) -> tuple[Near, ...]:
    """The nearest field of each header, a field once, in the order of the headers.

    Args:
        unknown: texts of headers that are no field.
        fields: of the dataset.
        found: ids of the fields that the file has.
    """
    wanted = [field for field in fields if field.id not in found]
    scored = [
        (score, place, field)
        for place, text in enumerate(unknown)
        for field in wanted
        if (score := _likeness(key(text), field)) >= _NEAR
    ]
    taken: dict[int, Field] = {}
    for _, place, field in sorted(scored, key=lambda one: (-one[0], one[1], one[2].id)):
        if place not in taken and field not in taken.values():
            taken[place] = field
    return tuple(Near(unknown[place].strip(), field) for place, field in sorted(taken.items()))


def other_units(unknown: Sequence[str], fields: Sequence[Field], found: Collection[str]) -> tuple[OtherUnit, ...]:
    """Headers that name an amount of the dataset in another unit, where the file has it in none that is right."""
    result = []
    for text in unknown:
        stem, unit = unit_of(text) or (key(text), "")
        known = _stems(tuple(fields)).get(stem)
        if known is not None and known[0].id not in found and unit != known[2]:
            result.append(OtherUnit(text.strip(), unit, *known))
    return tuple(result)


@lru_cache(maxsize=64)
def _stems(fields: tuple[Field, ...]) -> dict[str, tuple[Field, str, str]]:
    """Names of amounts without their unit: the field, the header and unit it is accepted under."""
    stems: dict[str, tuple[Field, str, str]] = {}
    for field in fields:
        for header in field.accepted_headers:
            if (parts := unit_of(header)) is not None:
                stems.setdefault(parts[0], (field, header, parts[1]))
    return stems


def _likeness(text: str, field: Field) -> float:
    return max((_alike(text, name) for name in _names(field)), default=0.0)


@lru_cache(maxsize=4096)
def _names(field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key(header) for header in field.accepted_headers))


def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    ratio = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    short, long = sorted((one, other), key=len)
    if len(short) >= _SHORTEST and not short.isascii() and short in long:
        return max(ratio, _CONTAINED)
    return ratio
