"""Airflow on the embedded defaults (SQLite, local files), everything below one folder.

    python -m pipelines.airflow_home demo --home home/demo      the four DAGs, one after the other, in this process;
                                          --months 3            first drops a sample delivery, and receives it month by month
    python -m pipelines.airflow_home up --home home/demo        Airflow with its web UI, until Ctrl-C
    python -m pipelines.airflow_home down --home home/demo      stops one that was left behind

Airflow reads its configuration when it is first imported: ``prepare`` comes before that, and a process has one Airflow.

``up`` starts the four components itself instead of by ``airflow standalone``: that one leaves them running when TERM
stops it, and has two log servers listen on every network interface, which nobody needs where the logs are on this disk.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import psutil
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from pipelines.errors import HubError, InputError
from pipelines.home import Home
from pipelines.settings import Settings

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

ROOT: Final = Path(__file__).resolve().parent.parent
DAG_IDS: Final = ("collect_sector_files", "publish_shared_datasets", "score_regions", "maintain_lake")
COMPONENTS: Final[dict[str, tuple[str, ...]]] = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
PORT: Final = 8080
PARALLELISM: Final = 2
STARTING_SECONDS: Final = 180
STOPPING_SECONDS: Final = 20
UNFINISHED_WELL: Final = ("failed", "upstream_failed")
PID_FILE: Final = "up.json"


def folder_of(home: Path) -> Path:
    """Where Airflow keeps its own things for a home."""
    return home.resolve() / "airflow"


def prepare(
    folder: Path, *, home: Path | None = None, port: int = PORT, dags: Path | None = None, plugins: Path | None = None
) -> dict[str, str]:
    """Make the folder and give the environment that keeps Airflow within it.

    Args:
        folder: takes AIRFLOW_HOME, the metadata database and the logs.
        home: the home of the hub that the DAGs work on, when it is not the one of the environment.
        port: where the web UI will listen, on 127.0.0.1.
        dags: the DAGs, when they are not the project's own.
        plugins: Airflow plugins, when they are not the project's own.

    Raises:
        InputError: the folder cannot be made.
    """
    folder = folder.resolve()
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); give --home a folder that can") from error
    address = f"http://127.0.0.1:{port}"
    settings: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": dags or ROOT / "dags",
            "plugins_folder": plugins or ROOT / "dags/plugins",
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            "executor": "LocalExecutor",
            "parallelism": PARALLELISM,
            "max_active_tasks_per_dag": PARALLELISM,
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_all_admins": True,
            "simple_auth_manager_passwords_file": folder / "passwords.json",
            "execution_api_server_url": f"{address}/execution/",
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{folder / 'airflow.db'}"},
        "logging": {
            "base_log_folder": folder / "logs",
            "dag_processor_child_process_log_directory": folder / "logs/dag_processor",
        },
        "dag_processor": {"dag_bundle_storage_path": folder / "bundles", "refresh_interval": 30},
        "api": {"host": "127.0.0.1", "port": port, "base_url": address, "workers": 1, "instance_name": "credit-hub"},
        "usage_data_collection": {"enabled": False},
    }
    environment = {
        f"AIRFLOW__{section.upper()}__{key.upper()}": str(value)
        for section, values in settings.items()
        for key, value in values.items()
    }
    environment |= {"AIRFLOW_HOME": str(folder), "SCARF_ANALYTICS": "false", "DO_NOT_TRACK": "1"}
    if home is not None:
        environment["CREDIT_HUB_HOME"] = str(home.resolve())
    return environment


def activate(environment: Mapping[str, str]) -> None:
    """Put what ``prepare`` gave into this process.

    Raises:
        HubError: Airflow was imported before, for another folder.
    """
    if "airflow" in sys.modules and os.environ.get("AIRFLOW_HOME") != environment["AIRFLOW_HOME"]:
        raise HubError("Airflow was imported before its folder was chosen; a process can have one Airflow home only")
    os.environ.update(environment)


# --- DAGs in this process


@dataclass(frozen=True)
class DagResult:
    """How one DAG run ended."""

    dag_id: str
    run_id: str
    seconds: float
    states: dict[str, int]


@dataclass
class _Progress:
    """An Airflow listener that prints one line for each task that ends."""

    console: Console
    started: dict[tuple[str, int], float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def line(self, mark: str, name: str, seconds: float | None, note: str = "") -> None:
        """One task, or one DAG."""
        took = "" if seconds is None else f"{seconds:6.1f} s"
        text = f"  {mark} {escape(name):44} {took} {escape(note)}".rstrip()
        self.console.print(text, highlight=False, no_wrap=True, overflow="ellipsis")

    def begins(self, task: Any) -> None:
        """A task starts."""
        self.started[task.task_id, task.map_index] = time.monotonic()

    def ends(self, mark: str, task: Any, note: str = "") -> None:
        """A task is over."""
        begun = self.started.pop((task.task_id, task.map_index), None)
        self.line(mark, _task_name(task), None if begun is None else time.monotonic() - begun, note)

    def fails(self, task: Any, error: str | BaseException | None) -> None:
        """A task failed."""
        reason = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error or "")
        first = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
        self.problems.append(f"{_task_name(task)}: {first}")
        self.ends("[red]✗[/]", task, first)


def _task_name(task: Any) -> str:
    return f"{task.task_id}[{task.map_index}]" if task.map_index >= 0 else str(task.task_id)


def _listener(progress: _Progress) -> object:
    """The hooks that Airflow calls, with the argument names it demands."""
    from airflow.listeners import hookimpl

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            progress.begins(task_instance)

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            progress.ends("[green]✓[/]", task_instance)

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:
            progress.ends("[yellow]–[/]", task_instance, "skipped")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: str | BaseException | None) -> None:
            progress.fails(task_instance, error)

    return Listener()


@contextmanager
def _output_to(log: Path) -> Iterator[Console]:
    """Send what this process and its children print to ``log``; the console given still reaches the caller's output."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    width = None if os.isatty(kept[0]) else 120
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        with os.fdopen(os.dup(kept[0]), "w", encoding="utf-8") as stream:
            yield Console(file=stream, width=width)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in (*kept, target):
            os.close(descriptor)


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
    with _output_to(log) as console:
        begun = time.monotonic()
        with console.status("starting Airflow"):
            progress = _Progress(console)
            found = dict(zip(dag_ids, _load(dag_ids, progress, log), strict=True))
        console.print(f"Airflow ready after {time.monotonic() - begun:.1f} s; its log is {_near(log)}", highlight=False)
        return [_run(found[dag_id], parameters, progress, log) for dag_id, parameters in runs]


