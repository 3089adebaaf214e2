"""Releases that wait for a person: shown, decided, and after an approval released.

A verb asks for ids and only writes the decision down. A DAG asks one question about all that nobody has decided, and acts on the
answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipelines.operations.publish import publish
from pipelines.pages.held_releases import body_of, subject_of
from pipelines.publishing import Published
from pipelines.publishing.held import decide, held, undecided
from pipelines.storage.hub import Hub, Lake

__all__ = ["Question", "answer", "decide", "held", "question"]

_APPROVE: Final = "Approve"


@dataclass(frozen=True)
class Question:
    """What a person is asked: the ids of held releases, a line, and a page in Markdown."""

    ids: list[str]
    subject: str
    body: str


def question(hub: Lake) -> Question | None:
    """The question about all held releases that nobody has decided; None where there is none."""
    some = undecided(hub)
    if not some:
        return None
    return Question([one.held_id for one in some], subject_of(some), body_of(some, hub.catalog))


def answer(
    hub: Hub,
    asked: Mapping[str, Any],
    said: Mapping[str, Any] | None,
    *,
    as_of: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Published]:
    """Act on the answer to a question: approve and release, or write the refusal down; without an answer, nothing.

    Args:
        hub: the hub.
        asked: a ``Question`` as plain values.
        said: what Airflow's approval gives: ``chosen_options``, ``params_input`` (``why``), ``responded_by_user``,
            ``responded_at``; nobody has responded where the time was over.
        as_of: the instant of the releases.
        progress: called with the dataset that is worked on.

    Returns:
        The releases the products stand at.
    """
    user = (said or {}).get("responded_by_user")
    if said is None or user is None:
        return []
    approve = said["chosen_options"] == [_APPROVE]
    ids = sorted({one.held_id for one in held(hub)} & set(asked["ids"]))
    if not ids:
        return []
    why = str((said.get("params_input") or {}).get("why") or "")
    if not approve and not why.strip():
        why = "未说明理由"
    when = said["responded_at"]
    at = when if isinstance(when, datetime) else datetime.fromisoformat(str(when))
    decided = decide(hub, ids, approve=approve, why=why, by=str(user.get("name") or user.get("id")), at=at)
    if not approve:
        return []
    datasets = sorted({one.dataset_id for one in decided})
    done = publish(hub, product=None, datasets=datasets, as_of=as_of, progress=progress)
    for product in hub.catalog.products.values():
        if product.master is not None:
            done += publish(hub, product=product.id, as_of=as_of, progress=progress)
    return done
