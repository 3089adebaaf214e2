"""Files in ``.done/`` that are not what was taken: their bytes are compared with those of the raw zone, one and all."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator

from pipelines.audit.finding import AuditFinding, below
from pipelines.collecting.put_away import PutAway, put_away
from pipelines.storage import raw
from pipelines.storage.arrivals import Arrivals, TakenFile
from pipelines.storage.hub import Hub
from pipelines.storage.open_folder import IS_A_LINK, OpenFolder

_GONE: frozenset[int] = frozenset({errno.ENOENT, *IS_A_LINK})


def changed_since_taken(hub: Hub) -> Iterator[AuditFinding]:
    """Of each file that lies in a ``.done/`` and whose bytes are not in ``raw/``: provider, dataset, and what differs."""
    if not hub.home.inbox.is_dir():
        return
    with OpenFolder.at(hub.home.inbox) as inbox:
        for provider_id in (name for name in inbox.names() if name in hub.catalog.providers and inbox.is_folder(name)):
            with inbox.folder(provider_id) as provider:
                taken = Arrivals.of(hub.home, provider_id).taken
                for one in put_away(provider):
                    if one.is_file and (said := _differs(hub, one, taken.get(one.key))) is not None:
                        yield AuditFinding(below(hub.home, one.path), f"{provider_id}, {one.dataset}: {said}")


def _differs(hub: Hub, one: PutAway, taken: TakenFile | None) -> str | None:
    try:
        with one.folder.open(one.name) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return None
    if digest == taken.sha256 if taken is not None else raw.path_of(hub.home, digest).exists():
        return None
    again = "the next 'collect' takes the whole file again, once it lies still"
    if taken is None:
        return f"raw/ does not hold the bytes of this file; {again}"
    how = "grew" if size > taken.size else "was altered"
    return f"{how} after it was taken ({taken.size} bytes then, {size} now): {again}"
