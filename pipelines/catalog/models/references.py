"""What rows are compared with beyond themselves (``catalog/references.yaml``): values the hub has already accepted."""

from __future__ import annotations

from pydantic import Field as Constraint

from pipelines.catalog.models.model import Identifier, Model, Text


class ReferenceSource(Model):
    """Pairs of a key and a value in the accepted records of a dataset; without ``key``, the key is the dataset itself."""

    dataset: Identifier
    key: Identifier | None = None
    value: Identifier


class Reference(Model):
    """Pairs that are known, for rules of the primitive ``known_with``; compared without blanks and bracket styles."""

    id: Identifier
    title_zh: Text
    sources: tuple[ReferenceSource, ...] = Constraint(min_length=1)


class References(Model):
    """``catalog/references.yaml``."""

    references: tuple[Reference, ...]


class KnownWith(Model):
    """Where the reference knows what ``field`` holds, it must know this field's value with it, or ``check`` is broken."""

    reference: Identifier
    field: Identifier
    check: Identifier
