"""What every model of the catalogue shares: frozen, unknown keys refused, identifiers, how sure we are, and validity in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Confidence = Literal["found", "high", "medium", "low"]
"""found: seen in a source (in part at least); high, medium, low: from memory, not seen (domain.md §0)."""


class Model(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(Model):
    """Valid from its first to its last day, both included; no first day: always so far; no last day: until further notice."""

    valid_from: date | None = None
    valid_to: date | None = None

    def covers(self, day: date) -> bool:
        """True where it is valid on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)
