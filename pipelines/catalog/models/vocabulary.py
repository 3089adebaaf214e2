"""Controlled vocabularies (``catalog/codes/<table_id>.yaml``), each value with every text accepted for it."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text


class CodeEntry(Dated):
    """One value of a code table, with every text accepted for it.

    ``rights_reducing`` and ``legal_bases`` are for measures and lists: what takes away a right (减损权利) or adds a duty needs
    a law, an administrative regulation or a local regulation behind it (中办发〔2025〕22号; domain.md §5). ``region_code`` is for
    those of one region, which may rest on its local regulations. ``now`` is for tables of an earlier layout: the code of the
    field's own table that the value means today; without one it is no longer known.
    """

    code: Text
    label_zh: Text
    label_en: Text
    aliases: tuple[Text, ...] = ()
    rights_reducing: bool | None = None
    legal_bases: tuple[Identifier, ...] = ()
    region_code: Text | None = None
    now: Text | None = None


class CodeTable(Model):
    """A controlled vocabulary (GB/T 39446 calls it 代码集).

    A table that no field names says in ``hub_use_zh`` what the hub itself uses it for. ``governs`` says that its entries are lists
    of subjects, or measures against them: each needs a legal basis that may set one (中办发〔2025〕22号, 12).
    """

    id: Identifier
    title_zh: Text
    source: Text
    hub_use_zh: Text | None = None
    governs: Literal["lists", "measures"] | None = None
    confidence: Confidence = "found"
    entries: tuple[CodeEntry, ...]

    @cached_property
    def accepted(self) -> dict[str, str]:
        """Every accepted text with the code it means."""
        return {
            text: entry.code
            for entry in self.entries
            for text in dict.fromkeys((entry.code, entry.label_zh, entry.label_en, *entry.aliases))
        }

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code of the table."""
        return frozenset(entry.code for entry in self.entries)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Every accepted text with the code it means today, of a table of an earlier layout."""
        today = {entry.code: entry.now for entry in self.entries}
        return {text: now for text, code in self.accepted.items() if (now := today[code]) is not None}

    def texts_of(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Every accepted text of the given codes; a code the table does not know is returned as it is."""
        texts = [text for text, code in self.accepted.items() if code in codes]
        return tuple(dict.fromkeys([*texts, *(c for c in codes if c not in self.codes)]))
