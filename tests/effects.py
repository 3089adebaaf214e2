"""Changes on disk as they are made: to count them, and to die before one of them, as a process does that is killed.

Watched is what the operating system and Delta are asked to do, never a function of the hub: a file replaced, linked or removed, a
table created, written in one transaction, checkpointed or cleaned up. So a test says *where* a run dies by what is on disk then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import deltalake
import pytest

WATCHED: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (Path, ("replace", "unlink")),
    (os, ("link", "rename")),
    (deltalake.DeltaTable, ("create", "create_write_transaction", "vacuum", "create_checkpoint", "cleanup_metadata")),
)
_CHANGING: Final = re.compile(r"[0-9a-f]{6,}|\d+|(?<=^outbox/)\w+|(?<=^inbox/)\w+")


class Change(NamedTuple):
    """What is done, and to which file or table."""

    what: str
    path: str

    def kind(self, root: Path) -> str:
        """What is done and where below a home, without digests, numbers and providers: changes of one kind differ in nothing else."""
        place = self.path.removeprefix("file://").removeprefix(f"{root}/")
        return f"{self.what} {_CHANGING.sub('#', place)}"


class Killed(BaseException):
    """Nothing of the hub catches it, as nothing survives SIGKILL."""


@contextmanager
def watched(before: Callable[[Change], None]) -> Iterator[None]:
    """Calls ``before`` before each change on disk of this process."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, names in WATCHED:
            for name in names:
                patch.setattr(owner, name, _watching(getattr(owner, name), name, before))
        yield


@contextmanager
def dies_before(what: str, place: str, *, root: Path) -> Iterator[None]:
    """The work inside dies before it first does ``what`` to a place, given without digests and numbers (``state/groups/#.json``).

    Raises:
        AssertionError: the work came to its end, so the test tests nothing.
    """

    seen: set[str] = set()

    def before(change: Change) -> None:
        seen.add(change.kind(root))
        if change.kind(root) == f"{what} {place}":
            raise Killed

    try:
        with watched(before):
            yield
    except Killed:
        return
    raise AssertionError(f"nothing died; what was done: {sorted(seen)}")


def _watching(real: Callable[..., Any], name: str, before: Callable[[Change], None]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        first = arguments[0]
        if isinstance(first, deltalake.DeltaTable):
            path = str(first.table_uri)
        else:
            path = str(arguments[1] if name in ("replace", "link", "rename") else first)
            if (folder := named.get("dst_dir_fd")) is not None:
                path = f"{Path(f'/proc/self/fd/{folder}').readlink()}/{path}"
        before(Change(name, path))
        return real(*arguments, **named)

    return wrapped
