"""# 维护 · Maintain the lake

Compacts buckets that hold many small files, removes files that belong to no table, bounds the Delta logs, then audits: proves
from disk that no row is missing and no file was altered.

| | |
|---|---|
| **Runs** | daily at 02:30 (Asia/Shanghai), and waits while a group is being collected |
| **Re-run** | always safe |
| **If `audit` fails** | a file was removed or altered, or rows do not add up. The log names each. Restore the file from backup; `raw/` can rebuild the lake |
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import RETRY, hub


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    default_args=RETRY,
    doc_md=__doc__,
    tags=["credit-hub", "维护"],
)
def maintain_lake() -> None:
    """Compact, then audit."""

    @task
    def maintain() -> list[dict[str, Any]]:
        from pipelines.audit.audit import tables
        from pipelines.lake.maintenance import maintain

        opened = hub()
        return [vars(done) for done in maintain(opened.home, tables(opened))]

    @task(retries=0)
    def audit() -> int:
        from pipelines.audit import audit
        from pipelines.errors import HubError

        findings = audit(hub())
        if findings:
            raise HubError("; ".join(f"{finding.subject}: {finding.message}" for finding in findings[:20]))
        return 0

    maintain() >> audit()


maintain_lake()
