"""The words of ``words.yaml`` and the providers of ``profiles.yaml``, typed; an unknown key is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from pipelines.catalog.models import Model

_HERE: Final = Path(__file__).parent

Story = Literal["late", "undecodable", "nearly_perfect", "sent_twice", "wrong_codes", "empty_file", "silent"]


class Form(Model):
    """A legal form: what stands at the end of the name, and the enterprise type."""

    name: str
    type: str
    weight: float


class Trade(Model):
    """A line of business with the items of its scope."""

    name: str
    scope: tuple[str, ...]


class Bureau(Model):
    """A kind of authority, with the characters it uses in document numbers."""

    id: str
    name: str
    mark: str


class Licence(Model):
    """A kind of licence; ``years`` of validity, 0 for no end."""

    bureau: str
    title: str
    kind: str
    certificate: str
    mark: str
    content: tuple[str, ...]
    years: int


class Offence(Model):
    """A kind of offence, and what it is punished with."""

    bureau: str
    type: str
    facts: tuple[str, ...]
    basis: str
    kinds: str


class Words(Model):
    """``words.yaml``."""

    surnames: tuple[str, ...]
    given: tuple[str, ...]
    brand_first: tuple[str, ...]
    brand_second: tuple[str, ...]
    forms: tuple[Form, ...]
    trades: tuple[Trade, ...]
    shops: tuple[str, ...]
    shop_scope: tuple[str, ...]
    cooperatives: tuple[str, ...]
    societies: tuple[str, ...]
    institutions: tuple[str, ...]
    roads: tuple[str, ...]
    units: tuple[str, ...]
    statuses: tuple[str, ...]
    scope_tail: str
    remarks: tuple[str, ...]
    severity_bases: tuple[str, ...]
    bureaus: tuple[Bureau, ...]
    licences: tuple[Licence, ...]
    penalties: tuple[Offence, ...]
    openings: tuple[str, ...]
    closings: tuple[str, ...]

    @property
    def trades_names(self) -> list[str]:
        """Names of the trades, in their order."""
        return [trade.name for trade in self.trades]


class Profile(Model):
    """How one provider delivers; ``bureau`` is set for a ministry, which is its own and only authority."""

    id: str
    mark: str
    rows: int
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "xlsx"]
    headers: Literal["codes", "titles", "brackets", "aliases"]
    dates: Literal["iso", "slash", "chinese", "compact", "dot"]
    defects: float
    late: float
    story: Story | None = None
    thorough: bool = False
    bureau: str | None = None


class _Profiles(Model):
    providers: tuple[Profile, ...]


@cache
def words() -> Words:
    """The words, read once."""
    return Words.model_validate(yaml.safe_load((_HERE / "words.yaml").read_text(encoding="utf-8")))


@cache
def profiles() -> tuple[Profile, ...]:
    """The providers, read once, in the order of the file."""
    return _Profiles.model_validate(yaml.safe_load((_HERE / "profiles.yaml").read_text(encoding="utf-8"))).providers
