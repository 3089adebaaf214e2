"""A bad row stays with its provider: no product shows it, every other record goes out, and the provider is told."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import expectations
from pipelines.audit import audit
from pipelines.catalog import Field
from pipelines.ground.errors import HubError
from pipelines.ground.settings import Settings
from pipelines.operations import publish, score
from pipelines.records.changes import apply
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest, latest, releases
from pipelines.trace import trace
from tests.catalogues import before_texts_were_looked_at, with_dataset, with_policy
from tests.conftest import AS_OF, GOOD_CODES, Home, file, row, second_route_left_out
from tests.publishing.penalties import PENALTY, PRODUCTS, sent

LATER = AS_OF + timedelta(days=1)
ID = "110101199003070003"
BAD_CODE, GOOD_CODE, OTHERS_CODE = GOOD_CODES[:3]


@pytest.fixture(autouse=True)
def _suites_left_out(without_the_second_route: None) -> None:
    """But for tests of what a suite finds."""


def release(home: Home, at: datetime = AS_OF) -> None:
    """Publish the products of penalties."""
    publish(home.hub, product=None, as_of=at, datasets=[PENALTY])


def penalty(code: str, **changes: str) -> dict[str, str]:
    """A penalty of its own for each code."""
    number = f"锦市监处罚〔2026〕{GOOD_CODES.index(code)}号"
    return {"credit_code": code, "subject_name": f"公司{GOOD_CODES.index(code)}", "document_number": number} | changes


def older(home: Home) -> Home:
    """The same home as a hub had it that looked for citizen IDs in prose only."""
    return Home(replace(home.hub, catalog=before_texts_were_looked_at(home.hub.catalog)))


def told(home: Home, provider: str = "sichuan") -> list[dict[str, str]]:
    path = home.root / "outbox" / provider / "set_aside.csv"
    if not path.exists():
        return []
    assert path.read_bytes().startswith("\ufeff".encode())
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def manifest(home: Home, product: str = PENALTY) -> Manifest:
    found = latest(home.hub.home, product)
    assert found is not None
    return found


def chain_holds(home: Home, product: str = PENALTY) -> None:
    """Previous ⊕ changes = this release, for the latest release."""
    now = manifest(home, product)
    key = now.record_key
    assert now.previous_release_id is not None
    folder = home.root / "shared" / product
    was = pl.concat(
        pl.read_parquet(p, hive_partitioning=False) for p in (folder / now.previous_release_id / "data").iterdir()
    )
    changed = pl.read_parquet(folder / now.release_id / "changes.parquet")
    assert apply(was, changed, key).equals(home.shared(product).sort(key))


def changes(home: Home, product: str = PENALTY) -> list[tuple[str, str | None, str]]:
    path = home.root / "shared" / product / manifest(home, product).release_id / "changes.parquet"
    return sorted(pl.read_parquet(path).select("change_type", "reason", "document_number").rows())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One province sent a right row and one with an ID in a name, under the rules of then; another province a right one."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("grown") / "home")))
    then = older(home)
    bad = penalty(BAD_CODE, subject_name=f"公司0（{ID}）", legal_representative=f"李某{ID}")
    then.drop("sichuan", PENALTY, sent(PENALTY, bad, penalty(GOOD_CODE)))
    then.drop("zhejiang", PENALTY, sent(PENALTY, penalty(OTHERS_CODE)))
    with second_route_left_out():
        receipts = then.collect()
        release(home)
    assert [(r["rows"]["accepted"], r["status"]) for r in receipts] == [(2, "accepted"), (1, "accepted")]
    return home


@pytest.fixture
def grown(published: Home, tmp_path: Path) -> Home:
    """A copy of its own."""
    shutil.copytree(published.root, tmp_path / "home")
    return Home(replace(published.hub, home=type(published.hub.home)(tmp_path / "home")))


def test_one_provinces_bad_row_does_not_stop_the_product_of_others(published: Home) -> None:
    for product in PRODUCTS:
        shown = published.shared(product)
        assert sorted(shown["credit_code"]) == sorted((GOOD_CODE, OTHERS_CODE)), product
        said = manifest(published, product)
        assert said.withheld == {"unsound": 1}
        assert said.account.balances()
        assert said.account.accepted == 3
        assert not (published.root / "shared" / product / "failures").exists()
    assert audit(published.hub) == []


def test_the_provider_is_told_which_field_of_which_row_and_never_the_number(published: Home) -> None:
    lines = told(published)
    assert [(line["dataset_id"], line["row_number"], line["field"]) for line in lines] == [
        (PENALTY, "2", "legal_representative"),
        (PENALTY, "2", "subject_name"),
    ]
    assert all("公民身份号码" in line["reason_zh"] and "撤回" in line["reason_zh"] for line in lines)
    assert (published.root / "outbox/sichuan" / lines[0]["batch_id"] / "receipt.json").exists()
    assert ID not in (published.root / "outbox/sichuan/set_aside.csv").read_text(encoding="utf-8")
    assert told(published, "zhejiang") == []


def test_the_complete_record_says_that_it_is_unsound_and_why(published: Home) -> None:
    found = trace(published.hub, BAD_CODE)
    [dataset] = found["datasets"]
    [record] = dataset["records"]
    assert record["state"] == "unsound"
    [version] = record["versions"]
    assert {one["field"] for one in version["set_aside"]} == {"legal_representative", "subject_name"}
    assert version["releases"] == []
    assert ID not in json.dumps(found, ensure_ascii=False)
    [other] = trace(published.hub, GOOD_CODE)["datasets"]
    assert other["records"][0]["state"] is None


def test_the_scorecard_of_the_region_counts_it_while_it_lasts(grown: Home) -> None:
    def counted(at: datetime) -> dict[str, list[tuple[str, int]]]:
        result = score(grown.hub.home, grown.hub.catalog, period="2026-11", as_of=at)
        assert result.model is not None
        units = {one.id: one for one in result.model.regions}
        page = result.regions["510000"].read_text(encoding="utf-8")
        assert ("入库后没有发布的行（1）" in page) == bool(units["510000"].set_aside)
        return {
            name: [(one.dataset_id, one.rows) for one in unit.set_aside]
            for name, unit in units.items()
            if unit.set_aside
        }

    assert counted(AS_OF) == {"510000": [(PENALTY, 1)]}
    mended = penalty(BAD_CODE, source_updated_at="2026-11-23 09:00:00")
    grown.drop("sichuan", PENALTY, sent(PENALTY, mended), name="b.csv")
    grown.collect(LATER)
    release(grown, LATER)
    assert counted(LATER) == {}


def test_a_name_that_lost_does_not_stop_the_subject_master(home: Home) -> None:
    """Two rows contradict each other; the one with an ID in its name is no record, and its name is in no product."""
    then = older(home)
    rows = file(row(BAD_CODE), row(BAD_CODE, 企业名称=f"{ID}公司"), row(GOOD_CODE))
    then.drop("fujian", "enterprise_registration", rows)
    then.collect()
    home.publish_all()

    assert manifest(home, "enterprise_registration").kinds["conflict"] == 1
    assert sorted(home.shared("subject")["credit_code"]) == sorted((BAD_CODE, GOOD_CODE))
    assert told(home, "fujian") == []


def test_receipts_of_earlier_deliveries_stay_as_they_are(published: Home) -> None:
    [path] = published.root.glob("outbox/sichuan/*/receipt.json")
    assert '"accepted": 2' in path.read_text(encoding="utf-8")


def test_a_mended_row_comes_back_in_the_next_release(grown: Home) -> None:
    grown.drop(
        "sichuan", PENALTY, sent(PENALTY, penalty(BAD_CODE, source_updated_at="2026-11-23 09:00:00")), name="b.csv"
    )
    grown.collect(LATER)
    release(grown, LATER)

    for product in PRODUCTS:
        assert changes(grown, product) == [("added", None, penalty(BAD_CODE)["document_number"])]
        assert manifest(grown, product).withheld == {}
        chain_holds(grown, product)
    assert told(grown) == []
    assert not (grown.root / "outbox/sichuan/set_aside.csv").exists()
    assert audit(grown.hub) == []


def test_a_withdrawal_closes_it_too(grown: Home) -> None:
    about = {
        "subject_name": "公司0",
        "credit_code": BAD_CODE,
        "record_document_number": penalty(BAD_CODE)["document_number"],
    }
    grown.drop("sichuan", "record_withdrawal", sent("record_withdrawal", about))
    grown.collect(LATER)
    release(grown, LATER)

    assert told(grown) == []
    assert audit(grown.hub) == []


def test_a_record_whose_newest_version_is_unsound_leaves_and_comes_back(home: Home) -> None:
    """An older version would be shown as if it were what the provider says today."""
    sound = [penalty(code) for code in GOOD_CODES]
    home.drop("sichuan", PENALTY, sent(PENALTY, *sound))
    home.collect()
    release(home)
    then, number = older(home), penalty(BAD_CODE)["document_number"]
    newer = penalty(BAD_CODE, violation_type=f"当事人{ID}无证经营", source_updated_at="2026-11-20 09:00:00")
    then.drop("sichuan", PENALTY, sent(PENALTY, newer), name="b.csv")
    then.collect(LATER)
    release(home, LATER)

    assert changes(home) == [("removed", "unsound", number)]
    assert manifest(home).removed == {"unsound": 1}
    chain_holds(home)
    assert [line["field"] for line in told(home)] == ["violation_type"]

    mended = penalty(BAD_CODE, source_updated_at="2026-11-21 09:00:00")
    home.drop("sichuan", PENALTY, sent(PENALTY, mended), name="c.csv")
    home.collect(LATER + timedelta(days=1))
    release(home, LATER + timedelta(days=1))
    assert changes(home) == [("added", None, number)]
    chain_holds(home)
    assert audit(home.hub) == []


def test_publishing_again_changes_nothing_and_a_lost_table_comes_back(grown: Home) -> None:
    before = [releases(grown.hub.home, product) for product in PRODUCTS]
    lines = told(grown)
    release(grown, LATER)
    assert [releases(grown.hub.home, product) for product in PRODUCTS] == before
    assert told(grown) == lines

    shutil.rmtree(grown.root / "lake/set_aside")
    release(grown, LATER)
    assert [releases(grown.hub.home, product) for product in PRODUCTS] == before
    assert told(grown) == lines


def tightened(home: Home, tmp_path: Path, **policy: Any) -> Home:
    """The same home under a catalogue that asks every penalty for a short type of violation."""
    catalog = home.hub.catalog
    fields = tuple(
        one.model_copy(update={"max_length": 10}) if isinstance(one, Field) and one.id == "violation_type" else one
        for one in catalog.datasets[PENALTY].fields
    )
    changed = with_dataset(catalog, PENALTY, fields=fields)
    changed = with_policy(changed, "releases", **policy) if policy else changed
    folder = tmp_path / "expectations"
    expectations.write_all(changed, folder)
    settings = replace(home.hub.settings, expectations=folder)
    return Home(replace(home.hub, catalog=changed, settings=settings))


@pytest.fixture
def long_texts(home: Home) -> Home:
    """A published home in which one of two records says more than a later catalogue allows."""
    home.drop("sichuan", PENALTY, sent(PENALTY, penalty(BAD_CODE, violation_type="甲" * 11), penalty(GOOD_CODE)))
    home.collect()
    release(home)
    return home


@pytest.mark.second_route
def test_what_a_suite_finds_in_single_rows_is_set_aside_too(long_texts: Home, tmp_path: Path) -> None:
    now = tightened(long_texts, tmp_path, largest_fall=0.5)
    release(now, LATER)

    assert changes(now) == [("removed", "unsound", penalty(BAD_CODE)["document_number"])]
    assert [(line["row_number"], line["field"]) for line in told(now)] == [("2", "violation_type")]
    assert "超过 10 个字符" in told(now)[0]["reason_zh"]
    chain_holds(now)

    release(long_texts, LATER + timedelta(days=1))  # the catalogue of before allows it
    assert changes(long_texts) == [("added", None, penalty(BAD_CODE)["document_number"])]
    assert told(long_texts) == []


@pytest.mark.second_route
def test_a_text_that_a_mask_cannot_hide_stops_no_product(home: Home) -> None:
    """A full-width digit before a mobile number: the mask takes it for a longer number, the public product's suite does not."""
    home.drop(
        "sichuan",
        PENALTY,
        sent(PENALTY, penalty(BAD_CODE, penalty_content="罚款，电话１13812345678"), penalty(GOOD_CODE)),
    )
    home.collect()
    release(home)

    for product in PRODUCTS:
        assert home.shared(product)["credit_code"].to_list() == [GOOD_CODE]
    [line] = told(home)
    assert (line["row_number"], line["field"]) == ("2", "penalty_content")
    assert "不符合发布要求" in line["reason_zh"]


