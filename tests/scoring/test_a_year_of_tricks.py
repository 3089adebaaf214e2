"""Regions of the same true quality, one honest and the others each with a trick, for a year: none gains by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from pipelines.scoring.scoring import UnitScore
from tests.scoring.conftest import DATASETS, Hub

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
ROWS, REFUSED, LATE = 300, 12, 10
HONEST = "hubei"


def honest(hub: Hub, provider: str, month: str, datasets: tuple[str, ...] = DATASETS, day: int = 10) -> list[str]:
    """A month of true quality: 4 % of the rows bad, some late; half of what was refused is corrected in time."""
    made = []
    for dataset in datasets:
        when = f"{month}-{day:02d}"
        keys = [f"{provider}-{dataset}-{month}-{n}" for n in range(ROWS - REFUSED)]
        made.append(hub.deliver(provider, dataset, ROWS, REFUSED, day=when, keys=keys, late_rows=LATE, missing_cells=6))
        hub.event(
            "closures", provider, batch_id=made[-1], dataset_id=dataset, closed_by="batch", closing_id="later",
            refused_on=date.fromisoformat(when), closed_on=date.fromisoformat(f"{month}-28"), rows=REFUSED // 2,
        )  # fmt: skip
    return made


def nothing(hub: Hub, provider: str, month: str) -> None:
    """Sends nothing."""


def empty_files(hub: Hub, provider: str, month: str) -> None:
    for dataset in DATASETS:
        hub.unreadable(provider, "no_rows", dataset=dataset, day=f"{month}-10")


def garbage(hub: Hub, provider: str, month: str) -> None:
    for dataset in DATASETS:
        hub.unreadable(provider, "undecodable", dataset=dataset, day=f"{month}-10")


def rows_of_garbage(hub: Hub, provider: str, month: str) -> None:
    for dataset in DATASETS:
        hub.deliver(provider, dataset, ROWS, ROWS, day=f"{month}-10", missing_cells=ROWS * 9, code_valid_rows=0)


def one_perfect_row(hub: Hub, provider: str, month: str) -> None:
    for dataset in DATASETS:
        hub.deliver(provider, dataset, rows=1, day=f"{month}-10")


def one_easy_dataset(hub: Hub, provider: str, month: str) -> None:
    hub.deliver(provider, DATASETS[0], ROWS, 0, day=f"{month}-10")


def the_same_bytes_weekly(hub: Hub, provider: str, month: str) -> None:
    for batch in honest(hub, provider, month):
        for day in (15, 20, 25):
            hub.again(batch, received_on=date.fromisoformat(f"{month}-{day}"), batch_id=f"{batch}-{day}")


def padding(hub: Hub, provider: str, month: str) -> None:
    for batch in honest(hub, provider, month):
        first = hub.known[batch]
        dataset, rows = first["dataset_id"], first["rows_accepted"]
        keys = [f"{provider}-{dataset}-{month}-{n}" for n in range(rows)]
        for day in (15, 20):
            hub.deliver(provider, dataset, rows, day=f"{month}-{day}", keys=keys)


def garbage_beside_good_files(hub: Hub, provider: str, month: str) -> None:
    honest(hub, provider, month)
    hub.unreadable(provider, "undecodable", day=f"{month}-11")


def never_correcting(hub: Hub, provider: str, month: str) -> None:
    for batch in honest(hub, provider, month):
        hub.events["closures"] = [row for row in hub.events["closures"] if row["batch_id"] != batch]


def every_other_month(hub: Hub, provider: str, month: str) -> None:
    if int(month[-2:]) % 2:
        honest(hub, provider, month)


TRICKS: dict[str, Callable[[Hub, str, str], None]] = {
    "henan": nothing,
    "hunan": empty_files,
    "guangxi": garbage,
    "hainan": rows_of_garbage,
    "guizhou": one_perfect_row,
    "yunnan": one_easy_dataset,
    "gansu": the_same_bytes_weekly,
    "qinghai": padding,
    "ningxia": garbage_beside_good_files,
    "xinjiang": never_correcting,
    "xizang": every_other_month,
}


@pytest.fixture(scope="module")
def year(make_hub: Callable[[], Hub]) -> tuple[Hub, dict[str, dict[str, UnitScore]]]:
    hub = make_hub()
    for month in MONTHS:
        honest(hub, HONEST, month)
        for provider, trick in TRICKS.items():
            trick(hub, provider, month)
    return hub, hub.scored(*MONTHS, "2026", as_of=datetime(2027, 2, 1, tzinfo=UTC))


@pytest.mark.parametrize("provider", TRICKS)
def test_no_trick_gains_a_place_in_any_month_or_in_the_year(
    year: tuple[Hub, dict[str, dict[str, UnitScore]]], provider: str
) -> None:
    hub, found = year
    code, twin = (hub.catalog.providers[name].region_code for name in (provider, HONEST))
    for label, units in found.items():
        trick, true = units[code], units[twin]
        assert true.total is not None
        if trick.rank_total is None:
            assert (trick.rank, trick.grade) == (None, None)
            continue
        assert trick.rank_total <= (true.rank_total or 0), label
        assert (trick.rank or 99) >= (true.rank or 0), label
        assert (trick.grade.minimum if trick.grade else 0) <= (true.grade.minimum if true.grade else 0), label


def test_the_tricks_that_change_nothing_change_nothing(year: tuple[Hub, dict[str, dict[str, UnitScore]]]) -> None:
    hub, found = year
    code, twin = (hub.catalog.providers[name].region_code for name in ("gansu", HONEST))
    assert all(units[code].total == units[twin].total for units in found.values())


def test_honest_work_is_first_in_every_month(year: tuple[Hub, dict[str, dict[str, UnitScore]]]) -> None:
    hub, found = year
    assert all(units[hub.catalog.providers[HONEST].region_code].rank == 1 for units in found.values())
