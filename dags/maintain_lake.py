"""# 维护 · Maintain the lake

Publishes what the day makes due (display periods that are over, repairs and withdrawals that came), erases the content of
records that were withdrawn 30 days ago from the lake, removes releases whose time is over, compacts buckets that hold many small files, removes files
that belong to no table, bounds the Delta logs, then audits: proves from disk that no row is missing, no file was altered, and
nothing that was taken down is left.

| | |
|---|---|
| **Runs** | daily at 02:30 (Asia/Shanghai), and waits while a group is being collected |
| **Re-run** | always safe; run as of an old day, the publication clock stays where it is |
| **Wakes** | `score_regions`, when something was due; `approve_held_releases`, as long as a release is held that nobody has decided about |
| **If `publish_due` fails** | a candidate was refused: `latest.json` did not move, the reason is in `shared/<product>/failures/` |
| **If `audit` fails** | a file was removed or altered, or rows do not add up. The log names each. Restore the file from backup; `raw/` can rebuild the lake |
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from wiring import HELD, RELEASES, RETRY, as_of_param, day_of, hub, told, why_param


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "维护"],
    params={"as_of": as_of_param(), "why": why_param()},
)
def maintain_lake() -> None:
    """Publish what is due, tidy, then audit."""

    @task
    def publish_due() -> list[str]:
        from pipelines.operations import publish_due

        done = publish_due(hub(), day_of(get_current_context(), "maintain"))
        return [f"{one.product_id}/{one.release_id}" for one in done if one.new]

    @task(outlets=[RELEASES])
    def wake_scores(released: Any, *, outlet_events: Any = None) -> None:
        if not released:
            raise AirflowSkipException("nothing was due")
        outlet_events[RELEASES].extra = told(get_current_context(), datasets=[], releases=released)

    @task(outlets=[HELD], trigger_rule="all_done")
    def wake_approval(*, outlet_events: Any = None) -> list[str]:
        from pipelines.operations import question

        asked = question(hub())
        if asked is None:
            raise AirflowSkipException("nothing is held")
        outlet_events[HELD].extra = told(get_current_context(), held=asked.ids)
        return asked.ids

    @task(trigger_rule="all_done")  # a candidate that was refused keeps nothing from being erased
    def maintain() -> list[dict[str, Any]]:
        from pipelines.operations import tidy

        opened = hub()
        return [vars(done) for done in tidy(opened, day_of(get_current_context(), "maintain")).tables]

    @task(retries=0)
    def audit() -> int:
        from pipelines.audit import audit
        from pipelines.ground.errors import HubError

        findings = audit(hub())
        if findings:
            raise HubError("; ".join(f"{finding.subject}: {finding.message}" for finding in findings[:20]))
        return 0

    due, tidied = publish_due(), maintain()
    wake_scores(due)
    due >> [tidied, wake_approval()]
    [due, tidied] >> audit()  # a run in which something was refused is no success


maintain_lake()
