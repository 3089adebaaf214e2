"""Which provider speaks for which authority (``catalog/authorities.yaml``): as rules, never as a list of authorities.

Whoever sent a record speaks for it. These rules say who else may have it repaired, withdrawn or put on hold, and whose version of
a record counts where several providers sent one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import StringConstraints, model_validator

from pipelines.catalog.models.model import Confidence, Identifier, Model, Text

Digits = Annotated[str, StringConstraints(pattern=r"^\d{2,6}$")]


class AuthorityRule(Model):
    """Who (all of a ``level``, or the ``providers`` named) speaks for which authorities; exactly one criterion.

    ``region``: the division in the authority's credit code lies in the provider's region. ``divisions``: that division begins so.
    ``names``: the authority's name contains one of these words. ``datasets``: every record of these. ``any``: every record.
    A rule with ``messages`` holds for these exchange sets, and says nothing about versions of records.
    """

    id: Identifier
    title_zh: Text
    level: Literal["province", "ministry", "site"] | None = None
    providers: tuple[Identifier, ...] = ()
    messages: tuple[Identifier, ...] = ()
    region: Literal[True] | None = None
    divisions: tuple[Digits, ...] = ()
    names: tuple[Text, ...] = ()
    datasets: tuple[Identifier, ...] = ()
    any: Literal[True] | None = None
    legal_basis: Text | None = None
    note_zh: Text | None = None
    confidence: Confidence = "found"

    @model_validator(mode="after")
    def _one_of(self) -> AuthorityRule:
        if (self.level is None) == (not self.providers):
            raise ValueError("give exactly one of level, providers")
        if sum(map(bool, (self.region, self.divisions, self.names, self.datasets, self.any))) != 1:
            raise ValueError("give exactly one of region, divisions, names, datasets, any")
        if self.any and not self.messages:
            raise ValueError("a rule for any record names the messages it holds for")
        return self


class Authorities(Model):
    """``catalog/authorities.yaml``.

    The record's provider has ``answer_working_days`` to answer a repair or a withdrawal of somebody who does not speak for the
    authority, and ``objection_working_days`` to handle an objection, ``extension_working_days`` more where it says why.
    """

    title_zh: Text
    note_zh: Text
    answer_working_days: Annotated[int, Constraint(ge=1)]
    objection_working_days: Annotated[int, Constraint(ge=1)]
    extension_working_days: Annotated[int, Constraint(ge=0)]
    rules: tuple[AuthorityRule, ...]
