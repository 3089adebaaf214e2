"""Messages about penalties as the lake has them, and answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.records.messages import ASKED_ON, MESSAGE_ID, MESSAGE_SCHEMA, REPLIES, in_force
from pipelines.storage.superseded import key_columns
from tests.conftest import GOOD_CODES
from tests.records.frames import AUTHORITY, PENALTY, Row, lake, number

EFFECTS: Final = {"credit_repair": "repaired", "record_withdrawal": "withdrawn", "objection": "on_hold"}
DECIDED: Final = {"credit_repair": "decided_on", "record_withdrawal": "withdrawn_on", "objection": "raised_on"}
Sent = tuple[str, Row]
Answer = dict[str, object]


def message(
    kind: str,
    *,
    provider: str = "sichuan",
    document: int = 1,
    decided: int = 16,
    day: int = 1,
    **fields: object,
) -> Sent:
    """A message about a penalty: what its columns say of who sends it is nobody's business."""
    row: Row = {
        "_subject_key": GOOD_CODES[0],
        "record_dataset": PENALTY,
        "record_document_number": number(document),
        "record_authority_code": AUTHORITY,
        "source_code": AUTHORITY,
        DECIDED[kind]: date(2026, 11, decided),
        "_provider_id": provider,
        "_region_code": "510000",
        "_received_on": date(2026, 11, day),
        **fields,
    }
    if kind == "credit_repair":
        asked = {
            "applied_on": date(2026, 11, 1),
            "duty_fulfilled": "yes",
            "commitment_made": "yes",
            "result": "approved",
        }
        row = {**asked, "authority_code": AUTHORITY, **row}
    if kind == "objection":
        row = {"objection_number": "YY1", **row}
    return kind, row


def answer(to: str, by: str, says: str | None = "agree", *, day: int = 5, extended: bool = False) -> Answer:
    """What a provider answered to a message."""
    values = (to, by, says, "经核实", date(2026, 11, day) if says else None, extended)
    return dict(zip((MESSAGE_ID, *REPLIES), values, strict=True))


def messages(known: Catalog, *sent: Sent, answers: Sequence[Answer] = ()) -> pl.DataFrame:
    """Messages in force among rows of the exchange sets, as the lake has them."""
    replies = pl.DataFrame(list(answers), schema={MESSAGE_ID: pl.String(), **REPLIES})
    found = [pl.DataFrame(schema=MESSAGE_SCHEMA)]
    for policy in known.policies.repair.messages:
        rows = [row for kind, row in sent if kind == policy.dataset]
        if rows:
            frame = lake(known, policy.dataset, rows)
            key = key_columns(known.datasets[policy.dataset])
            first = frame.group_by(key).agg(pl.col("_received_on").min().alias(ASKED_ON))
            found.append(in_force(frame, first, replies, policy, known))
    return pl.concat(found)


def id_of(known: Catalog, sent: Sent) -> str:
    """The id of a message."""
    return str(messages(known, sent)[MESSAGE_ID].item())
