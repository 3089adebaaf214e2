"""Named masks (``catalog/policies/masking.yaml``): how much of a value is still shown (domain.md §9)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Constraint
from pydantic import model_validator

from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text


class MaskKind(StrEnum):
    """How a mask works."""

    ENDS = "ends"
    """Keeps so many first and last characters, stars between; a value that is no longer becomes stars."""
    FAMILY_NAME = "family_name"
    """Keeps the family name, one star for each further character."""
    COUNTY = "county"
    """Keeps an address down to the county; nothing of an address that names none."""
    IDENTIFIERS = "identifiers"
    """Keeps prose, and masks citizen IDs and mobile numbers in it."""


class MaskExample(Model):
    """A made-up value and what is shown of it: the example is the test."""

    value: Text
    shown: Text


class Mask(Model):
    """One mask, named by products."""

    id: Identifier
    title_zh: Text
    kind: MaskKind
    keep_first: Annotated[int, Constraint(ge=0)] = 0
    keep_last: Annotated[int, Constraint(ge=0)] = 0
    legal_bases: tuple[Text, ...] = ()
    confidence: Confidence = "found"
    examples: Annotated[tuple[MaskExample, ...], Constraint(min_length=1)]

    @model_validator(mode="after")
    def _lengths_of_ends_only(self) -> Mask:
        if self.kind is not MaskKind.ENDS and (self.keep_first or self.keep_last):
            raise ValueError(f"keep_first and keep_last belong to kind ends, not to {self.kind.value}; take them out")
        return self


class Masking(Dated):
    """``catalog/policies/masking.yaml``; ``sensitive_mask`` is put on a sensitive field where no product says which mask."""

    title_zh: Text
    note_zh: Text
    sensitive_mask: Identifier
    masks: tuple[Mask, ...]
    family_names: tuple[Text, ...]
    """Family names of two characters; every other family name is taken to have one."""

    def mask(self, mask_id: str) -> Mask | None:
        """The mask of that id, or None."""
        return next((one for one in self.masks if one.id == mask_id), None)
