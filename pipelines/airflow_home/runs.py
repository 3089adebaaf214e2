"""DAGs run for real in this process, one after the other, without a scheduler and without retries."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from pipelines.airflow_home.place import activate, folder_of, prepare, relative_path
from pipelines.ground.errors import HubError, InputError

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from pipelines.airflow_home.progress import Progress

Run = tuple[str, Mapping[str, Any]]
"""A DAG and the parameters it runs with."""


def run_dags(runs: Callable[[Console], Iterable[Run]], home: Path, *, dags: Path | None = None) -> None:
    """Run DAGs for real; nothing is tried again, since someone is waiting and nothing here fails only for a while.

    Args:
        runs: what to run, in this order; each run is asked for when the one before is over, and may print before it.
        home: the home of the hub.
        dags: a folder with DAGs, when they are not the project's own.

    Raises:
        InputError: a DAG does not exist.
        HubError: a DAG cannot be loaded, or a run failed; the message says where the log is.
    """
    folder = folder_of(home)
    activate(environment := prepare(folder, home=home, dags=dags))
    log = folder / "logs" / f"run-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    with _output_to(log) as console:
        begun = time.monotonic()
        with console.status("starting Airflow"):
            progress, found = _load(Path(environment["AIRFLOW__CORE__DAGS_FOLDER"]), console, log)
        console.print(f"Airflow ready after {time.monotonic() - begun:.1f} s; its log is {relative_path(log)}")
        for dag_id, parameters in runs(console):
            if dag_id not in found:
                raise InputError(f"no such DAG: {dag_id}; there are: {', '.join(sorted(found))}")
            _run(found[dag_id], parameters, progress, log)


def _load(folder: Path, console: Console, log: Path) -> tuple[Progress, Mapping[str, DAG]]:
    """Make the metadata database, find the DAGs and listen to their tasks."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils.db import initdb

    from pipelines.airflow_home.progress import Progress

    initdb()
    # This kind of bag puts the folder on the import path.
    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors:
        reasons = "; ".join(
            f"{path}: {(text.strip().splitlines() or ['?'])[-1]}" for path, text in bag.import_errors.items()
        )
        raise HubError(f"DAGs cannot be loaded: {reasons}. The log: {relative_path(log)}")
    progress = Progress(console)
    get_listener_manager().add_listener(progress)  # type: ignore[no-untyped-call]
    return progress, bag.dags


def _run(dag: DAG, parameters: Mapping[str, Any], progress: Progress, log: Path) -> None:
    for task in dag.tasks:
        task.retries = 0
    given = ", ".join(f"{name} {value}" for name, value in parameters.items())
    progress.console.print(f"[bold]{dag.dag_id}[/]" + (f" ({escape(given)})" if given else ""))
    progress.problems.clear()
    begun = time.monotonic()
    run = dag.test(run_conf=dict(parameters))
    ended = [(task.task_id, str(task.state)) for task in run.get_task_instances()]
    counts = ", ".join(f"{count} {state}" for state, count in sorted(Counter(state for _, state in ended).items()))
    good = str(run.state) == "success"
    progress.line("[green]=[/]" if good else "[red]=[/]", dag.dag_id, time.monotonic() - begun, counts or "no task")
    if not good:
        bad = sorted({name for name, state in ended if state in ("failed", "upstream_failed")})
        why = "; ".join(progress.problems) or f"tasks {', '.join(bad)}"
        raise HubError(f"DAG {dag.dag_id} ended as {run.state}: {why}. The log: {relative_path(log)}")


@contextmanager
def _output_to(log: Path) -> Iterator[Console]:
    """Send what this process and its children print to ``log``; the console given still reaches the caller's output."""
    kept = os.dup(1), os.dup(2)

    def point(*targets: int) -> None:
        for stream, descriptor, target in zip((sys.stdout, sys.stderr), (1, 2), targets, strict=True):
            stream.flush()
            os.dup2(target, descriptor)

    with log.open("ab") as stream, os.fdopen(os.dup(1), "w", encoding="utf-8") as shown:
        point(stream.fileno(), stream.fileno())
        try:
            yield Console(file=shown, width=None if shown.isatty() else 120, highlight=False)
        finally:
            point(*kept)
            for descriptor in kept:
                os.close(descriptor)