@pytest.mark.second_route
def test_a_changed_catalogue_does_not_empty_a_product_in_silence(long_texts: Home, tmp_path: Path) -> None:
    now = tightened(long_texts, tmp_path)
    with pytest.raises(HubError, match="gone without a reason"):
        release(now, LATER)

    assert now.shared(PENALTY).height == 2
    assert told(now) == []


def test_what_no_row_explains_refuses_the_candidate(grown: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    grown.drop("sichuan", PENALTY, sent(PENALTY, penalty(GOOD_CODES[3])), name="b.csv")
    grown.collect(LATER)
    monkeypatch.setattr(expectations, "unmet", lambda *_: {f"{PENALTY}.subject_name.required": 1})
    with pytest.raises(HubError, match="does not meet its suite"):
        release(grown, LATER)
    assert sorted(grown.shared(PENALTY)["credit_code"]) == sorted((GOOD_CODE, OTHERS_CODE))


def test_slices_and_whole_buckets_agree_on_what_is_set_aside(home: Home, tmp_path: Path) -> None:
    """Day by day in slices, with an unsound row among those that come, gone and back; and made anew on the last day."""
    sliced = Home(replace(home.hub, catalog=with_policy(home.hub.catalog, "releases", sliced_from=2)))
    then = older(sliced)

    def of(number: int, day: int, **more: str) -> dict[str, str]:
        return penalty(BAD_CODE, document_number=f"{number}号", source_updated_at=f"2026-11-{day} 09:00:00") | more

    bad = {"penalty_basis": f"当事人{ID}"}
    for day, rows in (
        (22, [of(1, 20), of(2, 20), of(3, 20), of(4, 20, **bad)]),
        (23, [of(5, 23), of(1, 23, **bad)]),
        (24, [of(4, 24), of(2, 24)]),
        (25, [of(1, 25, remark="更正"), of(6, 25, **bad)]),
    ):
        at = datetime(2026, 11, day, 4, tzinfo=UTC)
        then.drop(
            "sichuan", PENALTY, sent(PENALTY, *(dict.fromkeys(["remark"], "") | row for row in rows)), name=f"{day}.csv"
        )
        then.collect(at)
        release(sliced, at)
    rebuilt = Home(replace(sliced.hub, home=type(home.hub.home)(tmp_path / "rebuilt")))
    shutil.copytree(sliced.root, rebuilt.root)
    for path in ("shared", "state/sources", "lake/set_aside", "lake/losers"):
        shutil.rmtree(rebuilt.root / path)
    release(rebuilt, at)

    for product in PRODUCTS:
        one, other = manifest(sliced, product), manifest(rebuilt, product)
        assert [file.sha256 for file in one.files] == [file.sha256 for file in other.files]
        assert {name: part.rows for name, part in one.buckets.items()} == {
            name: part.rows for name, part in other.buckets.items()
        }
        assert one.withheld == {"unsound": 1}
    assert [line["row_number"] for line in told(sliced)] == ["3"]
    assert told(rebuilt) == told(sliced)
    assert audit(sliced.hub) == []
