"""Writing a file so that its name either holds the whole content or does not exist.

What is new is never more open to others than the folder it lies in (``pipelines.storage.access``).
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

_EVERYBODY: Final = 0o777


def write_json(path: Path, content: Any) -> None:
    """Write JSON so that the name either holds the whole text or does not exist."""
    make_folder(path.parent)
    replace_file(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` under ``path`` atomically and durably."""
    with replaced(path) as stream:
        stream.write(content)


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A stream for what is to stand under ``path``, atomically and durably, once it is whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    with temporary.open("wb") as stream:
        restrict(temporary)
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where there are none; none is more open than the one above it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    try:
        path.mkdir()
    except FileExistsError:
        return  # another process was faster
    restrict(path)


def restrict(path: Path) -> None:
    """Take from everybody the rights on a file or folder that they do not have on the folder it lies in."""
    own = stat.S_IMODE(path.stat().st_mode)
    above = stat.S_IMODE(path.parent.stat().st_mode)
    if (wanted := own & (above | ~_EVERYBODY)) != own:
        path.chmod(wanted)
