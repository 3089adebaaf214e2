"""``outbox/<provider_id>/not_taken.html``: what lies in an inbox and cannot be taken, for the person who put it there.

Whoever drops a file looks for an answer in the outbox, and a file in the wrong place has no receipt. So the page is kept beside the
receipts as long as anything lies there, says of each thing where it lies and what to do, and is gone with the pass that finds
nothing any more. Nothing in an inbox is moved. What lies in the folder of no provider is listed in ``outbox/not_taken.html``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.catalog import Catalog
from pipelines.collecting.unclaimed import UnclaimedEntry
from pipelines.ground.file_names import shown_name
from pipelines.pages.theme import render
from pipelines.storage.files import make_folder, replace_file
from pipelines.storage.home import Home
from pipelines.storage.outbox import NOT_TAKEN


def write_not_taken(home: Home, catalog: Catalog, unclaimed: Iterable[UnclaimedEntry], provider: str | None) -> None:
    """Write the pages of the providers that were looked at, and remove those that are no longer true.

    Args:
        home: the hub's home.
        catalog: for names.
        unclaimed: what was found.
        provider: the only one that was looked at; all of them where None.
    """
    outbox = home.outboxes
    found: dict[str, list[UnclaimedEntry]] = {}
    for unclaimed_entry in unclaimed:
        inside = unclaimed_entry.path.relative_to(home.inbox).parts
        known = inside[0] in catalog.providers and len(inside) > 1
        found.setdefault(inside[0] if known else "", []).append(unclaimed_entry)
    looked_at = [provider] if provider is not None else ["", *sorted(catalog.providers)]
    for one in looked_at:
        page = outbox / one / NOT_TAKEN
        if one in found:
            _write(page, _page(home, catalog, one, found[one]))
        else:
            page.unlink(missing_ok=True)


def _write(page: Path, text: str) -> None:
    content = text.encode()
    if page.exists() and page.read_bytes() == content:
        return
    make_folder(page.parent)
    replace_file(page, content)


def _page(home: Home, catalog: Catalog, provider: str, unclaimed: Iterable[UnclaimedEntry]) -> str:
    listed = [
        (_shown(unclaimed_entry.path.relative_to(home.root)), unclaimed_entry.zh) for unclaimed_entry in unclaimed
    ]
    return render(
        "receipts/not_taken.html.j2",
        provider_zh=catalog.providers[provider].title_zh if provider else "收件目录",
        listed=sorted(listed),
    )


def _shown(path: Path) -> str:
    """A path that may hold bytes of any encoding, for people."""
    return "/".join(shown_name(part) for part in path.parts)
