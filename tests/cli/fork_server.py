"""The other end of ``tests.cli.forked``: reads runs from standard input, forks for each, and writes how they ended.

    python -m tests.cli.fork_server

Everything is imported before the first fork, and nothing computed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet

from pipelines import audit, cli, expectations, operations
from pipelines.publishing import gate, subject
from pipelines.scoring import score
from pipelines.storage import maintenance
from tests.conftest import second_route_left_out
from tests.effects import Change, watched

IMPORTED = (audit, expectations, gate, maintenance, operations, pyarrow.parquet, score, subject)


def run(asked: dict[str, Any]) -> int:
    """The run itself, in the fork; its exit status, unless it is killed first."""
    made: list[Change] = []
    root = Path(asked["root"]) if asked["root"] else Path("/")
    left = asked["before_change"]

    def before(change: Change) -> None:
        nonlocal left
        made.append(change)
        if asked["of_kind"] in (None, change.kind(root)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if asked["after_seconds"]:
        signal.setitimer(signal.ITIMER_REAL, asked["after_seconds"])  # nobody catches SIGALRM: the process dies of it
    sys.argv = ["credit-hub", *asked["arguments"]]
    status: int | str | None = 0
    with ExitStack() as entered:
        # The second route changes nothing on disk; double entry and the suites of the gate have tests of their own.
        entered.enter_context(second_route_left_out())
        entered.enter_context(watched(before))
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
    if asked["tell_kinds"]:
        print("\n" + json.dumps([change.kind(root) for change in made]))
    return status if isinstance(status, int) else 0 if status is None else 1


def forked(asked: dict[str, Any]) -> tuple[int, int]:
    """The process that runs it, and the file that holds what it prints: no pipe, for nobody reads while it writes."""
    said = os.memfd_create("said")
    number = os.fork()
    if number == 0:
        os.dup2(said, 1)
        os.dup2(said, 2)
        status = 1
        try:
            status = run(asked)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return number, said


def ended(children: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """Exit status and output of each process, when all have ended."""
    found = []
    for number, said in children:
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        os.lseek(said, 0, os.SEEK_SET)
        with os.fdopen(said, encoding="utf-8") as text:
            found.append((status, text.read()))
    return found


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(ended([forked(one) for one in json.loads(line)])), flush=True)
