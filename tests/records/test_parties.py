"""Nobody changes what another provider sent: whatever anybody else delivers, a provider's records stand in every product as before."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.resolved_records import resolve_display, view
from pipelines.storage.superseded import key_columns
from tests.records.frames import AUTHORITY, DAY, PENALTY, Row, lake, penalty
from tests.records.sent import EFFECTS, Sent, answer, id_of, message, messages

PRODUCTS = (PENALTY, f"{PENALTY}_authorised", f"{PENALTY}_public")
MARK = "_display_state"
"""An objection may come through anybody and marks the record; it hides nothing."""

ours = st.builds(
    penalty,
    document=st.integers(1, 3),
    facts=st.sampled_from([None, "a"]),
    updated=st.sampled_from([None, 1, 2]),
    day=st.integers(1, 3),
    severity_code=st.sampled_from(["general", "serious"]),
)
theirs = st.builds(
    penalty,
    provider=st.sampled_from(["hebei", "mot", "credit_china"]),
    document=st.integers(1, 4),
    facts=st.sampled_from(["a", "b", None]),
    updated=st.sampled_from([None, 1, 9]),
    day=st.integers(1, 5),
    batch=st.sampled_from(["x", "b1"]),
    severity_code=st.sampled_from(["general", "minor", None]),
    authority_name=st.sampled_from([None, "锦川市市场监督管理局", "锦川市交通运输局"]),
    decision_date=st.sampled_from([date(2026, 5, 12), date(2020, 1, 1)]),
)
their_messages = st.builds(
    message,
    st.sampled_from([*EFFECTS]),
    provider=st.sampled_from(["hebei", "mot"]),
    document=st.integers(1, 4),
    decided=st.integers(1, 20),
    source_code=st.just(AUTHORITY),
)


def of_sichuan(
    known: Catalog, penalties: Dataset, rows: list[Row], sent: list[Sent], agreed: list[str]
) -> dict[str, pl.DataFrame]:
    frame = lake(known, PENALTY, [{**row, "_row_number": n} for n, row in enumerate(rows)])
    about = messages(known, *sent, answers=[answer(one, by) for one in agreed for by in ("hebei", "mot")])
    resolved = resolve_display(known, penalties, "07", frame, about, DAY)
    key = key_columns(penalties)
    found = {}
    for product in PRODUCTS:
        shown = view(known, resolved, known.products[product], key).frame
        found[product] = shown.filter(pl.col("_provider_id") == "sichuan").drop(MARK)
    return found


@settings(max_examples=60, deadline=None)
@given(
    mine=st.lists(ours, min_size=1, max_size=5),
    others=st.lists(theirs, max_size=6),
    sent=st.lists(
        their_messages,
        max_size=5,
        unique_by=lambda one: (one[0], one[1]["_provider_id"], str(one[1]["record_document_number"])),
    ),
)
def test_a_providers_records_are_the_same_with_and_without_everybody_elses_deliveries(
    known: Catalog, penalties: Dataset, mine: list[Row], others: list[Row], sent: list[Sent]
) -> None:
    """Rows of others under the same keys, newer, fuller or earlier; requests, and forged answers to them."""
    alone = of_sichuan(known, penalties, mine, [], [])
    among = of_sichuan(known, penalties, [*mine, *others], sent, [id_of(known, one) for one in sent])
    for product in PRODUCTS:
        assert among[product].equals(alone[product]), product
