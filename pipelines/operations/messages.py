"""Messages about records: what became of each, in the outboxes and for who asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from pipelines.ground.errors import InputError
from pipelines.pages.message_files import reason_zh, write_message_files
from pipelines.publishing.message_register import message_register
from pipelines.records.message_states import MessageState
from pipelines.storage.hub import Hub


def messages(hub: Hub, day: date, *, provider: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """The messages about records on a day (contract.md, ``credit-hub messages``).

    Args:
        hub: home and catalogue.
        day: the day deadlines are read at.
        provider: only those it sent, or that are about its records.
        state: only those in this state.

    Raises:
        InputError: there is no such provider or state.
    """
    if provider is not None and provider not in hub.catalog.providers:
        known = ", ".join(sorted(hub.catalog.providers))
        raise InputError(f"provider '{provider}' is not in the catalogue; use one of: {known}")
    if state is not None and state not in set(MessageState):
        raise InputError(f"state '{state}' is none; use one of: {', '.join(MessageState)}")
    with hub.home.lake_in_use():
        register = message_register(hub, day)
    return [
        {
            **{name: row[name] for name in ("message_id", "kind", "sender", "record_provider", "dataset_id")},
            "document_number": row["document_number"],
            "authority_code": row["authority_code"],
            "state": row["state"],
            "asked_on": row["asked_on"].isoformat() if row["asked_on"] else None,
            "due_on": row["due_on"].isoformat() if row["due_on"] else None,
            "reason": reason_zh(row),
        }
        for row in register.to_dicts()
        if provider in (None, row["sender"], row["record_provider"]) and state in (None, row["state"])
    ]


def tell_messages(hub: Hub, day: date) -> None:
    """Bring ``messages.csv`` and ``messages_sent.csv`` of every provider up to date.

    Whoever holds the lock last has read what all others had committed, so that no run leaves less than there is.
    """
    with hub.home.locked("messages.lock"), hub.home.lake_in_use():
        write_message_files(hub.home, hub.catalog, message_register(hub, day))


def holds_messages(hub: Hub, dataset_ids: Collection[str]) -> bool:
    """True where one of the datasets is an exchange set of messages or of answers to them."""
    return not hub.catalog.policies.repair.exchange_sets.isdisjoint(dataset_ids)
