"""The command line of Airflow on the embedded defaults."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.airflow_home.outcome import summary
from pipelines.airflow_home.place import PORT
from pipelines.airflow_home.runs import Run, run_dags
from pipelines.airflow_home.web import down, up
from pipelines.ground.clock import CHINA, instant
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.packaged import packaged
from pipelines.ground.settings import Settings

DAG_IDS: Final = ("collect_sector_files", "publish_shared_datasets", "score_regions", "maintain_lake")
ASKING_DAG_ID: Final = "approve_held_releases"
"""Waits for a person, so it is not among those that are run in this process."""

_SAMPLE: Final = "样例数据 a sample delivery: received as of its own day"
"""A sample may be of any day, also one before the last release of an earlier sample."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
HomeOption = Annotated[Path | None, typer.Option(help="The home of the hub (default $CREDIT_HUB_HOME, else ./home).")]
MonthsOption = Annotated[
    int, typer.Option(min=0, max=12, help="Months of a sample delivery; 0 takes the inboxes as they are.")
]


@app.command("demo")
def _demo(
    home: HomeOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day it is, YYYY-MM-DD.")] = None,
    why: Annotated[str | None, typer.Option(help="Why as of a day beyond today, or before the last release.")] = None,
    months: MonthsOption = 0,
    scale: Annotated[
        float, typer.Option(min=0.01, help="Rows of the sample delivery; 1.0 is some 90,000 a month.")
    ] = 1.0,
) -> None:
    """Run the four DAGs over a home, after a sample delivery where one is asked for, and say what came out."""
    settings, begun = Settings.read(home), time.monotonic()

    def runs(console: Console) -> Iterator[Run]:
        if months:
            yield from _sample(settings, as_of, months, scale, console)
        else:
            given = {name: value for name, value in (("as_of", as_of), ("why", why)) if value}
            yield from ((dag_id, given) for dag_id in DAG_IDS)

    run_dags(runs, settings.home)
    console = _console()
    console.print()
    console.print(summary(settings.home))
    console.print(f"done in {time.monotonic() - begun:.1f} s")


def _sample(settings: Settings, as_of: str | None, months: int, scale: float, console: Console) -> Iterator[Run]:
    """Drop a sample delivery month by month, and say which DAG takes it with which parameters.

    Each month is received, screened, published and scored as of its own day, so that receipts, releases and scorecards are
    what they would have been then. Only the datasets that came are published, and the lake is maintained once, at the end.
    """
    from pipelines.catalog import Catalog
    from pipelines.demo import monthly_deliveries

    collect, publish, score, maintain = DAG_IDS
    catalog, day = Catalog.load(settings.catalog), instant(as_of).astimezone(CHINA).date()
    plans = monthly_deliveries(settings.home, catalog, as_of=day, months=months, scale=scale)
    for number, plan in enumerate(plans, start=1):
        new = [file for file in plan.files if file.received_on == plan.as_of]
        rows = sum(file.rows for file in new)
        console.print(f"sample delivery {number} of {months}, {plan.as_of}: {len(new):,} files, {rows:,} rows")
        given = {"as_of": plan.as_of, "why": _SAMPLE}
        yield collect, given
        came: list[str | None] = [*sorted({file.dataset_id for file in new})]
        # None is all of them.
        for dataset_id in came if number < months else [None]:
            yield publish, {**given, "dataset": dataset_id}
        yield score, given
    yield maintain, {}


@app.command("up")
def _up(
    home: HomeOption = None, port: Annotated[int, typer.Option(min=1, max=65535, help="Of 127.0.0.1.")] = PORT
) -> None:
    """Run Airflow with its web UI until Ctrl-C."""
    up(Settings.read(home).home, port, _console())


@app.command("down")
def _down(home: HomeOption = None) -> None:
    """Stop an Airflow that was left behind."""
    down(Settings.read(home).home, _console())


@app.command("dags")
def _dags() -> None:
    """Print the folder of the DAGs; an Airflow of your own needs it as its DAGs folder, and CREDIT_HUB_HOME."""
    typer.echo(packaged("dags"))


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def main() -> None:
    """The command, with the exit statuses of the contract."""
    try:
        app()
    except (InputError, HubError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]error:[/] {escape(str(error))}")
        raise SystemExit(2 if isinstance(error, InputError) else 3) from error
