"""Unified social credit code (统一社会信用代码), GB 32100-2015 with amendment 1: the verdict on 18 characters.

    1      registrar (登记管理部门)              1-9, A, N, Y
    2      category of the body (机构类别)       the pair with the registrar is catalogue data
    3-8    region of the registrar, GB/T 2260    digits
    9-17   organisation code, GB 11714           its own check character at 17
    18     check character                       Σ value·3^(place-1) ≡ 0 modulo 31, the check character with weight 1

A first character that no registrar has is ``alphabet``, as is a letter in the region: the standard fixes both, and a
new registrar takes an amendment of it. A registrar with a category not in the catalogue, a wrong check character of
the organisation code and an unknown region are cautions only, because real codes have them.

**Codes that could be a citizen ID.** A value that is a plausible citizen ID is refused as ``citizen_id`` even when it
is a credit code by both check digits. The evidence: one citizen ID in 341 (31·11) satisfies both checks of a credit
code by accident, and sixteen provinces' numbers begin with the pair of a registrar (11, 12, 13, 21, 31 …), so that of
1,400 million people some two million have a number that would pass, the pair included. The other way round hardly a
code is lost. Provinces begin with 1 to 8, so no code of registrar 9, A, N or Y (enterprises and households: all but
a few in a hundred) is concerned. Of the others the region must end in the 19 or 20 of a birth year, as 36 of 7,042
codes of GB/T 2260 do (five districts of those since 2015), the organisation code must be all digits with a day of the
calendar in it, and the check character must fit modulo 11 too: a handful of bodies in the country. Their records wait
in quarantine, where a person can let them in; a citizen ID published as a code cannot be called back.
"""

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from pipelines.identifiers import citizen_id, organisation_code, registration_number
from pipelines.identifiers.cleaning import COUNTING, is_stand_in
from pipelines.identifiers.verdict import Reason
from pipelines.identifiers.weighted import DIGITS, Place, WeightedSum

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REGISTRARS: Final = "123456789ANY"
LENGTH: Final = 18
LAYOUT: Final = "^[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"

PARTS: Final = pl.Struct(dict.fromkeys(("registrar", "category", "region", "organisation_code"), pl.String))

_ALLOWED: Final = (REGISTRARS, ALPHABET, *(DIGITS,) * 6, *(ALPHABET,) * 9)
SCHEME: Final = WeightedSum(
    places=(*(Place(pow(3, i, 31), ALPHABET, allowed) for i, allowed in enumerate(_ALLOWED)), Place(1, ALPHABET)),
    modulus=31,
)

DOUBTFUL: Final = f"^(?:[1-8][0-9]{{5}}(?:19|20)[0-9]{{9}}[0-9X]|{COUNTING[-1]})$"
"""Codes with a right check character that are looked at again: a year of birth at places 7 to 10, or counting up."""

CONFUSABLE: Final = {"O": "0", "I": "1", "Z": "2", "S": "5"}
"""Letters a credit code never has, and the digit each is mistaken for. V is not here: U, Y and W look like it alike."""


def checksum_holds(code: pl.Expr) -> pl.Expr:
    """True where 18 characters have the layout and the check character of GB 32100.

    Args:
        code: cleaned strings (see ``cleaning.clean``).

    Returns:
        Boolean expression; null for null. True is not yet a verdict: stand-ins and citizen IDs may satisfy it.
    """
    return SCHEME.holds_in(code)


def inner_check_holds(code: pl.Expr) -> pl.Expr:
    """True where places 9 to 17 are an organisation code with the right check character (GB 11714).

    Args:
        code: cleaned strings.

    Returns:
        Boolean expression; null for null, False for texts that are too short.
    """
    return organisation_code.check_holds(code.cast(pl.String).str.slice(8, 9))


def registrar_pair_known(code: pl.Expr, pairs: Collection[str]) -> pl.Expr:
    """True where the first two characters are a known registrar and category.

    Args:
        code: cleaned strings.
        pairs: the two-character pairs of the catalogue, such as ``"91"``.

    Returns:
        Boolean expression; null for null.
    """
    return code.cast(pl.String).str.slice(0, 2).is_in(sorted(pairs))


def region_known(code: pl.Expr, regions: Sequence[str]) -> pl.Expr:
    """True where places 3 to 8 are one of the regions given.

    Args:
        code: cleaned strings.
        regions: six-digit codes of every revision of GB/T 2260; a region that was abolished stays in its codes.

    Returns:
        Boolean expression; null for null.
    """
    return code.cast(pl.String).str.slice(2, 6).is_in(regions)


