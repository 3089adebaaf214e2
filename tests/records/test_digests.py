"""A message names a record by a digest: its holder recognises it, and nobody reads it."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.digests import KEY_DIGEST, RECORD_DIGEST, product_key, record_digests, with_digests
from pipelines.storage.superseded import key_columns
from tests.conftest import GOOD_CODES
from tests.records.frames import AUTHORITY, OTHER_AUTHORITY, PENALTY, Row, lake, number, penalty


def repair(document: str, dataset: str = PENALTY, authority: str | None = AUTHORITY, code: str = GOOD_CODES[0]) -> Row:
    return {
        "subject_name": "成都蜀锦文化有限公司",
        "credit_code": code,
        "record_dataset": dataset,
        "record_document_number": document,
        "record_authority_code": authority,
        "_subject_key": code,
    }


def digested(known: Catalog, *rows: Row) -> pl.DataFrame:
    return with_digests(lake(known, "credit_repair", rows), known, known.products["credit_repair"])


def test_the_digest_is_what_the_documentation_says(known: Catalog, penalties: Dataset) -> None:
    """As a recipient computes it, without any code of the hub."""
    said = "\0".join([PENALTY, GOOD_CODES[0], "锦市监处罚(2026)1号", AUTHORITY])
    by_hand = hashlib.sha256(said.encode()).hexdigest()[:32]
    assert record_digests(lake(known, PENALTY, [penalty(document=1)]), penalties).to_list() == [by_hand]
    assert digested(known, repair("锦市监处罚〔2026〕1号"))[RECORD_DIGEST].to_list() == [by_hand]


def test_brackets_and_blanks_make_no_difference_and_everything_else_does(known: Catalog, penalties: Dataset) -> None:
    same = ["锦市监处罚〔2026〕1号", "锦市监处罚[2026] 1号", "锦市监处罚（2026）1号"]
    [one] = set(digested(known, *map(repair, same))[RECORD_DIGEST])
    others = digested(
        known,
        repair(number(2)),
        repair(number(1), authority=OTHER_AUTHORITY),
        repair(number(1), code=GOOD_CODES[1]),
        repair(number(1), dataset="administrative_licence"),
    )[RECORD_DIGEST]
    assert len({one, *others}) == 5
    mine = record_digests(lake(known, PENALTY, [penalty(document=1), penalty(document=2)]), penalties)
    assert mine.to_list() == [one, others[0]]


def test_where_a_dataset_names_no_authority_the_message_may(known: Catalog) -> None:
    """Courts list no code of theirs."""
    dataset = known.datasets["judicial_enforcement"]
    listed = {"case_number": "（2026）川9901执1203号", "court_name": "法院", "_subject_key": GOOD_CODES[0]}
    [mine] = record_digests(lake(known, dataset.id, [listed]), dataset)
    for authority in (AUTHORITY, None):
        [named] = digested(known, repair("（2026）川9901执1203号", dataset.id, authority))[RECORD_DIGEST]
        assert named == mine


def test_records_that_no_message_can_name_have_no_digest(known: Catalog, penalties: Dataset) -> None:
    unnamed = penalties.model_copy(update={"reference": None})
    assert record_digests(lake(known, PENALTY, [penalty()]), unnamed).to_list() == [None]


@pytest.mark.parametrize("product", ["credit_repair", "record_withdrawal", "objection"])
def test_messages_are_told_apart_by_the_digest_of_their_own_key(known: Catalog, product: str) -> None:
    dataset = known.datasets[product]
    assert product_key(dataset, known.products[product]) == [KEY_DIGEST]
    columns = {field.id for field in known.fields(product)} | {"_subject_key"}
    rows = [repair(number(n)) | {"objection_number": str(n)} for n in range(3)]
    frame = lake(known, product, [{name: row[name] for name in row.keys() & columns} for row in rows])
    found = with_digests(frame, known, known.products[product])
    assert found[KEY_DIGEST].n_unique() == found.select(key_columns(dataset)).n_unique() == 3
    assert found[RECORD_DIGEST].n_unique() == 3


def test_records_of_any_other_product_are_left_as_they_are(known: Catalog, penalties: Dataset) -> None:
    frame = lake(known, PENALTY, [penalty()])
    product = known.products[PENALTY]
    assert with_digests(frame, known, product) is frame
    assert product_key(penalties, product) == key_columns(penalties)


@settings(max_examples=15, deadline=None)
@given(
    first=st.text(max_size=9),
    second=st.text(max_size=9),
    authority=st.text(max_size=4),
    code=st.text(min_size=1, max_size=4),
)
def test_the_holder_of_any_record_recognises_it_by_whatever_number(
    known: Catalog, penalties: Dataset, first: str, second: str, authority: str, code: str
) -> None:
    held = [penalty(code=code) | {"document_number": one, "authority_code": authority} for one in (first, second)]
    frame = lake(known, PENALTY, held)
    mine = record_digests(frame, penalties)
    [named] = digested(known, repair(first, authority=authority, code=code))[RECORD_DIGEST]
    assert mine[0] == named
    compared = frame.select(
        pl.col("document_number").str.replace_all(r"[（〔【［]", "(").str.replace_all(r"[）〕】］]", ")")
    ).to_series()
    if compared[0] == compared[1]:
        assert mine[1] == named
