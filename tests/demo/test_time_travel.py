"""Six months of the sample delivery, day by day: every day exactly the records are shown that the rules allow.

The rules are applied a second time here, row by row in plain Python, to what the lake accepted until that day.
"""

from __future__ import annotations

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
from pipelines.demo.months import delivery_days
from pipelines.ground.settings import Settings
from pipelines.operations import collect, publish
from pipelines.storage.home import Home
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest
from tests.conftest import Home as Driven
from tests.records.straightforward import expected

PENALTY: Final = "administrative_penalty"
EFFECTS: Final = {"credit_repair": "repaired", "record_withdrawal": "withdrawn", "objection": "on_hold"}
SAID: Final = ("penalty_kinds", "simple_procedure", "display_necessary")
MONTHS: Final = 6
SCALE: Final = 0.1
Row = Mapping[str, Any]
Key = tuple[Any, ...]


def newest(rows: Sequence[Row], key: Sequence[str], ranks: Mapping[str, int] | None = None) -> dict[Key, Row]:
    """Of each record the version that stands; where nothing but content could decide, what is shown must not depend on it."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in key), []).append(row)

    def precedence(row: Row) -> tuple[Any, ...]:
        told = row["source_updated_at"] or datetime.min
        filled = sum(value is not None for name, value in row.items() if not name.startswith("_"))
        return told, -(ranks or {}).get(row["_provider_id"], 0), row["_received_on"], filled

    standing = {}
    for name, versions in found.items():
        best = max(map(precedence, versions))
        equals = [row for row in versions if precedence(row) == best]
        assert len({(row.get("severity_code"), row.get("decision_date"), row.get("result")) for row in equals}) == 1
        standing[name] = equals[0]
    return standing


def number_of(text: str) -> str:
    return re.sub(r"[\s()（）〔〕\[\]【】]", "", text)


def effects(messages: Mapping[str, Sequence[Row]], penalties: Sequence[Row]) -> dict[Key, str]:
    """By subject, number and authority of a penalty what was asked of it by somebody who may."""
    senders: dict[Key, set[str]] = {}
    for row in penalties:
        name = (row["_subject_key"], number_of(row["document_number"]), row["authority_code"])
        senders.setdefault(name, set()).add(row["_provider_id"])
    said: dict[tuple[Key, str], list[tuple[Any, ...]]] = {}
    for dataset, rows in messages.items():
        for row in rows:
            name = (row["_subject_key"], number_of(row["record_document_number"]), row["record_authority_code"])
            if row["record_dataset"] != PENALTY or name not in senders:
                continue
            match dataset:
                case "credit_repair":
                    asked = {row["authority_code"], row["source_code"]}
                    active, counts, day = (
                        row["result"] == "approved",
                        row["result"] in ("approved", "revoked"),
                        row["decided_on"],
                    )
                case "record_withdrawal":
                    undone = row["withdrawal_state"] == "undone"
                    asked, active, counts, day = {row["source_code"]}, not undone, True, row["withdrawn_on"]
                case _:
                    asked = {row["record_authority_code"]}
                    active = counts = row["closed_on"] is None
                    day = row["raised_on"]
            if counts and (row["record_authority_code"] in asked or row["_provider_id"] in senders[name]):
                said.setdefault((name, EFFECTS[dataset]), []).append((day, active, row["_received_on"]))
    in_force = {one for one, told in said.items() if max(told)[1]}
    return {name: effect for effect in ("on_hold", "repaired", "withdrawn") for name, one in in_force if one == effect}


class SecondHub:
    """What should be shown, reckoned from what the lake accepted."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.ranks = {one.id: 1 if one.level == "ministry" else 2 for one in hub.catalog.providers.values()}
        self.records: list[tuple[Key, Row, str | None]] = []

    def learn(self) -> None:
        """Read the lake again."""
        penalties = self.hub.records(PENALTY).read().to_dicts()
        messages = {
            name: [*newest(self.hub.records(name).read().to_dicts(), self.key(name)).values()] for name in EFFECTS
        }
        asked = effects(messages, penalties)
        self.records = [
            (key, row, asked.get((row["_subject_key"], number_of(row["document_number"]), row["authority_code"])))
            for key, row in newest(penalties, self.key(PENALTY), self.ranks).items()
        ]

    def key(self, dataset: str) -> list[str]:
        names = {"subject_key": "_subject_key", "received_on": "_received_on"}
        return [names.get(name, name) for name in self.hub.catalog.datasets[dataset].record_key]

    def public(self, day: date) -> set[Key]:
        return {
            key
            for key, row, effect in self.records
            if effect is None
            and row["subject_category"] != "natural_person"
            and expected(row["severity_code"], row["decision_date"], day, *(row[name] for name in SAID)) == "displayed"
        }

    def government(self) -> set[Key]:
        return {key for key, _, effect in self.records if effect not in ("repaired", "withdrawn")}


@pytest.fixture
def hub(few: Catalog, tmp_path: Path) -> Hub:
    return Hub(Home(tmp_path / "home"), few, Settings.read(tmp_path / "home"))


def deliveries(hub: Hub, as_of: date) -> Iterator[None]:
    """Drop month after month, of penalties and of what is said about them."""
    for _ in monthly_deliveries(hub.home.root, hub.catalog, as_of=as_of, months=MONTHS, scale=SCALE):
        for folder in hub.home.inbox.glob("*/*"):
            if folder.name not in (PENALTY, *EFFECTS) and not folder.name.startswith("."):
                shutil.rmtree(folder)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("without_the_second_route")
def test_every_day_of_six_months_exactly_the_records_are_shown_that_the_rules_allow(hub: Hub, as_of: date) -> None:
    due, dropped, second, seen = delivery_days(as_of, MONTHS), deliveries(hub, as_of), SecondHub(hub), Counter[str]()
    asked, read = Counter[str | None](), dict[str, list[Key]]()
    days = [due[0] + timedelta(days=n) for n in range((due[-1] - due[0]).days + 1)]
    days += [due[-1] + timedelta(days=30 * n) for n in range(1, 15)]  # until displays end
    for day in days:
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        if day in due:
            next(dropped)
            collect(hub, provider=None, as_of=at)
            second.learn()
            asked.update(effect for _, _, effect in second.records)
        publish(hub, product=None, datasets=[PENALTY], as_of=at)
        for product, wanted in ((PENALTY, second.government()), (f"{PENALTY}_public", second.public(day))):
            release = latest(hub.home, product)
            assert release is not None
            if release.release_id not in read:
                read[release.release_id] = Driven(hub).shared(product).select(second.key(PENALTY)).rows()
            shown = read[release.release_id]
            assert len(shown) == len(set(shown))
            assert set(shown) == wanted, (product, day)
            seen[product] = max(seen[product], len(wanted))
    assert seen[PENALTY] > seen[f"{PENALTY}_public"] > 50
    assert asked.keys() == {None, *EFFECTS.values()}
    assert len(second.public(days[-1])) < seen[f"{PENALTY}_public"]
