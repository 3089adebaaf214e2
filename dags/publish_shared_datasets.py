"""# 发布 · Publish shared datasets

Resolves the records of every dataset that changed (one record per record key, newest version wins) and of every dataset that a
message about records (a repair, say) may name; builds a release of each product, checks it and moves `latest.json` to it. Then
`publish_subjects` builds the subject master from these releases and puts the month's code conflicts into the outboxes.

| | |
|---|---|
| **Runs** | when `collect_sector_files` has added rows |
| **Re-run** | always safe: without new rows there is no new release, and the same rows give byte-identical files |
| **If it fails** | `latest.json` did not move. The reason is in the log and in `shared/<product>/failures/`. Fix it, clear the task |
| **If a release is held** | more records would leave than `policies/releases.yaml` allows: the release that stands stays, the run is green, and `approve_held_releases` asks a person |
| **Wakes** | `score_regions`; `approve_held_releases`, when a release is held |
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from wiring import HELD, RECORDS, RELEASES, RETRY, as_of_param, choice_param, day_of, hub, told, why_param, woken_by


@dag(
    schedule=[RECORDS],
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "发布"],
    params={"dataset": choice_param("数据集 dataset", "dataset"), "as_of": as_of_param(), "why": why_param()},
)
def publish_shared_datasets() -> None:
    """Publish each dataset that changed, then the subject master; each wakes the scorecards."""

    @task
    def plan() -> list[list[str]]:
        from pipelines.operations import plan_publishing

        context = get_current_context()
        if (wanted := context["params"]["dataset"]) is not None:
            return [[wanted]]
        return plan_publishing(hub(), {name for event in woken_by(context) for name in event.extra.get("datasets", ())})

    @task(map_index_template="{{ dataset_names }}", max_active_tis_per_dag=2, outlets=[RELEASES])
    def publish(datasets: list[str], *, outlet_events: Any = None) -> list[str]:
        from pipelines.operations import publish

        context: Any = get_current_context()
        context["dataset_names"] = ", ".join(datasets)
        done = publish(hub(), product=None, datasets=datasets, as_of=day_of(context, "publish"))
        released = [f"{one.product_id}/{one.release_id}" for one in done]
        outlet_events[RELEASES].extra = told(context, datasets=datasets, releases=released)
        return [one.held.held_id for one in done if one.held is not None and one.newly_held]

    @task(outlets=[RELEASES])
    def publish_subjects(*, outlet_events: Any = None) -> list[str]:
        from pipelines.operations import publish

        context = get_current_context()
        done = publish(hub(), product="subject", as_of=day_of(context, "publish"))
        released = [f"{one.product_id}/{one.release_id}" for one in done]
        outlet_events[RELEASES].extra = told(context, datasets=[], releases=released)
        return released

    @task(outlets=[HELD], trigger_rule="all_done")  # also where another dataset could not be published
    def wake_approval(newly_held: Any, *, outlet_events: Any = None) -> list[str]:
        ids = sorted({held_id for some in newly_held or () for held_id in some or ()})
        if not ids:
            raise AirflowSkipException("nothing is held that was not before")
        outlet_events[HELD].extra = told(get_current_context(), held=ids)
        return ids

    published = publish.expand(datasets=plan())
    published >> publish_subjects()
    wake_approval(published)


publish_shared_datasets()
