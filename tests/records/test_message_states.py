"""Who may have another's record repaired, withdrawn or hidden: nobody, without the answer of whose record it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.records.message_states import message_states
from tests.catalogues import with_authorities
from tests.records.frames import AUTHORITY, OTHER_AUTHORITY, PENALTY, Row, lake, penalty
from tests.records.sent import DECIDED, EFFECTS, Answer, Sent, answer, id_of, message, messages

NOW = date(2026, 11, 12)
LATE = date(2026, 11, 16)
"""Ten working days after Sunday the first of November are over on the thirteenth, a Friday."""
OVERDUE = date(2026, 11, 21)
"""Fifteen are over on the twentieth."""
REQUESTS = ("credit_repair", "record_withdrawal")


def states(
    known: Catalog, rows: Sequence[Row], *sent: Sent, answers: Sequence[Answer] = (), day: date = NOW
) -> list[dict[str, Any]]:
    about = messages(known, *sent, answers=answers)
    return message_states(lake(known, PENALTY, rows), about, known.datasets[PENALTY], known, day).to_dicts()


def state(known: Catalog, rows: Sequence[Row], *sent: Sent, answers: Sequence[Answer] = (), day: date = NOW) -> str:
    [one] = states(known, rows, *sent, answers=answers, day=day)
    return str(one["_message_state"])


@pytest.mark.parametrize("kind", EFFECTS)
def test_who_sent_a_record_speaks_for_it(known: Catalog, kind: str) -> None:
    elsewhere = penalty(authority_code=OTHER_AUTHORITY)
    named = message(kind, record_authority_code=OTHER_AUTHORITY)
    assert state(known, [elsewhere], named) == ("held" if kind == "objection" else "acted")


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("column", ["source_code", "authority_code", "record_authority_code"])
def test_no_column_of_a_message_gives_its_sender_a_right(known: Catalog, kind: str, column: str) -> None:
    """The forger writes the victim's authority into every column there is."""
    forged = message(
        kind,
        provider="hebei",
        **({} if column == "authority_code" and kind != "credit_repair" else {column: AUTHORITY}),
    )
    assert state(known, [penalty()], forged) == "pending"


@pytest.mark.parametrize(
    ("sender", "authority", "name", "kinds"),
    [
        ("sichuan", AUTHORITY, "锦川市市场监督管理局", EFFECTS),  # a province for authorities of its divisions
        ("zhejiang", OTHER_AUTHORITY, "临溪市交通运输局", EFFECTS),
        ("samr", AUTHORITY, "锦川市市场监督管理局", EFFECTS),  # a ministry for its own line
        ("mot", OTHER_AUTHORITY, "临溪市交通运输局", EFFECTS),
        ("credit_china", AUTHORITY, "锦川市市场监督管理局", ("credit_repair", "objection")),  # the national site
    ],
)
def test_who_speaks_for_the_authority_may_ask(
    known: Catalog, sender: str, authority: str, name: str, kinds: Sequence[str]
) -> None:
    record = penalty(provider="shanghai", authority_code=authority, authority_name=name)
    for kind in EFFECTS:
        said = state(known, [record], message(kind, provider=sender, record_authority_code=authority))
        assert said == ({"objection": "held"}.get(kind, "acted") if kind in kinds else "pending"), kind


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("mot", "锦川市市场监督管理局"),  # another ministry's line
        ("samr", None),  # no name, no line
        ("zhejiang", "锦川市市场监督管理局"),
        ("credit_china", "锦川市市场监督管理局"),  # not for withdrawals
    ],
)
def test_all_others_wait_for_an_answer(known: Catalog, sender: str, name: str | None) -> None:
    record = penalty(provider="shanghai", authority_name=name)
    assert state(known, [record], message("record_withdrawal", provider=sender)) == "pending"


