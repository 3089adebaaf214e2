"""`make soak`: writers that pause for 0 to 40 seconds at random, while passes run with a settle time of 30: no row is lost.

SOAK_SCALE shortens all times (0.02 without it: 0.6 seconds and pauses of up to 0.8), SOAK_SEED chooses the pauses.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Sequence
from typing import Final

import pytest

from pipelines.audit import audit
from pipelines.collecting import take
from pipelines.collecting.deliveries import pending
from tests.conftest import AS_OF, GOOD_CODES, HEADER, Home, row

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("without_the_second_route")]

SCALE: Final = float(os.environ.get("SOAK_SCALE", "0.02"))
SEED: Final = int(os.environ.get("SOAK_SEED", "20261124"))
SETTLE: Final = 30 * SCALE
LONGEST: Final = 40 * SCALE
DATASET: Final = "enterprise_registration"


class Writer(threading.Thread):
    """Writes a file under its final name, holds it open, and pauses after some rows, in the middle of a line too."""

    def __init__(self, home: Home, number: int, pauses: Sequence[float]) -> None:
        super().__init__()
        self.path = home.drop("sichuan", DATASET, "", name=f"{number}.csv")
        self.pauses = pauses
        self.names = [f"第{number}之{place}号公司" for place in range(4 * (len(pauses) + 1))]
        self.stream = self.path.open("w", encoding="utf-8")

    def run(self) -> None:
        whole = "\n".join([HEADER, *(row(GOOD_CODES[0], 企业名称=name) for name in self.names)]) + "\n"
        size = len(whole) // (len(self.pauses) + 1) + 1
        with self.stream as stream:
            for place, pause in enumerate([*self.pauses, 0.0]):
                stream.write(whole[place * size : (place + 1) * size])
                stream.flush()
                time.sleep(pause)


def one_pass(home: Home) -> bool:
    """True while anything still waits."""
    found = take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF, settle_seconds=SETTLE)
    assert found.unclaimed == ()
    return bool(found.settling)


def written_and_collected(home: Home, writers: Sequence[Writer]) -> None:
    """Passes while the writers write, and until nothing waits any more; then what came is screened."""
    for writer in writers:
        writer.start()
    passes = 0
    while any(writer.is_alive() for writer in writers) or one_pass(home):
        one_pass(home)
        passes += 1
        time.sleep(10 * SCALE)
    for writer in writers:
        writer.join()
    deliveries = len(pending(home.hub.home))
    receipts = home.collect()

    wanted = {name for writer in writers for name in writer.names}
    there = set(home.records()["name"])
    pauses = [pause for writer in writers for pause in writer.pauses]
    print(
        f"seed {SEED}, scale {SCALE}: {len(writers)} files, {len(pauses)} pauses ({sum(p > SETTLE for p in pauses)} longer than"
        f" the settle time), {passes} passes, {deliveries} deliveries, {len(wanted)} rows, {len(wanted - there)} lost"
    )
    assert wanted <= there
    assert len(receipts) == deliveries
    assert [one for one in audit(home.hub) if one.subject.startswith("inbox/")] == []


def test_fifty_writers_that_pause_at_random_lose_no_row(home: Home) -> None:
    chosen = random.Random(SEED)
    written_and_collected(
        home, [Writer(home, number, [chosen.uniform(0, LONGEST) for _ in range(3)]) for number in range(50)]
    )


def test_a_writer_that_pauses_fifty_times_loses_no_row(home: Home) -> None:
    chosen = random.Random(SEED)
    written_and_collected(home, [Writer(home, 0, [chosen.uniform(0, LONGEST) for _ in range(50)])])