def reason(code: pl.Expr) -> pl.Expr:
    """Why a cleaned value is no credit code: the first that applies in the order of ``Reason``.

    Valid rows, nearly all, cost one check sum and one regular expression; the rest is worked out for the others only.

    Args:
        code: cleaned strings (see ``cleaning.clean``).

    Returns:
        String expression: null where the code is valid, else the text of a ``Reason``.
    """
    return code.cast(pl.String).map_batches(_reasons, return_dtype=pl.String, is_elementwise=True)


def suggestion(code: pl.Expr) -> pl.Expr:
    """The code that was probably meant, where a letter stands for the digit it looks like.

    Args:
        code: cleaned strings.

    Returns:
        String expression: the value with O, I, Z, S as 0, 1, 2, 5 where that makes it valid with both check characters;
        null elsewhere, also for codes that are valid as they are.
    """
    return code.cast(pl.String).map_batches(_suggestions, return_dtype=pl.String, is_elementwise=True)


def parts(code: pl.Expr) -> pl.Expr:
    """The four parts a code is made of.

    Args:
        code: cleaned strings.

    Returns:
        Struct expression with the strings ``registrar``, ``category``, ``region``, ``organisation_code``; null where
        the layout does not allow it or the value is plausible as a citizen ID, whose parts would be personal data.
    """
    return code.cast(pl.String).map_batches(_parts, return_dtype=PARTS, is_elementwise=True)


def _reasons(codes: pl.Series) -> pl.Series:
    verdict = pl.repeat(None, len(codes), dtype=pl.String, eager=True).alias(codes.name)
    holds = SCHEME.holds(codes).fill_null(False)
    doubtful = ~holds | codes.str.contains(DOUBTFUL).fill_null(False)
    rows = doubtful.arg_true()
    if rows.is_empty():
        return verdict
    looked_at = pl.DataFrame({"code": codes.gather(rows), "holds": holds.gather(rows)})
    return verdict.scatter(rows, looked_at.select(_reason_of_doubtful(pl.col("code"), pl.col("holds"))).to_series())


def _reason_of_doubtful(code: pl.Expr, holds: pl.Expr) -> pl.Expr:
    old_number = (
        registration_number.check_holds(code)
        | code.str.contains(registration_number.LAYOUT_BEFORE_2007)
        | organisation_code.check_holds(code)
    )
    # Of 15 digits one citizen ID in ten has the check digit of a registration number too; it is refused either way.
    person = citizen_id.plausible(code) & ~registration_number.check_holds(code)
    return (
        pl.when(code.is_null())
        .then(pl.lit(Reason.MISSING.value))
        .when(is_stand_in(code))
        .then(pl.lit(Reason.PLACEHOLDER.value))
        .when(person)
        .then(pl.lit(Reason.CITIZEN_ID.value))
        .when(old_number)
        .then(pl.lit(Reason.LEGACY_NUMBER.value))
        .when(code.str.len_chars() != LENGTH)
        .then(pl.lit(Reason.LENGTH.value))
        .when(~code.str.contains(LAYOUT))
        .then(pl.lit(Reason.ALPHABET.value))
        .when(~holds)
        .then(pl.lit(Reason.CHECKSUM.value))
    )


def _suggestions(codes: pl.Series) -> pl.Series:
    suggested = pl.repeat(None, len(codes), dtype=pl.String, eager=True).alias(codes.name)
    rows = codes.str.contains("[OIZS]").fill_null(False).arg_true()
    if rows.is_empty():
        return suggested
    meant = pl.col("meant")
    corrected = (
        codes.gather(rows)
        .str.replace_many(CONFUSABLE)
        .to_frame("meant")
        .select(pl.when(reason(meant).is_null() & inner_check_holds(meant)).then(meant))
    )
    return suggested.scatter(rows, corrected.to_series())


def _parts(codes: pl.Series) -> pl.Series:
    code = pl.col("code")
    cut = pl.struct(
        registrar=code.str.slice(0, 1),
        category=code.str.slice(1, 1),
        region=code.str.slice(2, 6),
        organisation_code=code.str.slice(8, 9),
    )
    shown = pl.when(code.str.contains(LAYOUT) & ~citizen_id.plausible(code)).then(cut)
    return codes.to_frame("code").select(shown.alias(codes.name)).to_series()
