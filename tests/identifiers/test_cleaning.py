"""Cleaning takes away what was typed around a code, and nothing else."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.identifiers import clean, is_stand_in
from pipelines.identifiers.cleaning import COUNTING, STAND_IN_TEXTS

CODE = "91110000600037341L"


def cleaned(*values: str | None) -> list[str | None]:
    frame = pl.DataFrame({"value": pl.Series(values, dtype=pl.String)})
    return frame.select(clean(pl.col("value"))).to_series().to_list()


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "91 110000 600037341L",
        "\ufeff" + CODE,
        "\u200b9111\u200c0000\u200d6000\u206037341L",
        "\u202a" + CODE + "\u202c",
        "\u00a0" + CODE + "\u3000",
        "\t" + CODE + "\r\n",
        "'" + CODE,
        " '" + CODE,
        "91110000-60003734-1L",
        "91110000\u2010\u2011\u2012\u2013\u2014\u2015\u221260003734\uff0d1L",
        "９１１１００００６０００３７３４１Ｌ",
        "９１１１００００６０００３７３４１ｌ",
        "91\u00ad110000600037341L",
    ],
)
def test_what_was_typed_around_a_code_goes(typed: str) -> None:
    assert cleaned(typed) == [CODE]


@pytest.mark.parametrize(
    "typed", [CODE + ".0", "9135O100M000100Y43", "91110000/600037341L", CODE + "中", "Ⅱ"[:0] + CODE + "'"]
)
def test_what_is_no_noise_stays(typed: str) -> None:
    assert cleaned(typed) == [typed]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "\u3000",
        "无",
        "/",
        "-",
        "—",
        "——",
        "N/A",
        "n/a",
        "NULL",
        "null",
        "空",
        " 不详 ",
        "待补",
        "Ｎ／Ａ",
        "'",
        "#N/A",
    ],
)
def test_a_stand_in_is_as_good_as_an_empty_cell(typed: str) -> None:
    assert cleaned(typed) == [None]


def test_rows_keep_their_places() -> None:
    assert cleaned(None, CODE, " a-1 ", "无", CODE, None) == [None, CODE, "A1", None, CODE, None]
    assert cleaned() == []


def test_rows_that_are_clean_are_passed_on_untouched() -> None:
    values = pl.Series("code", [CODE, "D2143569X", "340000000056535"])
    assert values.to_frame().select(clean(pl.col("code"))).to_series().equals(values)


def test_numbers_read_as_numbers_are_taken_as_text() -> None:
    frame = pl.DataFrame({"value": [911101085923662400]})
    assert frame.select(clean(pl.col("value"))).to_series().to_list() == ["911101085923662400"]


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=25))
@example("e\u200b\u0301")
@example("e\u00b4")
@example("-'-'9")
@example("\uff07\uff07x")
@example("ß\u0149\u017f\u0131")
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    once = cleaned(typed)
    assert cleaned(*once) == once


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=20), st.data())
def test_no_letter_or_digit_is_lost(code: str, data: st.DataObject) -> None:
    noise = st.text(" \t\u00a0\u3000\u200b\ufeff-\u2014\uff0d", max_size=3)
    typed = "".join(data.draw(noise) + data.draw(st.sampled_from([c, c.lower(), chr(ord(c) + 0xFEE0)])) for c in code)
    assert cleaned(typed) == [code]


def test_stand_ins_are_written_as_cleaning_leaves_them() -> None:
    assert cleaned(*STAND_IN_TEXTS) == [None] * len(STAND_IN_TEXTS)


def test_what_fills_a_field_is_told_from_a_code() -> None:
    frame = pl.DataFrame({"code": ["0" * 18, "0" * 17 + "X", "77", *COUNTING, CODE, None]})
    answer = frame.select(is_stand_in(pl.col("code"))).to_series().to_list()
    assert answer == [True] * 6 + [False, None]
