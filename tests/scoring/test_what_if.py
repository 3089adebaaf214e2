"""Another scheme over past periods: the same arithmetic, nothing written."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.ground.errors import InputError
from pipelines.impact.what_if import read_scheme, what_if
from tests.scoring.conftest import DATASETS, ROOT, Hub

AS_OF = datetime(2026, 5, 2, 4, tzinfo=UTC)
SCHEME = ROOT / "catalog/scorecard.yaml"


def other_scheme(folder: Path, **weights: float) -> Path:
    """The scheme in force with other weights."""
    lines, current = [], ""
    for line in SCHEME.read_text().splitlines():
        current = line.removeprefix("  - id: ") if line.startswith("  - id: ") else current
        changed = line.startswith("    weight: ") and current in weights
        lines.append(f"    weight: {weights[current]}" if changed else line)
    path = folder / "other.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def digest(home: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in home.rglob("*") if path.is_file() and path.parent.name != "state"):
        total.update(str(path).encode() + path.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def quarter(make_hub) -> Hub:  # type: ignore[no-untyped-def]
    hub: Hub = make_hub()
    for month in ("02", "03", "04"):
        for dataset in DATASETS:
            hub.deliver("sichuan", dataset, rows=1_000, refused=80, day=f"2026-{month}-10")
            hub.deliver("hubei", dataset, rows=1_000, late_rows=200, day=f"2026-{month}-10")
    hub.commit()
    return hub


def test_each_past_period_is_scored_under_both_schemes(quarter: Hub, tmp_path: Path) -> None:
    scheme = read_scheme(other_scheme(tmp_path, timeliness_rate=2, conformity_rate=26))
    before = digest(quarter.home.root)
    found = what_if(quarter.home, quarter.catalog, scheme, period="2026-04", as_of=AS_OF)
    assert digest(quarter.home.root) == before
    assert found.periods == ("2026-02", "2026-03", "2026-04")
    assert found.differences == (
        "indicators.timeliness_rate.weight: 20.0 → 2.0",
        "indicators.conformity_rate.weight: 8.0 → 26.0",
    )
    now = quarter.scored("2026-03", as_of=AS_OF)["2026-03"]
    shifts = {one.unit: one for one in found.shifts if one.period == "2026-03"}
    assert len(shifts) == len(now)
    for code in ("510000", "420000"):
        unit, shift = now[code], shifts[code]
        assert (shift.now.total, shift.now.rank) == (unit.total, unit.rank)
        weights = {"timeliness_rate": 2, "conformity_rate": 26}
        measured = [
            (one.score, weights.get(one.indicator.id, one.weight)) for one in unit.indicators if one.score is not None
        ]
        total = sum(score * weight for score, weight in measured) / sum(weight for _, weight in measured)
        assert shift.then.total == pytest.approx(total, abs=1e-6)
        assert shift.gained == pytest.approx(total - (unit.total or 0), abs=1e-6)
    assert [shifts[code].places for code in ("510000", "420000")] == [-1, 1]


def test_a_changed_parameter_is_measured_again(quarter: Hub, tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(SCHEME.read_text().replace("correction_days: 15", "correction_days: 40"))
    found = what_if(quarter.home, quarter.catalog, read_scheme(path), period="2026-04", as_of=AS_OF)
    assert found.differences == ("indicators.correction_rate.correction_days: 15 → 40",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scheme: 3x\n", "scheme"),
        (SCHEME.read_text().replace("weight: 20", "weight: 21"), "weights add up to 101"),
        (SCHEME.read_text().replace("indicator: duplicate_rate", "indicator: nobody"), "'nobody' is no indicator"),
    ],
)
def test_a_scheme_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as error:
        read_scheme(path)
    assert f"{path}:" in str(error.value)


def test_the_command_prints_it_and_says_it_in_json(quarter: Hub, tmp_path: Path) -> None:
    path = other_scheme(tmp_path, timeliness_rate=2, conformity_rate=26)
    arguments = [
        "score",
        "--what-if",
        str(path),
        "--home",
        str(quarter.home.root),
        "--as-of",
        "2026-05-02",
        "--period",
        "2026-04",
    ]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0
    assert "indicators.conformity_rate.weight: 8.0 → 26.0" in told.stdout
    content = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert content["periods"] == ["2026-02", "2026-03", "2026-04"]
    assert {"period", "unit", "now", "then", "gained", "places"} <= set(content["shifts"][0])
    assert not (quarter.home.root / "scorecards").exists()
