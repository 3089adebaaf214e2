"""# 归集 · Collect sector files

Takes what providers dropped into their inboxes, screens it against the catalogue, appends what is right to the lake and sends
receipts.

| | |
|---|---|
| **Runs** | every ten minutes, one run at a time |
| **Re-run** | always safe: a file that was taken is never taken twice, a group that was committed is not committed again |
| **If it fails** | nothing was half-taken. `double entry does not balance` is a fault of ours: the row rules and the suite differ, do not clear the task, fix the rule first. Anything else: read the log, fix it, clear the task |
| **Wakes** | `publish_shared_datasets`, when accepted rows came |

`plan` takes the files that lie still and packs them into *work groups by bytes*, so that a thousand tiny files are one task, and `collect`
is mapped over the groups. Each group that added rows wakes the next DAG by itself, also when another group fails. A file
that changed just now waits for a later run; the log of `plan` names it (`WAITING`), and the run is green.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from wiring import RECORDS, RETRY, as_of_param, choice_param, day_of, hub, told, why_param


@dag(
    schedule="*/10 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "归集"],
    params={
        "provider": choice_param("报送单位 provider", "provider"),
        "dataset": choice_param("数据集 dataset", "dataset"),
        "as_of": as_of_param(),
        "why": why_param(),
    },
)
def collect_sector_files() -> None:
    """Plan work groups; collect each, which wakes what depends on it."""

    @task
    def plan() -> list[dict[str, Any]]:
        from pipelines.operations import plan_collecting

        context = get_current_context()
        wanted = context["params"]
        planned = plan_collecting(
            hub(), provider=wanted["provider"], dataset=wanted["dataset"], as_of=day_of(context, "collect")
        )
        for entry in planned.unclaimed:
            print(f"WARNING {entry.message}")  # noqa: T201 - the task log is what the engineer reads
        for waiting in planned.settling:
            print(f"WAITING {waiting.message}")  # noqa: T201 - as above; a later run takes it, and this one is green
        return [group.to_json() for group in planned.groups]

    @task(map_index_template="{{ group_name }}", max_active_tis_per_dag=2, outlets=[RECORDS])
    def collect(group: dict[str, Any], *, outlet_events: Any = None) -> list[str]:
        from pipelines.operations import collect_group
        from pipelines.storage.work_group import WorkGroup

        context: Any = get_current_context()
        work = WorkGroup.model_validate(group)
        context["group_name"] = work.name
        changed = list(collect_group(hub(), work).changed_datasets)
        if not changed:
            raise AirflowSkipException("nothing was added")
        outlet_events[RECORDS].extra = told(context, datasets=changed)
        return changed

    collect.expand(group=plan())


collect_sector_files()
