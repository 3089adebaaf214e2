"""Every dataset of the catalogue can be collected: its own samples and code tables make a delivery that goes all the way.

No dataset is named here: a new one is tested by being in the catalogue.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog, Field, Kind
from pipelines.catalog.models import Condition
from pipelines.demo.codes import citizen_ids
from pipelines.operations import publish
from tests.conftest import AS_OF, ROOT, Home, balanced, rules_of

CATALOG: Final = Catalog.load(ROOT / "catalog")
PERSON: Final = citizen_ids(pl.Series(["510000"]), np.array([364_242]))[0]
PROVIDER: Final = "sichuan"


def holds(condition: Condition, row: Mapping[str, str], fields: Mapping[str, Field]) -> bool:
    """Whether the condition holds in a row of texts."""
    cell, table = row.get(condition.field), fields[condition.field].code_table
    if condition.present or cell is None:
        return cell is not None
    texts = condition.is_in or condition.contains or ()
    texts = CATALOG.code_tables[table].texts_of(texts) if table else texts
    return cell in texts if condition.is_in else any(text in cell for text in texts)


def value(field: Field, subject: str, number: int) -> str:
    """The good value of that number, beginning again where there are fewer."""
    if field.code_table == "subject_category":
        return CATALOG.code_tables[field.code_table].texts_of((subject,))[1]
    if field.samples:
        return field.samples[number % len(field.samples)]
    if field.code_table:
        entries = CATALOG.code_tables[field.code_table].entries
        return entries[number % len(entries)].label_zh
    if field.kind is Kind.CERTIFICATE_NUMBER:
        return PERSON
    pytest.fail(f"{field.id} has no sample: give it one in the catalogue")


def good_row(dataset_id: str, subject: str, number: int = 0) -> dict[str, str]:
    """Field id to text: filled is what may be; what has a condition only where the condition asks for it."""
    fields = {field.id: field for field in CATALOG.fields(dataset_id)}
    row = {f.id: value(f, subject, number) for f in fields.values() if not f.required_when}
    for field in fields.values():
        if field.required_when and holds(field.required_when, row, fields):
            row[field.id] = value(field, subject, number)
    return {
        name: text
        for name, text in row.items()
        if not (empty := fields[name].empty_when) or not holds(empty, row, fields)
    }


def file(dataset_id: str, rows: Iterable[Mapping[str, str]]) -> str:
    """A CSV file with every column of the dataset under its Chinese title."""
    stream = io.StringIO()
    fields = CATALOG.fields(dataset_id)
    writer = csv.writer(stream)
    writer.writerow(field.title_zh for field in fields)
    writer.writerows([row.get(field.id, "") for field in fields] for row in rows)
    return stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("dataset_id", CATALOG.datasets)
def test_a_right_row_of_every_subject_is_published_and_one_that_lacks_a_field_is_refused(
    home: Home, dataset_id: str
) -> None:
    subjects = CATALOG.datasets[dataset_id].subjects
    good = {subject: good_row(dataset_id, subject, number) for number, subject in enumerate(subjects)}
    missing = next(field.id for field in CATALOG.fields(dataset_id) if field.required)
    for subject, row in good.items():
        home.drop(PROVIDER, dataset_id, file(dataset_id, [row, row | {missing: ""}]), name=f"{subject}.csv")

    receipts = home.collect()  # raises where the two counts of the double entry differ
    done, *_ = publish(home.hub, product=None, datasets=[dataset_id], as_of=AS_OF)

    assert balanced(receipts)
    assert {receipt["file_name"] for receipt in receipts} == {f"{subject}.csv" for subject in subjects}
    assert (done.product_id, done.rows) == (dataset_id, len(subjects))
    shared = home.shared(dataset_id)
    shown = CATALOG.product_fields(dataset_id)
    for receipt in receipts:
        assert receipt["rows"] == {"in": 2, "accepted": 1, "refused": 1, "warned": 0}, receipt
        assert rules_of(receipt) == {f"{missing}.required": 1}
        published = shared.filter(pl.col("_batch_id") == receipt["batch_id"])
        assert published.height == 1, receipt["file_name"]
        sent = good[receipt["file_name"].removesuffix(".csv")]
        assert {name for name in sent if name in shown and published[name].null_count()} == set()
    assert audit(home.hub) == []


@pytest.mark.parametrize("dataset_id", CATALOG.datasets)
@pytest.mark.usefixtures("without_the_second_route")
def test_every_sample_and_the_first_codes_are_right_without_a_warning(home: Home, dataset_id: str) -> None:
    subject, *_ = CATALOG.datasets[dataset_id].subjects
    count = max(len(field.samples) for field in CATALOG.fields(dataset_id))
    for n in range(
        count
    ):  # samples of one field go with different ones of another: in one file they would contradict each other
        home.drop(PROVIDER, dataset_id, file(dataset_id, [good_row(dataset_id, subject, n)]), name=f"{n}.csv")

    for receipt in home.collect():
        assert receipt["rules"] == []
        assert receipt["rows"] == {"in": 1, "accepted": 1, "refused": 0, "warned": 0}


def test_messages_between_hub_and_provider_can_name_every_dataset_by_its_title() -> None:
    named = {entry.code: (entry.label_zh, entry.label_en) for entry in CATALOG.code_tables["dataset"].entries}

    assert named == {d.id: (d.title_zh, d.title_en) for d in CATALOG.datasets.values()}


def test_a_measure_that_takes_away_a_right_rests_on_a_law_or_regulation() -> None:
    enough = {"law", "administrative_regulation", "local_regulation"}
    for entry in CATALOG.code_tables["measure"].entries:
        levels = {CATALOG.legal_bases[basis].level for basis in entry.legal_bases}
        assert levels, entry.code
        assert levels & enough or entry.rights_reducing is False, entry.code


def test_a_list_of_the_seriously_dishonest_rests_on_law_regulation_or_policy_of_the_centre() -> None:
    enough = {"law", "administrative_regulation", "local_regulation", "central_policy_document"}
    for entry in CATALOG.code_tables["list_type"].entries:
        assert {CATALOG.legal_bases[basis].level for basis in entry.legal_bases} & enough, entry.code
