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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import psutil
from rich.console import Console

from pipelines.airflow_home.place import folder_of, prepare, relative_path
from pipelines.airflow_home.processes import PID_FILE, STOPPING_SECONDS, alive, recorded, stop, write_record
from pipelines.ground.errors import HubError, InputError

COMPONENTS: Final[dict[str, tuple[str, ...]]] = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
STARTING_SECONDS: Final = 180


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
    if any(alive(entry) for entry in recorded(record)):
        raise InputError(f"Airflow is running for this home already; stop it with: make down ({relative_path(record)})")
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
            write_record(record, [os.getpid(), *(process.pid for process in components.values())])
        with console.status("starting the web UI, the scheduler, the DAG processor and the triggerer"):
            _wait_until_healthy(port, components, folder)
        console.print(
            f"Airflow is up after {time.monotonic() - begun:.1f} s (logs: {relative_path(folder / 'logs')}/)",
            highlight=False,
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
        killed = stop([process.pid for process in components.values()])
        for process in components.values():
            process.wait()
        record.unlink(missing_ok=True)
        console.print(f"stopped{f' ({killed} had to be killed)' if killed else ''}")


def down(home: Path, console: Console) -> None:
    """Stop an Airflow that ``up`` started for this home, whether ``up`` itself still runs or not."""
    record = folder_of(home) / PID_FILE
    entries = recorded(record)
    if not any(alive(entry) for entry in entries):
        console.print("nothing is running for this home")
        record.unlink(missing_ok=True)
        return
    foreground, components = entries[0], [pid for pid, created in entries[1:] if alive((pid, created))]
    if alive(foreground):
        process = psutil.Process(foreground[0])
        process.terminate()
        psutil.wait_procs([process], timeout=STOPPING_SECONDS + 10)
    stop([pid for pid in components if psutil.pid_exists(pid)])
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
        raise HubError(f"the metadata database could not be made; the log: {relative_path(log)}")


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
            raise HubError(f"{name} ended with status {process.returncode}; the log: {relative_path(log)}")


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
        f"Airflow is not healthy after {STARTING_SECONDS} s ({health or 'no answer'}); logs: {relative_path(folder)}/logs"
    )
