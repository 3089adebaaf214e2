"""Effective-dated rows: no gap and no overlap goes unseen, whatever the order of the rows."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.catalog.effective import faults, one_at
from pipelines.catalog.models import Dated
from pipelines.catalog.months import add_months

START = date(2026, 1, 1)
DAYS = 12
Numbers = tuple[int | None, int | None]


def day(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number)


numbers = st.one_of(st.none(), st.integers(0, DAYS - 1))
rows = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5)


def covers(row: Numbers, number: int) -> bool:
    return (row[0] is None or row[0] <= number) and (row[1] is None or number <= row[1])


@given(rows)
def test_every_gap_and_overlap_is_found_and_nothing_else(some: list[Numbers]) -> None:
    """Beside the plain count of rows for each day; the days before and after stand for all the time."""
    found = {fault.kind for fault in faults([(day(a), day(b)) for a, b in some])}
    forward = [row for row in some if row[0] is None or row[1] is None or row[0] <= row[1]]
    counts = [sum(covers(row, number) for row in forward) for number in range(-1, DAYS + 1)]
    covered = [index for index, count in enumerate(counts) if count]
    inner = counts[covered[0] : covered[-1] + 1] if covered else []

    assert ("backwards" in found) == (len(forward) < len(some))
    assert ("overlap" in found) == any(count > 1 for count in counts)
    assert ("gap" in found) == (0 in inner)
    assert ("open_end" in found) == (bool(covered) and counts[-1] == 0)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(some: list[Numbers], chance: Random) -> None:
    shuffled = some.copy()
    chance.shuffle(shuffled)

    def said(these: list[Numbers]) -> list[tuple[str, date, date]]:
        return sorted((fault.kind, fault.first, fault.last) for fault in faults([(day(a), day(b)) for a, b in these]))

    assert said(some) == said(shuffled)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_rows_that_follow_each_other_have_no_fault_and_each_day_one_row(lengths: list[int]) -> None:
    ends: list[tuple[date | None, date | None]] = []
    first = START
    for length in lengths:
        ends.append((first, first + timedelta(days=length - 1)))
        first += timedelta(days=length)
    ends[0], ends[-1] = (None, ends[0][1]), (ends[-1][0] if len(ends) > 1 else None, None)
    table = [Dated(valid_from=a, valid_to=b) for a, b in ends]

    assert faults(ends) == []
    for index, row in enumerate(table):
        for some in (row.valid_from, row.valid_to):
            assert some is None or one_at(table, some, "a row") == table[index]


def test_a_day_without_a_row_and_one_with_two_are_errors_that_name_the_day() -> None:
    table = [Dated(valid_to=date(2026, 1, 1)), Dated(valid_from=date(2026, 1, 3)), Dated(valid_from=date(2026, 1, 4))]
    with pytest.raises(LookupError, match="none in force on 2026-01-02"):
        one_at(table, date(2026, 1, 2), "a row")
    with pytest.raises(LookupError, match="2 in force on 2026-01-04"):
        one_at(table, date(2026, 1, 4), "a row")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2025, 12, 1), 36, date(2028, 12, 1)),
    ],
)
def test_months_end_where_the_shorter_month_ends(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end
