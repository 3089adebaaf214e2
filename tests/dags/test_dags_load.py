"""The DAGs load fast, and a person finds in the UI what they do and what they ask for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.airflow_home import ASKING_DAG_ID, DAG_IDS, prepare
from tests.conftest import ROOT

ALL_DAG_IDS = (*DAG_IDS, ASKING_DAG_ID)
HEAVY = (
    "polars",
    "duckdb",
    "great_expectations",
    "deltalake",
    "pyarrow",
    "pandas",
    "pipelines.collecting",
    "fastexcel",
)
PARSE = """
import importlib.util, json, sys, time
from pathlib import Path
import airflow.sdk
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
result = {}
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    begun = time.process_time()
    spec = importlib.util.spec_from_file_location("parsed_" + path.stem, path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    result[path.stem] = time.process_time() - begun
print(json.dumps({"seconds": result, "imported": sorted(set(sys.modules) - before)}))
"""


def test_the_dags_load_without_an_error(bag: Any) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == sorted(ALL_DAG_IDS)


def test_every_file_is_parsed_in_less_than_a_second_and_imports_nothing_heavy(tmp_path: Path) -> None:
    """In a process of its own, in CPU seconds; the Airflow that every DAG file needs is not counted."""
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(ROOT / "dags")],
        env=os.environ | prepare(tmp_path / "airflow"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result["seconds"]) == {*ALL_DAG_IDS, "wiring"}
    assert {name: seconds for name, seconds in result["seconds"].items() if seconds >= 1} == {}
    assert [name for name in result["imported"] if name.startswith(HEAVY)] == []


@pytest.mark.parametrize("dag_id", ALL_DAG_IDS)
def test_a_dag_says_what_it_does_how_to_run_it_again_and_tries_again(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert all(word in dag.doc_md for word in ("# ", "**Runs**", "**Re-run**", "fails**"))
    assert {"credit-hub"} < set(dag.tags)
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert any(task.retries >= 1 for task in dag.tasks)
    assert all(task.retries >= 1 or task.task_id == "audit" for task in dag.tasks)


@pytest.mark.parametrize(
    ("dag_id", "names"),
    [
        ("collect_sector_files", {"provider", "dataset", "as_of", "why"}),
        ("publish_shared_datasets", {"dataset", "as_of", "why"}),
        ("score_regions", {"period", "as_of", "why"}),
        ("maintain_lake", {"as_of", "why"}),
    ],
)
def test_a_dag_asks_with_a_form_and_every_question_may_stay_empty(bag: Any, dag_id: str, names: set[str]) -> None:
    params = bag.dags[dag_id].params
    assert set(params) == names
    for name in names:
        param = params.get_param(name)
        assert param.schema["title"]
        assert param.description or param.schema.get("description_md")
        assert param.resolve(None) is None
    assert params.get_param("as_of").schema["format"] == "date"


@pytest.mark.parametrize("wrong", ["26-4-1", "yesterday", "2026-13-40", 20260401])
def test_the_form_refuses_what_is_no_day(bag: Any, wrong: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags["collect_sector_files"].params.get_param("as_of").resolve(wrong)


def test_assets_wake_publish_after_collect_and_score_after_publish(bag: Any) -> None:
    def outlets(dag_id: str) -> set[str]:
        return {asset.name for task in bag.dags[dag_id].tasks for asset in task.outlets}

    def wakes(dag_id: str) -> set[str]:
        return {asset.name for asset in bag.dags[dag_id].timetable.asset_condition.objects}

    assert outlets("collect_sector_files") == wakes("publish_shared_datasets") == {"records"}
    assert wakes("score_regions") == {"releases"}
    assert wakes(ASKING_DAG_ID) == {"held"}
    assert outlets("publish_shared_datasets") == outlets("maintain_lake") == {"releases", "held"}
    assert outlets(ASKING_DAG_ID) == {"releases"}


def test_a_dag_file_is_wiring_only(bag: Any) -> None:
    """No dataset and no provider by name: a new one is data."""
    from pipelines.catalog import Catalog

    catalog = Catalog.load(ROOT / "catalog")
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dags").glob("*.py"))
    assert [name for name in (*catalog.datasets, *catalog.providers) if re.search(rf"\b{name}\b", text)] == []
