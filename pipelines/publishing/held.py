"""Held releases, for whoever decides: which there are, and what was decided about one.

An approval publishes nothing: the next publish makes the candidate again, and releases it where nothing has come that was not
approved. A refusal leaves the release held, and says so; it can be approved later all the same. Each decision is a row of the
ledger (``approvals``), which comes first.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipelines.ground.errors import InputError
from pipelines.storage.held import Decision, HeldRelease, held_releases, keep, products_held
from pipelines.storage.hub import Lake
from pipelines.storage.ledger import APPROVALS, ledger

SHORTEST_WHY = 4


def held(hub: Lake, product: str | None = None) -> list[HeldRelease]:
    """Releases that wait for a person, or those of one product.

    Raises:
        InputError: there is no such product.
    """
    if product is not None and product not in hub.catalog.products:
        known = ", ".join(sorted(hub.catalog.products))
        raise InputError(f"product '{product}' is not in the catalogue; use one of: {known}")
    names = products_held(hub.home) if product is None else [product]
    return [one for name in names for one in held_releases(hub.home, name)]


def undecided(hub: Lake) -> list[HeldRelease]:
    """Held releases about which nobody has said anything yet."""
    return [one for one in held(hub) if one.decision is None]


def decide(hub: Lake, ids: Sequence[str], *, approve: bool, why: str, by: str, at: datetime) -> list[HeldRelease]:
    """Approve or refuse held releases.

    Args:
        hub: home and catalogue.
        ids: of held releases.
        approve: whether what would leave with them may.
        why: in a sentence.
        by: who decides.
        at: when.

    Raises:
        InputError: one is not held, or who or why is missing; then nothing was decided.
    """
    known = {one.held_id: one for one in held(hub)}
    if missing := [one for one in ids if one not in known]:
        there = ", ".join(known) or "none"
        raise InputError(f"{missing[0]}: no held release has this id; held are: {there}")
    if not ids:
        raise InputError(f"no held release was named; held are: {', '.join(known) or 'none'}")
    if not by.strip():
        raise InputError("--by: says nobody; give the name or post of who decides")
    if len(why.strip()) < SHORTEST_WHY:
        raise InputError(f"--why: '{why}' is no reason; say in a sentence why these records may or may not leave")
    decision = Decision(
        decision="approved" if approve else "refused",
        why=why.strip(),
        by=by.strip(),
        at=at.isoformat(timespec="seconds"),
    )
    return [_decide(hub, known[one], decision) for one in dict.fromkeys(ids)]


def _decide(hub: Lake, one: HeldRelease, decision: Decision) -> HeldRelease:
    with hub.home.locked(f"publish-{one.dataset_id}.lock"):
        there = next((it for it in held_releases(hub.home, one.product_id) if it.held_id == one.held_id), None)
        if there is None:
            raise InputError(f"{one.held_id}: is no longer held; look again with 'credit-hub held'")
        row = {
            "held_id": there.held_id,
            "product_id": there.product_id,
            "dataset_id": there.dataset_id,
            **decision.model_dump(),
            "records": there.leaving,
        }
        said = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]
        work = hub.home.work(f"approval-{there.held_id}")
        ledger(hub.home, "approvals").append_frame(
            f"approval-{said}", pl.DataFrame([row], schema=dict(APPROVALS)), work
        )
        shutil.rmtree(work, ignore_errors=True)
        there.decision = decision
        keep(hub.home, there)
        return there
