"""Months of the sample delivery, day by day: every day exactly the records are shown that the rules allow.

The rules are applied a second time here, row by row in plain Python, to what the lake accepted until that day.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from pipelines.catalog import Catalog
from pipelines.demo import monthly_deliveries
from pipelines.demo.between_parties import HIDDEN
from pipelines.demo.months import delivery_days
from pipelines.ground.settings import Settings
from pipelines.operations import collect, publish
from pipelines.storage.home import Home
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest
from tests.conftest import Home as Driven
from tests.records.straightforward import expected, months_later, severity_of

PENALTY: Final = "administrative_penalty"
EFFECTS: Final = {"credit_repair": "repaired", "record_withdrawal": "withdrawn", "objection": "on_hold"}
SAID: Final = ("penalty_kinds", "simple_procedure", "display_necessary")
NAMED: Final = ("_subject_key", "record_dataset", "record_document_number", "record_authority_code")
KEYS: Final = {
    "credit_repair": (*NAMED, "applied_on", "_provider_id"),
    "record_withdrawal": (*NAMED, "_provider_id"),
    "objection": ("_subject_key", "objection_number", "source_code", "_provider_id"),
}
SCALE: Final = 0.1
Row = Mapping[str, Any]
Key = tuple[Any, ...]


def speaks(catalog: Catalog, provider: str, code: str, names: Sequence[str | None]) -> bool:
    """Whether a provider speaks for an authority: by its region, or because every name of it is of its line."""
    if catalog.providers[provider].level == "province":
        mine = (*{"bingtuan": ("6590", "66")}.get(provider, ()), catalog.providers[provider].region_code[:2])
        return code[2:].startswith(mine)
    lines = [word for rule in catalog.authorities.rules if provider in rule.providers for word in rule.names]
    return bool(lines) and all(name and any(word in name for word in lines) for name in names)


def newest(rows: Sequence[Row], key: Sequence[str], catalog: Catalog | None = None) -> dict[Key, Row]:
    """Of each record the version that counts; where nothing but content could decide, what is shown must not depend on it."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in key), []).append(row)

    def precedence(row: Row, versions: Sequence[Row]) -> tuple[Any, ...]:
        told = row["source_updated_at"] or datetime.min
        filled = sum(value is not None for name, value in row.items() if not name.startswith("_"))
        if catalog is None:
            return told, row["_received_on"], filled
        names = [version["authority_name"] for version in versions]
        right = speaks(catalog, row["_provider_id"], row["authority_code"], names)
        first = min(one["_received_on"] for one in versions if one["_provider_id"] == row["_provider_id"])
        whose = (0, ()) if right else (-first.toordinal(), tuple(-ord(letter) for letter in row["_provider_id"]))
        rank = 2 if catalog.providers[row["_provider_id"]].level == "ministry" else 1
        return right, whose, told, rank, row["_received_on"], filled

    standing = {}
    for name, versions in found.items():
        best = max(precedence(row, versions) for row in versions)
        equals = [row for row in versions if precedence(row, versions) == best]
        assert len({(row.get("severity_code"), row.get("decision_date"), row.get("result")) for row in equals}) == 1
        standing[name] = equals[0]
    return standing


def number_of(text: str) -> str:
    return re.sub(r"[\s()（）〔〕\[\]【】]", "", text)


def may_be_repaired(repair: Row, record: Row) -> bool:
    """Whether the conditions of the day of the application are met, by the record it names."""
    if repair["repair_ground"] == "reorganisation_plan":
        return True
    severity = severity_of(record["severity_code"], record["penalty_kinds"], record["simple_procedure"])
    first = months_later(record["decision_date"], {"minor": 0, "general": 3, "serious": 12}[severity])
    met: bool = repair["duty_fulfilled"] == repair["commitment_made"] == "yes" and repair["applied_on"] >= first
    return met


def granted(catalog: Catalog, dataset: str, message: Row, record: Row, replies: Sequence[Row]) -> bool:
    """Whether the sender may ask, or somebody who may has agreed."""

    def may(provider: str) -> bool:
        right = speaks(catalog, provider, record["authority_code"], [record["authority_name"]])
        return provider == record["_provider_id"] or right

    parts = [dataset, *(str(message[one]) for one in KEYS[dataset])]
    told = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    agreed = any(
        one["message_id"] == told and one["decision"] == "agree" and may(one["_provider_id"]) for one in replies
    )
    return may(message["_provider_id"]) or agreed


def effects(
    catalog: Catalog,
    messages: Mapping[str, Sequence[Row]],
    records: Mapping[Key, Row],
    replies: Sequence[Row],
    day: date,
) -> dict[Key, str]:
    """By record key what was asked of it by somebody who may, or was agreed to."""
    named: dict[Key, list[Key]] = {}
    for key, row in records.items():
        name = (row["_subject_key"], number_of(row["document_number"]), row["authority_code"])
        named.setdefault(name, []).append(key)
    said: dict[tuple[Key, str], list[tuple[Any, ...]]] = {}
    found: dict[Key, str] = {}
    for dataset, rows in messages.items():
        for row in rows:
            name = (row["_subject_key"], number_of(row["record_document_number"]), row["record_authority_code"])
            for key in named.get(name, ()) if row["record_dataset"] == PENALTY else ():
                if not granted(catalog, dataset, row, records[key], replies):
                    continue
                if dataset == "objection":
                    if row["closed_on"] is None and day <= catalog.working_days.deadline(row["_first_received_on"], 15):
                        found[key] = "on_hold"
                    continue
                if dataset == "credit_repair":
                    active, counts = row["result"] == "approved", row["result"] in ("approved", "revoked")
                    counts &= not active or may_be_repaired(row, records[key])
                    decided = row["decided_on"]
                else:
                    active, counts, decided = row["withdrawal_state"] != "undone", True, row["withdrawn_on"]
                if counts:
                    said.setdefault((key, EFFECTS[dataset]), []).append((decided, active, row["_received_on"]))
    in_force = {one for one, told in said.items() if max(told)[1]}
    for effect in ("repaired", "withdrawn"):
        found |= {key: effect for key, one in in_force if one == effect}
    return found


