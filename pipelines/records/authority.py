"""Who speaks for the authority of a record (``catalog/authorities.yaml``), as expressions over records and senders.

A message may be judged by everything the record says of its authority. Of two versions of one record neither may say who is
right: there only what both have in common counts, the record key and what no version contradicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import AuthorityRule
from pipelines.storage.columns import PROVIDER

_DIVISION_FROM: Final = 2  # characters 3 to 8 of a credit code, GB 32100-2015
_WHOLE_REGION: Final = "0000"


def speaks_for_record(catalog: Catalog, dataset: Dataset, sender: str, message: str) -> pl.Expr:
    """True where the sender of a message speaks for the authority of the record it names, else False, never null.

    Args:
        catalog: for the rules and the regions.
        dataset: what the record is of; its columns are those of the lake.
        sender: column with the id of the provider that sent the message.
        message: the exchange set the message is of.
    """
    of = dataset.authority
    name = None if of is None or of.name is None else of.name
    named = None if name is None else pl.col(name).str.contains_any
    return _speaks(catalog, dataset, sender, code=of.code if of else None, named=named, message=message)


def speaks_for_version(catalog: Catalog, dataset: Dataset, key: Sequence[str]) -> pl.Expr:
    """True where the provider of a version of a record speaks for the record's authority, else False, never null.

    The authority's code counts where it is part of the record key, the subject's where it stands for the authority; a name counts
    where it is of the sender's line in every version of the record.

    Args:
        catalog: for the rules and the regions.
        dataset: what the record is of.
        key: columns of the record key; all versions of a key are among the rows.
    """
    of = dataset.authority
    shared = of is not None and (of.code in key or of.code == dataset.subject.credit_code)
    code = of.code if of is not None and shared else None
    name = of.name if of is not None and of.code in key else None
    named = (
        None if name is None else lambda words: pl.col(name).str.contains_any(words).fill_null(False).all().over(key)
    )
    return _speaks(catalog, dataset, PROVIDER, code=code, named=named, message=None)


def _speaks(
    catalog: Catalog,
    dataset: Dataset,
    sender: str,
    *,
    code: str | None,
    named: Callable[[list[str]], pl.Expr] | None,
    message: str | None,
) -> pl.Expr:
    found: list[pl.Expr] = []
    for rule in catalog.authorities.rules:
        if rule.messages and message not in rule.messages:
            continue
        who = _providers(catalog, rule)
        mine = pl.col(sender).is_in(who)
        if rule.any or dataset.id in rule.datasets:
            found.append(mine)
        elif rule.names and named is not None:
            found.append(mine & named(list(rule.names)))
        elif code is not None and (rule.region or rule.divisions):
            found.append(_in_divisions(pl.col(sender), pl.col(code), _divisions(catalog, rule, who)))
    return reduce(or_, (one.fill_null(False) for one in found), pl.lit(False))


def _providers(catalog: Catalog, rule: AuthorityRule) -> list[str]:
    if rule.level is None:
        return list(rule.providers)
    return [one.id for one in catalog.providers.values() if one.level == rule.level]


def _divisions(catalog: Catalog, rule: AuthorityRule, who: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Beginnings of the divisions that each provider speaks for."""
    if rule.divisions:
        return dict.fromkeys(who, rule.divisions)
    return {name: (catalog.providers[name].region_code.removesuffix(_WHOLE_REGION),) for name in who}


def _in_divisions(sender: pl.Expr, code: pl.Expr, divisions: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """True where the division in a credit code begins as one of the sender's does."""
    found = []
    for place in range(max(map(len, divisions.values()), default=0)):
        begins = {name: some[place] for name, some in divisions.items() if place < len(some)}
        mine = sender.replace_strict(begins, default=None, return_dtype=pl.String)
        found.append(code.str.slice(_DIVISION_FROM).str.starts_with(mine).fill_null(False))
    return reduce(or_, found, pl.lit(False))
