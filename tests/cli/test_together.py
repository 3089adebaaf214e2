"""A pass that plans while another one finishes: marks vanish between being listed and being read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.collecting import plan, take
from pipelines.storage.delivery import Delivery
from pipelines.storage.work_group import WorkGroup
from tests.conftest import AS_OF, THREE_GOOD_ROWS, Home, file, row


@pytest.fixture
def taken(home: Home) -> Home:
    """Three deliveries that were taken and not yet screened."""
    for provider in ("sichuan", "yunnan", "gansu"):
        home.drop(provider, "enterprise_registration", THREE_GOOD_ROWS)
    take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF)
    return home


def vanishing(monkeypatch: pytest.MonkeyPatch, owner: type, home: Home) -> None:
    """When the first mark is read, the other process has just finished with all of them."""
    real = owner.parse  # type: ignore[attr-defined]

    def parse(content: bytes, path: Path) -> Any:
        for folder in (home.hub.home.pending, home.hub.home.groups):
            for mark in folder.glob("*.json"):
                mark.unlink()
        return real(content, path)

    monkeypatch.setattr(owner, "parse", parse)


def test_deliveries_that_another_pass_has_just_finished_are_left_out_of_the_plan(
    taken: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanishing(monkeypatch, Delivery, taken)
    assert len(plan(taken.hub.home, 1)) <= 1


def test_groups_that_another_pass_has_just_finished_are_left_out_of_the_plan(
    taken: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(plan(taken.hub.home, 1)) == 3
    vanishing(monkeypatch, WorkGroup, taken)
    assert len(plan(taken.hub.home, 1)) <= 1


def test_a_group_that_another_pass_has_finished_adds_nothing(home: Home) -> None:
    """Both planned the same group; the second finds it done and writes the same receipts again."""
    from pipelines.operations import collect_group

    home.drop("sichuan", "enterprise_registration", file(row(), "zu,kurz"))
    take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF)
    [group] = plan(home.hub.home, 1)
    first = collect_group(home.hub, group)
    second = collect_group(home.hub, group)

    assert second.receipts == first.receipts
    assert home.records().height == home.quarantine().height == 1
