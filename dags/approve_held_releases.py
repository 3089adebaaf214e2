"""# 批准 · Approve held releases

Asks a person about releases that the breaker holds: with them more records would leave a product by repairs, withdrawals, objections
or the clock than `policies/releases.yaml` allows. The question shows who asked for it, whose records they are, and how many; it
waits under *Required Actions* (待处理), and needs a reason. 暂缓发布的产品，由总枢纽工作人员核对后批准或者不批准。

| | |
|---|---|
| **Runs** | when a release is held, and daily as long as nobody has decided about one |
| **Approve** | what was shown leaves, and the products are released at once; anything that came since is judged again |
| **Reject** | the releases stay as they are, and are not asked about again; `credit-hub approve ID --why …` can still approve them |
| **No answer** | after three days nothing moves; the next day asks again |
| **Re-run** | always safe: what was decided elsewhere meanwhile is left alone |
| **If it fails** | nothing moved: no reason was given (clear the task `approve`, and it asks again), or a candidate was refused: the reason is in the log and in `shared/<product>/failures/` |
| **Wakes** | `score_regions`, when something was released |

It is a DAG of its own: publishing has one run at a time, and one that waited for a person would hold up all others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from wiring import HELD, RELEASES, RETRY, hub, instant, told


class Approval(ApprovalOperator):
    """Passes the answer on also where it is a rejection, which is written down; the operator itself only skips what follows."""

    inherits_from_skipmixin = False

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """What was answered, by whom and why."""
        return HITLOperator.execute_complete(self, context, event)


@dag(
    schedule=[HELD],
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "发布"],
)
def approve_held_releases() -> None:
    """Ask, then do as was answered."""

    @task
    def question() -> dict[str, Any]:
        from pipelines.operations import question

        asked = question(hub())
        if asked is None:
            raise AirflowSkipException("nothing is held")
        return vars(asked)

    @task(outlets=[RELEASES])
    def act(asked: Any, said: Any, *, outlet_events: Any = None) -> list[str]:
        from pipelines.operations import answer

        context = get_current_context()
        done = answer(hub(), asked, said, as_of=instant(context))
        released = [f"{one.product_id}/{one.release_id}" for one in done if one.new]
        if not released:
            raise AirflowSkipException("nothing was released")
        outlet_events[RELEASES].extra = told(context, datasets=[], releases=released)
        return released

    asked = question()
    approve = Approval(
        task_id="approve",
        subject="{{ ti.xcom_pull(task_ids='question')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='question')['body'] }}",
        params={"why": Param("", type="string", title="理由 why", description_md="写入台账 goes into the ledger.")},
        defaults="Reject",
        response_timeout=timedelta(days=3),
    )
    asked >> approve
    act(asked, approve.output)


approve_held_releases()
