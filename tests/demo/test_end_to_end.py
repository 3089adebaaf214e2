"""The sample delivery through ``collect``: what was planted is what the receipts say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog
from pipelines.commands.options import instant_of
from pipelines.demo import DemoPlan, FilePlan, monthly_deliveries
from pipelines.intake import Hub
from pipelines.lake.ledger import ledger
from pipelines.release.manifest import latest
from pipelines.settings import Settings
from tests.conftest import ROOT, Home, balanced, second_route_left_out

DAY = "2026-11-20"
SCALE = 0.05
MONTHS = 2

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Collected:
    """A delivery, its plan, and the receipts by file."""

    home: Home
    plan: DemoPlan
    receipts: Mapping[str, Mapping[str, Any]]

    @property
    def pairs(self) -> list[tuple[FilePlan, Mapping[str, Any]]]:
        """What was planned beside what was said; of two files with the same bytes either may be the first."""
        return [(one, self.receipts[one.key]) for one in self.plan.files]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("demo") / "home")))
    receipts = []
    for plan in monthly_deliveries(
        home.root, home.hub.catalog, as_of=instant_of(DAY).date(), scale=SCALE, months=MONTHS
    ):
        receipts += home.collect(instant_of(plan.as_of))
    with second_route_left_out():  # collected with the double entry; the suites of the gate have tests of their own
        home.publish(instant_of(DAY))
    return Collected(home, plan, {f"{r['provider_id']}/{r['dataset_id']}/{r['file_name']}": r for r in receipts})


def differing(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


# Rules that ask what came before: a spoilt name differs from the registered one too, where registrations came first.
COMPARED = {
    rule.id
    for rules in Catalog.load(ROOT / "catalog").rules.values()
    for rule in rules
    if rule.primitive == "known_with"
}


def test_every_file_of_the_plan_has_a_receipt_and_nothing_else_has(done: Collected) -> None:
    assert sorted(done.receipts) == sorted(one.key for one in done.plan.files)
    assert balanced(list(done.receipts.values()))  # type: ignore[arg-type]


def test_every_receipt_has_the_status_and_the_problem_of_the_plan(done: Collected) -> None:
    said = {
        one.key: ((one.status, one.problem), (r["status"], r["problem"]["code"] if r["problem"] else None))
        for one, r in done.pairs
    }
    assert differing(said) == {}


def test_every_receipt_counts_the_rows_of_the_plan(done: Collected) -> None:
    planned = {
        one.key: (
            {"in": one.rows, "accepted": one.accepted, "refused": one.refused, "warned": one.warned},
            dict(r["rows"]),
        )
        for one, r in done.pairs
    }
    assert differing(planned) == {}


def test_every_file_was_received_in_its_month(done: Collected) -> None:
    said = {one.key: (one.received_on, str(r["received_at"])[:10]) for one, r in done.pairs}
    assert differing(said) == {}
    assert len({on for on, _ in said.values()}) == MONTHS


def test_what_the_hub_knew_already_is_compared_with(done: Collected) -> None:
    """At least: what was screened before on the same day is known, too, and a spoilt name is unlike it."""
    found = {one.key: {rule["rule_id"]: rule["rows"] for rule in r["rules"]} for one, r in done.pairs}
    planted = {
        (one.key, rule): rows
        for one in done.plan.files
        for rule, rows in (one.planted or {}).items()
        if rule in COMPARED
    }
    assert len(planted) > 10
    assert {pair for pair, rows in planted.items() if found[pair[0]].get(pair[1], 0) < rows} == set()


def test_every_rule_has_found_what_was_planted_and_no_more(done: Collected) -> None:
    planned = {
        one.key: (
            {rule: rows for rule, rows in (one.planted or {}).items() if rule not in COMPARED},
            {rule["rule_id"]: rule["rows"] for rule in r["rules"] if rule["rule_id"] not in COMPARED},
        )
        for one, r in done.pairs
    }
    assert differing(planned) == {}
    assert len({rule for one in done.plan.files for rule in one.planted or {}}) > 60


def test_every_encoding_is_recognised(done: Collected) -> None:
    said = {
        one.key: (one.encoding.replace("_", "-"), r["encoding"].replace("_", "-"))
        for one, r in done.pairs
        if one.encoding and one.status != "duplicate"
    }
    assert differing(said) == {}


def test_late_records_are_those_that_were_made_late(done: Collected) -> None:
    """``late`` is counted before defects and repeats are planted: a late row may be refused, and a copy of one is late too."""
    batches = ledger(done.home.hub.home, "batches").read()
    found = {f"{r['provider_id']}/{r['dataset_id']}/{r['file_name']}": r for r in batches.to_dicts()}
    for one in done.plan.files:
        late = found[one.key]["late_rows"]
        assert max(0, one.late - one.refused) <= late <= one.late + sum((one.repeats or {}).values()), one.key


def test_what_was_accepted_is_published_superseded_or_duplicate(done: Collected) -> None:
    for dataset_id in {one.dataset_id for one in done.plan.files}:
        manifest = latest(done.home.hub.home, dataset_id)
        assert manifest is not None
        accepted = sum(one.accepted for one in done.plan.files if one.dataset_id == dataset_id)
        assert manifest["account"]["accepted"] == accepted
        repeats = sum(sum((one.repeats or {}).values()) for one in done.plan.files if one.dataset_id == dataset_id)
        assert accepted - manifest["rows"] >= repeats
    assert audit(done.home.hub) == []


def test_the_plan_lies_beside_the_delivery(done: Collected) -> None:
    assert (Path(done.home.root) / "state/demo_plan.json").exists()
