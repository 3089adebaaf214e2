"""What an audit says: of what, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.storage.home import Home


@dataclass(frozen=True)
class AuditFinding:
    """Something on disk that cannot be; or, where ``leftover``, what a run that was killed left and a later one clears away."""

    subject: str
    message: str
    leftover: bool = False


def below(home: Home, path: Path) -> str:
    """A path as findings name it: below the home."""
    return path.relative_to(home.root).as_posix() if path.is_relative_to(home.root) else str(path)
