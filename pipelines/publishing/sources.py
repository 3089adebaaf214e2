"""What the latest release of a product was made from, so that only what must be is rebuilt.

    state/sources/<product_id>.json
        {"release_id": …, "buckets": {"07": {"source": …, "turns_on": "2027-02-28", "rules": …, "told": …, "files": [names]}}}
    state/messages/<product_id>/<told>.parquet

``source`` changes with the lake files of a bucket, the messages about it, and what the catalogue says of the product;
``turns_on`` is the next day on which the clock changes something (``next_state_change``). ``rules`` changes with the catalogue
alone, ``told`` (``messages_used``) with the messages, which are kept: where ``rules`` is the same and ``files`` are still among
those of the lake, only what came since need be looked at. Where a file is lost, everything is rebuilt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines import expectations
from pipelines.catalog.models import Product
from pipelines.publishing.messages import Messages
from pipelines.records import Precedence
from pipelines.storage.compactions import Compactions, known_now
from pipelines.storage.files import make_folder, replaced
from pipelines.storage.home import Home
from pipelines.storage.hub import Lake
from pipelines.storage.manifest import Manifest
from pipelines.storage.set_aside import SetAside
from pipelines.storage.state import BucketSource, Sources

_TERMS: Final = {"valid_from", "valid_to", "enforced"}


@dataclass(frozen=True)
class Source:
    """What a bucket is made from, and until when that holds."""

    source: str
    next_state_change: date | None = None
    rules: str = ""
    files: tuple[str, ...] = ()
    messages_used: str = ""

    def is_current(self, made: Source, day: date) -> bool:
        """True where the bucket need not be rebuilt."""
        same = self.source == made.source or (
            self.only_appended(made) and self.files == made.files and self.messages_used == made.messages_used
        )
        return same and (self.next_state_change is None or day < self.next_state_change)

    def only_appended(self, made: Source) -> bool:
        """True where all that happened since is that files and messages came."""
        return bool(self.rules) and self.rules == made.rules and set(self.files) <= set(made.files)

    def compacted(self, made: Source, held: Compactions) -> Source:
        """The same, by the names that its files have now."""
        return replace(self, files=tuple(sorted(known_now({*self.files}, made.files, held))))


def made_from(home: Home, previous: Manifest | None) -> dict[str, Source]:
    """Sources of the latest release by bucket; nothing where they are not known."""
    known = Sources.read_if_there(home.sources(previous.product_id)) if previous else None
    if previous is None or known is None or known.release_id != previous.release_id:
        return {}
    return {
        bucket: Source(one.source, one.next_state_change, one.rules, one.files, one.messages_used)
        for bucket, one in known.buckets.items()
    }


def save(
    home: Home, manifest: Manifest, sources: Mapping[str, Source], messages: Mapping[str, pl.DataFrame] | None = None
) -> None:
    """Write down what a release was made from.

    Args:
        home: where.
        manifest: of the release.
        sources: by bucket.
        messages: about each bucket.
    """
    folder = home.messages_used(manifest.product_id)
    kept = {f"{one.messages_used}.parquet": bucket for bucket, one in sources.items() if one.messages_used}
    for name, bucket in kept.items():
        if not (folder / name).exists():
            make_folder(folder)
            with replaced(folder / name) as stream:
                (messages or {})[bucket].write_parquet(stream)
    buckets = {
        bucket: BucketSource(
            source=one.source,
            turns_on=one.next_state_change,
            rules=one.rules,
            told=one.messages_used,
            files=tuple(one.files),
        )
        for bucket, one in sorted(sources.items())
    }
    Sources(release_id=manifest.release_id, buckets=buckets).write(home.sources(manifest.product_id))
    for old in folder.iterdir() if folder.is_dir() else ():
        if old.name not in kept:
            old.unlink()


def messages_used(home: Home, product_id: str, one: Source, none: pl.DataFrame) -> pl.DataFrame | None:
    """The messages a bucket of a release was made with; None where they are lost.

    Args:
        home: where.
        product_id: whose release.
        one: what the bucket was made from.
        none: a frame of no messages.
    """
    path = home.messages_used(product_id) / f"{one.messages_used}.parquet"
    if not one.messages_used:
        return none
    return pl.read_parquet(path) if path.exists() else None


def definition(hub: Lake, product: Product, day: date) -> str:
    """Changes when anything in the catalogue does that the records of a product depend on."""
    catalog = hub.catalog
    dataset = catalog.datasets[str(product.dataset)]
    periods, display = catalog.policies.display_periods, dataset.display
    masks = [catalog.policies.masking.mask(name) for name in sorted(set(product.masks.values()))]
    said = [
        [[f.id, f.type, f.sensitive] for f in catalog.fields(dataset.id)],
        dataset.record_key,
        dataset.version_order,
        Precedence.of(catalog, dataset.id, day).to_json(),
        expectations.suite(catalog, dataset.id),
        catalog.product_fields(product.id),
        product.model_dump(mode="json", include={"access_class", "filter", "masks", "publication_clock"}),
        *(["by_digest"] if product.names_records_by_digest else []),
        [mask.model_dump(mode="json", include={"kind", "keep_first", "keep_last"}) for mask in masks if mask],
        catalog.policies.masking.family_names if masks else [],
        dataset.disclosure,
        display.model_dump() if display else None,
        dataset.reference.model_dump() if dataset.reference else None,
        periods.shown_on_hold,
        [p.model_dump(mode="json", exclude={"note_zh"}) for p in periods.periods] if display else [],
        [one.model_dump(mode="json", exclude={"note_zh"}) for one in catalog.policies.repair.messages],
        [one.model_dump(mode="json", include=_TERMS) for one in catalog.policies.repair.terms] if display else [],
        [catalog.authorities.answer_working_days, catalog.authorities.extension_working_days],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def definitions(hub: Lake, dataset_id: str, day: date) -> dict[str, str]:
    """The ``definition`` of every product of a dataset, by its id."""
    of_dataset = [one for one in hub.catalog.products.values() if one.dataset == dataset_id]
    return {product.id: definition(hub, product, day) for product in of_dataset}


def source(definition_: str, files: Sequence[Path], messages: str, set_aside: str) -> Source:
    """What a bucket is made from: file names are digests of their contents.

    Rows that are set aside are as good as rules: where others are, the bucket is rebuilt whole.
    """
    names = sorted(path.name for path in files)
    rules = [definition_, *([set_aside] if set_aside else [])]
    return Source(_digest([*rules, messages, *names]), None, _digest(rules), tuple(names), messages)


def is_current(
    hub: Lake, product: Product, manifest: Manifest, files: Mapping[str, Sequence[Path]], messages: Messages
) -> bool:
    """True where a release was made from these lake files and messages, under the present catalogue."""
    defined = definition(hub, product, manifest.day)
    known = made_from(hub.home, manifest)
    dataset_id = str(product.dataset)
    held = SetAside(hub.home, dataset_id)
    return manifest.definition == defined and all(
        bucket in known
        and known[bucket].source
        == source(defined, paths, messages.digest(dataset_id, bucket), held.digest(bucket)).source
        for bucket, paths in files.items()
    )


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
