"""Files that were written to after they were taken: they are taken again, whole.

A writer that pauses for longer than a file has to lie still seems to be done. The file goes to ``.done/`` and stays the one that
the writer has open, so what comes later is written there. Each pass looks at the sizes and times of what lies in ``.done/``; a
file that is not what it was when its bytes were copied is a delivery of its own once it lies still again. Its first rows
come a second time, which adds nothing to what is published (docs/decisions/0001). A file that did not change is not read.

What no earlier pass of this version took (a home of 0.1.0) is read once: where ``raw/`` has its bytes, nothing is to be done.
"""

from __future__ import annotations

import hashlib
import os

from pipelines.collecting.deliveries import manifest_beside
from pipelines.collecting.intake import Intake, Known, fits
from pipelines.collecting.put_away import PutAway, put_away
from pipelines.collecting.unclaimed import link, several_names
from pipelines.ground.file_names import shown_name
from pipelines.storage import raw
from pipelines.storage.arrivals import TakenFile
from pipelines.storage.open_folder import OpenFolder


def take_again(intake: Intake, provider: OpenFolder, provider_id: str, known: Known) -> None:
    """Take what changed after it was taken; forget what is no longer there.

    Args:
        intake: the pass.
        provider: the folder of the provider.
        provider_id: its id.
        known: of its files.
    """
    there: set[str] = set()
    with intake.one(provider.path):
        for one in put_away(provider):
            if not one.is_file:
                intake.refuse(link(one.path))
                continue
            there.add(one.key)
            earlier = known.taken.get(one.key)
            if earlier is None or not earlier.is_still(one.found):
                with intake.one(one.path):
                    _look(intake, provider_id, one, known)
        for key in known.taken.keys() - there:
            del known.taken[key]


def _look(intake: Intake, provider_id: str, one: PutAway, known: Known) -> None:
    """A file that is not known as it is now: its bytes are, as after a copy of the whole home, or it is taken again."""
    earlier = known.taken.get(one.key)
    name = earlier.name if earlier is not None else shown_name(one.name)
    with one.folder.open(one.name) as stream:
        found = os.fstat(stream.fileno())
        left = known.left(intake.stillness, one.key, found)
        # What was written to is read when it lies still; what is only unknown, at once.
        if not left or earlier is None or not earlier.was_written_to(found):
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if digest == earlier.sha256 if earlier is not None else raw.path_of(intake.home, digest).exists():
                known.settles(one.key)
                known.taken[one.key] = TakenFile.of(name, found, digest)
                return
        if left:
            intake.settling.append(intake.stillness.waits(one.path, left))
        elif found.st_nlink > 1:
            intake.refuse(several_names(one.path))
        else:
            beside = manifest_beside(one.folder, one.name)
            whole = beside if fits(one.folder, one.name, beside) else None
            stream.seek(0)
            digest = intake.keep(stream, (provider_id, one.dataset, name), found.st_mtime_ns, whole)
            known.taken[one.key] = TakenFile.of(name, found, digest)
