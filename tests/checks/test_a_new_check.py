"""A check that nobody thought of is an entry in checks.yaml and one module: screened, counted twice, explained; nothing else."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines import checks, expectations
from pipelines.catalog import Catalog
from pipelines.catalog_check import check
from pipelines.checks.registry import CELL_SQL, CHECKS, MODULES
from pipelines.demo import make_delivery
from pipelines.expectations.counting import count_unexpected
from pipelines.ground.clock import instant_of
from pipelines.ground.settings import Settings
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.screening import Screen
from pipelines.storage.hub import Hub
from tests.catalog.test_a_new_dataset import WATER_QUOTA
from tests.conftest import ROOT, Home

ENTRY = """\
  - id: question_mark
    applies_to: {kinds: [string]}
    title_zh: 没有问号
    severity: reject
    dimension: accuracy
    message_zh: “{title}”里有问号。
    message_en: "{title} holds a question mark."
    hint_zh: 请查明后重新填写。
    good: "{sample}"
    bad: "{sample}?"
"""

MODULE = '''\
"""Texts with question marks, which a made-up check refuses."""

import polars as pl

from pipelines.checks.registry import CellCheck, register
from pipelines.checks.sql_functions import plain

register(
    __name__,
    CellCheck(
        "question_mark",
        lambda rule, _: pl.col(rule.field).str.contains("?", literal=True),
        plain("NOT regexp_matches({s}, '[?]')"),
        suite_name="no_question_mark",
    ),
)
'''

TEXTS = ["福州某公司", "福州某公司?", "?", None, "某厂"]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A copy of the catalogue with one more check."""
    folder = Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))
    with (folder / "checks.yaml").open("a", encoding="utf-8") as file:
        file.write(ENTRY)
    return folder


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more module of checks, found as the others are."""
    folder = tmp_path / "more_checks"
    folder.mkdir()
    (folder / "question_marks.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(folder)])
    checks.discover()
    yield
    del sys.modules[MODULES["question_mark"]]
    del CHECKS["question_mark"], MODULES["question_mark"], CELL_SQL["no_question_mark"]


def rows_of(catalog: Catalog, dataset_id: str, cells: dict[str, list[str | None]]) -> pl.DataFrame:
    """Rows of a dataset in which all other cells are empty."""
    names = [field.id for field in catalog.fields(dataset_id)]
    frame = pl.DataFrame(cells).with_columns(pl.lit(None, pl.String).alias(name) for name in names if name not in cells)
    return frame.with_row_index("_row_number").with_columns(
        pl.col("_row_number").cast(pl.Int64),
        pl.lit("batch").alias("_batch_id"),
        pl.lit("sichuan").alias("_provider_id"),
        pl.lit("510000").alias("_region_code"),
        pl.lit(date(2026, 11, 22)).alias("_received_on"),
        pl.lit(date(2026, 11, 22)).alias("_in_time_from"),
    )


@pytest.mark.usefixtures("module")
def test_both_routes_of_a_new_check_find_the_same_rows(catalogue: Path) -> None:
    catalog = Catalog.load(catalogue)
    dataset_id = "enterprise_registration"
    rule_id = f"{dataset_id}.name.question_mark"
    [rule] = [rule for rule in catalog.rules[dataset_id] if rule.id == rule_id]
    assert rule.message_en == "name holds a question mark."
    assert rule.bad == {"name": f"{rule.good['name']}?"}

    screen = Screen.of(catalog, dataset_id, Pseudonyms(b"0" * 32))
    judged = screen.judged(rows_of(catalog, dataset_id, {"name": TEXTS}).lazy())
    broken = screen.verdicts(judged).select(rule_id).collect(engine="in-memory").to_series()
    assert broken.to_list() == [False, True, True, False, False]

    con = expectations.connection(catalog, "500MB")
    con.register("rows", screen.staged(judged).collect(engine="in-memory").to_arrow())
    counted = count_unexpected(con, "rows", expectations.suite(catalog, dataset_id))
    con.close()
    assert counted.errors == {}
    assert counted.unexpected[rule_id] == 2


@pytest.mark.usefixtures("module")
def test_the_catalogue_with_a_new_check_is_right_once_its_suites_are_made(catalogue: Path, tmp_path: Path) -> None:
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))

    changed = expectations.write_all(Catalog.load(catalogue), suites)

    assert len(changed) > 10
    assert check(catalogue, suites) == []


@pytest.mark.usefixtures("module")
def test_a_new_check_is_planted_in_the_sample_delivery_and_found_by_both_routes(
    catalogue: Path, tmp_path: Path
) -> None:
    (catalogue / "datasets/water_quota.yaml").write_text(WATER_QUOTA, encoding="utf-8")
    suites = tmp_path / "expectations"
    home = Home(Hub.open(replace(Settings.read(tmp_path / "home"), catalog=catalogue, expectations=suites)))
    catalog = home.hub.catalog
    expectations.write_all(catalog, suites)
    alone = replace(
        catalog,
        providers={name: catalog.providers[name] for name in ("sichuan", "guangdong")},
        datasets={"water_quota": catalog.datasets["water_quota"]},
    )

    plan = make_delivery(home.root, alone, as_of=date(2026, 11, 20))
    receipts = {one["file_name"]: one for one in home.collect(instant_of("2026-11-20"))}  # in balance, or this raises

    found = {file.name: {rule["rule_id"]: rule["rows"] for rule in receipts[file.name]["rules"]} for file in plan.files}
    assert found == {file.name: file.planted for file in plan.files}
    assert {f"water_quota.{field}.question_mark" for field in ("user_name", "note")} <= set().union(*found.values())


def test_a_check_without_routes_is_a_finding_that_names_its_line(catalogue: Path) -> None:
    findings = check(catalogue, ROOT / "expectations")

    [finding] = [one for one in findings if "question_mark" in one.message]
    lines = (catalogue / "checks.yaml").read_text(encoding="utf-8").splitlines()
    assert "no module of pipelines/checks registers 'question_mark'" in finding.message
    assert (finding.path.name, lines[finding.line - 1]) == ("checks.yaml", "  - id: question_mark")
