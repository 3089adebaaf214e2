"""DAGs run for real in this process, one after the other, without a scheduler and without retries."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape

from pipelines.airflow_home.place import activate, folder_of, prepare, relative_path
from pipelines.airflow_home.progress import Progress, listener, output_to
from pipelines.ground.errors import HubError, InputError

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

UNFINISHED_WELL: Final = ("failed", "upstream_failed")


@dataclass(frozen=True)
class DagResult:
    """How one DAG run ended."""

    dag_id: str
    run_id: str
    seconds: float
    states: dict[str, int]


Run = tuple[str, Mapping[str, Any]]
"""A DAG and the parameters it runs with."""


def run_dags(
    dag_ids: Sequence[str], conf: Mapping[str, Any], home: Path, as_of: str | None = None, *, dags: Path | None = None
) -> list[DagResult]:
    """Run DAGs for real, one after the other, in this process, without a scheduler and without retries.

    Args:
        dag_ids: in the order in which they shall run.
        conf: parameters for each of the runs.
        home: the home of the hub.
        as_of: the day it is, given to the DAGs as the parameter of that name.
        dags: a folder with DAGs, when they are not the project's own.

    Raises:
        InputError: a DAG does not exist.
        HubError: a DAG cannot be loaded, or a run failed; the message says where the log is.
    """
    parameters = {**conf, **({} if as_of is None else {"as_of": as_of})}
    return run_in_turn(dag_ids, ((dag_id, parameters) for dag_id in dag_ids), home, dags=dags)


def run_in_turn(
    dag_ids: Sequence[str], runs: Iterable[Run], home: Path, *, dags: Path | None = None
) -> list[DagResult]:
    """As ``run_dags``, each run with parameters of its own; it is asked for when the one before is over.

    Args:
        dag_ids: every DAG that the runs name.
        runs: what to run, in this order.
        home: the home of the hub.
        dags: a folder with DAGs, when they are not the project's own.
    """
    folder = folder_of(home)
    activate(prepare(folder, home=home, dags=dags))
    log = folder / "logs" / f"run-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    with output_to(log) as console:
        begun = time.monotonic()
        with console.status("starting Airflow"):
            progress = Progress(console)
            found = dict(zip(dag_ids, _load(dag_ids, progress, log), strict=True))
        console.print(
            f"Airflow ready after {time.monotonic() - begun:.1f} s; its log is {relative_path(log)}", highlight=False
        )
        return [_run(found[dag_id], parameters, progress, log) for dag_id, parameters in runs]


def _load(dag_ids: Sequence[str], progress: Progress, log: Path) -> list[DAG]:
    """Make the metadata database, and find the DAGs."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils.db import initdb

    initdb()
    dags = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag = BundleDagBag(
        dag_folder=dags, bundle_path=dags, bundle_name="dags-folder"
    )  # puts the folder on the import path
    if bag.import_errors:
        reasons = "; ".join(f"{path}: {_last_line(text)}" for path, text in bag.import_errors.items())
        raise HubError(f"DAGs cannot be loaded: {reasons}. The log: {relative_path(log)}")
    missing = [dag_id for dag_id in dag_ids if dag_id not in bag.dags]
    if missing:
        raise InputError(
            f"no such DAG in {bag.dag_folder}: {', '.join(missing)}; there are: {', '.join(sorted(bag.dags))}"
        )
    get_listener_manager().add_listener(listener(progress))  # type: ignore[no-untyped-call]
    return [bag.dags[dag_id] for dag_id in dag_ids]


def _run(dag: DAG, parameters: Mapping[str, Any], progress: Progress, log: Path) -> DagResult:
    """One DAG run; nothing is tried again, since someone is waiting and nothing here fails only for a while."""
    for task in dag.tasks:
        task.retries = 0
    told = ", ".join(f"{name} {value}" for name, value in parameters.items())
    progress.console.print(f"[bold]{dag.dag_id}[/]" + (f" ({escape(told)})" if told else ""))
    progress.problems.clear()
    begun = time.monotonic()
    run: DagRun = dag.test(run_conf=dict(parameters))
    seconds = time.monotonic() - begun
    states: dict[str, int] = {}
    for instance in run.get_task_instances():
        state = str(instance.state)
        states[state] = states.get(state, 0) + 1
    good = str(run.state) == "success"
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no task"
    progress.line("[green]=[/]" if good else "[red]=[/]", dag.dag_id, seconds, counts)
    if not good:
        bad = sorted({task.task_id for task in run.get_task_instances() if str(task.state) in UNFINISHED_WELL})
        why = "; ".join(progress.problems) or f"tasks {', '.join(bad)}"
        raise HubError(f"DAG {dag.dag_id} ended as {run.state}: {why}. The log: {relative_path(log)}")
    return DagResult(dag.dag_id, run.run_id, seconds, states)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "?"
