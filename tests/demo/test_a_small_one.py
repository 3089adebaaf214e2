"""Some datasets of one delivery through ``collect`` and ``publish``; two months of all are in ``test_end_to_end.py``, which is long."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog
from pipelines.demo import make_delivery
from pipelines.ground.clock import instant_of
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest
from tests.conftest import Home

DAY = "2026-11-20"
SOME = ("enterprise_registration", "administrative_penalty")


@pytest.mark.usefixtures("without_the_second_route")
def test_receipts_say_what_was_planted_and_what_was_accepted_is_published(tmp_path: Path, few: Catalog) -> None:
    home = Home(replace(Hub.open(Settings.read(tmp_path / "home")), catalog=few))
    delivery = make_delivery(home.root, few, as_of=instant_of(DAY).date(), scale=0.05)
    files = [one for one in delivery.files if one.dataset_id in SOME]
    for folder in (home.root / "inbox").glob("*/*"):
        if folder.name not in SOME:
            shutil.rmtree(folder)
    compared = {rule.id for rules in few.rules.values() for rule in rules if rule.primitive == "known_with"}

    receipts = {f"{r['provider_id']}/{r['dataset_id']}/{r['file_name']}": r for r in home.collect(instant_of(DAY))}
    home.publish(instant_of(DAY))

    planned = {
        one.key: (
            one.status,
            one.problem,
            {"in": one.rows, "accepted": one.accepted, "refused": one.refused, "warned": one.warned},
            {rule: rows for rule, rows in (one.planted or {}).items() if rule not in compared},
        )
        for one in files
    }
    said = {
        key: (
            r["status"],
            r["problem"] and r["problem"]["code"],
            r["rows"],
            {rule["rule_id"]: rule["rows"] for rule in r["rules"] if rule["rule_id"] not in compared},
        )
        for key, r in receipts.items()
    }
    assert said.keys() == planned.keys()
    assert {key: (planned[key], one) for key, one in said.items() if planned[key] != one} == {}
    assert len({rule for one in files for rule in one.planted or {}}) > 30
    for dataset_id in SOME:
        manifest = latest(home.hub.home, dataset_id)
        assert manifest is not None
        assert manifest.account.accepted == sum(one.accepted for one in files if one.dataset_id == dataset_id)
    assert audit(home.hub) == []
