"""# 评分 · Score regions

Scores every region and every sector on what it delivered in a month, a quarter or a year, and writes `scorecards/<period>/`. The pages open in this UI under
*Browse → 评分卡*.

| | |
|---|---|
| **Runs** | when `publish_shared_datasets` has run, for the month of that run |
| **Re-run** | always safe: the same ledger gives byte-identical scorecards; other numbers are a new version, the earlier ones stay in `versions/`, and `version.json` says what changed and why |
| **If it fails** | the scorecard of before stays. Read the log, fix it, clear the task |
"""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from wiring import RELEASES, RETRY, as_of_param, day_of, hub, why_param


@dag(
    schedule=[RELEASES],
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "评分"],
    params={
        "period": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]))?$",
            title="期间 period",
            description_md="A month `2026-03`, a quarter `2026-Q1` or a year `2026`; empty for the month of the run. 留空即为当月。",
        ),
        "as_of": as_of_param(),
        "why": why_param(),
    },
)
def score_regions() -> None:
    """Score one period."""

    @task
    def score() -> str:
        from pipelines.operations import score_period

        context = get_current_context()
        return str(score_period(hub(), context["params"]["period"], day_of(context, "score")).folder)

    score()


score_regions()
