"""A work group: deliveries of one dataset that are screened and committed together (``state/groups/<group_id>.json``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import ConfigDict

from pipelines.storage.artefact import Artefact
from pipelines.storage.delivery import Delivery


class WorkGroup(Artefact):
    """Deliveries of one dataset that are screened and committed together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    id: str
    dataset_id: str
    deliveries: tuple[Delivery, ...]

    @property
    def name(self) -> str:
        """For people: dataset, number of files, size."""
        return (
            f"{self.dataset_id} · {len(self.deliveries)} files · {sum(d.bytes for d in self.deliveries) / 1e6:.1f} MB"
        )

    @classmethod
    def of(cls, deliveries: Iterable[Delivery]) -> Self:
        """A group of deliveries of one dataset; its id comes from theirs."""
        members = tuple(deliveries)
        digest = hashlib.sha256("\0".join(sorted(d.batch_id for d in members)).encode()).hexdigest()
        return cls(id=f"group-{digest[:16]}", dataset_id=members[0].dataset_id, deliveries=members)
