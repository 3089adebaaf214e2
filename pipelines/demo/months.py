"""Month after month: when the deliveries come, what a later one knows of the earlier ones, and what of them it sends once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset, Field, Kind
from pipelines.checks.references import SCHEMA
from pipelines.demo.defects import CORRECTED, Planted, changing_text
from pipelines.demo.drawing import Draw
from pipelines.records.comparing import matched

_MENDED: Final = 0.6  # of what was refused comes right the month after
_RENEWED: Final = 0.02  # of what was right comes in a newer version
_CLOCK: Final = " 18:40:00"
_DATASETS: Final = "dataset"


def delivery_days(as_of: date, months: int) -> tuple[date, ...]:
    """The last day of each month before that of ``as_of``, then ``as_of`` itself; so many in all."""
    found = [as_of]
    while len(found) < months:
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return tuple(reversed(found))


@dataclass
class Past:
    """What the deliveries of all providers brought so far, month by month."""

    right: dict[str, dict[str, list[pl.DataFrame]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    refused: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    accepted: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    kept: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)

    def remember(self, provider_id: str, dataset_id: str, planted: Planted) -> None:
        """Note what one file brought: its right rows, what its refused ones should have been, and what gets into the lake."""
        self.right[provider_id][dataset_id].append(planted.clean)
        self.refused[provider_id, dataset_id] = planted.corrected
        self.accepted[dataset_id].append(planted.accepted)

    def of(self, provider_id: str) -> Mapping[str, pl.DataFrame]:
        """Right records one provider has sent, by dataset."""
        return {name: pl.concat(parts) for name, parts in self.right[provider_id].items()}

    def again(
        self, provider_id: str, dataset: Dataset, fields: Mapping[str, Field], draw: Draw, as_of: date
    ) -> dict[str, pl.DataFrame]:
        """Rows of earlier months that come once more, changed the day before: refused ones corrected, some with another text.

        Args:
            provider_id: whose.
            dataset: of what.
            fields: its fields by id.
            draw: the file's source of chance.
            as_of: the day of the delivery.
        """
        if dataset.id not in self.right[provider_id]:
            return {}
        sent = pl.concat(self.right[provider_id][dataset.id])
        refused = self.refused[provider_id, dataset.id]
        found = {"resubmitted": refused[draw.shuffled(refused.height)[: round(refused.height * _MENDED)]]}
        if text := changing_text(dataset, fields, sent.columns):
            room = (fields[text].max_length or 10_000) - len(CORRECTED)
            fit = sent.filter(pl.col(text).str.len_chars() <= room)
            chosen = fit[draw.shuffled(fit.height)[: max(1, round(sent.height * _RENEWED))]]
            found["renewed"] = chosen.with_columns(pl.col(text) + CORRECTED)
        stamps = [one.id for one in fields.values() if one.kind is Kind.TIMESTAMP and one.id in sent.columns]
        changed = (as_of - timedelta(days=1)).isoformat() + _CLOCK
        return {name: rows.with_columns(pl.lit(changed).alias(one) for one in stamps) for name, rows in found.items()}

    def references(self, catalog: Catalog) -> dict[str, pl.DataFrame]:
        """What the hub knows by now, as the rules ask it: every reference as ``checks.references`` reads it."""
        return {name: self._pairs(catalog, name) for name in catalog.references}

    def _pairs(self, catalog: Catalog, reference: str) -> pl.DataFrame:
        parts = [pl.DataFrame(schema=SCHEMA)]
        for source in catalog.references[reference].sources:
            value = matched(pl.col(source.value)).alias("value")
            for rows in self.accepted.get(source.dataset, ()):
                if source.key is not None:
                    tidy = (
                        pl.col(source.key).str.strip_chars().str.to_uppercase()
                    )  # one was sent in small letters, perhaps
                    parts.append(rows.select(tidy.alias("key"), value))
                    continue
                texts = catalog.code_tables[_DATASETS].texts_of((source.dataset,))
                parts.append(rows.select(pl.lit(list(texts)).alias("key"), value).explode("key"))
        return pl.concat(parts).drop_nulls().unique().sort("key", "value")
