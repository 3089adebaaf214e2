"""The files the pages share: the charting library and the script that draws with it.

    scorecards/assets/<name>.<first eight of sha256>.js    written once; never changed, so that an issued page stays as it was
    scorecards/assets/*.txt                                licence and notice of the library

A page works without them: its tables say all that its charts show.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent / "assets"
SCRIPTS: Final = ("echarts.min.js", "scorecard.js")
_NOTICES: Final = ("ECHARTS-LICENSE.txt", "ECHARTS-NOTICE.txt")


@cache
def names() -> tuple[str, ...]:
    """File names of the scripts, in the order in which a page loads them."""
    return tuple(name for name, _ in _scripts())


def write_assets(folder: Path) -> None:
    """The shared files into ``folder``, those that are missing; two writers at once do no harm."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (*_scripts(), *((name, (SOURCE / name).read_bytes()) for name in _NOTICES)):
        path = folder / name
        if path.exists() and path.stat().st_size == len(content):
            continue
        whole = path.with_name(f".{name}.{os.getpid()}")
        whole.write_bytes(content)
        whole.replace(path)


def _scripts() -> Iterator[tuple[str, bytes]]:
    for name in SCRIPTS:
        content = (SOURCE / name).read_bytes()
        stem, _, ending = name.partition(".")
        yield f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{ending}", content
