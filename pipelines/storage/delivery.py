"""A delivery: one file a provider dropped, from the moment it is safe in ``raw/``.

A batch id comes from provider, dataset and bytes, so that a re-run gives the same one. The same bytes again are a delivery of
their own, with an id of their own, that adds nothing.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict

from pipelines.storage.artefact import Artefact

BATCH_DIGITS: Final = 16


class Delivery(Artefact):
    """What is known of a file before it is read (``state/pending/<delivery_id>.json``, and beside its bytes in ``raw/``).

    ``received_on`` is the day, and ``received_at`` the instant (UTC, ISO 8601), at which the hub took it; both come from the
    caller's ``as_of``, and a re-run after a crash keeps the first ones. A file out of an archive is named
    ``archive.zip/inner.csv``. ``manifest`` is what came with it (``pipelines.collecting.manifest.Manifest``), ``problem`` why
    it cannot be read at all, if that was seen when it was taken: a manifest that differs, a member of an archive that
    does not unpack.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    batch_id: str
    first_batch_id: str | None
    provider_id: str
    region_code: str
    dataset_id: str
    file_name: str
    sha256: str
    bytes: int
    received_on: str
    received_at: str
    token: str
    manifest: dict[str, Any] | None = None
    problem: dict[str, str] | None = None

    @property
    def day(self) -> date:
        """The day of receipt."""
        return date.fromisoformat(self.received_on)

    @property
    def suffix(self) -> str:
        """Ending of the name it was sent under, lower case."""
        return f".{self.file_name.rpartition('.')[2].lower()}" if "." in self.file_name else ""

    def but(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        return self.model_copy(update=changes)


def batch_id(provider_id: str, dataset_id: str, sha256: str) -> str:
    """Sixteen hexadecimal digits from provider, dataset and bytes."""
    return _digest(provider_id, dataset_id, sha256)


def token(file_name: str, modified_ns: int) -> str:
    """Tells one drop of a file from another drop of the same bytes."""
    return _digest(file_name, str(modified_ns))


def repeated_id(first: str, dropped: str, times: int) -> str:
    """Id of a delivery whose bytes came before."""
    return f"{first}-{_digest(first, dropped, str(times))[:8]}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:BATCH_DIGITS]
