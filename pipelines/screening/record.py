"""The key of the record a refused row is about, where the row still says it: by this its correction is recognised.

The key is what the lake would hold in the columns of the dataset's ``record_key``, joined to one text; accepted records give the
same text (``of_records``). It is null where a refusing rule blames a field of the key, for what is wrong there names another
record or none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from pipelines.catalog import CONTRADICTS, Dataset, Rule
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.screening.field_checks import lake_name
from pipelines.screening.subject import subject_key
from pipelines.storage.columns import RECORD_KEY
from pipelines.storage.superseded import DERIVED, key_columns

_SUBJECT: Final = "subject_key"
_NOTHING: Final = "\u2400"
_BETWEEN: Final = "\x1f"


def record_key(dataset: Dataset, valued: Collection[str], pseudonyms: Pseudonyms) -> pl.Expr:
    """Key of each judged row, whether or not its parts are sound (see ``sound``); ``valued`` fields have a lake value."""
    parts = [
        subject_key(dataset, pseudonyms)
        if name == _SUBJECT
        else pl.col(lake_name(name) if name in valued else DERIVED.get(name, name)).cast(pl.String)
        for name in dataset.record_key
    ]
    return _joined(parts)


def of_records(dataset: Dataset) -> pl.Expr:
    """Key of each row of ``lake/records/<dataset_id>``."""
    return _joined([pl.col(name).cast(pl.String) for name in key_columns(dataset)])


def sound(dataset: Dataset, rules: Iterable[Rule]) -> pl.Expr:
    """True where no refusing rule blames a field that the key is made of.

    Args:
        dataset: for record key and subject.
        rules: each a boolean column under its id.
    """
    subject = dataset.subject
    made_of = {name for name in dataset.record_key if name != _SUBJECT}
    if _SUBJECT in dataset.record_key:
        made_of |= {n for n in (subject.credit_code, subject.certificate_type, subject.certificate_number) if n}
    # That rows of one key contradict each other says nothing against the key.
    rejecting = [rule for rule in rules if rule.rejects and rule.other != CONTRADICTS]
    blamed = [pl.col(rule.id) for rule in rejecting if rule.field in made_of]
    named = [pl.col(rule.id) for rule in rejecting if rule.field == subject.name]
    broken = reduce(or_, blamed, pl.lit(False))
    if _SUBJECT in dataset.record_key and named:
        # Only who has neither code nor certificate is known by the name.
        by_name = pl.col(RECORD_KEY).str.contains(r"(^|\x1f)n:")
        broken = broken | (by_name & reduce(or_, named))
    return ~broken


def _joined(parts: Sequence[pl.Expr]) -> pl.Expr:
    return pl.concat_str([part.fill_null(_NOTHING) for part in parts], separator=_BETWEEN)
