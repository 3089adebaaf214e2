"""The last look before publication: every citizen ID in any text is found, nothing else is, and the finding does not show it."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.find import citizen_ids_in, holds_citizen_id, holds_mobile
from pipelines.privacy.scan import Hit, scan_rows
from tests.privacy.numbers import PERSON, citizen_ids, prose, wrong


def rows(**columns: list[str | None]) -> pl.LazyFrame:
    return pl.LazyFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_the_scan_finds_a_citizen_id_in_any_text_and_nothing_else() -> None:
    frame = rows(
        clean=["电话13800138000", "编号110101199003070004123", None],
        dirty=["无", "身份证：11010519491231002x。", "440524188001010014"],
    )
    assert scan_rows(frame, ["clean", "dirty"]) == [Hit("dirty", 1)]


@settings(max_examples=60, deadline=None)
@given(before=prose, number=citizen_ids, after=prose, lower=st.booleans())
def test_a_citizen_id_is_found_wherever_it_stands_in_a_text(before: str, number: str, after: str, lower: bool) -> None:
    written = number.lower() if lower else number
    frame = rows(text=["无", before + written + after, before + wrong(number) + after, None])
    assert scan_rows(frame, ["text"]) == [Hit("text", 1)]
    assert frame.select(holds_citizen_id(pl.col("text"))).collect()["text"].to_list() == [False, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        wrong(PERSON),  # the check digit is wrong
        "110101189901010009",  # nobody who lives was born in 1899
        "110101199002300008",  # 30 February
        "010101199001010000",  # no region begins with 0
        "91350100M000100Y43",  # a credit code
        "",
    ],
)
def test_a_long_number_that_cannot_be_a_person_is_none(text: str) -> None:
    assert citizen_ids_in(pl.Series([text])).to_list() == [False]


def test_two_numbers_in_one_text_are_one_row() -> None:
    assert scan_rows(rows(text=[f"{PERSON}，{PERSON}", f"{wrong(PERSON)}，{PERSON}"]), ["text"]) == [Hit("text", 2)]


def test_a_hit_leads_to_the_first_row_as_it_was_delivered_and_shows_nothing_of_the_number() -> None:
    frame = pl.LazyFrame(
        {
            "credit_code": ["91350100M000100Y43", "91110108551385082Q", "91110000600037341L"],
            "note": [PERSON, "无", PERSON],
            "_batch_id": ["b2", "b0", "b1"],
            "_row_number": [2, 1, 9],
        }
    )
    [hit] = scan_rows(frame, ["note"], ["credit_code"])

    assert hit == Hit("note", 2, "b1", 9, ("9****************L",))
    assert PERSON not in json.dumps(hit.to_json())
    assert hit.to_json()["record"] == ["9****************L"]


def test_only_the_columns_that_are_named_are_looked_at() -> None:
    frame = rows(checked=["无"], other=[PERSON])
    assert scan_rows(frame, ["checked"]) == []
    assert scan_rows(frame, []) == []


def test_of_no_rows_and_of_empty_columns_there_is_nothing_to_find() -> None:
    assert scan_rows(rows(text=[]), ["text"]) == []
    assert scan_rows(rows(text=[None, None]), ["text"]) == []


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("13812345678", True),
        ("电话13812345678，", True),
        ("138123456789", False),
        ("12812345678", False),
        ("1381234567", False),
        (None, None),
    ],
)
def test_eleven_digits_alone_are_a_mobile_number(text: str | None, holds: bool | None) -> None:
    frame = rows(text=[text]).select(holds_mobile(pl.col("text"))).collect()
    assert frame["text"].to_list() == [holds]
