"""Each DAG run for real, in this process: on a home with nothing in it, and on a small delivery."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.airflow_home import DAG_IDS
from pipelines.audit import audit
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from tests.conftest import GOOD_CODES, ROOT, THREE_GOOD_ROWS, Home, file, row
from tests.publishing.penalties import sent

DAY = "2026-11-22"
pytestmark = pytest.mark.slow  # the first run in a process loads Airflow: together more than ten seconds


def run(dags: dict[str, Any], dag_id: str, **conf: Any) -> Any:
    """One run; a question that is not answered is said to be empty, because ``dag.test`` keeps the answers of the run before."""
    return dags[dag_id].test(run_conf=dict.fromkeys(dags[dag_id].params) | conf)


def states(run: Any) -> dict[str, Counter[str]]:
    """States of the instances of each task."""
    found: dict[str, Counter[str]] = {}
    for instance in run.get_task_instances():
        found.setdefault(instance.task_id, Counter())[str(instance.state)] += 1
    return found


def passed_on(run: Any) -> list[Any]:
    """Every value that a task of the run handed to another."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(XComModel.value).filter_by(dag_id=run.dag_id, run_id=run.run_id).all()
    return [value for (value,) in rows]


def asset_events(run: Any) -> list[dict[str, Any]]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(AssetEvent).filter_by(source_dag_id=run.dag_id, source_run_id=run.run_id).all()
        return [dict(row.extra) for row in rows]


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_runs_on_an_empty_home(dags: dict[str, Any], dag_home: Home, dag_id: str) -> None:
    """Of two, the folder is there already."""
    if DAG_IDS.index(dag_id) % 2:
        dag_home.root.mkdir()

    done = run(dags, dag_id)

    assert str(done.state) == "success", states(done)
    assert {state for of_task in states(done).values() for state in of_task} <= {"success", "skipped"}
    assert list((dag_home.root / "lake").glob("records/*/*.parquet")) == []


def test_collect_that_brings_nothing_wakes_nobody(dags: dict[str, Any], dag_home: Home) -> None:
    done = run(dags, "collect_sector_files", as_of=DAY)
    assert str(done.state) == "success"
    assert asset_events(done) == []


