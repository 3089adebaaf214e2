"""Which of two rows becomes the record: each criterion by itself, in orders that the test writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models.policies import SourceRank, SurvivorshipOrder
from pipelines.records import Precedence, resolve, source_ranks
from tests.catalogues import with_policy
from tests.records.frames import DAY, PENALTY, Row, lake, penalty

CRITERIA = ("source_updated_at", "received_on", "source_rank", "completeness", "content")
BETTER: dict[str, Row] = {
    "source_updated_at": penalty(updated=2, facts="d"),
    "received_on": penalty(updated=1, facts="a", day=2),
    "source_rank": penalty(updated=1, facts="b", provider="samr"),
    "completeness": penalty(updated=1, facts="c", remark="said"),
    "content": penalty(updated=1, facts="zzz"),
}
"""A row that is better than ``penalty(updated=1)`` by one criterion. By its content each but the last would lose."""


def winner(known: Catalog, dataset: Dataset, criteria: tuple[str, ...], *rows: Row) -> int:
    order = replace(Precedence.of(known, PENALTY, DAY), criteria=criteria)
    numbered = [{**row, "_row_number": index} for index, row in enumerate(rows)]
    return int(resolve(lake(known, PENALTY, numbered), dataset, order).records["_row_number"].item())


@pytest.mark.parametrize("criterion", CRITERIA)
def test_each_criterion_decides_alone(known: Catalog, penalties: Dataset, criterion: str) -> None:
    rows = [penalty(updated=1), BETTER[criterion]]
    criteria = tuple(dict.fromkeys((criterion, "content")))
    assert winner(known, penalties, criteria, *rows) == 1
    assert winner(known, penalties, criteria, *reversed(rows)) == 0


@pytest.mark.parametrize(("first", "second"), list(permutations(CRITERIA[:4], 2)))
def test_the_criterion_that_comes_first_decides(known: Catalog, penalties: Dataset, first: str, second: str) -> None:
    assert winner(known, penalties, (first, second, "content"), BETTER[second], BETTER[first]) == 1


def test_a_row_without_a_time_of_its_own_comes_last(known: Catalog, penalties: Dataset) -> None:
    assert winner(known, penalties, CRITERIA, penalty(updated=None, day=9), penalty(updated=1)) == 1


def test_a_provider_that_the_order_does_not_rank_comes_after_all_others(known: Catalog, penalties: Dataset) -> None:
    ranked = Precedence(("source_rank", "content"), {"sichuan": 1, "hebei": 2})
    rows = lake(known, PENALTY, [penalty(provider="nobody_known", facts="z"), penalty(provider="hebei", facts="a")])
    assert resolve(rows, penalties, ranked).records["_provider_id"].to_list() == ["hebei"]


def test_the_order_is_that_of_the_day(known: Catalog) -> None:
    survivorship = known.policies.survivorship
    ranks = (
        SourceRank(level="province", title_zh="省级平台", rank=1),
        SourceRank(level="ministry", title_zh="部委", rank=2),
    )
    changed = SurvivorshipOrder(criteria=("source_rank", "content"), ranks=ranks, valid_from=date(2027, 1, 1))
    orders = tuple(
        one if one.datasets else one.model_copy(update={"valid_to": date(2026, 12, 31)}) for one in survivorship.orders
    )
    later = with_policy(known, "survivorship", orders=(*orders, changed))

    before, after = (Precedence.of(later, PENALTY, day) for day in (date(2026, 12, 31), date(2027, 1, 1)))

    assert before.ranks == source_ranks(known, DAY)
    assert before.ranks["samr"] < before.ranks["sichuan"]
    assert after.ranks["sichuan"] < after.ranks["samr"]
    assert before.to_json() != after.to_json(), "a release made under the other order is rebuilt"
    with pytest.raises(LookupError, match="order of survivorship"):
        Precedence.of(with_policy(known, "survivorship", orders=()), PENALTY, DAY)
