"""What the latest release of a product was made from, so that only what must be is made anew.

    state/sources/<product_id>.json
        {"release_id": …, "buckets": {"07": {"source": …, "turns_on": "2027-02-28", "rules": …, "files": [names]}}}

``source`` changes with the lake files of a bucket, the messages about it, and what the catalogue says of the product;
``turns_on`` is the next day on which the clock changes something. ``rules`` changes with messages and catalogue alone: where it
stands and ``files`` are still among those of the lake, only what came since need be looked at. Where the file is lost, everything
is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import expectations
from pipelines.catalog.models import Product
from pipelines.home import Home, write_json
from pipelines.intake.collect import Hub
from pipelines.release.manifest import Manifest, day_of
from pipelines.release.messages import Messages
from pipelines.resolution import Precedence


@dataclass(frozen=True)
class Source:
    """What a bucket is made from, and until when that holds."""

    source: str
    turns_on: date | None = None
    rules: str = ""
    files: tuple[str, ...] = ()

    def stands(self, made: Source, day: date) -> bool:
        """True where the bucket need not be made anew."""
        return self.source == made.source and (self.turns_on is None or day < self.turns_on)

    def grew_to(self, made: Source) -> bool:
        """True where all that happened since is that files came."""
        return bool(self.rules) and self.rules == made.rules and set(self.files) <= set(made.files)


def made_from(home: Home, previous: Manifest | None) -> dict[str, Source]:
    """Sources of the latest release by bucket; nothing where they are not known."""
    path = _path(home, previous["product_id"]) if previous else None
    if previous is None or path is None or not path.exists():
        return {}
    known: dict[str, Any] = json.loads(path.read_text())
    if known["release_id"] != previous["release_id"]:
        return {}
    return {
        bucket: Source(
            entry["source"],
            date.fromisoformat(entry["turns_on"]) if entry["turns_on"] else None,
            entry.get("rules", ""),
            tuple(entry.get("files", ())),
        )
        for bucket, entry in known.get("buckets", {}).items()
    }


def remember(home: Home, manifest: Manifest, sources: Mapping[str, Source]) -> None:
    """Write down what a release was made from."""
    buckets = {
        bucket: {
            "source": one.source,
            "turns_on": one.turns_on.isoformat() if one.turns_on else None,
            "rules": one.rules,
            "files": one.files,
        }
        for bucket, one in sorted(sources.items())
    }
    write_json(_path(home, manifest["product_id"]), {"release_id": manifest["release_id"], "buckets": buckets})


def definition(hub: Hub, product: Product, day: date) -> str:
    """Changes when anything in the catalogue does that the records of a product depend on."""
    catalog = hub.catalog
    dataset = catalog.datasets[str(product.dataset)]
    periods = catalog.policies.display_periods
    masks = [catalog.policies.masking.mask(name) for name in sorted(set(product.masks.values()))]
    said = [
        [[f.id, f.type, f.sensitive] for f in catalog.fields(dataset.id)],
        dataset.record_key,
        dataset.version_order,
        Precedence.of(catalog, dataset.id, day).to_json(),
        expectations.suite(catalog, dataset.id),
        catalog.product_fields(product.id),
        product.model_dump(mode="json", include={"access_class", "filter", "masks", "publication_clock"}),
        [mask.model_dump(mode="json", include={"kind", "keep_first", "keep_last"}) for mask in masks if mask],
        catalog.policies.masking.family_names if masks else [],
        dataset.disclosure,
        dataset.display.model_dump() if dataset.display else None,
        dataset.reference.model_dump() if dataset.reference else None,
        periods.shown_on_hold,
        [p.model_dump(mode="json", exclude={"note_zh"}) for p in periods.periods] if dataset.display else [],
        [one.model_dump(mode="json", exclude={"note_zh"}) for one in catalog.policies.repair.messages],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def source(definition_: str, files: Sequence[Path], messages: str) -> Source:
    """What a bucket is made from: file names are digests of their contents."""
    names = sorted(path.name for path in files)
    return Source(_digest([definition_, messages, *names]), None, _digest([definition_, messages]), tuple(names))


def stands(
    hub: Hub, product: Product, manifest: Manifest, files: Mapping[str, Sequence[Path]], messages: Messages
) -> bool:
    """True where a release was made from these lake files and messages, under the present catalogue."""
    defined = definition(hub, product, day_of(manifest))
    known = made_from(hub.home, manifest)
    return manifest["definition"] == defined and all(
        bucket in known
        and known[bucket].source == source(defined, paths, messages.digest(str(product.dataset), bucket)).source
        for bucket, paths in files.items()
    )


def _path(home: Home, product_id: str) -> Path:
    return home.root / f"state/sources/{product_id}.json"


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
