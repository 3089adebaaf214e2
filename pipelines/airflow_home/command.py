"""The command line of Airflow on the embedded defaults."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.airflow_home.outcome import summary
from pipelines.airflow_home.place import PORT
from pipelines.airflow_home.runs import run_dags, run_in_turn
from pipelines.airflow_home.sample import DAG_IDS, sample_runs
from pipelines.airflow_home.web import down, up
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
HomeOption = Annotated[Path | None, typer.Option(help="The home of the hub (default $CREDIT_HUB_HOME, else ./home).")]


@app.command("demo")
def _demo_command(
    home: HomeOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day it is, YYYY-MM-DD.")] = None,
    months: Annotated[
        int, typer.Option(min=0, max=12, help="Months of a sample delivery; 0 takes the inboxes as they are.")
    ] = 0,
    scale: Annotated[
        float, typer.Option(min=0.01, help="Rows of the sample delivery; 1.0 is some 90,000 a month.")
    ] = 1.0,
) -> None:
    """Run the four DAGs over a home, after a sample delivery where one is asked for, and say what came out."""
    settings, console = Settings.read(home), _console()
    told = Console(
        file=os.fdopen(os.dup(1), "w", encoding="utf-8"), width=console.width
    )  # while the rest goes to the log
    place = settings.home
    begun = time.monotonic()
    if months:
        from pipelines.ground.clock import CHINA, instant

        day = instant(as_of).astimezone(CHINA).date()
        run_in_turn(DAG_IDS, sample_runs(settings, day, months, told, scale), place)
    else:
        run_dags(DAG_IDS, {}, place, as_of)
    console.print()
    console.print(summary(place))
    console.print(f"done in {time.monotonic() - begun:.1f} s")


@app.command("up")
def _up_command(
    home: HomeOption = None, port: Annotated[int, typer.Option(min=1, max=65535, help="Of 127.0.0.1.")] = PORT
) -> None:
    """Run Airflow with its web UI until Ctrl-C."""
    up(Settings.read(home).home, port, _console())


@app.command("down")
def _down_command(home: HomeOption = None) -> None:
    """Stop an Airflow that was left behind."""
    down(Settings.read(home).home, _console())


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def main() -> None:
    """The command, with the exit statuses of the contract."""
    try:
        app()
    except (InputError, HubError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]error:[/] {escape(str(error))}")
        raise SystemExit(2 if isinstance(error, InputError) else 3) from error
