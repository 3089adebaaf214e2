"""One record per key, a reason for every other row, and the same result in whatever order rows come."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records import Precedence, Resolved, resolve
from pipelines.storage.superseded import KINDS
from tests.records.frames import DAY, PENALTY, Row, lake, penalty

_ARRIVAL = ("_batch_id", "_row_number", "_received_on", "_provider_id")


@pytest.fixture(scope="module")
def precedence(known: Catalog) -> Precedence:
    return Precedence.of(known, PENALTY, DAY)


def superseded_versions(known: Catalog, penalties: Dataset, precedence: Precedence, *rows: Row) -> Resolved:
    numbered = [{**row, "_row_number": index + 2} for index, row in enumerate(rows)]
    done = resolve(lake(known, PENALTY, numbered), penalties, precedence)
    assert done.accepted == len(rows) == done.records.height + sum(done.kinds.values())
    assert done.superseded + done.duplicate == done.superseded_versions.height == sum(done.kinds.values())
    return done


def test_the_same_record_again_is_unchanged(known: Catalog, penalties: Dataset, precedence: Precedence) -> None:
    done = superseded_versions(known, penalties, precedence, penalty(), penalty(batch="b2", day=9))

    assert done.kinds == {"unchanged": 1, "other_channel": 0, "older_version": 0, "conflict": 0}
    assert done.records["_batch_id"].to_list() == ["b1"]
    assert done.superseded_versions.select(
        "_batch_id", "decided_by", "winner_batch_id", "winner_row_number"
    ).rows() == [("b2", None, "b1", 2)]


def test_the_record_is_from_the_row_that_brought_its_content_first_whatever_the_batch_is_called(
    known: Catalog, penalties: Dataset, precedence: Precedence
) -> None:
    done = superseded_versions(known, penalties, precedence, penalty(batch="b1", day=9), penalty(batch="b2", day=3))
    assert done.records["_batch_id"].to_list() == ["b2"]
    assert done.superseded_versions["winner_batch_id"].to_list() == ["b2"]


def test_a_newer_version_wins_by_the_providers_time_and_else_by_the_day(
    known: Catalog, penalties: Dataset, precedence: Precedence
) -> None:
    by_time = superseded_versions(
        known, penalties, precedence, penalty(updated=3, facts="new"), penalty(updated=2, facts="old", day=9)
    )
    by_day = superseded_versions(
        known, penalties, precedence, penalty(facts="full", batch="b1"), penalty(facts=None, day=2)
    )

    assert by_time.records["violation_facts"].to_list() == ["new"]
    assert by_time.superseded_versions.select("kind", "decided_by").rows() == [("older_version", "source_updated_at")]
    assert by_day.records["violation_facts"].to_list() == [None]  # a correction may empty a cell
    assert by_day.superseded_versions.select("kind", "decided_by").rows() == [("older_version", "received_on")]


def test_the_same_decision_from_a_ministry_and_a_province_is_another_channel(
    known: Catalog, penalties: Dataset, precedence: Precedence
) -> None:
    done = superseded_versions(
        known,
        penalties,
        precedence,
        penalty(provider="sichuan", source="四川", updated=5, batch="p"),
        penalty(provider="samr", source="总局", updated=5, batch="m"),
    )

    assert done.records["_provider_id"].to_list() == ["samr"]
    assert done.superseded_versions.select("_provider_id", "kind", "decided_by").rows() == [
        ("sichuan", "other_channel", "source_rank")
    ]
    assert (done.duplicate, done.superseded) == (1, 0)


def test_contents_that_no_time_tells_apart_are_a_conflict(
    known: Catalog, penalties: Dataset, precedence: Precedence
) -> None:
    by_rank = superseded_versions(
        known, penalties, precedence, penalty(provider="samr", facts="a"), penalty(provider="sichuan", facts="b", day=9)
    )
    by_content = superseded_versions(known, penalties, precedence, penalty(facts="a"), penalty(facts="b"))
    by_completeness = superseded_versions(known, penalties, precedence, penalty(facts=None), penalty(facts="a"))

    assert by_rank.records["violation_facts"].to_list() == ["a"]
    assert by_rank.superseded_versions.select("kind", "decided_by").rows() == [("conflict", "source_rank")]
    assert by_content.superseded_versions.select("kind", "decided_by").rows() == [("conflict", "content")]
    assert by_content.records["violation_facts"].to_list() == ["b"]
    assert by_completeness.superseded_versions.select("kind", "decided_by").rows() == [("conflict", "completeness")]


def winner(known: Catalog, dataset: Dataset, *rows: Row) -> Row:
    numbered = [{**row, "_row_number": n} for n, row in enumerate(rows)]
    precedence = Precedence.of(known, dataset.id, DAY)
    return resolve(lake(known, dataset.id, numbered), dataset, precedence).records.to_dicts()[0]


def test_a_newer_fuller_and_earlier_version_of_somebody_else_does_not_replace_the_authoritys(
    known: Catalog, penalties: Dataset
) -> None:
    ours = penalty(facts=None, updated=1, day=9)
    forged = penalty(
        provider="hebei", facts="nothing was wrong", updated=9, day=1, authority_name="河北省市场监督管理局"
    )
    done = resolve(lake(known, PENALTY, [ours, forged]), penalties, Precedence.of(known, PENALTY, DAY))

    assert done.records["_provider_id"].to_list() == ["sichuan"]
    assert done.superseded_versions.select("_provider_id", "kind", "decided_by").rows() == [
        ("hebei", "conflict", "authority")
    ]


def test_a_copy_that_somebody_else_sent_first_does_not_make_the_record_theirs(
    known: Catalog, penalties: Dataset
) -> None:
    """Or they could withdraw it: what a provider sent itself, it speaks for."""
    assert winner(known, penalties, penalty(provider="hebei", day=1), penalty(day=9))["_provider_id"] == "sichuan"


def test_a_ministry_does_not_take_a_record_by_writing_its_own_name_into_it(known: Catalog, penalties: Dataset) -> None:
    forged = penalty(provider="mot", facts="x", updated=9, authority_name="锦川市交通运输局")
    assert winner(known, penalties, penalty(updated=1), forged)["_provider_id"] == "sichuan"
    its_own = penalty(provider="samr", facts="x", updated=9)
    assert winner(known, penalties, penalty(updated=1), its_own)["_provider_id"] == "samr", "the line of the ministry"


def test_where_nobody_speaks_for_the_authority_the_first_sender_keeps_the_record(
    known: Catalog, penalties: Dataset
) -> None:
    first = penalty(provider="hebei", facts="a", updated=1, day=3)
    correction = penalty(provider="hebei", facts="b", updated=2, day=5)
    other = penalty(provider="gansu", facts="c", updated=9, day=4)
    assert winner(known, penalties, first, correction, other)["violation_facts"] == "b"
    authority = penalty(facts="d", updated=1, day=20)
    assert winner(known, penalties, first, correction, other, authority)["violation_facts"] == "d"


def test_a_company_is_registered_by_its_own_region_or_the_ministry(known: Catalog) -> None:
    """The code says where it was registered; what a row says of the authority is its own."""
    registrations = known.datasets["enterprise_registration"]

    def row(provider: str, name: str, day: int) -> Row:
        return {
            "credit_code": "91510100MA6CA1B23X",
            "name": name,
            "_provider_id": provider,
            "_region_code": "510000",
            "_received_on": date(2026, 2, day),
            "_batch_id": name,
            "_row_number": 2,
            "_subject_key": "91510100MA6CA1B23X",
        }

    ours, forged, ministry = row("sichuan", "甲", 1), row("hebei", "乙", 2), row("samr", "丙", 3)
    assert winner(known, registrations, ours, forged)["name"] == "甲"
    assert winner(known, registrations, ours, forged, ministry)["name"] == "丙"


def test_an_order_of_its_own_holds_for_the_datasets_it_names(known: Catalog) -> None:
    repair = Precedence.of(known, "credit_repair", DAY)
    others = Precedence.of(known, PENALTY, DAY)

    assert repair.criteria.index("received_on") < repair.criteria.index("source_rank")
    assert others.criteria.index("source_rank") < others.criteria.index("received_on")
    assert others.ranks["samr"] < others.ranks["sichuan"]


def test_rows_without_a_second_version_pass_untouched(
    known: Catalog, penalties: Dataset, precedence: Precedence
) -> None:
    rows = lake(known, PENALTY, [penalty(document=2), penalty(document=1)])
    done = resolve(rows, penalties, precedence)

    assert done.records["document_number"].to_list() == ["锦市监处罚〔2026〕1号", "锦市监处罚〔2026〕2号"]
    assert done.superseded_versions.height == 0
    assert (
        done.superseded_versions.columns
        == resolve(lake(known, PENALTY, [penalty(), penalty()]), penalties, precedence).superseded_versions.columns
    )


versions = st.builds(
    penalty,
    provider=st.sampled_from(["samr", "sichuan", "hebei"]),
    document=st.integers(1, 2),
    facts=st.sampled_from([None, "a", "b"]),
    source=st.sampled_from(["x", "y"]),
    updated=st.sampled_from([None, 1, 2]),
    day=st.integers(1, 2),
    batch=st.sampled_from(["b1", "b2", "b3"]),
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(versions, min_size=2, max_size=9), random=st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order_of_rows(
    known: Catalog,
    penalties: Dataset,
    precedence: Precedence,
    rows: list[Row],
    random: object,
) -> None:
    numbered = [{**row, "_row_number": index} for index, row in enumerate(rows)]
    first = resolve(lake(known, PENALTY, numbered), penalties, precedence)
    random.shuffle(numbered)  # type: ignore[attr-defined]
    again = resolve(lake(known, PENALTY, numbered), penalties, precedence)

    assert first.records.equals(again.records)
    assert first.superseded_versions.equals(again.superseded_versions)
    assert first.kinds == again.kinds
    assert set(first.kinds) == set(KINDS)
    assert first.accepted == first.records.height + first.superseded + first.duplicate
    ids = pl.concat([first.records.select("_row_number"), first.superseded_versions.select("_row_number")])
    assert sorted(ids["_row_number"]) == list(range(len(rows)))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(versions, min_size=3, max_size=9), cut=st.integers(1, 8))
def test_the_winner_is_the_winner_of_any_part_that_holds_it(
    known: Catalog, penalties: Dataset, precedence: Precedence, rows: list[Row], cut: int
) -> None:
    """Batching: resolving the winners of two parts gives what resolving all rows gives, content for content.

    Who does not speak for the record's authority is left out: whose it is then, all versions of the key say together.
    Each content comes once: a winner has the provenance of the *first* row with its content, so a part that holds the content
    twice forgets the later day, by which it may have won. The hub therefore always resolves all versions of a key.
    """
    said_by = {
        tuple(row[name] for name in row if name not in _ARRIVAL): row for row in rows if row["_provider_id"] != "hebei"
    }
    numbered = [{**row, "_row_number": index} for index, row in enumerate(said_by.values())]
    whole = resolve(lake(known, PENALTY, numbered), penalties, precedence).records
    parts = [
        resolve(lake(known, PENALTY, part), penalties, precedence).records
        for part in (numbered[:cut], numbered[cut:])
        if part
    ]
    said = [name for name in whole.columns if not name.startswith("_")]
    assert resolve(pl.concat(parts), penalties, precedence).records.select(said).equals(whole.select(said))
