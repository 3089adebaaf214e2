"""The other end of ``tests.cli.forked``: reads runs from standard input, forks for each, and writes how they ended.

    python -m tests.cli.fork_server

Before the first fork everything is imported, the catalogue read, which starts no thread; no row is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet

from pipelines import audit, cli, expectations, operations
from pipelines.catalog import catalog
from pipelines.expectations import counting  # Great Expectations: a pass that finds deliveries would import it
from pipelines.ground.settings import Settings
from pipelines.publishing import gate, subject
from pipelines.reading.gb18030 import usable_library
from pipelines.scoring import score
from pipelines.storage import maintenance
from pipelines.storage.hub import Hub
from pipelines.storage.work_group import WorkGroup
from tests.conftest import second_route_left_out
from tests.effects import Change, watched

IMPORTED = (audit, counting, expectations, gate, maintenance, operations, pyarrow.parquet, score, subject)


def run(asked: dict[str, Any], stops: int) -> int:
    """The run itself, in the fork; its exit status, unless it is killed first. ``stops``: where it says at which point it stops."""
    made: list[Change] = []
    counts: Counter[str] = Counter()
    root = Path(asked["root"]) if asked["root"] else Path("/")
    points = {(kind, n): number for number, (kind, n) in enumerate(asked["copied_before"])}

    def before(change: Change) -> None:
        made.append(change)
        if len(made) == asked["before_change"]:
            os.kill(os.getpid(), signal.SIGKILL)
        kind = change.kind(root)
        counts[kind] += 1
        if (kind, counts[kind]) in points:
            os.write(stops, points[kind, counts[kind]].to_bytes(2, "big"))
            os.kill(os.getpid(), signal.SIGSTOP)

    if asked["after_seconds"]:
        signal.setitimer(signal.ITIMER_REAL, asked["after_seconds"])  # nobody catches SIGALRM: the process dies of it
    status: int | str | None = 0
    with ExitStack() as entered:
        if not asked["second_route"]:
            # It changes nothing on disk; double entry and the suites of the gate have tests of their own.
            entered.enter_context(second_route_left_out())
        entered.enter_context(watched(before))
        try:
            worked(*asked["arguments"]) if asked["worker"] else commanded(*asked["arguments"])
        except SystemExit as end:
            status = end.code
    if asked["tell_kinds"]:
        print("\n" + json.dumps([change.kind(root) for change in made]))
    return status if isinstance(status, int) else 0 if status is None else 1


def commanded(*arguments: str) -> None:
    """The command."""
    sys.argv = ["credit-hub", *arguments]
    cli.main()


def worked(root: str, *groups: str) -> None:
    """One worker of several, as the scheduler starts them: it collects work groups of a plan that another process made."""
    hub = Hub.open(Settings.read(Path(root)))
    for text in groups:
        operations.collect_group(hub, WorkGroup.model_validate_json(text))


class Child(NamedTuple):
    """A process that runs the command; the file that holds what it prints: no pipe, for nobody reads while it writes."""

    number: int
    said: int
    stops: int
    asked: dict[str, Any]


def forked(asked: dict[str, Any]) -> Child:
    """Start a run."""
    said = os.memfd_create("said")
    read, write = os.pipe()
    number = os.fork()
    if number == 0:
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"] or Path.cwd())
        os.dup2(said, 1)
        os.dup2(said, 2)
        status = 1
        try:
            status = run(asked, write)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(write)
    return Child(number, said, read, asked)


def at_its_end(child: Child) -> tuple[int, int]:
    """Exit status of a run, and the mebibytes it held at most. Where it stops its home is copied, as a kill would leave it; at the last point it is killed indeed."""
    left = len(child.asked["copied_before"])
    while True:
        _, status, used = os.wait4(child.number, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024
        point = int.from_bytes(os.read(child.stops, 2), "big")
        shutil.copytree(child.asked["root"], Path(child.asked["copies"], str(point)))
        left -= 1
        os.kill(child.number, signal.SIGCONT if left else signal.SIGKILL)


def ended(children: Sequence[Child]) -> list[tuple[int, str, int]]:
    """Exit status, output and memory of each process, when all have ended."""
    found = []
    for child in children:
        status, mebibytes = at_its_end(child)
        os.close(child.stops)
        os.lseek(child.said, 0, os.SEEK_SET)
        with os.fdopen(child.said, encoding="utf-8") as text:
            found.append((status, text.read(), mebibytes))
    return found


def warmed_up() -> None:
    """What every process does anew and keeps: a fork finds it done."""
    known = catalog(Settings.read(Path("/none")).catalog)
    assert all(known.rules.values())
    usable_library()


if __name__ == "__main__":
    warmed_up()
    for line in sys.stdin:
        print(json.dumps(ended([forked(one) for one in json.loads(line)])), flush=True)
