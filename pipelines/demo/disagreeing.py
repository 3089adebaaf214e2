"""How to make two cells of a row disagree, or a text say what it must not: ways to break rules beyond one value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import References

_FINE: Final = r"罚款(?:人民币)?\s*([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*(万?)元"
_BRANCH: Final = "分公司"
MOBILES: Final = ("19900000000", "19900000001", "19900000002")  # masked examples of masking.yaml; served by nobody


def fine_in_yuan(rule: Rule, rules: Sequence[Rule]) -> pl.Expr:
    """Rows whose text names a fine that can be filed in yuan and break no other bound of the amount."""
    bounds = [float(r.parameters[0]) for r in rules if r.field == rule.field and r.primitive == "max_inclusive"]
    text = pl.col(str(rule.other))
    number = text.str.extract(_FINE, 1).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    named = number * pl.when(text.str.extract(_FINE, 2) == "万").then(10_000.0).otherwise(1.0)
    return pl.col(rule.field).is_not_null() & named.is_between(1, min([*bounds, 1e9]))


def as_filed_in_yuan(text: str) -> str:
    """The number of yuan a text names, as somebody files it who forgets the unit."""
    found = re.search(_FINE, text)
    if found is None:
        raise ValueError(f"no fine in {text!r}")
    return f"{float(found[1].replace(',', '')) * (10_000 if found[2] else 1):g}"


def with_citizen_id(text: str, number: str) -> str:
    """The text with somebody's identity number in it."""
    return f"{text}（身份证号{number}）"


def with_mobile(text: str, number: str) -> str:
    """The text with a mobile phone number in it."""
    return f"{text}（联系电话{number}）"


def known(rule: Rule, references: References) -> pl.Expr:
    """Rows whose other cell the hub knows, so that another text beside it is a mismatch; never null."""
    keys = references[str(rule.parameters[0])]["key"].unique() if references else pl.Series([], dtype=pl.String)
    return (pl.col(rule.field).is_not_null() & pl.col(str(rule.other)).is_in(keys.implode())).fill_null(False)


def unlike_known(text: str) -> str:
    """Another text than the one that was sent: of a number the one before, of a name that of a branch filed under the same code."""
    found = re.search(r"\d+(?=\D*$)", text)
    return f"{text[: found.start()]}0{found[0]}{text[found.end() :]}" if found else f"{text}{_BRANCH}"
