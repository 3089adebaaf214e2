"""What a process read and wrote, and what of a release is new on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.storage.home import Home
from pipelines.storage.manifest import latest, read


@dataclass(frozen=True)
class Traffic:
    """Bytes a process asked the system for, files in memory included."""

    read: int
    written: int


def traffic() -> Traffic:
    """Of this process so far, as Linux counts it; memory-mapped reads are not in it."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return Traffic(int(lines["rchar"]), int(lines["wchar"]))


def written(home: Home, product_id: str) -> dict[str, Any]:
    """Parts of the latest release of a product, and those that are no link to the release before."""
    manifest = latest(home, product_id)
    if manifest is None:
        return {}
    before = manifest.previous_release_id
    known = read(home.release(product_id, before)).files if before else []
    digests = {one.sha256 for one in known}
    fresh = [one for one in manifest.files if one.sha256 not in digests]
    return {
        "product_id": product_id,
        "rows": manifest.rows,
        "parts": len(manifest.files),
        "parts_written": len(fresh),
        "rows_written": sum(one.rows for one in fresh),
        "bytes_written": sum(one.bytes for one in fresh),
        "changes": manifest.changes.counts,
    }
