"""Killing ``maintain`` (SIGKILL) where it commits: expiry, takedown, erasure of old releases and lake, compaction, vacuum, retention."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from pipelines.audit import audit
from pipelines.ground.clock import instant_of
from pipelines.pages import catalogue as site
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import Wanted, differences, opened
from tests.conftest import GOOD_CODES, Home
from tests.publishing.penalties import PENALTY, sent

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")]

FIRST, SECOND, LATER = "2026-11-22", "2026-11-23", "2029-06-01"
SECRET: Final = "见到的不该再见到"
FILES: Final = 9
"""More than a bucket may hold before it is compacted."""
COMMITS: Final = (
    "replace shared/administrative_penalty/latest.json",
    "replace shared/administrative_penalty/#-#-#/manifest.json",
    "create_write_transaction lake/records/administrative_penalty/",
    "vacuum lake/records/administrative_penalty/",
    "replace state/work/retention/administrative_penalty-#-#-#",
)
"""Expiry and takedown; old releases; erasure and compaction in the lake; what they replaced; releases whose time is over."""


def prepare(home: Home) -> None:
    """Three releases, the last after a withdrawal, and another withdrawal; years later the displays are over, the first release is
    old, and what was withdrawn first is no longer sealed.
    """
    withdrawn = {"violation_facts": SECRET}
    home.drop("sichuan", PENALTY, sent(PENALTY, withdrawn, {"document_number": "锦市监处罚〔2026〕300号"}))
    home.collect(instant_of(FIRST))
    home.publish_all(instant_of(FIRST))
    for number in range(FILES):
        row = {"document_number": f"锦市监处罚〔2026〕{number}号", "credit_code": GOOD_CODES[0]}
        home.drop("sichuan", PENALTY, sent(PENALTY, row), name=f"{number}.csv")
    home.collect(instant_of(SECOND))
    home.publish_all(instant_of(SECOND))
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal"))
    home.collect(instant_of(SECOND))
    home.publish_all(instant_of(SECOND))
    other = {"record_document_number": "锦市监处罚〔2026〕300号"}
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal", other), name="other.csv")
    home.collect(instant_of(SECOND))
    site.keep(home.hub.home, home.hub.catalog)


def kept_on_disk(home: Home) -> list[str]:
    """Files of lake and releases in which the withdrawn facts can still be read, those of no table included."""
    import polars as pl

    files = [path for part in ("lake", "shared") for path in (home.root / part).rglob("*.parquet")]
    held = []
    for path in files:
        frame = pl.read_parquet(path, hive_partitioning=False)
        if "violation_facts" in frame.columns and (frame["violation_facts"] == SECRET).any():
            held.append(path.relative_to(home.root).as_posix())
    return held


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(COMMITS[1:3], id="two_commits"),
        pytest.param(COMMITS, id="commits", marks=pytest.mark.long),
        pytest.param((), id="every_change", marks=pytest.mark.soak),
    ],
)
def test_a_maintain_that_was_killed_anywhere_and_run_again_has_erased_and_lost_nothing_else(
    tmp_path: Path, chosen: tuple[str, ...]
) -> None:
    template = opened(tmp_path / "template")
    prepare(template)
    assert kept_on_disk(template)
    undisturbed = opened(tmp_path / "undisturbed")
    shutil.copytree(template.root, undisturbed.root)
    arguments = ("maintain", "--as-of", LATER, "--why", "years later", "--home")
    with Forks() as forks:
        whole_root = str(undisturbed.root)
        [whole] = forks.run(Asked((*arguments, whole_root), root=whole_root, tell_kinds=True))
        assert whole.status == 0, whole.said
        changes = json.loads(whole.said.splitlines()[-1])
        points = {kind: changes.count(kind) for kind in chosen or dict.fromkeys(changes)}  # the last of each kind
        assert 0 not in points.values(), (points, sorted(set(changes)))
        assert kept_on_disk(undisturbed) == []
        assert audit(undisturbed.hub) == []
        wanted, different = Wanted.of(undisturbed), {}
        killed, copies = tmp_path / "killed", tmp_path / "copies"
        shutil.copytree(template.root, killed)
        where: dict[str, Any] = {"root": str(killed), "copied_before": tuple(points.items()), "copies": str(copies)}
        [died] = forks.run(Asked((*arguments, str(killed)), **where))
        assert died.status == -signal.SIGKILL, died.said
        for number, kind in enumerate(points):
            home = opened(copies / str(number))
            [again] = forks.run(Asked((*arguments, str(home.root))))
            assert again.status == 0, again.said
            different[kind] = [*differences(home, wanted), *kept_on_disk(home)]
            shutil.rmtree(home.root)
    assert {kind: found for kind, found in different.items() if found} == {}
