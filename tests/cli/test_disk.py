"""A full disk and a read-only folder: a clear error, exit status 2, and nothing lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.pages import catalogue as site
from tests.cli.forked import Asked, Forks, Ran
from tests.cli.undisturbed import DAY, Wanted, differences, drop, finish, opened
from tests.conftest import Home

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """Where the command is run."""
    with Forks() as running:
        yield running


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which can be made smaller and read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)):
        pytest.skip("no disk can be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mount(*arguments: str) -> int:
    """Exit status of mount."""
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode


def command(forks: Forks, home: Home, verb: str) -> Ran:
    """What a user sees of a verb."""
    return forks.run(Asked((verb, "--home", str(home.root), "--as-of", DAY)))[0]


def prepared(root: Path) -> Home:
    home = opened(root)
    drop(home)
    site.keep(home.hub.home, home.hub.catalog)
    return home


def clear(ran: Ran, says: str) -> list[str]:
    """What is wrong with an error of the disk."""
    wrong = [f"exit status {ran.status}"] if ran.status != 2 else []
    wrong += ["a traceback"] if "Traceback" in ran.said else []
    return wrong + ([f"does not say '{says}': {ran.said[-300:]}"] if says not in ran.said else [])


def test_a_disk_that_fills_up_anywhere_gives_a_clear_error_and_loses_nothing(
    tmp_path: Path, disk: Path, forks: Forks
) -> None:
    undisturbed = prepared(tmp_path / "undisturbed")
    finish(undisturbed)
    wanted = Wanted.of(undisturbed)

    home = prepared(disk / "home")
    failed = 0
    for verb in ("collect", "publish"):
        for room in range(0, 400, 8):  # KiB left; each run gets a little further than the last
            used = os.statvfs(disk)
            kept = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
            assert mount("-o", f"remount,size={kept + room}k", str(disk)) == 0
            done = command(forks, home, verb)
            assert mount("-o", "remount,size=64m", str(disk)) == 0
            if done.status == 0:
                break
            failed += 1
            assert clear(done, "free space") == [], f"{verb} with {room} KiB"
        assert done.status == 0, f"{verb} never came to its end"
    assert failed > 4
    finish(home)
    assert differences(home, wanted) == []


@pytest.mark.parametrize("verb", ["collect", "publish", "score"])
def test_a_read_only_home_gives_a_clear_error(disk: Path, forks: Forks, verb: str) -> None:
    home = prepared(disk / "home")
    assert mount("-o", "remount,ro", str(disk)) == 0
    assert clear(command(forks, home, verb), "cannot be written to") == []
