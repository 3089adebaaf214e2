"""A sample delivery, dropped and taken month by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from rich.console import Console

from pipelines.airflow_home.runs import Run
from pipelines.ground.settings import Settings

DAG_IDS: Final = ("collect_sector_files", "publish_shared_datasets", "score_regions", "maintain_lake")


def sample_runs(settings: Settings, as_of: date, months: int, console: Console, scale: float = 1.0) -> Iterator[Run]:
    """Drop a sample delivery month by month, and say which DAG takes it with which parameters.

    Each month is received, screened, published and scored as of its own day, so that receipts, releases and scorecards are
    what they would have been then. Only the datasets that came are published, and the lake is maintained once, at the end.
    """
    from pipelines.catalog import Catalog
    from pipelines.demo import monthly_deliveries

    collect, publish, score, maintain = DAG_IDS
    catalog = Catalog.load(settings.catalog)
    for number, plan in enumerate(
        monthly_deliveries(settings.home, catalog, as_of=as_of, months=months, scale=scale), start=1
    ):
        new = [file for file in plan.files if file.received_on == plan.as_of]
        rows = sum(file.rows for file in new)
        console.print(
            f"sample delivery {number} of {months}, {plan.as_of}: {len(new):,} files, {rows:,} rows", highlight=False
        )
        yield collect, {"as_of": plan.as_of}
        came = sorted({file.dataset_id for file in new})
        wanted: list[str | None] = [*came] if number < months else [None]  # None is all
        for dataset_id in wanted:
            yield publish, {"as_of": plan.as_of, "dataset": dataset_id}
        yield score, {"as_of": plan.as_of}
    yield maintain, {}
