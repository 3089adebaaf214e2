"""The sample delivery through ``collect``: what was planted is what the receipts say; some of it in ``test_a_small_one.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog
from pipelines.demo import DemoPlan, FilePlan, monthly_deliveries
from pipelines.demo.cases import Case
from pipelines.ground.clock import instant_of
from pipelines.ground.settings import Settings
from pipelines.pages.conflict_files import TITLES_ZH
from pipelines.scoring.card import measured
from pipelines.scoring.period import Period
from pipelines.storage.conflicts import KINDS, conflicts_table
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import latest
from tests.conftest import ROOT, Home, balanced, second_route_left_out
from tests.demo.test_time_travel import number_of

DAY = "2026-11-20"
SCALE = 0.05
MONTHS = 2

pytestmark = [pytest.mark.slow, pytest.mark.long]


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
def done(tmp_path_factory: pytest.TempPathFactory, several: Catalog) -> Collected:
    home = Home(replace(Hub.open(Settings.read(tmp_path_factory.mktemp("demo") / "home")), catalog=several))
    plans = monthly_deliveries(home.root, home.hub.catalog, as_of=instant_of(DAY).date(), scale=SCALE, months=MONTHS)
    plan = next(plans)
    receipts = home.collect(instant_of(plan.as_of))  # with the double entry, of which one month has all there is
    with second_route_left_out():
        for plan in plans:
            receipts += home.collect(instant_of(plan.as_of))
        home.publish(instant_of(DAY))  # the suites of the gate have tests of their own
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
        assert manifest.account.accepted == accepted
        repeats = sum(sum((one.repeats or {}).values()) for one in done.plan.files if one.dataset_id == dataset_id)
        assert accepted - manifest.rows >= repeats
    assert audit(done.home.hub) == []


def cases(done: Collected, *kinds: str, on: str = DAY) -> list[tuple[FilePlan, Case]]:
    return [
        (one, case) for one in done.plan.files for case in one.cases if case.kind in kinds and one.received_on == on
    ]


def test_every_kind_of_case_was_planted_and_counted(done: Collected) -> None:
    told = done.plan.totals["cases"]
    assert told.keys() == {*KINDS, "conflict", "other_channel", "on_hold"}
    assert min(told.values()) >= 10


def test_codes_names_and_regions_that_contradict_are_found_and_sent_back(done: Collected) -> None:
    """By code verification: as conflicts, in the provider's file of the month, and on the scorecard (重错码率)."""
    hub = done.home.hub
    statements = conflicts_table(hub.home).read()
    said = set(statements.select("kind", "credit_code", "said", "provider_id").rows())
    planted = cases(done, *KINDS)
    told = {
        (case.kind, case.credit_code, case.said, one.provider_id)
        for one, case in planted
        if case.kind != "several_codes"
    }
    assert told - said == set()
    assert {one for one in said if one[0] == "region"} == {one for one in told if one[0] == "region"}, (
        "none but planted"
    )
    names = statements.filter(pl.col("kind") == "several_codes").group_by("conflict_id").agg("said")
    pairs = {frozenset((case.credit_code, case.said)) for _, case in planted if case.kind == "several_codes"}
    assert pairs <= {frozenset(codes) for codes in names["said"].to_list()}

    counted = ledger(hub.home, "subject_counts").read().filter(pl.col("kind") == "conflicting")
    conflicting = dict(counted.select("provider_id", "number").rows())
    for provider in {one.provider_id for one, _ in planted}:
        sent_back = pl.read_csv(done.home.root / f"outbox/{provider}/conflicts-{DAY[:7]}.csv", infer_schema=False)
        mine = {(TITLES_ZH[case.kind], case.credit_code) for one, case in planted if one.provider_id == provider}
        assert mine <= set(sent_back.select("问题", "统一社会信用代码").rows())
        assert conflicting[provider] >= len({code for _, code in mine})
    period = Period.parse(DAY[:7], instant_of(DAY))
    for unit in measured(hub.home, hub.catalog, [period]).scored(hub.catalog.scorecard, hub.catalog, period):
        provider = next((one.id for one in hub.catalog.providers.values() if one.region_code == unit.code), None)
        [ratio] = [one.ratio for one in unit.indicators if one.indicator.id == "code_conflict_rate"]
        if provider in conflicting:
            assert ratio.numerator == conflicting[provider]


def test_a_decision_from_two_channels_is_one_record_and_what_contradicts_is_a_conflict(done: Collected) -> None:
    assert {one.dataset_id for one, _ in cases(done, "conflict", "other_channel")} >= {
        "administrative_licence",
        "administrative_penalty",
    }
    for dataset_id in {one.dataset_id for one, _ in cases(done, "conflict", "other_channel")}:
        superseded_versions = done.home.hub.superseded(dataset_id).read()
        number = "document_number" if "document_number" in superseded_versions.columns else "credit_code"
        lost = set(
            superseded_versions.select(
                "kind", "_subject_key" if "_subject_key" in superseded_versions.columns else "credit_code", number
            ).rows()
        )
        planted = {
            (case.kind, case.credit_code, case.said)
            for one, case in cases(done, "conflict", "other_channel")
            if one.dataset_id == dataset_id and case.credit_code
        }
        assert len(planted) > 3
        assert planted - lost == set()
        ever = [(one, case) for one in done.plan.files for case in one.cases if one.dataset_id == dataset_id]
        alike = {(case.kind, case.credit_code, case.said) for _, case in ever if case.credit_code}
        assert {key for key in lost if key[0] == "other_channel" and key[1] in {code for _, code, _ in alike}} <= alike


def test_records_with_an_open_objection_are_on_hold(done: Collected) -> None:
    hub = done.home.hub
    states: dict[tuple[str, str], str] = {}
    for product in hub.catalog.products.values():
        if product.id in hub.catalog.datasets and (manifest := latest(hub.home, product.id)) and manifest.rows:
            rows = done.home.shared(product.id)
            if {"_display_state", "document_number"} <= set(rows.columns):
                named = rows.filter(pl.col("document_number").is_not_null())
                found = named.select("credit_code", "document_number", "_display_state").rows()
                states |= {(code, number_of(number)): state for code, number, state in found}
    planted = {(case.credit_code, number_of(case.said)) for _, case in cases(done, "on_hold")}
    here = planted & states.keys()  # the others were repaired or withdrawn as well, or have no time of display
    assert len(here) > 10
    assert {states[one] for one in here} == {"on_hold"}


def test_the_plan_lies_beside_the_delivery(done: Collected) -> None:
    assert (Path(done.home.root) / "state/demo_plan.json").exists()
