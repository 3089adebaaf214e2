"""Every rule has a good and a bad example, and both routes say of them what the catalogue says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines import expectations
from pipelines.catalog import CONTRADICTS, EVIDENCE, REPAIRABLE_FROM, Catalog, Rule
from pipelines.expectations.counting import count_unexpected
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.records.comparing import matched
from pipelines.screening import Screen
from pipelines.screening.repair_terms import NAMED_RECORDS, named_record_key
from tests.conftest import ROOT

CATALOG = Catalog.load(ROOT / "catalog")
DAY = date(2026, 11, 22)


def rows_of(dataset_id: str, rules: list[Rule]) -> pl.DataFrame:
    """Two rows for each rule: its good example, then its bad one; every other cell is empty."""
    names = [*(field.id for field in CATALOG.fields(dataset_id)), *EVIDENCE]
    cells = [example for rule in rules for example in (rule.good, rule.bad)]
    beside = [row for rule in rules for row in (None, "9" if rule.other == CONTRADICTS else None)]
    frame = pl.DataFrame(
        {name: [one.get(name) for one in cells] for name in names}, schema=dict.fromkeys(names, pl.String)
    ).with_columns(pl.col(name).cast(pl.Int64).fill_null(0) for name in EVIDENCE)
    return frame.with_row_index("_row_number").with_columns(
        pl.col("_row_number").cast(pl.Int64),
        pl.lit("examples").alias("_batch_id"),
        pl.lit("sichuan").alias("_provider_id"),
        pl.lit("510000").alias("_region_code"),
        pl.lit(DAY).alias("_received_on"),
        pl.lit(DAY).alias("_in_time_from"),
        pl.Series(CONTRADICTS, beside, dtype=pl.String),
    )


def known_good(rules: list[Rule]) -> dict[str, pl.DataFrame]:
    """References that know the good examples of the rules that ask them."""
    found: dict[str, pl.DataFrame] = {}
    known_records: list[pl.DataFrame] = []
    for rule in rules:
        if rule.primitive == "known_with":
            pair = pl.DataFrame({"key": [rule.good[str(rule.other)]], "value": [rule.good[rule.field]]})
            found[str(rule.parameters[0])] = pair.with_columns(matched(pl.col("value")))
        if rule.other == REPAIRABLE_FROM:
            known_records.append(repairable_between(rule))
    if known_records:
        found[NAMED_RECORDS] = pl.concat(known_records)
    return found


def repairable_between(rule: Rule) -> pl.DataFrame:
    """The record that the examples name may be repaired from a day between theirs."""
    [message] = [one for one in CATALOG.policies.repair.messages if one.dataset == rule.dataset_id]
    table = CATALOG.code_tables["dataset"]
    [code] = [one for one in table.codes if rule.good[message.record.dataset] in table.texts_of((one,))]
    named = [pl.lit(code), *(pl.lit(rule.good[name]) for name in (message.record.number, message.record.authority))]
    first, last = (date.fromisoformat(str(cells[rule.field])) for cells in (rule.bad, rule.good))
    day = (first + (last - first) / 2).isoformat()
    return pl.select(named_record_key(*named).alias("key"), pl.lit(day).alias("value"))


@pytest.mark.parametrize("dataset_id", sorted(CATALOG.datasets))
def test_every_rule_keeps_its_good_example_and_finds_its_bad_one_by_both_routes(
    dataset_id: str, tmp_path: Path
) -> None:
    rules = [rule for rule in CATALOG.rules[dataset_id] if rule.cells]
    references = known_good(rules)
    screen = Screen.of(CATALOG, dataset_id, Pseudonyms(b"0" * 32), references)
    judged = screen.judged(rows_of(dataset_id, rules).lazy())
    verdicts = screen.verdicts(judged).collect(engine="in-memory")

    wrong = [
        (rule.id, "good" if row == 2 * number else "bad", dict(rule.good), dict(rule.bad))
        for number, rule in enumerate(rules)
        for row in (2 * number, 2 * number + 1)
        if verdicts[rule.id][row] != (row == 2 * number + 1)
    ]
    assert wrong == []

    con = expectations.connection(CATALOG, "500MB", references=references)
    staged = screen.staged(judged).collect(engine="in-memory")
    con.register("examples", staged.to_arrow())
    counted = count_unexpected(con, "examples", expectations.suite(CATALOG, dataset_id))
    con.close()
    assert counted.errors == {}
    assert counted.unexpected == {rule.id: int(verdicts[rule.id].sum()) for rule in rules}


def test_every_rule_has_both_examples_and_the_words_a_provider_reads() -> None:
    for rules in CATALOG.rules.values():
        for rule in rules:
            assert rule.message_zh
            assert rule.message_en
            assert rule.hint_zh
            if rule.cells:
                assert set(rule.good) == set(rule.bad) != set(), rule.id
                assert rule.good != rule.bad, rule.id


def test_rule_ids_are_unique_and_name_dataset_and_field() -> None:
    for dataset_id, rules in CATALOG.rules.items():
        ids = [rule.id for rule in rules]
        assert len(ids) == len(set(ids))
        assert all(rule.id.startswith(f"{dataset_id}.{rule.field}.") for rule in rules)
