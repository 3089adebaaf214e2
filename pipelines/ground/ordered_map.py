"""Work on two items at once, in order: one computes while the other writes, and memory holds three of them at most."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def ordered_map(make: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
    """Results in the order of the items; an error of one ends the whole."""
    with ThreadPoolExecutor(2) as pool:
        running: deque[Future[_Out]] = deque()
        for item in items:
            running.append(pool.submit(make, item))
            if len(running) > 2:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