def test_a_run_that_found_only_files_that_settle_is_green_and_names_them(
    dags: dict[str, Any], dag_home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CREDIT_HUB_SETTLE_SECONDS", "30")
    path = dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    done = run(dags, "collect_sector_files", as_of=DAY)
    assert str(done.state) == "success"
    assert asset_events(done) == []
    assert path.exists()
    assert f"WAITING {path}: 文件刚有变动" in capfd.readouterr().out


def test_a_delivery_goes_through_all_four(
    dags: dict[str, Any], dag_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receipts, lake, release and scorecard come out; collect maps over work groups, publish over what changed only."""
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "1")
    dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    dag_home.drop("yunnan", "enterprise_registration", file(row(GOOD_CODES[3]), row("91350100M000100Y44")))
    dag_home.drop("yunnan", "blood_types", "a\n1\n")

    collected = run(dags, "collect_sector_files", as_of=DAY)

    assert str(collected.state) == "success"
    assert states(collected)["collect"] == Counter(
        success=2, skipped=1
    )  # nothing came of the dataset that is not in the catalogue
    assert asset_events(collected) == [{"datasets": ["enterprise_registration"], "as_of": DAY}] * 2
    batches = ledger(dag_home.hub.home, "batches").read().sort("dataset_id", "provider_id")
    assert batches["status"].to_list() == ["rejected", "accepted", "partial"]
    assert set(batches["received_at"]) == {f"{DAY}T04:00:00Z"}
    assert len(list((dag_home.root / "outbox").glob("*/*/receipt.json"))) == 3
    assert dag_home.records().height == 4
    values = [json.dumps(value, default=str) for value in passed_on(collected)]
    assert max(map(len, values)) < 5_000
    assert not any("蜀锦" in value or "\\u8700" in value or GOOD_CODES[0] in value for value in values), (
        "rows in an XCom"
    )

    published = run(dags, "publish_shared_datasets", as_of=DAY)
    assert str(published.state) == "success"
    assert json.loads((dag_home.root / "shared/enterprise_registration/latest.json").read_text())[
        "release_id"
    ].startswith("20261122-")
    assert max(len(json.dumps(value, default=str)) for value in passed_on(published)) < 5_000
    events = asset_events(published)
    assert {event["as_of"] for event in events} == {DAY}
    products = [name.partition("/")[0] for event in events for name in event["releases"]]
    assert products == [
        "enterprise_registration",
        "enterprise_registration_authorised",
        "enterprise_registration_public",
        "subject",
    ]

    scored = run(dags, "score_regions", as_of=DAY)
    assert str(scored.state) == "success"
    assert (dag_home.root / "scorecards/2026-11/index.html").exists()
    assert (dag_home.root / "scorecards/2026-11/scorecard.parquet").exists()

    maintained = run(dags, "maintain_lake")
    done = {task: Counter(success=1) for task in ("publish_due", "maintain", "audit")}
    skipped = {task: Counter(skipped=1) for task in ("wake_scores", "wake_approval")}
    assert states(maintained) == done | skipped, "nothing was due, nothing is held"
    assert asset_events(maintained) == []
    assert audit(dag_home.hub) == []


@pytest.mark.usefixtures("without_the_second_route")
def test_what_the_day_makes_due_wakes_the_scores(dags: dict[str, Any], dag_home: Home) -> None:
    """Rows that came and were never published stand for a clock that turned: either way a release is new."""
    dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    dag_home.collect()

    maintained = run(dags, "maintain_lake", as_of=DAY)

    assert states(maintained)["wake_scores"] == Counter(success=1)
    [event] = asset_events(maintained)
    assert event["as_of"] == DAY
    assert {name.partition("/")[0] for name in event["releases"]} >= {"enterprise_registration", "subject"}


@pytest.mark.usefixtures("without_the_second_route")
def test_collect_takes_one_provider_or_dataset_where_the_form_says_so(dags: dict[str, Any], dag_home: Home) -> None:
    dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    other = dag_home.drop("yunnan", "enterprise_registration", THREE_GOOD_ROWS)

    assert str(run(dags, "collect_sector_files", provider="sichuan", as_of=DAY).state) == "success"

    assert other.exists()
    assert dag_home.records().height == 3
    assert str(run(dags, "collect_sector_files", dataset="administrative_penalty", as_of=DAY).state) == "success"
    assert dag_home.records().height == 3
    assert str(run(dags, "collect_sector_files", as_of=DAY).state) == "success"
    assert dag_home.records().height == 6


@pytest.mark.parametrize(("name", "value"), [("provider", "atlantis"), ("dataset", "blood_types")])
def test_a_name_that_is_not_in_the_catalogue_fails_and_says_so(
    dags: dict[str, Any], dag_home: Home, name: str, value: str
) -> None:
    """A typing slip in the form must not look like a quiet day."""
    dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    done = run(dags, "collect_sector_files", **{name: value, "as_of": DAY})
    assert str(done.state) == "failed"


def test_a_group_that_fails_does_not_keep_the_others_from_being_published(
    dags: dict[str, Any], dag_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))
    (suites / "administrative_penalty.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("CREDIT_HUB_EXPECTATIONS", str(suites))
    dag_home.drop("sichuan", "administrative_penalty", sent("administrative_penalty"))
    dag_home.drop("yunnan", "enterprise_registration", THREE_GOOD_ROWS)

    done = run(dags, "collect_sector_files", as_of=DAY)

    assert str(done.state) == "failed"
    assert states(done)["collect"] == Counter(success=1, failed=1)
    assert asset_events(done) == [{"datasets": ["enterprise_registration"], "as_of": DAY}]
    assert dag_home.records().height == 3


def test_publish_woken_by_a_collect_works_on_the_changed_datasets_only(
    dags: dict[str, Any], dag_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = dags["publish_shared_datasets"].task_dict["plan"].python_callable

    class Event:
        def __init__(self, *datasets: str) -> None:
            self.extra = {"datasets": list(datasets), "as_of": DAY}

    def planned(events: list[Event], **params: Any) -> list[list[str]]:
        context = {"params": {"dataset": None, "as_of": None} | params, "triggering_asset_events": {"records": events}}
        monkeypatch.setitem(plan.__globals__, "get_current_context", lambda: context)
        return list(plan())

    assert planned([Event("enterprise_registration")]) == [["enterprise_registration"]]
    assert planned([Event("b"), Event("a", "b")]) == [["a", "b"]]
    assert planned([Event("a")], dataset="c") == [["c"]]
    every = planned([])
    assert sorted(name for load in every for name in load) == sorted(dag_home.hub.catalog.datasets)
    assert 1 < len(every) < len(dag_home.hub.catalog.datasets), "a task for a few datasets, not for each"


def test_a_run_that_was_woken_works_as_of_the_day_of_the_run_that_woke_it(dags: dict[str, Any]) -> None:
    instant = (
        dags["publish_shared_datasets"]
        .task_dict["publish"]
        .python_callable.__globals__["day_of"]
        .__globals__["instant"]
    )

    class Event:
        def __init__(self) -> None:
            self.extra = {"as_of": "2026-04-01"}

    assert (
        instant({"params": {"as_of": None}, "triggering_asset_events": {"records": [Event()]}}).date().isoformat()
        == "2026-04-01"
    )
    assert instant({"params": {"as_of": "2026-04-02"}, "triggering_asset_events": {"records": [Event()]}}).day == 2


def test_a_double_entry_that_does_not_balance_fails_the_task_and_commits_nothing(
    dags: dict[str, Any], dag_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))
    path = suites / "enterprise_registration.json"
    suite = json.loads(path.read_text(encoding="utf-8"))
    [one] = [e for e in suite["expectations"] if e["meta"]["rule_id"] == "enterprise_registration.name.max_length"]
    one["kwargs"]["parameters"] = [5]
    path.write_text(json.dumps(suite, ensure_ascii=False), encoding="utf-8")
    monkeypatch.setenv("CREDIT_HUB_EXPECTATIONS", str(suites))
    dag_home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)

    done = run(dags, "collect_sector_files", as_of=DAY)

    assert str(done.state) == "failed"
    assert states(done)["collect"] == Counter(failed=1)
    assert asset_events(done) == []
    hub = Hub.open(Settings.read())
    assert hub.records("enterprise_registration").files() == {}
    assert hub.quarantine("enterprise_registration").files() == {}
    assert ledger(hub.home, "batches").read().height == 0
    assert ledger(hub.home, "rule_counts").read().height == 0
    assert list((dag_home.root / "outbox").rglob("receipt.json")) == []

    monkeypatch.delenv("CREDIT_HUB_EXPECTATIONS")  # the rule is corrected: the same group goes through
    assert str(run(dags, "collect_sector_files", as_of=DAY).state) == "success"
    assert dag_home.records().height == 3
    assert audit(dag_home.hub) == []
