"""Where the data that travels with the code is: ``catalog``, ``expectations`` and ``dags``.

<checkout>/catalog                       in git, beside the package
<site-packages>/pipelines/_data/catalog  in an installed wheel (pyproject.toml puts it there)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]


def packaged(name: str) -> Path:
    """The folder of this name, in a checkout and in an installed package alike."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
