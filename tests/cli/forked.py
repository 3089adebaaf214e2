"""Runs the command in forks of a process that has imported everything and computed nothing: a run costs what it does, not its start.

Forking is safe here because no library has started a thread yet; Polars, DuckDB and Delta start theirs at first use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Final, NamedTuple, Self

from tests.conftest import ROOT

_SERVER: Final = """
import json, os, signal, sys
from pathlib import Path
import deltalake
import polars, pyarrow.parquet
from pipelines import audit, cli, expectations, intake, release
from pipelines.commands import work
from pipelines.expectations import counting
from pipelines.lake import maintenance
from pipelines.release import gate, subject
from pipelines.scorecard import score

# The second route changes nothing on disk; double entry and the suites of the gate have tests of their own.
expectations.compare = lambda *_: 0
gate._meets = subject.meets = lambda *_: None

CHANGES = (
    (Path, ("replace", "unlink")),
    (os, ("link",)),
    (deltalake.DeltaTable, ("create", "create_write_transaction", "vacuum", "create_checkpoint", "cleanup_metadata")),
)

def kind_of(name):
    # What is done, and by which lines of the hub.
    frame, lines = sys._getframe(2), [name]
    while frame:
        if "/pipelines/" in frame.f_code.co_filename:
            lines.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(lines)

def what(name, arguments):
    first = arguments[0]
    table = isinstance(first, deltalake.DeltaTable)
    return name + " " + str(first.table_uri if table else arguments[1] if name == "replace" else first)

def deadly(owner, name, left, made, kinds, kind):
    real = getattr(owner, name)
    def wrapped(*arguments, **named):
        made.append(what(name, arguments))
        kinds.append(kind_of(name))
        if kind in (None, kinds[-1]):
            left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    setattr(owner, name, wrapped)

def child(asked, said):
    os.dup2(said, 1)
    os.dup2(said, 2)
    left, made, kinds = [asked["before_change"]], [], []
    for owner, names in CHANGES:
        for name in names:
            deadly(owner, name, left, made, kinds, asked["of_kind"])
    if asked["after_seconds"]:
        signal.setitimer(signal.ITIMER_REAL, asked["after_seconds"])  # nobody catches SIGALRM: the process dies of it
    sys.argv = ["credit-hub", *asked["arguments"]]
    try:
        cli.main()
        status = 0
    except SystemExit as left:
        status = left.code or 0
    if asked["listing"]:
        print("\\n".join(made))
    if asked["tell_changes"]:
        print(chr(10) + json.dumps(kinds))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

for line in sys.stdin:
    asked, children = json.loads(line), []
    for one in asked:
        # Not a pipe: nobody reads while the children write.
        said = os.memfd_create("said")
        number = os.fork()
        if number == 0:
            child(one, said)
        children.append((number, said))
    answer = []
    for number, said in children:
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        os.lseek(said, 0, os.SEEK_SET)
        with os.fdopen(said) as text:
            answer.append([status, text.read()])
    print(json.dumps(answer), flush=True)
"""


class Ran(NamedTuple):
    """How a run ended: its exit status (negative: the signal it died of), and what it printed."""

    status: int
    said: str


class Asked(NamedTuple):
    """A run: the command's arguments, and when to kill it: before its n-th change on disk, or after a time; 0 for never.

    Changes are of a kind that are made by the same lines. Counted are all, or those of one kind; ``tell_changes``: their kinds are
    printed at the end, as JSON on the last line.

    ``listing``: print every change at the end, one to a line, the 1st being that before which ``before_change=1`` kills.
    """

    arguments: tuple[str, ...]
    before_change: int = 0
    after_seconds: float = 0.0
    of_kind: str | None = None
    tell_changes: bool = False
    listing: bool = False


class Forks:
    """A process whose forks run the command."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            cwd=ROOT, env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in (self._server.stdin, self._server.stdout):
            assert stream is not None
            stream.close()
        self._server.wait(timeout=60)

    def run(self, *asked: Asked) -> list[Ran]:
        """Run the command once or several times side by side."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps([one._asdict() for one in asked]) + "\n")
        self._server.stdin.flush()
        return [Ran(*one) for one in json.loads(self._server.stdout.readline())]
