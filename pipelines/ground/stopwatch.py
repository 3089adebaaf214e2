"""Where the time of one process goes, by stage; read by the bench, otherwise a few nanoseconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_seconds: dict[str, float] = {}


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Adds the wall time of the block to a stage; stages do not overlap."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        _seconds[name] = _seconds.get(name, 0.0) + time.perf_counter() - begun


def seconds() -> dict[str, float]:
    """Seconds by stage since the process began, in the order of their first use."""
    return dict(_seconds)