class SecondHub:
    """What should be shown, reckoned from what the lake accepted."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.records: dict[Key, Row] = {}
        self.messages: dict[str, list[Row]] = {}
        self.replies: list[Row] = []

    def learn(self) -> None:
        """Read the lake again."""
        rows = newest(self.hub.records(PENALTY).read().to_dicts(), self.key(PENALTY), self.hub.catalog)
        # What no mask can hide is set aside.
        self.records = {key: row for key, row in rows.items() if HIDDEN not in str(row["penalty_content"])}
        for name in EFFECTS:
            key, rows = self.key(name), self.hub.records(name).read().to_dicts()
            first: dict[Key, date] = {}
            for row in rows:
                one = tuple(row[part] for part in key)
                first[one] = min(first.get(one, date.max), row["_received_on"])
            self.messages[name] = [{**row, "_first_received_on": first[one]} for one, row in newest(rows, key).items()]
        self.replies = self.hub.records("message_reply").read().to_dicts()

    def asked(self, day: date) -> dict[Key, str]:
        return effects(self.hub.catalog, self.messages, self.records, self.replies, day)

    def key(self, dataset: str) -> list[str]:
        names = {"subject_key": "_subject_key", "received_on": "_received_on", "provider_id": "_provider_id"}
        return [names.get(name, name) for name in self.hub.catalog.datasets[dataset].record_key]

    def public(self, day: date) -> set[Key]:
        asked = self.asked(day)
        return {
            key
            for key, row in self.records.items()
            if key not in asked
            and row["subject_category"] != "natural_person"
            and expected(row["severity_code"], row["decision_date"], day, *(row[name] for name in SAID)) == "displayed"
        }

    def government(self, day: date) -> set[Key]:
        asked = self.asked(day)
        return {key for key in self.records if asked.get(key) not in ("repaired", "withdrawn")}


@pytest.fixture
def hub(few: Catalog, tmp_path: Path) -> Hub:
    return Hub(Home(tmp_path / "home"), few, Settings.read(tmp_path / "home"))


def deliveries(hub: Hub, as_of: date, months: int) -> Iterator[None]:
    """Drop month after month, of penalties and of what is said about them."""
    for _ in monthly_deliveries(hub.home.root, hub.catalog, as_of=as_of, months=months, scale=SCALE):
        for folder in hub.home.inbox.glob("*/*"):
            if folder.name not in (PENALTY, *EFFECTS, "message_reply") and not folder.name.startswith("."):
                shutil.rmtree(folder)
        yield


def travel(hub: Hub, as_of: date, months: int, days: Sequence[date], said: set[str]) -> None:
    """Deliver month after month, publish on each of the days, and compare what is shown with what the rules allow.

    ``said``: what is asked of records meanwhile. Days are so near to each other that the breaker holds no release.
    """
    due, dropped, second = delivery_days(as_of, months), deliveries(hub, as_of, months), SecondHub(hub)
    seen, asked, read = Counter[str](), Counter[str](), dict[str, list[Key]]()
    assert {*due} <= {*days}
    for day in days:
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        if day in due:
            next(dropped)
            collect(hub, provider=None, as_of=at)
            second.learn()
            asked.update(second.asked(day).values())
        publish(hub, product=None, datasets=[PENALTY], as_of=at)
        for product, wanted in ((PENALTY, second.government(day)), (f"{PENALTY}_public", second.public(day))):
            release = latest(hub.home, product)
            assert release is not None
            if release.release_id not in read:
                read[release.release_id] = Driven(hub).shared(product).select(second.key(PENALTY)).rows()
            shown = read[release.release_id]
            assert len(shown) == len(set(shown))
            assert set(shown) == wanted, (product, day)
            seen[product] = max(seen[product], len(wanted))
    assert seen[PENALTY] > seen[f"{PENALTY}_public"] > 50
    assert asked.keys() == said
    assert len(second.public(days[-1])) < seen[f"{PENALTY}_public"]


@pytest.mark.usefixtures("without_the_second_route")
def test_in_two_months_and_when_displays_end_exactly_the_records_are_shown_that_the_rules_allow(
    hub: Hub, as_of: date
) -> None:
    """No repair is granted so soon: ``test_message_effects.py`` has repairs."""
    first, last = delivery_days(as_of, 2)
    travel(
        hub, as_of, 2, [first, last, *(last + timedelta(days=30 * n) for n in range(1, 5))], {"withdrawn", "on_hold"}
    )


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.usefixtures("without_the_second_route")
def test_every_day_of_six_months_exactly_the_records_are_shown_that_the_rules_allow(hub: Hub, as_of: date) -> None:
    due = delivery_days(as_of, 6)
    days = [due[0] + timedelta(days=n) for n in range((due[-1] - due[0]).days + 1)]
    days += [due[-1] + timedelta(days=30 * n) for n in range(1, 15)]  # until displays end
    travel(hub, as_of, 6, days, {*EFFECTS.values()})
