"""What a sample delivery promises: the same bytes again, every region, every defect counted, nobody's identifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog import EVIDENCE, Catalog, Kind
from pipelines.demo import make_delivery
from pipelines.identifiers import citizen_id, credit_code
from pipelines.reading import Unreadable, open_source
from pipelines.screening import REFUSED
from tests.demo.conftest import judge


def digests(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def owed(delivered: Any, provider: str) -> list[str]:
    day = date.fromisoformat(delivered.plan.as_of)
    return [duty.dataset_id for duty in delivered.catalog.owed(provider, day)]


def story(delivered: Any, name: str) -> str:
    return next(provider for provider, told in delivered.plan.stories.items() if told == name)


def test_the_same_seed_and_day_give_the_same_bytes(tmp_path: Path, few: Catalog, as_of: Any) -> None:
    make_delivery(tmp_path / "a", few, as_of=as_of, scale=0.2)
    make_delivery(tmp_path / "b", few, as_of=as_of, scale=0.2)
    make_delivery(tmp_path / "c", few, as_of=as_of, scale=0.2, seed=1)

    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_every_region_delivers_what_it_owes_unless_its_story_says_otherwise(delivered: Any) -> None:
    sent = {(file.provider_id, file.dataset_id) for file in delivered.plan.files if not file.problem}
    exempt = {p for p, told in delivered.plan.stories.items() if told in ("silent", "empty_file", "undecodable")}
    provinces = [p for p in delivered.catalog.providers.values() if p.level == "province"]

    assert len(provinces) == 32
    missing = {(p.id, d) for p in provinces for d in owed(delivered, p.id) if p.id not in exempt} - sent
    assert missing == set()
    assert {"samr", "nfra"} <= {provider for provider, _ in sent}


def test_the_plan_is_written_where_it_can_be_found(delivered: Any) -> None:
    written = json.loads((delivered.home / "state/demo_plan.json").read_text(encoding="utf-8"))

    assert written == json.loads(json.dumps(delivered.plan.to_json()))
    assert 60_000 <= written["totals"]["rows"] <= 110_000


def test_every_file_in_the_inbox_is_in_the_plan(delivered: Any) -> None:
    inbox = delivered.home / "inbox"
    there = {path.relative_to(inbox).as_posix() for path in inbox.rglob("*") if path.is_file()}
    found = {name for name in there if not name.endswith(".done")}
    assert there - found == {f"{name}.done" for name in found}

    assert found == {file.key for file in delivered.plan.files}


def otherwise_than_planted(judged: Iterable[Any]) -> list[str]:
    """File, rule, and how often it was broken by plan and by what was found."""
    return [
        f"{one.file.key} {rule}: {one.file.planted.get(rule, 0)}, {found.get(rule, 0)}"
        for one in judged
        if (found := one.found) != one.file.planted
        for rule in {*one.file.planted, *found}
        if one.file.planted.get(rule, 0) != found.get(rule, 0)
    ]


def test_what_was_planted_is_what_screening_finds(judged: list[Any]) -> None:
    assert otherwise_than_planted(judged) == []


@pytest.mark.long
def test_what_was_planted_is_what_screening_finds_whoever_sends_it(delivered: Any, tmp_path: Path) -> None:
    assert otherwise_than_planted(judge(delivered, tmp_path)) == []


def test_rows_and_refusals_are_as_planned(judged: list[Any]) -> None:
    for one in judged:
        assert one.rows.height + len(one.source.malformed) == one.file.rows, one.file.key
        assert one.refused == one.file.refused, one.file.key
        assert one.source.columns.unknown == (), one.file.key


def test_every_rule_is_broken_somewhere(delivered: Any) -> None:
    """But those that ask what the hub knows already: these are in the later months of a delivery of several.

    No repair is applied for under terms that hold no more; answers to messages can only come once there are some.
    """
    rules = [rule for some in delivered.catalog.rules.values() for rule in some]
    asking = {rule.id for rule in rules if rule.primitive in ("known_with", "repair_min_display")}
    past = {rule.id for rule in rules if rule.id.endswith("_decree_58")}
    answers = {rule.id for rule in rules if rule.dataset_id == "message_reply"}

    of_cells = {rule.id for rule in rules if rule.other in EVIDENCE}  # said by workbooks alone
    earlier = {rule.id for rule in rules if rule.field == "legacy_status"}  # a column of an earlier standard
    planted = set(delivered.plan.totals["rules"])
    assert {rule.id for rule in rules} - asking - past - answers - of_cells - earlier == planted - earlier


def test_codes_are_valid_where_no_defect_was_planted(judged: list[Any], catalog: Catalog) -> None:
    for one in judged:
        fields = [f.id for f in catalog.fields(one.file.dataset_id) if f.kind is Kind.CREDIT_CODE]
        rules = [r.id for r in catalog.rules[one.file.dataset_id] if r.cells]
        right = one.rows.filter(~pl.any_horizontal(rules), ~pl.col(REFUSED))
        wrong = right.filter(
            pl.any_horizontal(
                *(credit_code.reason(pl.col(f)).is_not_null() & pl.col(f).is_not_null() for f in fields),
                *(~credit_code.inner_check_holds(pl.col(f)) & pl.col(f).is_not_null() for f in fields),
                *(
                    ~credit_code.region_known(pl.col(f), catalog.division_codes) & pl.col(f).is_not_null()
                    for f in fields
                ),
            )
        )
        assert wrong.height == 0, one.file.key


def test_no_citizen_id_stands_outside_sensitive_fields_except_where_planted(
    judged: list[Any], catalog: Catalog
) -> None:
    for one in judged:
        planting = ("credit_code_citizen_id", "citizen_id_in_text")
        rules = [r.id for r in catalog.rules[one.file.dataset_id] if r.primitive in planting]
        planted = sum(one.file.planted.get(rule, 0) for rule in rules)
        open_fields = [f.id for f in catalog.fields(one.file.dataset_id) if not f.sensitive]
        inside = pl.col(open_fields).str.extract(r"(?:^|[^0-9A-Z])([0-9]{17}[0-9X])(?:[^0-9A-Z]|$)", 1)
        holding = one.rows.select(inside).select(
            pl.any_horizontal(citizen_id.plausible(pl.col(f)) for f in open_fields)
        )
        assert int(holding.to_series().sum()) == planted, one.file.key


def test_citizen_ids_belong_to_nobody(judged: list[Any], catalog: Catalog) -> None:
    """Born in 2099 and at home in a whole province: neither is ever given to a person."""
    seen = 0
    for one in judged:
        for field in (f.id for f in catalog.fields(one.file.dataset_id) if f.sensitive):
            ids = one.rows[field].drop_nulls()
            ids = ids.filter(ids.str.contains(r"^\d{17}[\dX]$"))
            assert ids.str.contains(r"^\d{2}0000" "2099").all(), one.file.key
            seen += len(ids)
    assert seen > 500


@pytest.mark.parametrize("name", ["empty_file", "undecodable"])
def test_a_region_without_anything_readable_sends_one_such_file(delivered: Any, name: str, tmp_path: Path) -> None:
    (file,) = [f for f in delivered.plan.files if f.provider_id == story(delivered, name)]
    path = delivered.home / "inbox" / file.key
    fields = delivered.catalog.fields(file.dataset_id)

    with pytest.raises(Unreadable) as caught:
        open_source(path, path.suffix, fields, "", tmp_path)

    assert caught.value.problem.code == file.problem == name


def test_a_region_sends_nothing(delivered: Any) -> None:
    assert not (delivered.home / "inbox" / story(delivered, "silent")).exists()


def test_a_region_sends_the_same_bytes_twice(delivered: Any) -> None:
    again = [f for f in delivered.plan.files if f.duplicate_of]

    assert {f.provider_id for f in again} == {story(delivered, "sent_twice")}
    for file in again:
        folder = delivered.home / "inbox" / file.provider_id / file.dataset_id
        assert (folder / file.name).read_bytes() == (folder / str(file.duplicate_of)).read_bytes()
        assert file.name > str(file.duplicate_of)  # the hub takes names in order


def test_late_decisions_are_a_few_except_in_one_region(delivered: Any) -> None:
    shares = {
        f.provider_id: f.late / f.rows
        for f in delivered.plan.files
        if f.dataset_id == "administrative_penalty" and f.rows
    }
    late = shares.pop(story(delivered, "late"))

    assert late > 0.6
    assert max(shares.values()) < 0.2
    assert sum(shares.values()) / len(shares) > 0.01


def test_one_region_is_nearly_perfect_and_one_has_many_wrong_codes(delivered: Any) -> None:
    refused = {
        f.provider_id: f.refused / f.rows for f in delivered.plan.files if f.rows and "registration" in f.dataset_id
    }

    assert refused[story(delivered, "nearly_perfect")] < 0.002
    assert refused[story(delivered, "wrong_codes")] == max(refused.values()) > 0.1


def test_decisions_are_taken_on_working_days_before_the_delivery(
    judged: list[Any], catalog: Catalog, as_of: Any
) -> None:
    for one in judged:
        if catalog.datasets[one.file.dataset_id].timeliness is None:
            continue
        days = one.rows.filter(~pl.col(REFUSED))["typed:decision_date"].drop_nulls().unique().to_list()
        assert all(day <= as_of and catalog.working_days.is_working_day(day) for day in days), one.file.key


def test_the_penalised_are_registered(judged: list[Any]) -> None:
    codes: dict[str, dict[str, set[str]]] = {}
    for one in judged:
        if "credit_code" not in one.rows.columns:
            continue  # an answer to a message is about no subject
        found = one.rows.filter(~pl.col(REFUSED))["credit_code"].drop_nulls()
        codes.setdefault(one.file.provider_id, {}).setdefault(one.file.dataset_id, set()).update(found)

    for provider, sets in codes.items():
        if {"enterprise_registration", "administrative_penalty"} <= sets.keys() and provider != "samr":
            linked = sets["administrative_penalty"] & sets["enterprise_registration"]
            assert len(linked) > 0.7 * len(sets["administrative_penalty"]), provider
