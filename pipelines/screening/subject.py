"""The key of the subject (信用主体) a record is about, and the bucket it lies in.

A valid credit code is the key as it is. A natural person is a pseudonym of certificate type and number; who has neither is a
pseudonym of the normalised name and the region (domain.md §2.6). The bucket comes from the key's last characters by plain
arithmetic, so that it stays the same over library versions.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.checks.prepared_columns import reason_name
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.storage.columns import BUCKETS, REGION

_PRIME: Final = 65_521
_TAIL: Final = 6


def subject_key(dataset: Dataset, pseudonyms: Pseudonyms) -> pl.Expr:
    """Key of the subject of each tidy row: a credit code, ``p:<pseudonym>`` or ``n:<pseudonym>``."""
    subject = dataset.subject
    code = pl.col(subject.credit_code)
    certificate = (
        pl.concat_str(pl.col(subject.certificate_type), pl.lit("|"), pl.col(subject.certificate_number))
        if subject.certificate_type and subject.certificate_number
        else pl.lit(None, dtype=pl.String)
    )
    parts = pl.struct(
        pl.when(pl.col(reason_name(subject.credit_code)).is_null()).then(code).alias("code"),
        certificate.alias("certificate"),
        pl.concat_str(pl.col(subject.name), pl.lit("|"), pl.col(REGION), ignore_nulls=True).alias("name"),
    )

    def keys(rows: pl.Series) -> pl.Series:
        columns = rows.struct.unnest()
        found = columns["code"]
        if found.null_count() == 0:
            return found
        left = columns.filter(found.is_null())
        person = pseudonyms.series(left["certificate"])
        named = pseudonyms.series(left["name"].str.normalize("NFKC").str.replace_all(r"[\s·•・]", ""))
        frame = pl.DataFrame({"person": person, "named": named}).select(
            pl.coalesce("p:" + pl.col("person"), "n:" + pl.col("named"))
        )
        return found.scatter(found.is_null().arg_true(), frame.to_series())

    return parts.map_batches(keys, return_dtype=pl.String, is_elementwise=True)


def bucket(key: pl.Expr) -> pl.Expr:
    """Two digits, ``00`` to ``15``: the same for all versions of a key."""
    number = key.str.tail(_TAIL).str.to_integer(base=36, strict=False, dtype=pl.Int64).fill_null(0)
    return ((number % _PRIME) % BUCKETS).cast(pl.String).str.zfill(2)
