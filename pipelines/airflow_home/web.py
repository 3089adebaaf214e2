"""Airflow with its web UI, until Ctrl-C.

The four components are started here instead of by ``airflow standalone``: that one leaves them running when TERM stops it, and
has two log servers listen on every network interface, which nobody needs where the logs are on this disk.
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
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

import psutil
from rich.console import Console

from pipelines.airflow_home.place import folder_of, prepare, relative_path
from pipelines.ground.errors import HubError, InputError

COMPONENTS: Final[dict[str, tuple[str, ...]]] = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
STARTING_SECONDS: Final = 180
STOPPING_SECONDS: Final = 20
PID_FILE: Final = "up.json"


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
    record, logs = folder / PID_FILE, folder / "logs"
    environment = os.environ | prepare(folder, home=home, port=port, dags=dags)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    if _recorded(record):
        raise InputError(f"Airflow is running for this home already; stop it with: make down ({relative_path(record)})")
    _check_free(port)
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell has a job in the background ignore SIGINT
        signal.signal(number, _interrupt)
    started: dict[str, psutil.Popen] = {}

    def start(name: str, *command: str) -> psutil.Popen:
        """In a session of its own: the terminal's Ctrl-C does not reach it before we do."""
        with (logs / f"{name}.log").open("wb") as log:
            started[name] = psutil.Popen(
                [sys.executable, "-m", "airflow", *command],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        known = [(one.pid, one.create_time()) for one in (psutil.Process(), *started.values())]
        record.write_text(json.dumps(known), encoding="utf-8")
        return started[name]

    def check() -> None:
        for name, process in started.items():
            if (status := process.poll()) is not None:
                log = relative_path(logs / f"{name}.log")
                raise HubError(f"{name} ended with status {status}; the log: {log}")

    try:
        with console.status("making the metadata database"):
            if start("migrate", "db", "migrate").wait():
                raise HubError(f"the metadata database could not be made; the log: {relative_path(logs)}/migrate.log")
        del started["migrate"]
        begun = time.monotonic()
        for name, options in COMPONENTS.items():
            start(name, name, *options)
        with console.status("starting the web UI, the scheduler, the DAG processor and the triggerer"):
            _wait_until_healthy(port, check, logs)
        console.print(f"Airflow is up after {time.monotonic() - begun:.1f} s (logs: {relative_path(logs)}/)")
        console.print(f"  web UI      http://127.0.0.1:{port}/")
        console.print(f"  scorecards  http://127.0.0.1:{port}/plugin/credit-scorecards")
        console.print("  Ctrl-C stops it")
        while True:
            check()
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):  # a second Ctrl-C must not leave half of it behind
            signal.signal(number, signal.SIG_IGN)
        killed = _stop({process.pid for process in started.values()})
        record.unlink(missing_ok=True)
        console.print(f"stopped{f' ({killed} had to be killed)' if killed else ''}")


def down(home: Path, console: Console) -> None:
    """Stop an Airflow that ``up`` started for this home, whether ``up`` itself still runs or not."""
    record = folder_of(home) / PID_FILE
    pids = _recorded(record)
    _stop(pids)
    record.unlink(missing_ok=True)
    console.print("stopped" if pids else "nothing is running for this home")


def _recorded(record: Path) -> list[int]:
    """The processes of the record that still run; an id alone may be someone else's by now. ``up`` itself is the first."""
    found = []
    with suppress(OSError, ValueError):
        for pid, created in json.loads(record.read_text(encoding="utf-8")):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(pid)
    return found


def _stop(pids: Collection[int]) -> int:
    """TERM the processes, then KILL what is left of them and of the sessions they lead; how many were killed."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOPPING_SECONDS
    while (left := _running(pids)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=STOPPING_SECONDS)
    return len(left)


def _running(pids: Collection[int]) -> list[psutil.Process]:
    """What runs of these processes and of the sessions they lead."""
    found = []
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            ours = process.pid in pids or os.getsid(process.pid) in pids
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _check_free(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        why = f"port {port} of 127.0.0.1 is taken ({error.strerror})"
        raise InputError(f"{why}; try: make up PORT={port + 1}") from error


def _wait_until_healthy(port: int, check: Callable[[], None], logs: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + STARTING_SECONDS
    health: Mapping[str, Any] = {}
    while time.monotonic() < deadline:
        check()
        with (
            suppress(OSError),
            opener.open(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer,
        ):
            health = json.load(answer)
        if sum(part.get("status") == "healthy" for part in health.values()) >= len(COMPONENTS):
            return
        time.sleep(0.3)
    raise HubError(
        f"Airflow is not healthy after {STARTING_SECONDS} s ({health or 'no answer'}); logs: {relative_path(logs)}/"
    )
