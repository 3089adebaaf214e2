"""Documents on which datasets, deadlines, policies and measures rest (``catalog/legal_bases.yaml``)."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Final, Literal, NamedTuple

from pipelines.catalog.models.model import Confidence, Model, Text

_BRACKETED: Final = re.compile(r"^(?P<prefix>.*?)[〔\[【（(﹝［](?P<year>\d{4})[〕\]】）)﹞］]第?(?P<serial>\d+)号$")
_DECREE: Final = re.compile(r"^(?P<prefix>.*?)第(?P<serial>[\d〇零一二三四五六七八九十百]+)号$")
_STANDARD: Final = re.compile(
    r"^(?P<prefix>(?:[A-Z]{2,3}|DB\d+)(?:/[TZ])?)\s*(?P<serial>\d+(?:\.\d+)?)[-—](?P<year>\d{4})$"
)
_BARE: Final = re.compile(r"^第?\d+号$")
_BLANKS: Final = re.compile(r"\s+")

MAY_REDUCE_RIGHTS: Final = frozenset({"law", "administrative_regulation", "local_regulation"})
"""What a measure that takes away a right may rest on; a policy document or a departmental rule is not enough (domain.md §5)."""

MAY_SET_LISTS: Final = MAY_REDUCE_RIGHTS | {"central_policy_document"}
"""What a list, or any measure, may rest on (中办发〔2025〕22号, 12); a departmental rule says how a list is entered and left."""


class LegalKey(NamedTuple):
    """What tells one document from another: a number alone does not, nor a number with its year."""

    prefix: str
    year: int
    serial: str

    def __str__(self) -> str:
        """``中办发 2025 22``."""
        return f"{self.prefix} {self.year} {self.serial}"


class LegalBasis(Model):
    """A document that a dataset or a deadline rests on.

    ``number`` is the whole number as it is cited, issuer prefix included: 中办发〔2025〕22号, 国务院令第746号, GB 32100-2015; or
    words where the document has none (2024年版). ``part`` tells apart what one document carries: one decree of the President may
    amend several laws. A ``central_policy_document`` is one of the Central Committee or the State Council; one of a ministry is a
    ``policy_document``. A local regulation holds in its ``region_code`` (GB/T 2260), every other document everywhere.
    """

    id: Text
    issuer_zh: Text
    year: int
    number: Text
    part: Text | None = None
    title_zh: Text
    level: Literal[
        "law",
        "administrative_regulation",
        "local_regulation",
        "central_policy_document",
        "policy_document",
        "rule",
        "standard",
    ]
    region_code: Text | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    confidence: Confidence = "found"

    @cached_property
    def key(self) -> LegalKey:
        """Issuer prefix, year and serial number, from the number; of a document without a number, issuer, year and title."""
        number = self._bare_number
        for shape in (_BRACKETED, _STANDARD, _DECREE):
            if found := shape.match(number):
                serial = found["serial"] if self.part is None else f"{found['serial']} {self.part}"
                return LegalKey(found["prefix"] or self.issuer_zh, self.year, serial)
        return LegalKey(self.issuer_zh, self.year, f"{self.title_zh}{number}")

    @cached_property
    def numbered_year(self) -> int | None:
        """The year inside the number, where it has one."""
        number = self._bare_number
        found = _BRACKETED.match(number) or _STANDARD.match(number)
        return int(found["year"]) if found else None

    @property
    def lacks_prefix(self) -> bool:
        """True where the number does not say whose it is: 22号, 〔2025〕22号."""
        number = self._bare_number
        bracketed = _BRACKETED.match(number)
        return bool(_BARE.match(number)) or (bracketed is not None and not bracketed["prefix"])

    @property
    def may_reduce_rights(self) -> bool:
        """True where a measure that takes away a right may rest on it."""
        return self.level in MAY_REDUCE_RIGHTS

    @property
    def may_set_lists(self) -> bool:
        """True where a list, or a measure that takes away no right, may rest on it."""
        return self.level in MAY_SET_LISTS

    def holds_in(self, region_code: str | None) -> bool:
        """True where it holds in the whole of a region; None is the whole country."""
        if self.region_code is None:
            return True
        return region_code is not None and region_code.startswith(_of_region(self.region_code))

    def in_force(self, day: date) -> bool:
        """True where it applies on that day; an unknown first day counts as long past."""
        return (self.in_force_from is None or self.in_force_from <= day) and (
            self.in_force_to is None or day <= self.in_force_to
        )

    @property
    def _bare_number(self) -> str:
        return _BLANKS.sub("", self.number)


def _of_region(code: str) -> str:
    """What the codes of a region begin with: 51 for 510000, 5101 for 510100."""
    return code[:2] if code.endswith("0000") else code.removesuffix("00")


class LegalBases(Model):
    """``catalog/legal_bases.yaml``."""

    legal_bases: tuple[LegalBasis, ...]
