"""Records of some keys as products show them: every accepted row is accounted for, in each part and each product."""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.display import STATE
from pipelines.records.messages import MESSAGE_SCHEMA
from pipelines.records.resolved_records import (
    ACCEPTED,
    LATER_END,
    OF_OTHERS,
    PUBLISHED,
    REASON,
    WHY,
    ResolvedRecords,
    resolve_display,
    view,
)
from pipelines.storage.parts import PART
from pipelines.storage.superseded import KINDS, key_columns
from tests.catalogues import with_policy
from tests.records.frames import DAY, PENALTY, Row, lake, number, penalty
from tests.records.sent import message, messages

PRODUCTS = (PENALTY, f"{PENALTY}_authorised", f"{PENALTY}_public")
NO_MESSAGES = pl.DataFrame(schema=MESSAGE_SCHEMA)


def withdrawals(known: Catalog, *documents: int, provider: str = "sichuan") -> pl.DataFrame:
    return messages(known, *(message("record_withdrawal", provider=provider, document=one) for one in documents))


def resolved(
    known: Catalog, rows: list[Row], messages: pl.DataFrame = NO_MESSAGES, *, sliced: bool | None = None
) -> ResolvedRecords:
    numbered = [{**row, "_row_number": n} for n, row in enumerate(rows)]
    return resolve_display(
        known, known.datasets[PENALTY], "07", lake(known, PENALTY, numbered), messages, DAY, sliced=sliced
    )


versions = st.builds(
    penalty,
    provider=st.sampled_from(["sichuan", "samr"]),
    document=st.integers(1, 4),
    facts=st.sampled_from([None, "a", "b"]),
    updated=st.sampled_from([None, 1, 2]),
    subject_category=st.sampled_from(["legal_person", "natural_person"]),
    severity_code=st.sampled_from(["minor", "general", None]),
    decision_date=st.sampled_from([None, date(2021, 1, 5), date(2026, 5, 12), date(2026, 12, 1)]),
    publication_ends_on=st.sampled_from([None, date(2099, 1, 1)]),
)


@settings(max_examples=35, deadline=None)
@given(
    rows=st.lists(versions, max_size=12),
    named=st.sets(st.integers(1, 4), max_size=2),
    by=st.sampled_from(["sichuan", "zhejiang"]),
    sliced=st.booleans(),
)
def test_accepted_is_published_and_withheld_and_superseded_in_every_part_of_every_product(
    known: Catalog, penalties: Dataset, rows: list[Row], named: set[int], by: str, sliced: bool
) -> None:
    found = resolved(known, rows, withdrawals(known, *sorted(named), provider=by), sliced=sliced)
    key = key_columns(penalties)
    for product in PRODUCTS:
        seen = view(known, found, known.products[product], key)
        total: Counter[str] = Counter()
        for part, tally in seen.tallies.items():
            withheld = sum(count for name, count in tally.items() if name.startswith(REASON))
            assert tally[ACCEPTED] == tally[PUBLISHED] + withheld + sum(tally[kind] for kind in KINDS)
            assert seen.of(part).height == tally[PUBLISHED]
            total += tally
        assert total[ACCEPTED] == len(rows)
        assert total[PUBLISHED] == seen.frame.height
        assert seen.frame.height + seen.hidden.height == found.records.height
        assert seen.hidden[WHY].null_count() == 0
        assert seen.tallies.keys() >= {*found.records[PART]}


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(versions, min_size=1, max_size=9), random=st.randoms(use_true_random=False))
def test_neither_records_nor_counts_depend_on_the_order_of_rows(
    known: Catalog, rows: list[Row], random: object
) -> None:
    numbered = [{**row, "_row_number": n} for n, row in enumerate(rows)]

    def made() -> ResolvedRecords:
        frame = lake(known, PENALTY, numbered)
        return resolve_display(known, known.datasets[PENALTY], "07", frame, NO_MESSAGES, DAY)

    once = made()
    random.shuffle(numbered)  # type: ignore[attr-defined]
    again = made()
    assert once.records.equals(again.records)
    assert once.superseded_versions.equals(again.superseded_versions)
    assert once.counts == again.counts
    assert once.next_state_change == again.next_state_change


