"""Writing a file so that its name either holds the whole content or does not exist."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO


def write_json(path: Path, content: Any) -> None:
    """Write JSON so that the name either holds the whole text or does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
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
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