def _load(dag_ids: Sequence[str], progress: _Progress, log: Path) -> list[DAG]:
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
        raise HubError(f"DAGs cannot be loaded: {reasons}. The log: {_near(log)}")
    missing = [dag_id for dag_id in dag_ids if dag_id not in bag.dags]
    if missing:
        raise InputError(
            f"no such DAG in {bag.dag_folder}: {', '.join(missing)}; there are: {', '.join(sorted(bag.dags))}"
        )
    get_listener_manager().add_listener(_listener(progress))  # type: ignore[no-untyped-call]
    return [bag.dags[dag_id] for dag_id in dag_ids]


def _run(dag: DAG, parameters: Mapping[str, Any], progress: _Progress, log: Path) -> DagResult:
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
        raise HubError(f"DAG {dag.dag_id} ended as {run.state}: {why}. The log: {_near(log)}")
    return DagResult(dag.dag_id, run.run_id, seconds, states)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "?"


def _near(path: Path) -> str:
    """A path as short as it can be from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


# --- a sample delivery


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


# --- what came out


def summary(home: Path) -> RichTable:
    """Where things are, with the counts of the ledger."""
    from pipelines.lake.ledger import ledger

    place = Home(home.resolve())
    batches = ledger(place, "batches").read()
    releases = ledger(place, "releases").read()
    indicators = ledger(place, "indicators").read()
    rows = {name: int(batches[name].sum()) for name in ("rows_in", "rows_accepted", "rows_refused")}
    by_status = ", ".join(
        f"{count:,} {status}" for status, count in sorted(batches["status"].value_counts().iter_rows())
    )
    latest = sorted(place.shared.glob("*/latest.json"))
    receipts = sum(1 for _ in (place.root / "outbox").glob("*/*/receipt.json"))
    totals = indicators.filter(indicators["indicator"] == "total")
    scored = totals.filter(totals["status"] == "scored")["region_code"].n_unique()
    on_it = totals["region_code"].n_unique()
    pages = sorted(place.scorecards.glob("*/index.html"))

    table = RichTable(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_row("files", f"{batches.height:,} ({by_status or 'none'})")
    table.add_row(
        "rows", f"{rows['rows_in']:,} in = {rows['rows_accepted']:,} accepted + {rows['rows_refused']:,} refused"
    )
    table.add_row("receipts", f"{receipts:,} under {_near(place.root / 'outbox')}/<provider>/<batch>/receipt.json")
    table.add_row("releases", f"{releases.height:,} of {len(latest)} products under {_near(place.shared)}/")
    for path in latest:
        release = json.loads(path.read_text(encoding="utf-8"))["release_id"]
        count = releases.filter(releases["release_id"] == release, releases["product_id"] == path.parent.name)[
            "published"
        ]
        table.add_row("", f"{path.parent.name}: {int(count.sum()):,} records in {_near(path.parent / release)}/")
    table.add_row("scorecard", f"{scored:,} regions scored, of {on_it:,}" + ("" if pages else "; no page was made"))
    if pages:
        table.add_row("", f"{_near(pages[-1])}  {pages[-1].as_uri()}")
    return table


# --- the web UI


def up(home: Path, port: int, console: Console, *, dags: Path | None = None) -> None:
    """Run Airflow with its web UI until Ctrl-C or TERM, then stop it and whatever it started.

    Args:
        home: the home of the hub.
        port: of 127.0.0.1.
        console: takes the messages.
        dags: a folder with DAGs, when they are not the project's own.

    Raises:
        InputError: the port is taken, or it runs already.
        HubError: a component did not come up.
    """
    folder = folder_of(home)
    environment = os.environ | prepare(folder, home=home, port=port, dags=dags)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    record = folder / PID_FILE
    if any(_alive(entry) for entry in _recorded(record)):
        raise InputError(f"Airflow is running for this home already; stop it with: make down ({_near(record)})")
    _free_port(port)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # ignored in what a script starts in the background
    components: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with console.status("making the metadata database"):
            _migrate(environment, folder)
        begun = time.monotonic()
        for name, options in COMPONENTS.items():
            components[name] = _start(name, options, environment, folder)
            _write_record(record, [os.getpid(), *(process.pid for process in components.values())])
        with console.status("starting the web UI, the scheduler, the DAG processor and the triggerer"):
            _wait_until_healthy(port, components, folder)
        console.print(
            f"Airflow is up after {time.monotonic() - begun:.1f} s (logs: {_near(folder / 'logs')}/)", highlight=False
        )
        console.print(f"  web UI      http://127.0.0.1:{port}/")
        console.print(f"  scorecards  http://127.0.0.1:{port}/plugin/credit-scorecards")
        console.print("  Ctrl-C stops it")
        while True:
            _all_running(components, folder)
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it behind
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        killed = _stop([process.pid for process in components.values()])
        for process in components.values():
            process.wait()
        record.unlink(missing_ok=True)
        console.print(f"stopped{f' ({killed} had to be killed)' if killed else ''}")


def down(home: Path, console: Console) -> None:
    """Stop an Airflow that ``up`` started for this home, whether ``up`` itself still runs or not."""
    record = folder_of(home) / PID_FILE
    entries = _recorded(record)
    if not any(_alive(entry) for entry in entries):
        console.print("nothing is running for this home")
        record.unlink(missing_ok=True)
        return
    foreground, components = entries[0], [pid for pid, created in entries[1:] if _alive((pid, created))]
    if _alive(foreground):
        process = psutil.Process(foreground[0])
        process.terminate()
        psutil.wait_procs([process], timeout=STOPPING_SECONDS + 10)
    _stop([pid for pid in components if psutil.pid_exists(pid)])
    record.unlink(missing_ok=True)
    console.print("stopped")


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(
                f"port {port} of 127.0.0.1 is taken ({error.strerror}); try: make up PORT={port + 1}"
            ) from error


def _migrate(environment: Mapping[str, str], folder: Path) -> None:
    log = folder / "logs/migrate.log"
    with log.open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise HubError(f"the metadata database could not be made; the log: {_near(log)}")


def _start(name: str, options: Iterable[str], environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """One component, in a session of its own so that the terminal's Ctrl-C does not reach it before we do."""
    with (folder / f"logs/{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", name, *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _all_running(components: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    for name, process in components.items():
        if process.poll() is not None:
            log = folder / f"logs/{name}.log"
            raise HubError(f"{name} ended with status {process.returncode}; the log: {_near(log)}")


def _wait_until_healthy(port: int, components: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    address = f"http://127.0.0.1:{port}/api/v2/monitor/health"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + STARTING_SECONDS
    health: dict[str, Any] = {}
    while time.monotonic() < deadline:
        _all_running(components, folder)
        try:
            with opener.open(address, timeout=5) as answer:
                health = json.load(answer)
        except OSError:
            pass
        if sum(part.get("status") == "healthy" for part in health.values()) >= len(COMPONENTS):
            return
        time.sleep(0.3)
    raise HubError(
        f"Airflow is not healthy after {STARTING_SECONDS} s ({health or 'no answer'}); logs: {_near(folder)}/logs"
    )


def _stop(pids: Sequence[int]) -> int:
    """TERM the components, then KILL what is left of their sessions and of what they started; how many were killed."""
    descendants: dict[int, psutil.Process] = {}
    for pid in pids:
        try:
            process = psutil.Process(pid)
            descendants |= {child.pid: child for child in process.children(recursive=True)}
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + STOPPING_SECONDS
    left = _left(pids, descendants)
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = _left(pids, descendants)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=STOPPING_SECONDS)
    return len(left)


def _left(pids: Sequence[int], descendants: Mapping[int, psutil.Process]) -> list[psutil.Process]:
    """Processes of the components' sessions, and their descendants, that still run."""
    left = {pid: process for pid, process in descendants.items() if process.is_running()}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in pids:
                left[process.pid] = process
        except OSError:
            continue
    return [process for process in left.values() if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _write_record(record: Path, pids: Sequence[int]) -> None:
    entries = []
    for pid in pids:
        try:
            entries.append([pid, psutil.Process(pid).create_time()])
        except psutil.NoSuchProcess:  # it ended at once; _all_running tells
            continue
    record.write_text(json.dumps(entries), encoding="utf-8")


def _recorded(record: Path) -> list[tuple[int, float]]:
    """Process ids with the times they started at: an id alone may be someone else's by now."""
    try:
        return [(int(pid), float(created)) for pid, created in json.loads(record.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []


def _alive(entry: tuple[int, float]) -> bool:
    pid, created = entry
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and _runs(process)
    except psutil.NoSuchProcess:
        return False


# --- command line

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
        from pipelines.commands.options import instant
        from pipelines.intake.inbox import CHINA

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


if __name__ == "__main__":
    main()
