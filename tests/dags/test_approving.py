"""The question about held releases, asked and answered in a real run: the answer comes in as the UI and the API bring it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.airflow_home import ASKING_DAG_ID
from pipelines.ground.settings import Settings
from pipelines.operations import held
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from tests.conftest import AS_OF, Home, second_route_left_out
from tests.dags.test_dags_run import asset_events, run, states
from tests.publishing.penalties import PENALTY, PRODUCTS, sent

pytestmark = pytest.mark.slow
DAY = "2026-11-23"
RECORDS, STOLEN = 80, 60


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sichuan's account is stolen: most of its penalties are withdrawn, and nothing was published since."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("stolen") / "home")))
    numbers = [f"锦市监处罚〔2026〕{number}号" for number in range(RECORDS)]
    with second_route_left_out():
        home.drop("sichuan", PENALTY, sent(PENALTY, *({"document_number": one} for one in numbers)))
        home.collect(AS_OF)
        home.publish_all(AS_OF)
        about = [{"record_document_number": one} for one in numbers[:STOLEN]]
        home.drop("sichuan", "record_withdrawal", sent("record_withdrawal", *about))
        home.collect(AS_OF + timedelta(days=1))
    return home.root


@pytest.fixture
def stolen(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("CREDIT_HUB_HOME", str(shutil.copytree(template, tmp_path / "home")))
    with second_route_left_out():
        yield Home(Hub.open(Settings.read()))


class Person(threading.Thread):
    """Waits for the question, and answers it with the very function the API answers with."""

    def __init__(self, chosen: str, why: str | None) -> None:
        super().__init__(daemon=True)
        self.chosen, self.why, self.seen = chosen, why, SimpleNamespace(subject="", body="")
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            self._answer()
        except BaseException as error:
            self.failed = error
            give_up()

    def _answer(self) -> None:
        from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
        from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
        from airflow.models.hitl import HITLDetail
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState

        until = time.monotonic() + 30
        while time.monotonic() < until:
            time.sleep(0.1)
            with create_session() as session:
                waiting = (
                    session.query(TaskInstance)
                    .filter_by(dag_id=ASKING_DAG_ID, task_id="approve", state=TaskInstanceState.AWAITING_INPUT)
                    .first()
                )
                if waiting is None:
                    continue
                asked = session.query(HITLDetail).filter_by(ti_id=waiting.id).one()
                self.seen = SimpleNamespace(subject=asked.subject, body=asked.body)
                run_id = waiting.run_id
                session.expunge_all()
                said = {"why": self.why} if self.why is not None else {}
                update_hitl_detail(
                    dag_id=ASKING_DAG_ID,
                    dag_run_id=run_id,
                    task_id="approve",
                    update_hitl_detail_payload=UpdateHITLDetailPayload(chosen_options=[self.chosen], params_input=said),
                    user=SimpleNamespace(get_id=lambda: "7", get_name=lambda: "王主任"),
                    session=session,
                )
                return
        raise AssertionError("nobody was asked")


def give_up() -> None:
    """End a question that nobody will answer: the run would wait for ever."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState

    with create_session() as session:
        for waiting in session.query(TaskInstance).filter_by(state=TaskInstanceState.AWAITING_INPUT):
            waiting.state = TaskInstanceState.FAILED


def ask(dags: dict[str, Any], chosen: str, why: str | None) -> tuple[Any, Person]:
    person = Person(chosen, why)
    person.start()
    done = run(dags, ASKING_DAG_ID)
    person.join(40)
    assert person.failed is None, person.failed
    return done, person


def rows(home: Home) -> list[int]:
    return [home.shared(product).height for product in PRODUCTS]


def test_where_nothing_is_held_nobody_is_asked(dags: dict[str, Any], dag_home: Home) -> None:
    done = run(dags, ASKING_DAG_ID)
    assert str(done.state) == "success"
    ended = {name: sorted(some) for name, some in states(done).items()}
    assert ended == {name: ["skipped"] for name in ("question", "approve", "act")}


