"""`make soak`: killed before every change on disk of a takedown, then run again: nothing of the record is left, and all adds up."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.audit import audit
from pipelines.ground.clock import instant_of
from pipelines.operations import upkeep
from pipelines.pages import catalogue as site
from pipelines.publishing.verify import verify
from pipelines.storage.ledger import ledger
from tests.cli.forked import Asked, Forks
from tests.cli.undisturbed import DAY, leftovers, on_disk, opened
from tests.conftest import GOOD_CODES, Home
from tests.publishing.penalties import NUMBER, PENALTY, PRODUCTS, sent

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("without_the_second_route")]
AT_ONCE = 2
UNSEALED = (instant_of(DAY) + timedelta(days=30)).date().isoformat()
MOST_POINTS = 400


def asked(dataset: str) -> Callable[[Home], None]:
    """A home in which a penalty is displayed and somebody has asked to take it down."""

    def prepare(home: Home) -> None:
        more = {"credit_code": GOOD_CODES[1], "document_number": "锦市监处罚〔2026〕216号"}
        for day, rows in (("2026-11-20", ({},)), ("2026-11-21", (more,))):
            home.drop("sichuan", PENALTY, sent(PENALTY, *rows), name=f"{day}.csv")
            home.collect(instant_of(day))
            home.publish_all(instant_of(day))
        home.drop("sichuan", dataset, sent(dataset))
        home.collect(instant_of(DAY))
        if dataset == "record_withdrawal":  # taken down long ago, and no longer sealed
            home.publish_all(instant_of(DAY))

    return prepare


def tables_of(home: Home) -> dict[str, list[tuple[object, ...]]]:
    found = {name: ledger(home.hub.home, name).read() for name in ("releases", "takedowns", "displays")}
    return {name: sorted(frame.rows(), key=str) for name, frame in found.items()}


@pytest.mark.parametrize(
    ("verb", "dataset", "day"), [("publish", "credit_repair", DAY), ("maintain", "record_withdrawal", UNSEALED)]
)
def test_a_takedown_that_was_killed_anywhere_and_run_again_is_complete(
    tmp_path: Path, verb: str, dataset: str, day: str
) -> None:

    def finish(home: Home) -> None:
        if verb == "publish":
            home.publish_all(instant_of(day))
        else:
            upkeep(home.hub, instant_of(day))

    template = opened(tmp_path / "template")
    asked(dataset)(template)
    site.keep(template.hub.home, template.hub.catalog)
    undisturbed = opened(Path(shutil.copytree(template.root, tmp_path / "undisturbed")))
    finish(undisturbed)
    wanted, entered = on_disk(undisturbed), tables_of(undisturbed)
    different: dict[int, list[str]] = {}
    with Forks() as forks:
        for first in range(1, MOST_POINTS, AT_ONCE):
            points = range(first, first + AT_ONCE)
            for point in points:
                shutil.copytree(template.root, tmp_path / str(point))
            ended = forks.run(
                *(
                    Asked(
                        (verb, "--home", str(tmp_path / str(point)), "--as-of", day, "--why", "a month later"),
                        before_change=point,
                    )
                    for point in points
                )
            )
            for point in points:
                home = opened(tmp_path / str(point))
                finish(home)
                mine = on_disk(home)
                found = sorted({name for name in {*mine, *wanted} if mine.get(name) != wanted.get(name)})
                found += [f"ledger: {name}" for name, rows in tables_of(home).items() if rows != entered[name]]
                found += [f"left behind: {name}" for name in leftovers(home)]
                found += [f"{one.subject}: {one.message}" for one in audit(home.hub)]
                found += [
                    str(one.path) for product in (*PRODUCTS, "subject") for one in verify(home.hub, product).damage
                ]
                if any(NUMBER in home.shared(product)["document_number"] for product in PRODUCTS):
                    found.append("still shown")
                different[point] = found
                shutil.rmtree(home.root)
            assert all(ran.status in (0, -signal.SIGKILL) for ran in ended), [ran.said for ran in ended]
            if any(ran.status == 0 for ran in ended):
                break
    print(f"{verb}: {len(different)} kill points")
    assert {point: found for point, found in different.items() if found} == {}
    assert len(different) > 30
