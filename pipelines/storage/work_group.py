"""A work group: deliveries of one dataset that are screened and committed together (``state/groups/<group_id>.json``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from pipelines.storage.delivery import Delivery


@dataclass(frozen=True)
class WorkGroup:
    """Deliveries of one dataset that are screened and committed together."""

    id: str
    dataset_id: str
    deliveries: tuple[Delivery, ...]

    @property
    def name(self) -> str:
        """For people: dataset, number of files, size."""
        return (
            f"{self.dataset_id} · {len(self.deliveries)} files · {sum(d.bytes for d in self.deliveries) / 1e6:.1f} MB"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"id": self.id, "dataset_id": self.dataset_id, "deliveries": [d.to_json() for d in self.deliveries]}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(content["id"], content["dataset_id"], tuple(Delivery.from_json(d) for d in content["deliveries"]))

    @classmethod
    def of(cls, deliveries: Iterable[Delivery]) -> Self:
        """A group of deliveries of one dataset; its id comes from theirs."""
        members = tuple(deliveries)
        digest = hashlib.sha256("\0".join(sorted(d.batch_id for d in members)).encode()).hexdigest()
        return cls(f"group-{digest[:16]}", members[0].dataset_id, members)
