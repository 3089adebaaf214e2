"""A rule is changed in a copy of the catalogue: what would turn is counted on the deliveries that were kept, and nothing is touched."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.catalog import Catalog
from pipelines.cli.app import app
from pipelines.expectations import write_all
from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.impact import impact
from pipelines.operations import collect
from pipelines.storage.hub import Hub
from tests.conftest import AS_OF, GOOD_CODES, HEADER, ROOT, row

DATASET = "enterprise_registration"
SHORT, LONG = "文艺创作。", "文艺创作与表演，舞台艺术造型策划，会议及展览服务。"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """Two provinces: one with a long scope of business in two rows of five, one with it in one row of two and a bad code."""
    home = tmp_path_factory.mktemp("home")
    for provider, lines in {
        "sichuan": [row(code, 经营范围=LONG if n < 2 else SHORT) for n, code in enumerate(GOOD_CODES)],
        "hubei": [row(GOOD_CODES[0], 经营范围=LONG), row("91350100M000100Y44", 经营范围=LONG)],
    }.items():
        folder = home / "inbox" / provider / DATASET
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    opened = Hub.open(Settings.read(home))
    collect(opened, provider=None, as_of=AS_OF)
    return opened


def changed(folder: Path, old: str, new: str) -> Path:
    copy = folder / "catalog"
    shutil.copytree(ROOT / "catalog", copy)
    path = copy / f"datasets/{DATASET}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return copy


def longest_scope(folder: Path, length: int) -> Path:
    """A copy of the catalogue in which the scope of business may be so long."""
    known = Catalog.load(ROOT / "catalog")
    field = next(one for one in known.fields(DATASET) if one.title_zh == "经营范围")
    return changed(folder, f"max_length: {field.max_length}", f"max_length: {length}")


def digest(home: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        total.update(str(path).encode() + path.read_bytes())
    return total.hexdigest()


def test_rows_that_would_be_refused_are_counted_by_rule_and_provider(hub: Hub, tmp_path: Path) -> None:
    other = Catalog.load(longest_scope(tmp_path, 10))
    before = digest(hub.home.root)
    found = impact(hub, other)
    assert digest(hub.home.root) == before
    assert (found.datasets, found.batches, found.rows) == ((DATASET,), 2, 7)
    assert (found.refused, found.accepted) == (3, 0), "the row with a bad code is refused today already"
    assert found.by_provider == ((DATASET, "hubei", 2, 1, 0), (DATASET, "sichuan", 5, 2, 0))
    told = {(one.provider_id, one.rule_id): (one.refused, one.broke, one.would_break) for one in found.rules}
    rules = {rule for _, rule in told}
    assert len(rules) == 1
    assert rules.pop().endswith(".max_length")
    assert sorted(told.values()) == [(1, 0, 2), (2, 0, 2)]


def test_the_other_way_round_the_same_rows_would_be_accepted(hub: Hub, tmp_path: Path) -> None:
    strict = Catalog.load(longest_scope(tmp_path, 10))
    opposite = Hub(hub.home, strict, hub.settings)
    found = impact(opposite, hub.catalog)
    assert (found.refused, found.accepted) == (0, 3)


def test_what_it_foretells_is_what_collecting_under_the_changed_rules_gives(hub: Hub, tmp_path: Path) -> None:
    folder = longest_scope(tmp_path, 10)
    foretold = impact(hub, Catalog.load(folder))
    home = tmp_path / "other"
    for done in (hub.home.root / "inbox").glob("*/.done/**/*.csv"):
        provider = done.relative_to(hub.home.root / "inbox").parts[0]
        target = home / "inbox" / provider / DATASET / "a.csv"
        target.parent.mkdir(parents=True)
        shutil.copyfile(done, target)
    settings = Settings.read(home)
    write_all(Catalog.load(folder), tmp_path / "expectations")
    changed_hub = Hub.open(replace(settings, catalog=folder, expectations=tmp_path / "expectations"))
    collect(changed_hub, provider=None, as_of=AS_OF)
    was, now = (
        pl.concat([pl.read_parquet(path) for path in one.home.ledger("batches").glob("*.parquet")])
        for one in (hub, changed_hub)
    )
    assert now["rows_refused"].sum() - was["rows_refused"].sum() == foretold.refused - foretold.accepted


def test_a_change_that_judges_nothing_screens_nothing(hub: Hub, tmp_path: Path) -> None:
    known = Catalog.load(ROOT / "catalog")
    found = impact(hub, Catalog.load(changed(tmp_path, known.datasets[DATASET].title_en, "Another title")))
    assert (found.datasets, found.batches, found.rules) == ((), 0, ())


def test_only_one_provider_is_screened_where_one_is_asked(hub: Hub, tmp_path: Path) -> None:
    other = Catalog.load(longest_scope(tmp_path, 10))
    assert impact(hub, other, provider="hubei").rows == 2
    with pytest.raises(InputError, match="in neither catalogue"):
        impact(hub, other, provider="nobody")


def test_the_command_prints_it_and_says_it_in_json(hub: Hub, tmp_path: Path) -> None:
    arguments = ["catalog", "impact", "--catalog", str(longest_scope(tmp_path, 10)), "--home", str(hub.home.root)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0
    assert "会改判拒收 3 行，会改判入库 0 行" in told.stdout
    content = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert (content["refused"], content["datasets"]) == (3, [DATASET])
    refused = CliRunner().invoke(app, [*arguments[:3], str(tmp_path / "nowhere"), *arguments[4:]])
    assert isinstance(refused.exception, InputError)