def test_the_corps_speaks_for_its_cities_and_so_does_the_region_they_lie_in(known: Catalog) -> None:
    city = "11659001MY2KA3TL56"
    for sender, right in (("bingtuan", "acted"), ("xinjiang", "acted"), ("gansu", "pending")):
        record = penalty(provider="shanghai", authority_code=city)
        named = message("record_withdrawal", provider=sender, record_authority_code=city)
        assert state(known, [record], named) == right, sender


def test_a_rule_of_the_catalogue_is_all_that_gives_a_right(known: Catalog) -> None:
    nobody = with_authorities(known, rules=())
    assert state(nobody, [penalty(provider="shanghai")], message("record_withdrawal")) == "pending"


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize(
    ("says", "day", "right"),
    [
        ("agree", NOW, "agreed"),
        ("refuse", NOW, "refused"),
        (None, NOW, "pending"),
        (None, date(2026, 11, 13), "pending"),
        (None, LATE, "lapsed"),
        ("agree", LATE, "agreed"),
        ("refuse", LATE, "refused"),
    ],
)
def test_the_providers_answer_decides_and_without_one_a_request_lapses(
    known: Catalog, kind: str, says: str | None, day: date, right: str
) -> None:
    sent = message(kind, provider="hebei")
    answers = [answer(id_of(known, sent), "sichuan", says)] if says else []
    [one] = states(known, [penalty()], sent, answers=answers, day=day)
    assert (one["_message_state"], one["_due_on"]) == (right, date(2026, 11, 13))
    assert one["_acts_on"] == (date(2026, 11, 5) if right == "agreed" else date(2026, 11, 1))


def test_nobody_answers_for_another(known: Catalog) -> None:
    sent = message("record_withdrawal", provider="hebei")
    forged = [answer(id_of(known, sent), by) for by in ("hebei", "zhejiang")]
    assert state(known, [penalty()], sent, answers=forged) == "pending"
    assert (
        state(known, [penalty()], sent, answers=[*forged, answer(id_of(known, sent), "sichuan", "refuse")]) == "refused"
    )


def test_who_could_ask_for_it_can_agree_to_it(known: Catalog) -> None:
    """Province and ministry both sent a decision of market regulation, and the ministry's version counts."""
    sent = message("record_withdrawal", provider="hebei")
    record = penalty(provider="samr")
    for by, right in (("samr", "agreed"), ("sichuan", "agreed"), ("mot", "pending"), ("credit_china", "pending")):
        assert state(known, [record], sent, answers=[answer(id_of(known, sent), by)]) == right, by


def test_a_message_names_records_of_two_providers_and_each_answers_for_its_own(known: Catalog) -> None:
    other = {"authority_code": "11310100MY2KA3TL56"}
    rows = [penalty(), penalty(provider="shanghai", **other)]
    ours, theirs = (
        message("record_withdrawal", provider="hebei"),
        message("record_withdrawal", provider="hebei", record_authority_code=other["authority_code"]),
    )
    answers = [answer(id_of(known, one), "sichuan") for one in (ours, theirs)]
    found = {
        one["_record_provider"]: one["_message_state"] for one in states(known, rows, ours, theirs, answers=answers)
    }
    assert found == {"sichuan": "agreed", "shanghai": "pending"}


def test_a_request_that_was_undone_is_closed(known: Catalog) -> None:
    assert state(known, [penalty()], message("credit_repair", result="revoked")) == "closed"


@pytest.mark.parametrize(
    ("says", "extended", "closed", "day", "right"),
    [
        (None, False, None, NOW, "pending"),  # it marks the record, and hides nothing
        ("agree", False, None, NOW, "held"),
        ("refuse", False, None, NOW, "refused"),
        ("close", False, None, NOW, "closed"),
        ("agree", False, date(2026, 11, 9), NOW, "closed"),
        (None, False, date(2026, 11, 9), NOW, "closed"),
        (None, False, None, date(2026, 11, 20), "pending"),
        (None, False, None, OVERDUE, "overdue"),
        ("agree", False, None, OVERDUE, "overdue"),  # nothing is hidden without end
        ("agree", True, None, OVERDUE, "held"),
        ("agree", True, None, date(2026, 12, 4), "held"),
        ("agree", True, None, date(2026, 12, 5), "overdue"),
        ("close", False, None, OVERDUE, "closed"),
    ],
)
def test_an_objection_comes_through_anybody_and_is_handled_in_time_or_overdue(
    known: Catalog, says: str | None, extended: bool, closed: date | None, day: date, right: str
) -> None:
    sent = message("objection", provider="hebei", closed_on=closed)
    answers = [answer(id_of(known, sent), "sichuan", says, extended=extended)] if says or extended else []
    assert state(known, [penalty()], sent, answers=answers, day=day) == right


