"""Two ways to write one number are one number."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records.comparing import matched


def compared(*texts: str | None) -> list[str | None]:
    return (
        pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
        .select(matched(pl.col("text")))["text"]
        .to_list()
    )


@pytest.mark.parametrize(
    "written",
    [
        "锦市监处罚（2026）1号",
        "锦市监处罚[2026]1号",
        "锦市监处罚【2026】1号",
        "锦市监处罚［2026］1号",
        " 锦市监 处罚\u3000〔2026〕1号\n",
    ],
)
def test_brackets_and_blanks_do_not_tell_numbers_apart(written: str) -> None:
    assert compared(written) == compared("锦市监处罚〔2026〕1号")


def test_middle_dots_of_names_do_not_count_and_everything_else_does() -> None:
    assert compared("阿卜杜拉·买买提", "阿卜杜拉•买买提", "阿卜杜拉买买提") == ["阿卜杜拉买买提"] * 3
    assert len(set(compared("锦市监处罚〔2026〕1号", "锦市监处罚〔2026〕11号", "锦市监处罚2026-1号"))) == 3
    assert compared(None) == [None]


@given(st.text("锦号1 (（〔[【［)）〕]】］·•・．\u3000\n", max_size=12))
def test_what_was_compared_once_stays_as_it_is(text: str) -> None:
    [once] = compared(text)
    assert compared(once) == [once]