def test_a_bucket_without_rows_is_a_part_without_records(known: Catalog, penalties: Dataset) -> None:
    found = resolved(known, [])
    assert found.counts == {"07": Counter()}
    assert found.next_state_change is None
    seen = view(known, found, known.products[PENALTY], key_columns(penalties))
    assert {name: dict(tally) for name, tally in seen.tallies.items()} == {"07": {}}
    assert seen.of("07").height == 0


@pytest.mark.parametrize(("limit", "parts"), [(3, {"07"}), (2, {"07_202605", "07_000000"})])
def test_a_bucket_with_many_records_is_sliced_by_the_month_of_the_document(
    known: Catalog, limit: int, parts: set[str]
) -> None:
    changed = with_policy(known, "releases", sliced_from=limit)
    rows = [
        penalty(document=1),
        penalty(document=2, decision_date=None),
        penalty(document=2, decision_date=None, batch="b2"),
    ]
    found = resolved(changed, rows)
    assert set(found.records[PART]) == set(found.counts) == parts


def test_rows_of_several_buckets_keep_theirs(known: Catalog, penalties: Dataset) -> None:
    rows = lake(known, PENALTY, [penalty(document=1), penalty(document=2)]).with_columns(
        _bucket=pl.Series(["03", "09"])
    )
    found = resolve_display(known, penalties, None, rows, NO_MESSAGES, DAY, sliced=False)
    assert found.records.select("document_number", PART).rows() == [(number(1), "03"), (number(2), "09")]


def test_a_withdrawn_record_is_hidden_and_a_message_of_others_is_counted_and_does_nothing(
    known: Catalog, penalties: Dataset
) -> None:
    rows = [penalty(document=1, severity_code="general"), penalty(document=2, severity_code="general")]
    key = key_columns(penalties)
    mine, of_others = (resolved(known, rows, withdrawals(known, 1, provider=one)) for one in ("sichuan", "hebei"))

    seen = view(known, mine, known.products[PRODUCTS[2]], key)
    assert seen.frame["document_number"].to_list() == [number(2)]
    assert dict(seen.hidden.select("document_number", WHY).rows()) == {number(1): "withdrawn"}
    assert mine.asked["_asked_by"].to_list() == ["sichuan"]
    assert mine.counts["07"][OF_OTHERS] == 0

    assert view(known, of_others, known.products[PRODUCTS[2]], key).frame.height == 2
    assert (of_others.asked.height, of_others.counts["07"][OF_OTHERS]) == (0, 1)
    assert set(of_others.records[STATE]) == {"displayed"}


def test_the_next_day_is_the_first_on_which_any_record_turns(known: Catalog) -> None:
    rows = [
        penalty(document=1, severity_code="general"),  # until 2027-05-12
        penalty(document=2, severity_code="general", decision_date=date(2026, 12, 1)),  # displayed from then on
        penalty(document=3, severity_code="minor"),
    ]
    assert resolved(known, rows).next_state_change == date(2026, 12, 1)
    assert resolved(known, rows[:1]).next_state_change == date(2027, 5, 12)
    assert resolved(known, rows[2:]).next_state_change is None


def test_a_later_end_is_a_finding_of_products_with_a_clock(known: Catalog, penalties: Dataset) -> None:
    rows = [penalty(document=1, severity_code="general", publication_ends_on=date(2028, 5, 12))]
    found = resolved(known, rows)
    counted = [
        view(known, found, known.products[one], key_columns(penalties)).tallies["07"][LATER_END] for one in PRODUCTS
    ]
    assert counted == [0, 1, 1]
