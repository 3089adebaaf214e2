"""Killing the process (SIGKILL) at every point where something on disk changes, then running again: as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import expectations
from pipelines.catalog import site
from pipelines.release import gate
from tests.cli.undisturbed import DAY, differences, drop, finish, home_rows, leftovers, opened
from tests.conftest import GOOD_CODES, ROOT, Home, file, row

pytestmark = pytest.mark.slow

MOST_POINTS = 200
AT_ONCE = 2
# The second route changes nothing on disk and costs two seconds a process.
QUIET = """
from pipelines import expectations
from pipelines.release import gate
expectations.compare = lambda *_: 0
gate.check = lambda *_: gate.Validation("suite", 1, True)
"""
DRIVER = f"""{QUIET}
import os, signal, sys
from pathlib import Path
import deltalake

left = int(sys.argv[1])

def deadly(owner, name):
    real = getattr(owner, name)
    def wrapped(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    setattr(owner, name, wrapped)

for owner, names in (
    (Path, ("replace", "unlink")),
    (os, ("link",)),
    (deltalake.DeltaTable, ("create", "create_write_transaction")),
):
    for name in names:
        deadly(owner, name)
from pipelines.cli import main
sys.argv = ["credit-hub", *sys.argv[2:]]
main()
"""


@pytest.fixture(autouse=True)
def without_the_second_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the killed processes; double entry and gate have tests of their own."""
    monkeypatch.setattr(expectations, "compare", lambda *_: 0)
    monkeypatch.setattr(gate, "check", lambda *_: gate.Validation("suite", 1, True))
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "1")


def kill(root: Path, point: int, verb: str) -> int:
    """Run the command, killed before its ``point``-th change on disk; its exit status."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(point), verb, "--home", str(root), "--as-of", DAY],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def killed_homes(folder: Path, verb: str, prepare: Callable[[Home], None]) -> Iterator[tuple[int, Home]]:
    """Homes in which the command was killed before its 1st, 2nd, … change, up to the first one that it survived."""
    template = opened(folder / "template")
    prepare(template)
    site.keep(template.hub.home, template.hub.catalog)  # pages and workbooks have no part in what is compared

    def one(point: int) -> tuple[int, Home, bool]:
        root = folder / str(point)
        shutil.copytree(template.root, root)
        return point, opened(root), kill(root, point, verb) == 0

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(1, MOST_POINTS, AT_ONCE * 2):
            for point, home, survived in pool.map(one, range(first, first + AT_ONCE * 2)):
                yield point, home
                if survived:
                    return
    raise AssertionError("the command has more kill points than expected: mend the driver")


def test_a_collect_that_was_killed_anywhere_and_run_again_gives_the_same_lake(tmp_path: Path) -> None:
    undisturbed = opened(tmp_path / "undisturbed")
    drop(undisturbed)
    finish(undisturbed)
    assert leftovers(undisturbed) == []

    different: dict[int, list[str]] = {}
    last = 0
    for point, home in killed_homes(tmp_path, "collect", drop):
        finish(home)
        different[point] = differences(home, undisturbed)
        shutil.rmtree(home.root)
        last = point
    assert {point: found for point, found in different.items() if found} == {}
    print(f"{last} kill points")
    assert last > 30, "the kill points are not where they were: mend the driver"


def test_a_publish_that_was_killed_anywhere_never_shows_half_a_release(tmp_path: Path) -> None:
    from pipelines.commands.options import instant_of
    from pipelines.release.manifest import data_files

    def two_deliveries(home: Home) -> None:
        drop(home)
        finish(home)
        more = file(row(GOOD_CODES[0], 企业名称="又改名"), row(GOOD_CODES[2]))
        os.utime(home.drop("sichuan", "enterprise_registration", more, name="b.csv"), ns=(10**18, 10**18))
        home.collect(instant_of(DAY))

    undisturbed = opened(tmp_path / "undisturbed")
    two_deliveries(undisturbed)
    before = home_rows(undisturbed)
    finish(undisturbed)
    after = home_rows(undisturbed)
    assert before != after

    different: dict[int, list[str]] = {}
    for point, home in killed_homes(tmp_path, "publish", two_deliveries):
        assert all(path.exists() for path in data_files(home.hub.home, "enterprise_registration"))
        halves = [] if home_rows(home) in (before, after) else ["half a release"]
        finish(home)
        different[point] = halves + differences(home, undisturbed)
        shutil.rmtree(home.root)
    assert {point: found for point, found in different.items() if found} == {}
    assert len(different) > 5
