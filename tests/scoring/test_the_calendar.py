"""Expected against received: every delivery that was due shows with what became of it; open refused rows with their age."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pipelines.scoring.model import UnitCard
from tests.scoring.conftest import AS_OF, Hub

MIDWAY = datetime(2026, 3, 15, 4, tzinfo=UTC)


def unit(hub: Hub, code: str, as_of: datetime = AS_OF) -> UnitCard:
    return next(one for one in hub.score(as_of=as_of).model.regions if one.id == code)


def test_each_slot_says_what_became_of_it(hub: Hub) -> None:
    hub.deliver("sichuan", "enterprise_registration", day="2026-03-09")
    hub.deliver("sichuan", "administrative_licence", rows=10, refused=10, day="2026-03-08")
    hub.unreadable("sichuan", "undecodable", dataset="administrative_penalty", day="2026-03-07")
    hub.unreadable("hubei", "no_rows", dataset="administrative_penalty", day="2026-03-07")
    states = {one.dataset_id: (one.state, one.received_on, one.files) for one in unit(hub, "510000").slots}
    assert states == {
        "enterprise_registration": ("received", "2026-03-09", 1),
        "administrative_licence": ("refused", None, 1),
        "administrative_penalty": ("broken", None, 1),
    }
    assert sorted(one.state for one in unit(hub, "420000").slots) == ["empty", "missing", "missing"]
    assert {one.state for one in unit(hub, "110000", MIDWAY).slots} == {"open"}


def test_the_days_and_files_of_a_unit_add_up_to_its_rows(hub: Hub) -> None:
    first = hub.deliver("sichuan", rows=10, refused=2, day="2026-03-09")
    hub.deliver("sichuan", rows=20, day="2026-03-09")
    hub.again(first, received_on=date(2026, 3, 11))
    hub.unreadable("sichuan", day="2026-03-12")
    card = unit(hub, "510000")
    assert [(one.day, one.files, one.unread_files, one.rows.numerator, one.rows.denominator) for one in card.days] == [
        ("2026-03-09", 2, 0, 28, 30),
        ("2026-03-12", 1, 1, 0, 0),
    ]
    assert (card.rows.sent, card.rows.accepted, card.rows.refused, card.rows.files) == (30, 28, 2, 3)
    assert len(card.files) == 4


def test_open_refused_rows_are_those_nobody_closed_the_oldest_first(hub: Hub) -> None:
    old = hub.deliver("sichuan", rows=10, refused=5, day="2026-01-20")
    new = hub.deliver("sichuan", rows=10, refused=4, day="2026-03-20")
    same = {"dataset_id": "administrative_penalty", "closed_by": "batch", "closing_id": "x"}
    hub.event("closures", batch_id=old, refused_on=date(2026, 1, 20), closed_on=date(2026, 3, 2), rows=3, **same)
    hub.event("closures", batch_id=new, refused_on=date(2026, 3, 20), closed_on=date(2026, 4, 30), rows=4, **same)
    card = unit(hub, "510000")
    told = [(one.batch_id, one.count.numerator, one.count.denominator, one.age_days) for one in card.open_rows]
    assert told == [(old, 2, 5, 72), (new, 4, 4, 13)]
    assert card.open_rows_in_all == 6
