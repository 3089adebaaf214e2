"""Whether a file lies still: its size and times have not changed for the set number of seconds (docs/decisions/0032).

How long a file looks as it does is known in two ways, and the longer one counts:

* by the hub's clock, since an earlier pass saw it so (``pipelines.storage.arrivals``);
* by the clock of the file system, since its last change (``ctime``). A client can set the time of a file's content (``mtime``) to
  what it likes; the time of its last change is the system's. It counts only where the file system is seen to keep it, where
  its clock can be read because the inbox lies on it, and where the file's times do not lie in the future.

So a file that lay there for long is taken by the first pass, and one whose times are worth nothing by the first pass that sees it
unchanged for so long.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pipelines.ground.clock import CHINA
from pipelines.storage.arrivals import SettlingFile
from pipelines.storage.open_folder import OpenFolder

_NANOSECONDS: Final = 1_000_000_000
_PROBE: Final = ".clock"

Clock = Callable[[], float]
"""Seconds of the machine's clock (``pipelines.ground.clock.machine_time``)."""


@dataclass(frozen=True)
class Settling:
    """A file that waits: it is taken by a pass after ``settled_at`` (UTC), if it does not change until then."""

    path: Path
    settled_at: datetime

    @property
    def message(self) -> str:
        """For the terminal."""
        there = self.settled_at.astimezone(CHINA)
        return (
            f"{self.path}: 文件刚有变动，可能还没写完；不再变动的，{there:%m-%d %H:%M:%S} 以后的归集会收取。"
            f" It changed just now and may not be whole; a pass after {self.settled_at_text} takes it if it lies still."
        )

    @property
    def settled_at_text(self) -> str:
        """ISO 8601, to the second that is not before."""
        return (self.settled_at + timedelta(microseconds=999_999)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Stillness:
    """Says how long files have yet to lie still.

    Args:
        seconds: how long a file must look the same; 0 takes every file at once.
        clock: the hub's clock.
        inbox: the inbox; its file system is asked for its own time.
    """

    def __init__(self, seconds: float, clock: Clock, inbox: OpenFolder) -> None:
        self.seconds, self._clock = seconds, clock
        self._device = inbox.device
        # How far the file system's clock is ahead of ours; None where its times are not to be trusted.
        self._ahead = _ahead(inbox, clock) if seconds else None

    def left(self, earlier: SettlingFile | None, found: os.stat_result) -> tuple[float, SettlingFile | None]:
        """Seconds that a file has yet to wait, and what is to be remembered of it until then; 0 and nothing where it lies still.

        Args:
            earlier: what an earlier pass saw of it.
            found: what the system says of it now.
        """
        if not self.seconds:
            return 0.0, None
        now = self._clock()
        since = self._unchanged_since(found, now)
        # A clock that was set back says nothing.
        if earlier is not None and earlier.is_still(found) and earlier.since <= now:
            since = min(since, earlier.since)
        left = since + self.seconds - now
        return (left, SettlingFile.of(found, since)) if left > 0 else (0.0, None)

    def _unchanged_since(self, found: os.stat_result, now: float) -> float:
        """When it was changed last, by the hub's clock; now, where the file system's times are not to be trusted."""
        if self._ahead is None or found.st_dev != self._device:
            return now
        changed = max(found.st_mtime_ns, found.st_ctime_ns) / _NANOSECONDS - self._ahead
        return min(changed, now)

    def waits(self, path: Path, left: float) -> Settling:
        """A file that has so many seconds yet to wait."""
        return Settling(path, datetime.fromtimestamp(self._clock() + left, UTC))


def _ahead(inbox: OpenFolder, clock: Clock) -> float | None:
    """Seconds by which the clock of a file system is ahead of ours; None where it does not keep the time of the last change."""
    try:
        probed = inbox.touch(_PROBE)
        inbox.remove(_PROBE)
    except OSError:
        return None
    # The probe's time of content was set to 0; a file system that shows this as the time of its change shows what clients like.
    return probed.st_ctime_ns / _NANOSECONDS - clock() if probed.st_ctime_ns else None
