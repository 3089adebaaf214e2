"""Products (``catalog/products/<product_id>.yaml``): what of a dataset is given to whom, and how."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field as Constraint
from pydantic import field_validator, model_validator

from pipelines.catalog.models.model import Confidence, Identifier, Model, Text

AccessClass = Literal["public", "authorised", "government"]

WIDTH: Final[dict[str, int]] = {"government": 0, "authorised": 1, "public": 2}
"""How wide an audience is: what the public may see, authorised users may; what they may, government may."""

ALL_ALLOWED: Final = "all_allowed"


def may_see(access_class: str, disclosure: str) -> bool:
    """True where a product of the access class may show what has the disclosure.

    Args:
        access_class: of the product: public, authorised or government.
        disclosure: widest audience of a dataset or a field, one of the same three.
    """
    return WIDTH[access_class] <= WIDTH[disclosure]


class ProductFilter(Model):
    """A condition that a record must meet to be in the product; exactly one of ``is_in``, ``is_not_in`` and ``present``.

    Values are codes of the field's code table, or literal texts where it has none. A record whose field is empty meets
    ``is_not_in`` and not ``is_in``.
    """

    field: Identifier
    is_in: tuple[str, ...] | None = None
    is_not_in: tuple[str, ...] | None = None
    present: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> ProductFilter:
        if sum(x is not None for x in (self.is_in, self.is_not_in, self.present)) != 1:
            raise ValueError("a filter needs exactly one of is_in, is_not_in, present")
        return self


class CodeVerification(Model):
    """How a subject's code is verified against what records say of it (赋码校核).

    ``registrars``: by dataset, the first two characters (registrar and category) of the codes of what it registers.
    ``pairs_with_common_names``: first two characters of subjects whose names may repeat. ``no_names``: texts written where a
    subject has no name. ``region_field`` says where a subject is; ``same_region`` lists regions that share codes.
    """

    registrars: dict[Identifier, tuple[Text, ...]] = Constraint(default_factory=dict)
    pairs_with_common_names: tuple[Text, ...] = ()
    no_names: tuple[Text, ...] = ()
    region_field: Identifier | None = None
    same_region: tuple[tuple[Text, ...], ...] = ()


class Product(Model):
    """One product: of a dataset, or of the subject master (``master: subject``).

    ``fields`` lists what is shown, or is ``all_allowed``: every field whose disclosure the access class may see; ``masks``
    names the mask of a field (ids of ``masking.yaml``); all conditions of ``filter`` must hold.

    ``publication_clock`` says whether display periods end what it shows; an authorised product of a dataset that has display
    periods follows them, or names in ``beyond_clock_basis`` the document that allows more. ``names_records_by_digest``: of an
    exchange set, it shows which record a message is about by a digest, and neither its subject nor its number.

    Of the subject master, ``attributes_from`` lists the datasets whose word on a subject comes before that of all others,
    ``also_from_others`` the attributes besides the name that others may supply, and ``verification`` how codes are verified.
    """

    id: Identifier
    title_zh: Text
    title_en: Text
    dataset: Identifier | None = None
    master: Literal["subject"] | None = None
    access_class: AccessClass
    audience_zh: Text
    fields: tuple[Identifier, ...]
    filter: tuple[ProductFilter, ...] = ()
    masks: dict[Identifier, Identifier] = Constraint(default_factory=dict)
    legal_bases: tuple[Text, ...]
    publication_clock: bool
    beyond_clock_basis: Identifier | None = None
    names_records_by_digest: bool = False
    attributes_from: tuple[Identifier, ...] = ()
    also_from_others: tuple[Identifier, ...] = ()
    verification: CodeVerification | None = None
    note_zh: Text | None = None
    confidence: Confidence = "found"

    @field_validator("fields", mode="before")
    @classmethod
    def _all_or_a_list(cls, value: Any) -> Any:
        if isinstance(value, str) and value != ALL_ALLOWED:
            raise ValueError(f"'{value}' is neither {ALL_ALLOWED} nor a list of field ids; write one of them")
        if value == []:
            raise ValueError(f"no field is shown; list some, or write {ALL_ALLOWED}")
        return (value,) if value == ALL_ALLOWED else value

    @property
    def shows_all_allowed(self) -> bool:
        """True where it shows every field its access class may see."""
        return self.fields == (ALL_ALLOWED,)

    @model_validator(mode="after")
    def _one_source(self) -> Product:
        if (self.dataset is None) == (self.master is None):
            raise ValueError("a product is of a dataset or of the subject master; give one of dataset, master")
        if self.master is not None and self.shows_all_allowed:
            raise ValueError("the subject master has no field list of its own; list the fields")
        if self.master is None and (self.attributes_from or self.verification):
            raise ValueError("attributes_from and verification are for the subject master only; take them out")
        return self
