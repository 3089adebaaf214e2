"""What the generator of large files promises."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.bench.generate import CHUNK, write_penalties
from pipelines.catalog import Catalog
from pipelines.identifiers import citizen_id
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.reading import open_source
from pipelines.screening import REFUSED, Screen

ROWS = CHUNK + 10_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    path = tmp_path_factory.mktemp("large") / "penalties.csv"
    write_penalties(path, ROWS, 7, catalog)
    return path


@pytest.fixture(scope="module")
def judged_large(
    large: Path, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, as_of: object
) -> pl.DataFrame:
    screen = Screen.of(catalog, "administrative_penalty", Pseudonyms(b"0" * 32))
    source = open_source(large, ".csv", screen.fields, screen.dataset.title_zh, tmp_path_factory.mktemp("scratch"))
    rows = source.rows.with_columns(
        pl.lit("b").alias("_batch_id"),
        pl.lit("sichuan").alias("_provider_id"),
        pl.lit("510000").alias("_region_code"),
        pl.lit(as_of).alias("_received_on"),
        pl.lit(as_of).alias("_in_time_from"),
    )
    return screen.verdicts(screen.judged(rows)).collect()


def test_the_file_has_the_rows_and_the_official_columns(large: Path) -> None:
    frame = pl.scan_csv(large, infer_schema=False)
    header = frame.collect_schema().names()

    assert len(header) == 30
    assert (header[0], header[-1]) == ("CF_XDR_MC", "BZ")
    assert frame.select(pl.len()).collect().item() == ROWS
    assert 450 <= large.stat().st_size / ROWS <= 650


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, catalog: Catalog) -> None:
    write_penalties(tmp_path / "a.csv", 3000, 7, catalog)
    write_penalties(tmp_path / "b.csv", 3000, 7, catalog)
    write_penalties(tmp_path / "c.csv", 3000, 8, catalog)

    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "c.csv").read_bytes()


def test_about_three_in_a_hundred_rows_have_a_defect_of_several_kinds(judged_large: pl.DataFrame) -> None:
    rules = [name for name in judged_large.columns if name.count(".") == 2]
    broken = [name for name in rules if judged_large[name].any()]

    assert 0.02 < judged_large[REFUSED].mean() < 0.035
    assert len(broken) >= 9


def test_keys_repeat_and_persons_and_households_are_there(judged_large: pl.DataFrame) -> None:
    keys = judged_large.select("subject_name", "document_number", "authority_code")
    shares = judged_large["subject_category"].value_counts(normalize=True)
    share = dict(zip(shares["subject_category"], shares["proportion"], strict=True))

    assert 0.007 < keys.is_duplicated().mean() / 2 < 0.013
    assert share["自然人"] == pytest.approx(0.05, abs=0.01)
    assert share["个体工商户"] == pytest.approx(0.05, abs=0.01)


def test_citizen_ids_stand_in_the_sensitive_field_only(judged_large: pl.DataFrame) -> None:
    ids = judged_large["certificate_number"].drop_nulls()

    assert ids.str.contains("^5100002099").all()
    assert not judged_large.select(citizen_id.plausible(pl.col("credit_code")).any()).item()
