"""What is there to say of a few codes, for a person or a program that asks: the answer of ``credit-hub code``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.identifiers import credit_code
from pipelines.identifiers.cleaning import clean
from pipelines.identifiers.verdict import Caution, Reason


@dataclass(frozen=True)
class CodeParts:
    """The four parts of a credit code; see ``credit_code`` for the layout."""

    registrar: str
    category: str
    region: str
    organisation_code: str

    def to_json(self) -> dict[str, str]:
        """The parts under the names of the contract."""
        return {
            "registrar": self.registrar,
            "category": self.category,
            "region": self.region,
            "organisation_code": self.organisation_code,
        }


@dataclass(frozen=True)
class CodeReport:
    """Everything known of one value.

    Attributes:
        input: the value as given. May be a citizen ID: answer it to the person who asked, write it nowhere.
        code: the value cleaned; None where nothing was left.
        valid: whether the code may be used.
        reason: why not; None when valid.
        warnings: what to know of it all the same. All but ``cleaned`` are asked of valid codes only.
        suggestion: the code probably meant, never put in its place by itself.
        parts: None where the layout does not allow it, and for citizen IDs.
    """

    input: str
    code: str | None
    valid: bool
    reason: Reason | None
    warnings: tuple[Caution, ...]
    suggestion: str | None
    parts: CodeParts | None

    def to_json(self) -> dict[str, object]:
        """The object of the contract, ``credit-hub code --json``."""
        return {
            "input": self.input,
            "code": self.code,
            "valid": self.valid,
            "reason": None if self.reason is None else self.reason.value,
            "warnings": [warning.value for warning in self.warnings],
            "suggestion": self.suggestion,
            "parts": None if self.parts is None else self.parts.to_json(),
        }


_CODE: Final = pl.col("code")


def describe(codes: Sequence[str], *, pairs: Collection[str], regions: Sequence[str]) -> list[CodeReport]:
    """Report on each value, in the order given.

    Args:
        codes: values as typed.
        pairs: registrar and category pairs of the catalogue, such as ``"91"``.
        regions: six-digit codes of every revision of GB/T 2260.

    Returns:
        One report for each value; an empty list for none.
    """
    cautions = {
        Caution.CLEANED: pl.col("input") != _CODE,
        Caution.INNER_CHECK: pl.col("valid") & ~credit_code.inner_check_holds(_CODE),
        Caution.REGISTRAR_PAIR: pl.col("valid") & ~credit_code.registrar_pair_known(_CODE, pairs),
        Caution.REGION_UNKNOWN: pl.col("valid") & ~credit_code.region_known(_CODE, regions),
    }
    table = (
        pl.DataFrame({"input": pl.Series(codes, dtype=pl.String)})
        .with_columns(clean(pl.col("input")).alias("code"))
        .with_columns(credit_code.reason(_CODE).alias("reason"))
        .with_columns(pl.col("reason").is_null().alias("valid"))
        .with_columns(
            credit_code.suggestion(_CODE).alias("suggestion"),
            credit_code.parts(_CODE).alias("parts"),
            *(applies.fill_null(False).alias(caution) for caution, applies in cautions.items()),
        )
    )
    return [
        CodeReport(
            input=row["input"],
            code=row["code"],
            valid=row["valid"],
            reason=None if row["reason"] is None else Reason(row["reason"]),
            warnings=tuple(caution for caution in Caution if row[caution]),
            suggestion=row["suggestion"],
            parts=None if row["parts"] is None else CodeParts(**row["parts"]),
        )
        for row in table.iter_rows(named=True)
    ]
