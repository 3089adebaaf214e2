"""Puts the site into a folder: pages, templates to fill in, and what they were made from."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.pages.catalogue.pages import MARK, pages
from pipelines.pages.forms import form
from pipelines.storage.files import replace_file, write_json
from pipelines.storage.home import Home

FORMS: Final = "templates"
STATE: Final = "site.json"
_LOCK: Final = "site.lock"
_PACKAGES: Final = Path(__file__).parents[2]
_PROGRAM: Final = (  # what makes the site
    *("catalog/**/*", "pages/*", "pages/catalogue/**/*", "pages/forms/**/*"),
    *("pages/templates/*", "pages/templates/catalogue/**/*"),
)

__all__ = ["MARK", "build", "keep"]


def build(catalog: Catalog, folder: Path) -> list[Path]:
    """Write the site and take away what belongs to datasets that are no more.

    Returns:
        Every page, ``index.html`` first, then every workbook to fill in.
    """
    (folder / FORMS).mkdir(parents=True, exist_ok=True)
    (folder / STATE).unlink(missing_ok=True)
    content = {name: text.encode() for name, text in pages(catalog).items()}
    content |= {f"{FORMS}/{name}.xlsx": form(catalog, name) for name in catalog.datasets}
    for name, data in content.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            replace_file(path, data)
    for path in folder.glob("*.html"):
        if path.name not in content and MARK.encode() in path.read_bytes():
            path.unlink()
            (folder / FORMS / f"{path.stem}.xlsx").unlink(missing_ok=True)
    write_json(folder / STATE, _made_from(catalog))
    return [folder / name for name in content]


def keep(home: Home, catalog: Catalog) -> Path:
    """The site of a home, written only where it is missing or was made from another catalogue or by another program.

    What links to it (receipts, scorecards) finds it there. Looking costs a few milliseconds.
    """
    if not _is_current(home.site, catalog):
        with home.locked(_LOCK):
            if not _is_current(home.site, catalog):
                build(catalog, home.site)
    return home.site


def _is_current(folder: Path, catalog: Catalog) -> bool:
    try:
        known = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    wanted = ["index.html", "policies.html"]
    wanted += [part for name in catalog.datasets for part in (f"{name}.html", f"{FORMS}/{name}.xlsx")]
    return bool(known == _made_from(catalog)) and all((folder / name).is_file() for name in wanted)


def _made_from(catalog: Catalog) -> dict[str, str]:
    return {"catalog_version": catalog.version, "program": _program()}


@lru_cache(maxsize=1)
def _program() -> str:
    """Twelve hexadecimal digits that change with the code and the templates that make the site."""
    total = hashlib.sha256()
    every = (path for pattern in _PROGRAM for path in _PACKAGES.glob(pattern))
    for path in sorted(path for path in every if path.suffix in (".py", ".j2", ".css")):
        total.update(path.relative_to(_PACKAGES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]
