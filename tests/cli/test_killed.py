"""Killing the process (SIGKILL) where something on disk changes, then running again: as if nothing had happened.

Killed is before a change of every kind: what is done to one place, for one file, group or product after the other, is of one kind.
It is the first of its kind, of every other kind the last, so that some groups are done, half done, or not begun. Every kind is met
by `make test-long`, every fourth by `make test`; `make soak` kills anywhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.ground.clock import instant_of
from pipelines.pages import catalogue as site
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import DAY, Wanted, differences, drop, finish, home_rows, leftovers, opened
from tests.conftest import GOOD_CODES, Home, file, row

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]
SOME_OR_ALL = pytest.mark.parametrize(
    "every", [pytest.param(4, id="every fourth kind"), pytest.param(1, id="every kind", marks=pytest.mark.long)]
)


def kill_points(changes: list[str], home: Home) -> list[tuple[str, int]]:
    """Kinds of changes to die at, and at which time: of what is done for several products or datasets, at one of them."""
    ids = re.compile("|".join(sorted(home.hub.catalog.products, key=len, reverse=True)))
    points: dict[str, list[tuple[str, int]]] = {}
    for number, kind in enumerate(changes):
        points.setdefault(ids.sub("*", kind), []).append((kind, changes[: number + 1].count(kind)))
    print(f"{len(changes)} changes of {len(points)} kinds")
    return [some[-1] if number % 2 else some[0] for number, some in enumerate(points.values())]


def killed_homes(folder: Path, verb: str, prepare: Callable[[Home], None], every: int) -> Iterator[tuple[str, Home]]:
    """Homes in which the command was killed, each before another change; of the kinds of change one in ``every``."""
    template = opened(folder / "template")
    prepare(template)
    site.keep(template.hub.home, template.hub.catalog)  # pages and workbooks have no part in what is compared

    def asked(root: Path, **more: Any) -> Asked:
        shutil.copytree(template.root, root)
        return Asked((verb, "--home", str(root), "--as-of", DAY), root=str(root), **more)

    with Forks() as forks:
        [whole] = forks.run(asked(folder / "whole", tell_kinds=True))
        assert whole.status == 0, whole.said
        points = kill_points(json.loads(whole.said.splitlines()[-1]), template)[::every]
        copies = folder / "copies"
        [ran] = forks.run(asked(folder / "killed", copied_before=tuple(points), copies=str(copies)))
        # A run makes a change more or less than another, so the last point may not be met.
        assert ran.status in (-signal.SIGKILL, 0), ran.said
    met = [(number, point) for number, point in enumerate(points) if (copies / str(number)).is_dir()]
    assert len(met) >= len(points) - 1
    for number, (kind, n) in met:
        yield f"before change {n}: {kind}", opened(copies / str(number))


@SOME_OR_ALL
def test_a_collect_that_was_killed_anywhere_and_run_again_gives_the_same_lake(tmp_path: Path, every: int) -> None:
    undisturbed = opened(tmp_path / "undisturbed")
    drop(undisturbed)
    undisturbed.collect(instant_of(DAY))
    assert leftovers(undisturbed) == []
    wanted = Wanted.of(undisturbed)

    different: dict[str, list[str]] = {}
    for point, home in killed_homes(tmp_path, "collect", drop, every):
        home.collect(instant_of(DAY))
        different[point] = differences(home, wanted)
        shutil.rmtree(home.root)
    assert {point: found for point, found in different.items() if found} == {}
    assert len(different) > 30 // every, "the kill points are not where they were: correct the driver"


@SOME_OR_ALL
def test_a_publish_that_was_killed_anywhere_never_shows_half_a_release(tmp_path: Path, every: int) -> None:
    from pipelines.storage.manifest import data_files

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

    different: dict[str, list[str]] = {}
    for point, home in killed_homes(tmp_path, "publish", two_deliveries, every):
        assert all(path.exists() for path in data_files(home.hub.home, "enterprise_registration"))
        halves = [] if home_rows(home) in (before, after) else ["half a release"]
        finish(home)
        different[point] = halves + differences(home, wanted)
        shutil.rmtree(home.root)
    assert {point: found for point, found in different.items() if found} == {}
    assert len(different) > 15 // every