def test_what_was_held_is_asked_about_and_released_when_it_is_approved(dags: dict[str, Any], stolen: Home) -> None:
    published = run(dags, "publish_shared_datasets", as_of=DAY, dataset=PENALTY)
    assert str(published.state) == "success", "a held release is no failure"
    told = [event for event in asset_events(published) if "held" in event]
    ids = sorted(one.held_id for one in held(stolen.hub))
    assert told == [{"held": ids, "as_of": DAY}]
    assert rows(stolen) == [RECORDS] * 3
    again = run(dags, "publish_shared_datasets", as_of=DAY, dataset=PENALTY)
    assert states(again)["wake_approval"] == {"skipped": 1}, "told once"

    done, person = ask(dags, "Approve", "已与四川核实，确为批量更正")

    assert str(done.state) == "success", states(done)
    assert person.seen.subject == f"3 个产品暂缓发布，共有 {3 * STOLEN} 条记录将撤下，是否批准？"
    assert f"| 四川省公共信用信息平台 | 四川省公共信用信息平台 | 已撤回 | {STOLEN} |" in person.seen.body
    assert rows(stolen) == [RECORDS - STOLEN] * 3
    assert held(stolen.hub) == []
    entered = ledger(stolen.hub.home, "approvals").read()
    assert set(entered["by"]) == {"王主任"}
    assert set(entered["why"]) == {"已与四川核实，确为批量更正"}
    [event] = asset_events(done)
    assert {name.partition("/")[0] for name in event["releases"]} == {*PRODUCTS, "subject"}


def test_what_was_rejected_stays_as_it_is_and_is_not_asked_about_again(dags: dict[str, Any], stolen: Home) -> None:
    maintained = run(dags, "maintain_lake", as_of=DAY)
    assert states(maintained)["wake_approval"] == {"success": 1}

    done, _ = ask(dags, "Reject", "账号被盗用，已通知四川")

    assert str(done.state) == "success", states(done)
    assert states(done)["act"] == {"skipped": 1}
    assert rows(stolen) == [RECORDS] * 3
    assert {one.decision.decision for one in held(stolen.hub) if one.decision is not None} == {"refused"}
    assert asset_events(done) == []
    assert states(run(dags, ASKING_DAG_ID))["approve"] == {"skipped": 1}
    assert states(run(dags, "maintain_lake", as_of=DAY))["wake_approval"] == {"skipped": 1}


def test_an_approval_without_a_reason_moves_nothing(dags: dict[str, Any], stolen: Home) -> None:
    run(dags, "publish_shared_datasets", as_of=DAY, dataset=PENALTY)
    done, _ = ask(dags, "Approve", "")
    assert str(done.state) == "failed"
    assert rows(stolen) == [RECORDS] * 3
    assert [one.decision for one in held(stolen.hub)] == [None] * 3


def test_a_day_beyond_today_needs_a_reason_in_the_form(dags: dict[str, Any], stolen: Home) -> None:
    """The public penalties went from thousands to none as of 2099, and nobody was asked."""
    far = "2099-01-01"
    for dag_id in ("publish_shared_datasets", "maintain_lake", "collect_sector_files", "score_regions"):
        done = run(dags, dag_id, as_of=far)
        assert str(done.state) == "failed", dag_id
    assert rows(stolen) == [RECORDS] * 3
    assert not list((stolen.root / "scorecards").glob("2099-01"))
    done = run(dags, "publish_shared_datasets", as_of=far, why="演练：到期撤下", dataset=PENALTY)
    assert str(done.state) == "success", states(done)
    assert rows(stolen) == [RECORDS] * 3, "with a reason the breaker still holds it"
    [said] = ledger(stolen.hub.home, "second_words").read().to_dicts()
    assert (said["operation"], said["as_of"].isoformat(), said["why"]) == ("publish", far, "演练：到期撤下")


def test_who_is_woken_goes_on_with_the_reason_of_who_woke_it(dags: dict[str, Any]) -> None:
    reason = dags["publish_shared_datasets"].task_dict["publish"].python_callable.__globals__["told"]
    event = SimpleNamespace(extra={"as_of": "2099-01-01", "why": "演练"})
    context = {"params": {"as_of": None, "why": None}, "triggering_asset_events": {"records": [event]}}
    assert reason(context, held=["a"]) == {"held": ["a"], "as_of": "2099-01-01", "why": "演练"}
