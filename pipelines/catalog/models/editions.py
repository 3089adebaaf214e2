"""Editions of the national basic catalogue and their classes (``catalog/editions.yaml``), effective-dated."""

from __future__ import annotations

from pydantic import model_validator

from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text


class CatalogueClass(Model):
    """A class of an edition (信用信息类别); the same class keeps its id from edition to edition, its number may change.

    ``of_lists``: its records are entries of lists of subjects (名录, 名单).
    """

    id: Identifier
    number: int
    title_zh: Text
    title_en: Text
    of_lists: bool = False
    confidence: Confidence = "found"


class Edition(Dated):
    """One edition; editions of one ``series`` follow each other without gap or overlap.

    ``class_count`` is what is known of the number of classes, null where it is not; ``classes`` is empty where they are not.
    """

    id: Identifier
    series: Identifier
    title_zh: Text
    title_en: Text
    legal_basis: Text
    class_count: int | None
    note_zh: Text | None = None
    confidence: Confidence = "found"
    classes: tuple[CatalogueClass, ...] = ()

    @model_validator(mode="after")
    def _as_many_as_counted(self) -> Edition:
        if self.classes and self.class_count != len(self.classes):
            raise ValueError(
                f"class_count is {self.class_count}, but {len(self.classes)} classes are listed; correct one"
            )
        return self

    def titled(self, class_id: str) -> CatalogueClass | None:
        """The class of that id, or None."""
        return next((one for one in self.classes if one.id == class_id), None)


class Editions(Model):
    """``catalog/editions.yaml``."""

    editions: tuple[Edition, ...]
