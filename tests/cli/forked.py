"""Runs the command in forks of a process that has imported everything and read the catalogue: a run costs what it does, not its start.

Forking is safe here because no library has started a thread that works yet; Polars, DuckDB and Delta start theirs at first use.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from tests.conftest import ROOT


class Ran(NamedTuple):
    """How a run ended: its exit status (negative: the signal it died of), what it printed, and the most memory it held."""

    status: int
    said: str
    mebibytes: int


class Asked(NamedTuple):
    """A run: the command's arguments, and when to kill it: before its n-th change on disk, or after a time; 0 for never.

    Changes are those of ``tests.effects``. ``tell_kinds``: the kinds of all changes below ``root`` are printed at the end, as JSON
    on the last line. ``copied_before``: the run is killed at many points and yet runs once: before the n-th change of each of these
    kinds the whole process is stopped, and ``root`` copied to ``copies/<place in the list>``; at the last point to come it is killed.
    What lies on disk is the same as after SIGKILL there, since neither a stopped nor a killed process does anything more.

    Without a ``folder`` or an ``environment`` it has those of the tests. ``second_route``: with double entry and the suites of the gate.
    ``worker``: the arguments are a home and work groups of a plan, as JSON, and are collected as a worker of the scheduler does it.
    """

    arguments: tuple[str, ...]
    before_change: int = 0
    after_seconds: float = 0.0
    root: str = ""
    tell_kinds: bool = False
    copied_before: tuple[tuple[str, int], ...] = ()
    copies: str = ""
    folder: str = ""
    environment: dict[str, str] | None = None
    second_route: bool = False
    worker: bool = False


class Forks:
    """A process whose forks run the command; one for all tests of this process, started by the first that needs it."""

    _server: ClassVar[subprocess.Popen[str] | None] = None

    def __enter__(self) -> Self:
        if Forks._server is None:
            Forks._server = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.fork_server"],
                cwd=ROOT, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            atexit.register(_stopped)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            _stopped()  # perhaps in the middle of an answer

    def run(self, *asked: Asked) -> list[Ran]:
        """Run the command once or several times side by side."""
        server = Forks._server
        assert server is not None
        assert server.stdin is not None
        assert server.stdout is not None
        told = [one._asdict() | {"environment": one.environment or dict(os.environ)} for one in asked]
        json.dump(told, server.stdin)
        server.stdin.write("\n")
        server.stdin.flush()
        return [Ran(*one) for one in json.loads(server.stdout.readline())]


def _stopped() -> None:
    """It ends when nobody can ask it any more."""
    server, Forks._server = Forks._server, None
    if server is not None:
        with server:
            assert server.stdin is not None
            server.stdin.close()