def test_an_objection_that_the_records_provider_took_itself_is_accepted_and_has_its_time_too(known: Catalog) -> None:
    assert [state(known, [penalty()], message("objection"), day=day) for day in (NOW, OVERDUE)] == ["held", "overdue"]


@pytest.mark.parametrize(
    ("fields", "unmet"),
    [
        ({}, None),
        ({"duty_fulfilled": "no"}, "duty_fulfilled"),
        ({"commitment_made": "no"}, "commitment_made"),
        ({"duty_fulfilled": "no", "commitment_made": "no"}, "duty_fulfilled"),
        ({"duty_fulfilled": "no", "repair_ground": "reorganisation_plan"}, None),
        ({"duty_fulfilled": "no", "result": "revoked"}, None),  # it undoes, and asks for nothing
        ({"duty_fulfilled": "no", "applied_on": date(2023, 4, 1)}, None),  # before any terms
        ({"duty_fulfilled": "no", "applied_on": date(2026, 3, 31)}, "duty_fulfilled"),  # decree 58
    ],
)
def test_a_repair_meets_the_conditions_of_the_day_it_was_applied_for(
    known: Catalog, fields: Row, unmet: str | None
) -> None:
    """Whoever sends it: not even the record's own provider repairs what may not be repaired yet."""
    old = penalty(decision_date=date(2020, 1, 1), severity_code="general")
    [one] = states(known, [old], message("credit_repair", **fields))
    assert one["_unmet"] == unmet
    assert (one["_message_state"] == "refused") == (unmet is not None)


@pytest.mark.parametrize(
    ("severity", "applied", "free"),
    [
        ("serious", date(2027, 5, 11), False),
        ("serious", date(2027, 5, 12), True),  # twelve months
        ("general", date(2026, 8, 11), False),
        ("general", date(2026, 8, 12), True),  # three
        ("minor", date(2026, 5, 12), True),
        (None, date(2026, 8, 11), False),
    ],
)
def test_a_repair_waits_until_the_shortest_display_is_over(
    known: Catalog, severity: str | None, applied: date, free: bool
) -> None:
    record = penalty(decision_date=date(2026, 5, 12), severity_code=severity)
    [one] = states(known, [record], message("credit_repair", applied_on=applied))
    assert one["_unmet"] == (None if free else "min_display")
    plan = message("credit_repair", applied_on=applied, repair_ground="reorganisation_plan")
    assert state(known, [record], plan) == "acted"


def test_whether_a_condition_refuses_is_data(known: Catalog) -> None:
    from tests.catalogues import with_policy

    terms = tuple(
        one.model_copy(update={"enforced": tuple(c.model_copy(update={"verdict": "warn"}) for c in one.enforced)})
        for one in known.policies.repair.terms
    )
    lenient = with_policy(known, "repair", terms=terms)
    early = message("credit_repair", applied_on=date(2026, 5, 20), duty_fulfilled="no")
    record = penalty(severity_code="serious")
    assert (state(known, [record], early), state(lenient, [record], early)) == ("refused", "acted")


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_sender_has_a_message_of_its_own_and_its_id_does_not_change(known: Catalog, kind: str) -> None:
    mine, theirs = message(kind), message(kind, provider="hebei")
    later = message(kind, day=9, **{DECIDED[kind]: date(2026, 11, 20)})
    assert id_of(known, mine) == id_of(known, later) != id_of(known, theirs)
