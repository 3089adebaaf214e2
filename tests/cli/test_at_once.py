"""Several collectors and publishers at once: the same lake and the same releases as one of each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.pages import catalogue as site
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import DAY, Wanted, differences, drop, finish, opened
from tests.conftest import GOOD_CODES, Home, file, row

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]


def many(home: Home, collectors: int) -> None:
    """What was released before, and then a delivery for each collector, with corrections of what is there."""
    drop(home)
    finish(home)
    providers = sorted(p for p, one in home.hub.catalog.providers.items() if one.level == "province")[:collectors]
    for number, provider in enumerate(providers):
        codes = (GOOD_CODES[number % 5], GOOD_CODES[(number + 1) % 5])
        lines = [row(code, 企业名称=f"第{number}次的名称") for code in codes]
        path = home.drop(provider, "enterprise_registration", file(*lines, "zu,kurz"), name=f"{number}.csv")
        os.utime(path, ns=(10**18, 10**18))
    site.keep(home.hub.home, home.hub.catalog)


@pytest.mark.parametrize(
    ("collectors", "publishers"), [pytest.param(3, 1, id="four"), pytest.param(8, 2, id="ten", marks=pytest.mark.long)]
)
def test_collectors_and_publishers_at_once_are_as_one_of_each(tmp_path: Path, collectors: int, publishers: int) -> None:
    alone, together = opened(tmp_path / "alone"), opened(tmp_path / "together")
    for home in (alone, together):
        many(home, collectors)
    finish(alone)

    verbs = collectors * ["collect"] + publishers * ["publish"]
    arguments = [(verb, "--home", str(together.root), "--as-of", DAY) for verb in verbs]
    with Forks() as forks:
        ended = forks.run(*map(Asked, arguments))
    assert [ran.said for ran in ended if ran.status] == []
    finish(together)  # a publisher that came before the last collector leaves it to the next run

    # How many releases lie between depends on who came first; where they end does not.
    different = differences(together, Wanted.of(alone))
    assert [name for name in different if "shared/" not in name and "ledger/releases" not in name] == []
    assert together.shared().equals(alone.shared())
