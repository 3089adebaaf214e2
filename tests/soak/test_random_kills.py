"""`make soak`: killed at two hundred random moments of collect, publish and maintain, then run again, as if nothing had happened.

SOAK_TIMES and SOAK_SEED choose how often and which moments; the seed is printed, so that a failure can be had again.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pipelines.pages import catalogue as site
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import DAY, Wanted, differences, drop, finish, opened
from tests.conftest import GOOD_CODES, Home, file, row

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]

TIMES: Final = int(os.environ.get("SOAK_TIMES", "200"))
SEED: Final = int(os.environ.get("SOAK_SEED", "20261124"))


def delivered(home: Home) -> None:
    """Two files that wait, in a home that has released others."""
    drop(home)
    finish(home)
    for provider, code in (("gansu", GOOD_CODES[2]), ("sichuan", GOOD_CODES[0])):
        path = home.drop(
            provider, "enterprise_registration", file(row(code, 企业名称="又改名"), "zu,kurz"), name="b.csv"
        )
        os.utime(path, ns=(10**18, 10**18))


def collected(home: Home) -> None:
    """The same, collected and not yet published."""
    delivered(home)
    home.collect()


def published(home: Home) -> None:
    """The same, published: there is something to compact and to clear away."""
    delivered(home)
    finish(home)


@dataclass(frozen=True)
class Scene:
    """A verb, the home it is run in, and how long it takes there undisturbed."""

    verb: str
    template: Home
    seconds: float


def scene(forks: Forks, folder: Path, verb: str, prepare: Callable[[Home], None]) -> Scene:
    template = opened(folder / verb)
    prepare(template)
    site.keep(template.hub.home, template.hub.catalog)
    tried = folder / f"{verb}-tried"
    shutil.copytree(template.root, tried)
    began = time.monotonic()
    [ran] = forks.run(asked(verb, tried))
    seconds = time.monotonic() - began
    assert ran.status == 0, ran.said
    shutil.rmtree(tried)
    return Scene(verb, template, seconds)


def asked(verb: str, root: Path, after_seconds: float = 0.0) -> Asked:
    as_of = () if verb == "maintain" else ("--as-of", DAY)
    return Asked((verb, "--home", str(root), *as_of), after_seconds=after_seconds)


def test_killed_at_random_and_run_again_as_if_nothing_had_happened(tmp_path: Path) -> None:
    undisturbed = opened(tmp_path / "undisturbed")
    published(undisturbed)
    wanted = Wanted.of(undisturbed)
    chosen = random.Random(SEED)
    different: dict[str, list[str]] = {}
    killed = 0
    with Forks() as forks:
        prepared = {"collect": delivered, "publish": collected, "maintain": published}
        scenes = [scene(forks, tmp_path, verb, prepare) for verb, prepare in prepared.items()]
        for number in range(TIMES):
            one = scenes[number % len(scenes)]
            moment = chosen.uniform(0.0, one.seconds)
            root = tmp_path / f"killed-{number}"
            shutil.copytree(one.template.root, root)
            [ran] = forks.run(asked(one.verb, root, moment))
            assert ran.status in (0, -signal.SIGALRM), ran.said
            killed += ran.status != 0
            if one.verb == "maintain":
                [again] = forks.run(asked("maintain", root))
                assert again.status == 0, again.said
            home = opened(root)
            finish(home)
            if found := differences(home, wanted):
                different[f"{one.verb} after {moment:.3f} s"] = found
            shutil.rmtree(root)
    print(f"seed {SEED}: killed {killed} of {TIMES} runs")
    assert different == {}
    assert killed > TIMES // 2, "most runs came to their end: the moments are not where they should be"
