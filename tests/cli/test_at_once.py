"""Eight collectors and two publishers at once: the same lake and the same releases as one of each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import expectations
from pipelines.catalog import site
from pipelines.release import gate
from tests.cli.undisturbed import DAY, differences, drop, finish, opened
from tests.conftest import GOOD_CODES, ROOT, Home, file, row

pytestmark = pytest.mark.slow

# Forked after the imports and before anything is computed, so that ten processes cost little more than one.
DRIVER = """
import os, sys
from pipelines import expectations, intake
from pipelines.release import gate, publish
import pipelines.expectations.counting
from pipelines.commands import work
expectations.compare = lambda *_: 0
gate.check = lambda *_: gate.Validation("suite", 1, True)
from pipelines.cli import main

home, day = sys.argv[1:]
gun_read, gun_write = os.pipe()
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        os.close(gun_write)
        os.read(gun_read, 1)  # all start when the parent closes its end
        sys.argv = ["credit-hub", "collect" if number < 8 else "publish", "--home", home, "--as-of", day]
        main()
    children.append(child)
os.close(gun_read)
os.close(gun_write)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


@pytest.fixture(autouse=True)
def without_the_second_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the other processes; double entry and gate have tests of their own."""
    monkeypatch.setattr(expectations, "compare", lambda *_: 0)
    monkeypatch.setattr(gate, "check", lambda *_: gate.Validation("suite", 1, True))
    monkeypatch.setenv(
        "CREDIT_HUB_WORK_GROUP_BYTES", "1"
    )  # every file a work group of its own: the most to quarrel about


def many(home: Home) -> None:
    """What was released before, and then a delivery from each of eight provinces, with corrections of what is there."""
    drop(home)
    finish(home)
    providers = sorted(p for p, one in home.hub.catalog.providers.items() if one.level == "province")[:8]
    for number, provider in enumerate(providers):
        codes = (GOOD_CODES[number % 5], GOOD_CODES[(number + 1) % 5])
        lines = [row(code, 企业名称=f"第{number}次的名称") for code in codes]
        path = home.drop(provider, "enterprise_registration", file(*lines, "zu,kurz"), name=f"{number}.csv")
        os.utime(path, ns=(10**18, 10**18))
    site.keep(home.hub.home, home.hub.catalog)


def test_eight_collectors_and_two_publishers_at_once_are_as_one_of_each(tmp_path: Path) -> None:
    alone, together = opened(tmp_path / "alone"), opened(tmp_path / "together")
    for home in (alone, together):
        many(home)
    finish(alone)

    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(together.root), DAY],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    finish(together)  # a publisher that came before the last collector leaves it to the next run

    # How many releases lie between depends on who came first; where they end does not.
    different = differences(together, alone)
    assert [name for name in different if "shared/" not in name and "ledger/releases" not in name] == []
    assert together.shared().equals(alone.shared())
