"""A second word: work as of a day beyond today, or before the last release, is done only for a reason that is written down.

A clock that was set to 2099 expires every record there is; a day typed wrong does the same. ``as_of`` beyond today asks for a
reason wherever records are received, released, scored or erased. Before the last release it asks where something is released: that
release is then made as of the last one's day, for the clock never runs back. A day nobody typed needs none.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import date, datetime
from typing import Final

import polars as pl

from pipelines.ground.clock import CHINA
from pipelines.ground.errors import InputError
from pipelines.storage.hub import Lake
from pipelines.storage.ledger import SECOND_WORDS, ledger
from pipelines.storage.manifest import latest

RELEASING: Final = ("publish", "run", "maintain")
"""Operations that make releases."""
SHORTEST_WHY: Final = 4


def second_word(
    hub: Lake,
    operation: str,
    as_of: datetime,
    *,
    today: datetime,
    why: str | None,
    by: str,
    product: str | None = None,
    woken: bool = False,
) -> None:
    """Let work as of an unusual day begin, and write down why; of any other day, nothing.

    Args:
        hub: home and catalogue.
        operation: collect, publish, score, run or maintain.
        as_of: the instant that was asked for.
        today: now, as the face knows it.
        why: the reason, where one was given.
        by: who gives it.
        product: the one that is published; all without it.
        woken: the day is that of the run that woke this one, where it was in order: only beyond today it is asked about again.

    Raises:
        InputError: the day is beyond today, or before the last release, and there is no reason.
    """
    day, now = (one.astimezone(CHINA).date() for one in (as_of, today))
    said = None
    if day > now:
        said = f"is beyond today ({now}, China)"
    elif not woken and operation in RELEASING and (last := _last_release(hub, product)) is not None and day < last:
        said = f"lies before the last release, which is as of {last}"
    if said is None:
        return
    if why is None or len(why.strip()) < SHORTEST_WHY:
        raise InputError(
            f"--as-of {day}: {said}; correct the day, or say with --why in a sentence why '{operation}' is to run so"
        )
    row = {"operation": operation, "as_of": day, "said_on": now, "why": why.strip(), "by": by}
    transaction = f"second-word-{hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]}"
    work = hub.home.work(transaction)
    ledger(hub.home, "second_words").append_frame(transaction, pl.DataFrame([row], schema=dict(SECOND_WORDS)), work)
    shutil.rmtree(work, ignore_errors=True)


def _last_release(hub: Lake, product: str | None) -> date | None:
    """The day of the youngest release that stands."""
    names = hub.catalog.products if product is None else [product]
    days = [one.day for one in (latest(hub.home, name) for name in names) if one is not None]
    return max(days, default=None)
