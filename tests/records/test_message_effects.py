"""What a repair, a withdrawal and an objection do to the records they name, once they may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.message_effects import Effects, effects
from pipelines.records.messages import MESSAGE_SCHEMA
from pipelines.storage.superseded import key_columns
from tests.conftest import GOOD_CODES
from tests.records.frames import AUTHORITY, OTHER_AUTHORITY, PENALTY, Row, lake, number, penalty
from tests.records.sent import EFFECTS, Answer, Sent, answer, id_of, message, messages

NOW = date(2026, 11, 12)


def asked(known: Catalog, rows: Sequence[Row], *sent: Sent, answers: Sequence[Answer] = (), day: date = NOW) -> Effects:
    about = messages(known, *sent, answers=answers)
    return effects(lake(known, PENALTY, rows), about, known.datasets[PENALTY], known, day)


def said(found: Effects) -> dict[str, str]:
    """Effect by number of the document."""
    return dict(found.frame.drop_nulls("_effect").select("document_number", "_effect").rows())


@pytest.mark.parametrize("kind", EFFECTS)
def test_the_provider_of_a_record_may_ask(known: Catalog, kind: str) -> None:
    found = asked(known, [penalty(document=1), penalty(document=2)], message(kind, day=9))

    assert found.frame.to_dicts() == [
        {
            "_subject_key": GOOD_CODES[0],
            "document_number": number(1),
            "authority_code": AUTHORITY,
            "_effect": EFFECTS[kind],
            "_objected": kind == "objection",
            "_effect_until": date(2026, 12, 1) if kind == "objection" else None,  # fifteen working days, and one day
            "_asked_by": "sichuan",
            "_asked_in": "510000",
            "_asked_on": date(2026, 11, 9),
        }
    ]
    assert found.of_others.height == 0


@pytest.mark.parametrize("kind", EFFECTS)
def test_a_message_of_somebody_else_does_nothing_until_it_is_agreed_to(known: Catalog, kind: str) -> None:
    sent = message(kind, provider="hebei")
    before = asked(known, [penalty()], sent)
    assert said(before) == {}
    assert before.frame["_objected"].to_list() == ([True] if kind == "objection" else []), (
        "an objection marks the record"
    )
    assert before.of_others.height == (0 if kind == "objection" else 1)

    after = asked(known, [penalty()], sent, answers=[answer(id_of(known, sent), "sichuan", day=6)])
    assert said(after) == {number(1): EFFECTS[kind]}
    assert after.frame["_asked_on"].item() == date(2026, 11, 6), "the time to take it down runs from the answer"
    assert after.of_others.height == 0


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
    assert (said(found), found.of_others.height) == ({}, 0)


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
        message(
            "credit_repair",
            result=result,
            decided=day,
            day=2 if turned == (n == 0) else 1,
            applied_on=date(2026, 11, n + 1),
        )
        for n, (result, day) in enumerate((first, second))
    ]
    found = said(asked(known, [penalty()], *(reversed(sent) if turned else sent)))
    assert found == ({number(1): effect} if effect else {})


def test_a_revocation_by_somebody_else_undoes_nothing(known: Catalog) -> None:
    mine = message("credit_repair", decided=10)
    of_others = message("credit_repair", provider="zhejiang", result="revoked", decided=12)
    found = asked(known, [penalty()], mine, of_others)
    assert said(found) == {number(1): "repaired"}
    assert found.of_others.height == 1


def test_a_repair_that_may_not_be_yet_does_not_undo_one_that_may(known: Catalog) -> None:
    record = penalty(severity_code="general", decision_date=date(2026, 1, 1))
    good = message("credit_repair", decided=10)
    bad = message("credit_repair", decided=12, duty_fulfilled="no", applied_on=date(2026, 11, 3))
    assert said(asked(known, [record], good, bad)) == {number(1): "repaired"}


def test_a_hold_ends_when_the_objection_is_closed_or_its_time_is_over(known: Catalog) -> None:
    open_, closed = (message("objection", closed_on=day) for day in (None, date(2026, 11, 9)))
    assert said(asked(known, [penalty()], open_)) == {number(1): "on_hold"}
    assert said(asked(known, [penalty()], closed)) == {}
    over = asked(known, [penalty()], open_, day=date(2026, 11, 21))
    assert said(over) == {}
    assert over.frame["_objected"].to_list() == [True], "it is still open, and says so"


def test_an_objection_that_is_closed_does_not_close_another(known: Catalog) -> None:
    sent = [
        message("objection", objection_number="YY1"),
        message("objection", objection_number="YY2", decided=20, closed_on=date(2026, 11, 21)),
    ]
    assert said(asked(known, [penalty()], *sent)) == {number(1): "on_hold"}


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
    found = effects(lake(known, dataset.id, [row]), sent, dataset, known, NOW)
    assert found.frame.select("case_number", "_objected").rows() == [("(2026)川01执1号", True)]


def test_without_messages_and_of_a_dataset_that_cannot_be_named_there_is_nothing(known: Catalog) -> None:
    commitments = known.datasets["credit_commitment"]
    assert commitments.reference is None
    row: Row = {"_subject_key": GOOD_CODES[0], "_provider_id": "sichuan"}
    about = messages(known, message("objection"))
    for found, dataset in (
        (asked(known, [penalty()]), known.datasets[PENALTY]),
        (effects(lake(known, commitments.id, [row]), about, commitments, known, NOW), commitments),
    ):
        key = key_columns(dataset)
        asked_columns = ["_effect", "_objected", "_effect_until", "_asked_by", "_asked_in", "_asked_on"]
        assert found.frame.columns == [*key, *asked_columns]
        assert found.of_others.columns == key
        assert (found.frame.height, found.of_others.height) == (0, 0)


def test_messages_have_their_columns_whatever_set_they_come_from(known: Catalog) -> None:
    for kind in EFFECTS:
        assert dict(messages(known, message(kind)).schema) == MESSAGE_SCHEMA


PROVIDERS = ["sichuan", "samr", "zhejiang"]
records = st.lists(
    st.builds(penalty, document=st.integers(1, 3), day=st.integers(1, 2)),
    min_size=1,
    max_size=4,
    unique_by=lambda r: r["document_number"],
)
sent_messages = st.lists(
    st.builds(
        message,
        st.sampled_from([*EFFECTS]),
        provider=st.sampled_from(PROVIDERS),
        document=st.integers(1, 3),
        decided=st.integers(1, 3),
        day=st.integers(1, 3),
    ),
    max_size=8,
    unique_by=lambda sent: (sent[0], sent[1]["_provider_id"], sent[1]["record_document_number"]),
)


@settings(max_examples=35, deadline=None)
@given(rows=records, sent=sent_messages, random=st.randoms(use_true_random=False))
def test_neither_the_order_of_records_nor_that_of_messages_matters(
    known: Catalog, penalties: Dataset, rows: list[Row], sent: list[Sent], random: object
) -> None:
    once = asked(known, rows, *sent)
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(sent)  # type: ignore[attr-defined]
    again = asked(known, rows, *sent)

    key = key_columns(penalties)
    assert once.frame.equals(again.frame)
    assert once.of_others.sort(key).equals(again.of_others.sort(key))
    assert once.frame.select(pl.struct(key).is_duplicated().any()).item() is False, "one effect for a record"


@settings(max_examples=35, deadline=None)
@given(rows=records, sent=sent_messages)
def test_messages_of_those_who_do_not_speak_for_a_record_change_nothing(
    known: Catalog, rows: list[Row], sent: list[Sent]
) -> None:
    """With them and without them, every record has the same effect."""
    honest = [one for one in sent if one[1]["_provider_id"] != "zhejiang"]
    assert said(asked(known, rows, *sent)) == said(asked(known, rows, *honest))


@settings(max_examples=35, deadline=None)
@given(rows=records, sent=sent_messages)
def test_every_record_has_the_strongest_effect_that_was_granted(
    known: Catalog, rows: list[Row], sent: list[Sent]
) -> None:
    """Against the policy written down once more, message by message."""
    right: dict[str, str] = {}
    for document in {str(row["document_number"]) for row in rows}:
        granted = {
            kind
            for kind, row in sent
            if row["record_document_number"] == document and row["_provider_id"] in ("sichuan", "samr")
        }
        for kind in ("objection", "credit_repair", "record_withdrawal"):
            if kind in granted:
                right[document] = EFFECTS[kind]
    assert said(asked(known, rows, *sent)) == right
