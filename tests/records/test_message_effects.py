"""What a repair, a withdrawal and an objection do to the records they name, and who may ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.message_effects import MESSAGE_SCHEMA, Effects, effects, in_force
from pipelines.storage.superseded import key_columns
from tests.conftest import GOOD_CODES
from tests.records.frames import AUTHORITY, OTHER_AUTHORITY, PENALTY, Row, lake, number, penalty

EFFECTS = {"credit_repair": "repaired", "record_withdrawal": "withdrawn", "objection": "on_hold"}
DECIDED = {"credit_repair": "decided_on", "record_withdrawal": "withdrawn_on", "objection": "raised_on"}


def message(
    kind: str,
    *,
    provider: str = "sichuan",
    document: int = 1,
    decided: int = 16,
    day: int = 1,
    asked_by: str | None = None,
    **fields: object,
) -> tuple[str, Row]:
    """A message about a penalty; ``asked_by`` is the authority it says it comes from."""
    row: Row = {
        "_subject_key": GOOD_CODES[0],
        "record_dataset": PENALTY,
        "record_document_number": number(document),
        "record_authority_code": AUTHORITY,
        "source_code": asked_by,
        DECIDED[kind]: date(2026, 11, decided),
        "_provider_id": provider,
        "_region_code": "510000",
        "_received_on": date(2026, 11, day),
        **({"result": "approved"} if kind == "credit_repair" else {}),
        **fields,
    }
    return kind, row


def messages(known: Catalog, *sent: tuple[str, Row]) -> pl.DataFrame:
    """Messages in force among rows of the exchange sets, as the lake has them."""
    found = [
        in_force(lake(known, of, [row for kind, row in sent if kind == of]), policy)
        for policy in known.policies.repair.messages
        if any(kind == (of := policy.dataset) for kind, _ in sent)
    ]
    return pl.concat(found) if found else pl.DataFrame(schema=MESSAGE_SCHEMA)


def asked(known: Catalog, rows: Sequence[Row], *sent: tuple[str, Row]) -> Effects:
    return effects(lake(known, PENALTY, rows), messages(known, *sent), known.datasets[PENALTY])


def said(found: Effects) -> dict[str, str]:
    """Effect by number of the document."""
    return dict(found.frame.select("document_number", "_effect").rows())


@pytest.mark.parametrize("kind", EFFECTS)
def test_the_provider_of_a_record_may_ask(known: Catalog, kind: str) -> None:
    found = asked(known, [penalty(document=1), penalty(document=2)], message(kind, day=9))

    assert found.frame.to_dicts() == [
        {
            "_subject_key": GOOD_CODES[0],
            "document_number": number(1),
            "authority_code": AUTHORITY,
            "_effect": EFFECTS[kind],
            "_asked_by": "sichuan",
            "_asked_in": "510000",
            "_asked_on": date(2026, 11, 9),
        }
    ]
    assert found.refused.height == 0


def test_the_provider_of_an_older_version_may_ask_too(known: Catalog) -> None:
    versions = [penalty(provider="sichuan", facts="old"), penalty(provider="samr", facts="new", day=9)]
    assert said(asked(known, versions, message("credit_repair", provider="sichuan"))) == {number(1): "repaired"}


@pytest.mark.parametrize(
    ("kind", "authority", "granted"),
    [
        ("credit_repair", AUTHORITY, True),
        ("credit_repair", OTHER_AUTHORITY, False),
        ("credit_repair", None, False),
        ("record_withdrawal", AUTHORITY, True),
        ("record_withdrawal", OTHER_AUTHORITY, False),
        ("objection", OTHER_AUTHORITY, True),  # any platform takes objections
        ("objection", None, True),
    ],
)
def test_through_another_provider_only_the_authority_that_decided_may_ask_and_anybody_may_object(
    known: Catalog, kind: str, authority: str | None, granted: bool
) -> None:
    found = asked(known, [penalty()], message(kind, provider="zhejiang", asked_by=authority))

    assert said(found) == ({number(1): EFFECTS[kind]} if granted else {})
    assert found.refused.rows() == ([] if granted else [(GOOD_CODES[0], number(1), AUTHORITY)])


def test_a_repair_may_name_the_authority_as_who_decided_the_repair_as_well(known: Catalog) -> None:
    found = asked(known, [penalty()], message("credit_repair", provider="zhejiang", authority_code=AUTHORITY))
    assert said(found) == {number(1): "repaired"}


@pytest.mark.parametrize(
    "other",
    [
        {"_subject_key": GOOD_CODES[1]},
        {"record_document_number": number(2)},
        {"record_authority_code": OTHER_AUTHORITY},
    ],
)
def test_a_message_about_something_else_does_nothing_and_is_nobodys_mistake(known: Catalog, other: Row) -> None:
    found = asked(known, [penalty()], message("credit_repair", **other))
    assert (said(found), found.refused.height) == ({}, 0)


def test_a_number_is_found_however_its_brackets_and_blanks_are_written(known: Catalog) -> None:
    sent = message("credit_repair", record_document_number="锦市监处罚 (2026) 1号")
    assert said(asked(known, [penalty()], sent)) == {number(1): "repaired"}


@pytest.mark.parametrize("result", ["refused", "not_accepted", None])
def test_a_repair_that_was_not_approved_is_no_message(known: Catalog, result: str | None) -> None:
    assert messages(known, message("credit_repair", result=result)).height == 0


@pytest.mark.parametrize(
    ("first", "second", "effect"),
    [
        (("approved", 10), ("revoked", 11), None),
        (("revoked", 10), ("approved", 11), "repaired"),
        (("approved", 10), ("revoked", 10), "repaired"),  # of one day the one that takes effect counts
        (("approved", 10), ("approved", 11), "repaired"),
        (("revoked", 10), ("revoked", 11), None),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_repairs_the_one_decided_last_counts(
    known: Catalog, first: tuple[str, int], second: tuple[str, int], effect: str | None, turned: bool
) -> None:
    """Whatever the order in which they came."""
    sent = [
        message("credit_repair", result=result, decided=day, day=2 if turned == (n == 0) else 1, applied_on=None)
        for n, (result, day) in enumerate((first, second))
    ]
    found = said(asked(known, [penalty()], *(reversed(sent) if turned else sent)))
    assert found == ({number(1): effect} if effect else {})


def test_what_undoes_does_not_take_effect_even_where_everything_else_does(known: Catalog) -> None:
    """A policy that lists only what undoes."""
    [policy] = [one for one in known.policies.repair.messages if one.dataset == "credit_repair"]
    open_policy = policy.model_copy(update={"takes_effect": None})
    found = []
    for result in ("approved", "revoked"):
        _, row = message("credit_repair", result=result)
        sent = in_force(lake(known, "credit_repair", [row]), open_policy)
        found.append(said(effects(lake(known, PENALTY, [penalty()]), sent, known.datasets[PENALTY])))
    assert found == [{number(1): "repaired"}, {}]


def test_a_revocation_by_somebody_else_undoes_nothing(known: Catalog) -> None:
    mine = message("credit_repair", decided=10)
    of_others = message("credit_repair", provider="zhejiang", result="revoked", decided=12)
    found = asked(known, [penalty()], mine, of_others)
    assert said(found) == {number(1): "repaired"}
    assert found.refused.height == 1


def test_an_objection_counts_until_it_is_closed(known: Catalog) -> None:
    open_, closed = (message("objection", closed_on=day) for day in (None, date(2026, 11, 20)))
    assert said(asked(known, [penalty()], open_)) == {number(1): "on_hold"}
    assert messages(known, closed).height == 0


@pytest.mark.parametrize("number_of_kinds", [2, 3])
def test_a_withdrawal_is_stronger_than_a_repair_and_a_repair_than_an_objection(
    known: Catalog, number_of_kinds: int
) -> None:
    """Whichever was decided last."""
    weakest_first = ["objection", "credit_repair", "record_withdrawal"]
    for decided in (1, -1):
        sent = [message(kind, decided=16 + decided * n) for n, kind in enumerate(weakest_first[-number_of_kinds:])]
        assert said(asked(known, [penalty()], *sent)) == {number(1): "withdrawn"}
        assert said(asked(known, [penalty()], *sent[:-1])) == {number(1): EFFECTS[sent[-2][0]]}


def test_messages_of_before_and_after_are_the_same_messages(known: Catalog) -> None:
    """A message may come before the record; each record it names has the effect, and no other."""
    early, late = message("record_withdrawal", day=1), message("record_withdrawal", document=3, day=28)
    records = [penalty(document=n, day=14) for n in (1, 2, 3)]
    assert said(asked(known, records, early, late)) == {number(1): "withdrawn", number(3): "withdrawn"}


def test_a_record_of_a_dataset_that_lists_no_authority_is_named_by_its_number(known: Catalog) -> None:
    dataset = known.datasets["judicial_enforcement"]
    row: Row = {
        "_subject_key": GOOD_CODES[0],
        "case_number": "(2026)川01执1号",
        "court_name": "院",
        "_provider_id": "spc",
    }
    sent = messages(known, message("objection", record_document_number="（2026）川01执1号", record_dataset=dataset.id))
    found = effects(lake(known, dataset.id, [row]), sent, dataset)
    assert found.frame.select("case_number", "_effect").rows() == [("(2026)川01执1号", "on_hold")]


def test_without_messages_and_of_a_dataset_that_cannot_be_named_there_is_nothing(known: Catalog) -> None:
    commitments = known.datasets["credit_commitment"]
    assert commitments.reference is None
    row: Row = {"_subject_key": GOOD_CODES[0], "_provider_id": "sichuan"}
    for found, dataset in (
        (asked(known, [penalty()]), known.datasets[PENALTY]),
        (effects(lake(known, commitments.id, [row]), messages(known, message("objection")), commitments), commitments),
    ):
        key = key_columns(dataset)
        assert found.frame.columns == [*key, "_effect", "_asked_by", "_asked_in", "_asked_on"]
        assert found.refused.columns == key
        assert (found.frame.height, found.refused.height) == (0, 0)


def test_messages_have_their_columns_whatever_set_they_come_from(known: Catalog) -> None:
    for kind in EFFECTS:
        assert dict(messages(known, message(kind)).schema) == MESSAGE_SCHEMA


records = st.lists(
    st.builds(
        penalty, provider=st.sampled_from(["sichuan", "samr"]), document=st.integers(1, 3), day=st.integers(1, 2)
    ),
    min_size=1,
    max_size=6,
)
sent_messages = st.lists(
    st.one_of(
        st.builds(
            message,
            st.sampled_from(["record_withdrawal", "objection"]),
            provider=st.sampled_from(["sichuan", "samr", "zhejiang"]),
            document=st.integers(1, 3),
            decided=st.integers(1, 3),
            day=st.integers(1, 3),
            asked_by=st.sampled_from([None, AUTHORITY, OTHER_AUTHORITY]),
        ),
        st.builds(
            message,
            st.just("credit_repair"),
            provider=st.sampled_from(["sichuan", "samr", "zhejiang"]),
            document=st.integers(1, 3),
            decided=st.integers(1, 3),
            day=st.integers(1, 3),
            result=st.sampled_from(["approved", "revoked", "refused"]),
        ),
    ),
    max_size=8,
)


@settings(max_examples=35, deadline=None)
@given(rows=records, sent=sent_messages, random=st.randoms(use_true_random=False))
def test_neither_the_order_of_records_nor_that_of_messages_matters(
    known: Catalog, penalties: Dataset, rows: list[Row], sent: list[tuple[str, Row]], random: object
) -> None:
    once = asked(known, rows, *sent)
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(sent)  # type: ignore[attr-defined]
    again = asked(known, rows, *sent)

    key = key_columns(penalties)
    assert once.frame.sort(key).equals(again.frame.sort(key))
    assert once.refused.sort(key).equals(again.refused.sort(key))
    assert once.frame.select(pl.struct(key).is_duplicated().any()).item() is False, "one effect for a record"


@settings(max_examples=35, deadline=None)
@given(rows=records, sent=sent_messages)
def test_every_record_has_the_effect_that_the_policy_says(
    known: Catalog, rows: list[Row], sent: list[tuple[str, Row]]
) -> None:
    """Against the policy written down once more, message by message."""
    right: dict[str, str] = {}
    for document in {str(row["document_number"]) for row in rows}:
        senders = {row["_provider_id"] for row in rows if row["document_number"] == document}
        standing = []
        for kind in ("objection", "credit_repair", "record_withdrawal"):
            heard = [
                (row[DECIDED[kind]], row.get("result", "approved") != "revoked")
                for of, row in sent
                if of == kind
                and row["record_document_number"] == document
                and row.get("result") not in ("refused",)
                and (kind == "objection" or row["_provider_id"] in senders or row["source_code"] == AUTHORITY)
            ]
            if heard and max(heard)[1]:  # type: ignore[type-var]
                standing.append(EFFECTS[kind])
        if standing:
            right[document] = standing[-1]
    assert said(asked(known, rows, *sent)) == right
