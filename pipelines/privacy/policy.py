"""The named masks of ``catalog/policies/masking.yaml`` as expressions: what a product still shows of a value.

A mask put on a value that is masked already, as sensitive fields are in the lake, shows no more than it did.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog.models import Mask, Masking, MaskKind
from pipelines.privacy.mask import identifiers_masked

_STARS: Final = "****"
_MOBILE: Final = r"(^|\D)(1[3-9]\d)\d{4}(\d{4})($|\D)"
_ESTATE: Final = r"(?:小|社|园|街|厂|校|库)区.*$"
_PLACE: Final = r"[^省市县区旗州盟路号\d]"
_COUNTY: Final = (
    rf"^((?:{_PLACE}{{2,9}}(?:省|自治区|市))?(?:{_PLACE}{{2,12}}(?:市|州|盟|地区))?{_PLACE}{{1,12}}(?:县|区|旗|市))"
)


def masked_by(mask: Mask, masking: Masking, value: pl.Expr) -> pl.Expr:
    """A text column under a mask; null stays null.

    Args:
        mask: one of the policy.
        masking: the policy, for its family names.
        value: strings.

    Returns:
        Strings of the same height.
    """
    match mask.kind:
        case MaskKind.ENDS:
            return _ends(value, mask.keep_first, mask.keep_last)
        case MaskKind.FAMILY_NAME:
            return _family_name(value, masking.family_names)
        case MaskKind.COUNTY:
            found = value.str.replace(_ESTATE, "").str.extract(_COUNTY).fill_null("")
            return pl.when(value.is_not_null()).then(found + _STARS)
        case MaskKind.IDENTIFIERS:
            return identifiers_masked(value).map_batches(_mobiles_masked, return_dtype=pl.String, is_elementwise=True)


def _mobiles_masked(texts: pl.Series) -> pl.Series:
    """Nearly no text holds a number: only those that do are taken apart."""
    rows = texts.str.contains(_MOBILE).fill_null(False).arg_true()
    if rows.is_empty():
        return texts
    hidden = texts.gather(rows)
    for _ in range(2):  # neighbours share the character between them
        hidden = hidden.str.replace_all(_MOBILE, f"${{1}}${{2}}{_STARS}${{3}}${{4}}")
    return texts.clone().scatter(rows, hidden)


def _ends(value: pl.Expr, first: int, last: int) -> pl.Expr:
    length = value.str.len_chars().cast(pl.Int64)
    shown = pl.concat_str(value.str.head(first), _stars(length - first - last), value.str.tail(last))
    return pl.when(length > first + last).then(shown).otherwise(value.str.replace_all(r"[\s\S]", "*"))


def _family_name(value: pl.Expr, doubled: tuple[str, ...]) -> pl.Expr:
    """A name that is nothing but a family name of two characters keeps the first only."""
    length = value.str.len_chars().cast(pl.Int64)
    kept = pl.when((length > 2) & value.str.head(2).is_in(list(doubled))).then(2).otherwise(1)
    return (
        pl.when(length > 1)
        .then(pl.concat_str(value.str.head(kept), _stars(length - kept)))
        .otherwise(value.str.replace_all(r"[\s\S]", "*"))
    )


def _stars(count: pl.Expr) -> pl.Expr:
    return pl.lit("*").repeat_by(pl.max_horizontal(count, pl.lit(0, pl.Int64)).cast(pl.UInt32)).list.join("")
