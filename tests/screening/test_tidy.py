"""Clean-up that loses nothing: what PDF readers and web pages do to text is undone, and nothing else is touched."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.screening import tidy


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("信⽤⻅证", "信用见证"),
        ("⺠⻔⻛⻓⻬", "民门风长齐"),
        ("甲&amp;乙&nbsp;公司", "甲&乙\u00a0公司"),
        ("&#20013;&#x56FD;", "中国"),
        ("&amp;amp;lt;甲", "<甲"),
        ("&nbsp;", None),
        ("&amp;nbsp;无", None),
        ("AT&T;甲", "AT&T;甲"),
        ("① Ⅱ ㎡", "① Ⅱ ㎡"),
        ("a\x00b", "ab"),
        (None, None),
    ],
)
def test_text_is_spelled_with_the_characters_it_means(sent: str | None, kept: str | None) -> None:
    assert tidy.text(pl.Series([sent, "甲"], dtype=pl.String)).to_list() == [kept, "甲"]


def test_a_column_with_nothing_to_do_comes_back_as_it_is() -> None:
    values = pl.Series(["成都蜀锦文化有限公司", "甲 & 乙", None])
    assert tidy.text(values) is values


def test_every_radical_becomes_one_ideograph() -> None:
    from pipelines.screening.radicals import RADICALS

    assert all(len(text) == 1 and "\u4e00" <= text <= "\u9fff" for text in RADICALS.values())
    assert len(RADICALS) == 214 + 40
