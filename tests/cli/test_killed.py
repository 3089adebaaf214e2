"""Killing the process (SIGKILL) at every point where something on disk changes, then running again: as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.catalog import site
from pipelines.commands.options import instant_of
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import DAY, Wanted, differences, drop, finish, home_rows, leftovers, opened
from tests.conftest import GOOD_CODES, Home, file, row

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]

MOST_POINTS = 200
AT_ONCE = 2


def killed_homes(folder: Path, verb: str, prepare: Callable[[Home], None]) -> Iterator[tuple[int, Home]]:
    """Homes in which the command was killed before its 1st, 2nd, … change, up to the first one that it survived."""
    template = opened(folder / "template")
    prepare(template)
    site.keep(template.hub.home, template.hub.catalog)  # pages and workbooks have no part in what is compared

    with Forks() as forks:
        for first in range(1, MOST_POINTS, AT_ONCE):
            points = range(first, first + AT_ONCE)
            for point in points:
                shutil.copytree(template.root, folder / str(point))
            arguments = {point: (verb, "--home", str(folder / str(point)), "--as-of", DAY) for point in points}
            ended = forks.run(*(Asked(arguments[point], before_change=point) for point in points))
            for point, ran in zip(points, ended, strict=True):
                assert ran.status in (0, -signal.SIGKILL), ran.said
                yield point, opened(folder / str(point))
                if ran.status == 0:
                    return
    raise AssertionError("the command has more kill points than expected: mend the driver")


def test_a_collect_that_was_killed_anywhere_and_run_again_gives_the_same_lake(tmp_path: Path) -> None:
    undisturbed = opened(tmp_path / "undisturbed")
    drop(undisturbed)
    undisturbed.collect(instant_of(DAY))
    assert leftovers(undisturbed) == []
    wanted = Wanted.of(undisturbed)

    different: dict[int, list[str]] = {}
    last = 0
    for point, home in killed_homes(tmp_path, "collect", drop):
        home.collect(instant_of(DAY))
        different[point] = differences(home, wanted)
        shutil.rmtree(home.root)
        last = point
    assert {point: found for point, found in different.items() if found} == {}
    print(f"{last} kill points")
    assert last > 30, "the kill points are not where they were: mend the driver"


def test_a_publish_that_was_killed_anywhere_never_shows_half_a_release(tmp_path: Path) -> None:
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
    wanted = Wanted.of(undisturbed)

    different: dict[int, list[str]] = {}
    for point, home in killed_homes(tmp_path, "publish", two_deliveries):
        assert all(path.exists() for path in data_files(home.hub.home, "enterprise_registration"))
        halves = [] if home_rows(home) in (before, after) else ["half a release"]
        finish(home)
        different[point] = halves + differences(home, wanted)
        shutil.rmtree(home.root)
    assert {point: found for point, found in different.items() if found} == {}
    print(f"{len(different)} kill points")
    assert len(different) > 5
