"""previous ⊕ changes = this, for any two frames; and every change says no more than it has to."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.records.changes import apply, changes

SCHEMA = {"key": pl.String, "part": pl.Int64, "name": pl.String, "amount": pl.Int64}
KEY = ["key", "part"]
Rows = dict[tuple[str, int | None], tuple[str | None, int | None]]

bucket: st.SearchStrategy[Rows] = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2])),
    st.tuples(st.sampled_from([None, "甲", "乙"]), st.sampled_from([None, 0, 1])),
    max_size=9,
)


def frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame([(*key, *values) for key, values in rows.items()], schema=SCHEMA, orient="row")


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.sort(KEY).equals(other.sort(KEY))


@settings(max_examples=80, deadline=None)
@given(before=bucket, now=bucket)
def test_previous_and_changes_give_the_current_records(before: Rows, now: Rows) -> None:
    previous, current = frame(before), frame(now)
    found = changes(previous, current, KEY, "superseded")

    assert same(apply(previous, found, KEY), current)
    # Nothing but what changed is in it, once, and under the right name.
    said = {(row["key"], row["part"]): row["change_type"] for row in found.to_dicts()}
    assert len(said) == found.height
    assert said == {
        **{key: "added" for key in now.keys() - before.keys()},
        **{key: "removed" for key in before.keys() - now.keys()},
        **{key: "changed" for key in now.keys() & before.keys() if now[key] != before[key]},
    }
    gone = found.filter(pl.col("change_type") == "removed")
    assert gone.select("name", "amount").null_count().sum_horizontal().sum() == 2 * gone.height, "tombstones are empty"
    assert set(gone["reason"]) <= {"superseded"}
    assert found.filter(pl.col("change_type") != "removed")["reason"].null_count() == found.height - gone.height


@settings(max_examples=40, deadline=None)
@given(first=bucket, second=bucket, third=bucket)
def test_changes_of_releases_in_a_row_give_the_last_one(first: Rows, second: Rows, third: Rows) -> None:
    held = frame({})
    for before, now in (({}, first), (first, second), (second, third)):
        held = apply(held, changes(frame(before), frame(now), KEY, "superseded"), KEY)
    assert same(held, frame(third))


def test_the_first_release_adds_every_record() -> None:
    current = frame({("a", 1): ("甲", 0), ("b", None): (None, None)})
    for previous in (None, frame({})):
        found = changes(previous, current, KEY, "superseded")
        assert found.drop("change_type", "reason").equals(current)
        assert set(found["change_type"]) == {"added"}


def test_each_removal_has_the_reason_that_is_known_of_it_or_the_general_one() -> None:
    previous = frame({("a", 1): ("甲", 0), ("b", 1): ("乙", 1), ("c", None): ("丙", 2)})
    reasons = pl.DataFrame(
        [("a", 1, "repaired"), ("c", None, "expired"), ("x", 1, "withdrawn")],
        schema={"key": pl.String, "part": pl.Int64, "reason": pl.String},
        orient="row",
    )
    found = changes(previous, frame({}), KEY, "superseded", reasons)
    assert dict(found.select("key", "reason").rows()) == {"a": "repaired", "b": "superseded", "c": "expired"}


def test_a_field_that_is_new_changes_only_the_records_that_have_it() -> None:
    current = frame({("a", 1): ("甲", None), ("b", 1): ("乙", 1)})
    found = changes(current.drop("amount"), current, KEY, "superseded")
    assert found.select("change_type", "key", "amount").rows() == [("changed", "b", 1)]
