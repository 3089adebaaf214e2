"""Where things are and how large they may be, from the environment; every value has a default that works on a laptop.

CREDIT_HUB_HOME              the home folder (default ./home)
CREDIT_HUB_CATALOG           the catalogue (default: catalog/ beside the package)
CREDIT_HUB_EXPECTATIONS      the generated suites (default: expectations/ beside the package)
CREDIT_HUB_WORK_GROUP_BYTES  files of one dataset are packed into work groups of about so many bytes
CREDIT_HUB_MEMORY_LIMIT      what DuckDB may hold before it spills to disk
CREDIT_HUB_MAX_…             limits of one delivered file (pipelines.ground.limits)
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipelines.ground.limits import Limits

_ROOT: Final = Path(__file__).resolve().parents[2]
MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True)
class Settings:
    """Paths and limits of one process."""

    home: Path
    catalog: Path
    expectations: Path
    work_group_bytes: int
    memory_limit: str
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def read(cls, home: Path | None = None) -> Settings:
        """Settings from the environment; ``home`` overrides."""
        return cls(
            home=(home or Path(os.environ.get("CREDIT_HUB_HOME", "home"))).resolve(),
            catalog=Path(os.environ.get("CREDIT_HUB_CATALOG", _ROOT / "catalog")),
            expectations=Path(os.environ.get("CREDIT_HUB_EXPECTATIONS", _ROOT / "expectations")),
            work_group_bytes=int(os.environ.get("CREDIT_HUB_WORK_GROUP_BYTES", 256 * MEBIBYTE)),
            memory_limit=os.environ.get("CREDIT_HUB_MEMORY_LIMIT", "1GB"),
            limits=Limits.read(),
        )
