"""The rows of a release in the ledger, each once: ``takedowns``, ``displays``, and last ``releases``: then it is entered.

A release that was refused leaves rows too: repaired records that are still offered (``taken_down_on`` null), and what the
standing release shows on that day.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipelines.storage.hub import Hub
from pipelines.storage.ledger import DISPLAYS, RELEASES, TAKEDOWNS, ledger
from pipelines.storage.manifest import Displayed, Manifest
from pipelines.storage.tables import Schema


def recorded_releases(hub: Hub) -> set[str]:
    """Releases that are in the ledger, as ``_transaction`` names them."""
    rows = ledger(hub.home, "releases").scan().select("release_id", "product_id").collect()
    return {release_id + product_id for release_id, product_id in rows.rows()}


def record_in_ledger(hub: Hub, manifest: Manifest) -> None:
    """Enter a release; whatever of it is there already is left alone."""
    product = _of(manifest)
    work = hub.home.work(f"ledger-{manifest.product_id}")
    transaction = transaction_of(manifest)
    for table, schema, rows in (
        ("takedowns", TAKEDOWNS, [row.to_json() for row in manifest.taken_down]),
        ("displays", DISPLAYS, [{**row.to_json(), "as_of": manifest.as_of} for row in manifest.displays]),
    ):
        if rows:
            frame = entries([{**product, **row} for row in rows], schema)
            ledger(hub.home, table).append_frame(transaction, frame, work)
    names = ("release_id", "product_id", "previous_release_id", "as_of", "catalog_version")
    numbers = {**manifest.account.to_json(), **manifest.kinds, **manifest.changes.counts}
    row = {**{name: getattr(manifest, name) for name in names}, **numbers}
    ledger(hub.home, "releases").append_frame(transaction, pl.DataFrame([row], schema=dict(RELEASES)), work)
    shutil.rmtree(work, ignore_errors=True)


def record_refusal_in_ledger(hub: Hub, standing: Manifest, refused: Manifest, displays: Sequence[Displayed]) -> None:
    """What a refused release leaves as it is; or nobody would know that something was late until it is corrected, or ever.

    Args:
        hub: home and catalogue.
        standing: of the release that stays the latest one.
        refused: of the candidate: its ``taken_down`` are the records that are still offered.
        displays: what the standing release shows on the day of the candidate, as ``display_rows`` counts it.
    """
    product = _of(standing)
    work = hub.home.work(f"ledger-{standing.product_id}")
    transaction = f"standing-{transaction_of(standing)}-{refused.as_of}"
    waiting = [{**product, **row.to_json(), "taken_down_on": None} for row in refused.taken_down]
    shown = [{**product, **row.to_json(), "as_of": refused.as_of} for row in displays]
    for table, schema, rows in (("takedowns", TAKEDOWNS, waiting), ("displays", DISPLAYS, shown)):
        if rows:
            ledger(hub.home, table).append_frame(transaction, entries(rows, schema), work)
    shutil.rmtree(work, ignore_errors=True)


def _of(manifest: Manifest) -> dict[str, str | None]:
    """What names a release in the ledger."""
    return {
        "product_id": manifest.product_id,
        "dataset_id": manifest.dataset_id,
        "release_id": manifest.release_id,
    }


def transaction_of(manifest: Manifest) -> str:
    """The id under which a release is entered."""
    return str(manifest.release_id + manifest.product_id)


def entries(rows: Sequence[Mapping[str, Any]], schema: Schema) -> pl.DataFrame:
    """Rows, with days as ISO texts, in the columns of a table of the ledger."""
    texts = pl.DataFrame(
        [{name: row.get(name) for name in schema} for row in rows],
        schema={name: pl.String() if dtype == pl.Date else dtype for name, dtype in schema.items()},
    )
    return texts.with_columns(
        pl.col(name).str.to_date("%Y-%m-%d") for name, dtype in schema.items() if dtype == pl.Date
    )
