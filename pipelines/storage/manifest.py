"""manifest.json of a release, latest.json of a product, and the name of a release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.ground.clock import CHINA
from pipelines.storage.files import write_json
from pipelines.storage.home import Home

MANIFEST_VERSION: Final = 1

Manifest = dict[str, Any]


def latest(home: Home, product_id: str) -> Manifest | None:
    """The manifest of the release ``latest.json`` points to."""
    pointer = home.shared / product_id / "latest.json"
    if not pointer.exists():
        return None
    release_id = json.loads(pointer.read_text())["release_id"]
    return read(home.shared / product_id / release_id)


def read(folder: Path) -> Manifest:
    """The manifest of a release folder."""
    content: Manifest = json.loads((folder / "manifest.json").read_text())
    return content


def day_of(manifest: Manifest) -> date:
    """The day in China a release is of."""
    return datetime.fromisoformat(manifest["as_of"]).astimezone(CHINA).date()


def releases(home: Home, product_id: str) -> list[str]:
    """Releases of a product that are there, oldest first."""
    return sorted(path.parent.name for path in (home.shared / product_id).glob("*/manifest.json"))


def point_to(home: Home, product_id: str, release_id: str) -> None:
    """Make a release the latest one."""
    write_json(home.shared / product_id / "latest.json", {"release_id": release_id})


def release_id(day: date, previous: Manifest | None, files: Sequence[Mapping[str, Any]]) -> str:
    """``<yyyymmdd>-<number on that day>-<digest of the data>``; never sorts before the previous release."""
    stamp, number = f"{day:%Y%m%d}", 1
    if previous is not None:
        before, count, _ = previous["release_id"].split("-")
        if stamp <= before:
            stamp, number = before, int(count) + 1
    digest = hashlib.sha256("".join(file["sha256"] for file in files).encode()).hexdigest()[:8]
    return f"{stamp}-{number:03d}-{digest}"


def data_files(home: Home, product_id: str) -> list[Path]:
    """Data files of the latest release, none where there is no release."""
    manifest = latest(home, product_id)
    if manifest is None:
        return []
    folder = home.shared / product_id / manifest["release_id"]
    return [folder / file["path"] for file in manifest["files"]]
