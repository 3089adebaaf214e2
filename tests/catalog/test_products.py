"""Products show what their access class may see, and nothing personal unmasked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.models import may_see
from tests.conftest import ROOT

PERSONAL = {"certificate_number", "legal_representative_certificate_number"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(ROOT / "catalog")


@pytest.mark.parametrize(
    ("access_class", "sees"),
    [
        ("public", {"public"}),
        ("authorised", {"public", "authorised"}),
        ("government", {"public", "authorised", "government"}),
    ],
)
def test_who_may_see_what(access_class: str, sees: set[str]) -> None:
    assert {one for one in ("public", "authorised", "government") if may_see(access_class, one)} == sees


def test_every_dataset_has_its_government_product_with_every_field_and_messages_name_nobody(catalog: Catalog) -> None:
    messages = {message.dataset: message for message in catalog.policies.repair.messages}
    assert len(messages) == 3
    for name in catalog.datasets:
        assert catalog.products[name].access_class == "government"
        fields = {field.id: field for field in catalog.fields(name)}
        shown = set(catalog.product_fields(name))
        assert catalog.products[name].names_records_by_digest is (name in messages)
        if name in messages:
            naming = {*filter(None, catalog.datasets[name].subject.model_dump().values()), messages[name].record.number}
            assert shown.isdisjoint(naming)
            assert not any(fields[one].free_text or fields[one].sensitive for one in shown)
        else:
            assert list(fields) == [*catalog.product_fields(name)]


def test_whoever_is_given_a_record_can_tell_that_a_message_names_it(catalog: Catalog) -> None:
    for product in catalog.products.values():
        reference = catalog.datasets[product.dataset].reference if product.dataset else None
        if reference is not None:
            assert {reference.number, *filter(None, [reference.authority])} <= set(catalog.product_fields(product.id))


def test_messages_whose_product_is_not_written_yet_name_nobody_either(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))
    (folder / "products/credit_repair.yaml").unlink()
    product = Catalog.load(folder).products["credit_repair"]
    assert product.names_records_by_digest
    assert {"subject_name", "credit_code", "record_document_number", "certificate_number"}.isdisjoint(product.fields)


def test_no_product_shows_a_sensitive_field_unmasked(catalog: Catalog) -> None:
    for product in catalog.products.values():
        for dataset_id in [product.dataset] if product.dataset else catalog.datasets:
            sensitive = {field.id for field in catalog.fields(dataset_id) if field.sensitive}
            assert sensitive & set(catalog.product_fields(product.id)) <= set(product.masks)


@pytest.mark.parametrize("dataset_id", ["administrative_licence", "administrative_penalty"])
def test_what_the_public_sees_has_no_certificate_numbers_and_no_natural_persons(
    catalog: Catalog, dataset_id: str
) -> None:
    product = catalog.products[f"{dataset_id}_public"]
    shown = catalog.product_fields(product.id)
    assert PERSONAL.isdisjoint(shown)
    dataset = catalog.datasets[dataset_id]
    assert set(shown) == {f.id for f in catalog.fields(dataset_id) if dataset.disclosure_of(f) == "public"}
    assert [(one.field, one.is_not_in) for one in product.filter] == [("subject_category", ("natural_person",))]


def test_a_financing_platform_gets_only_what_is_in_scope(catalog: Catalog) -> None:
    shown = catalog.product_fields("administrative_penalty_authorised")
    assert set(shown) < set(catalog.product_fields("administrative_penalty_public"))
    assert {"credit_code", "penalty_kinds", "decision_date"} <= set(shown)
    assert {"violation_facts", "penalty_content", "remark"}.isdisjoint(shown)


def test_display_periods_govern_what_is_shown_to_everybody_but_government(catalog: Catalog) -> None:
    governed = {name for name, product in catalog.products.items() if product.publication_clock}
    timed = {dataset.id for dataset in catalog.datasets.values() if dataset.display}
    assert {"administrative_penalty", "serious_dishonesty", "abnormal_operation", "judicial_enforcement"} == timed
    assert governed == {f"{dataset}_{access}" for dataset in timed for access in ("public", "authorised")}
    assert not any(product.beyond_clock_basis for product in catalog.products.values())


def test_a_sensitive_field_is_for_government_only_unless_it_says_more(catalog: Catalog) -> None:
    dataset = catalog.datasets["administrative_penalty"]
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    secret, plain = fields["certificate_number"], fields["document_number"]
    assert dataset.disclosure_of(secret) == "government"
    assert dataset.disclosure_of(secret.model_copy(update={"disclosure": "authorised"})) == "authorised"
    assert dataset.disclosure_of(plain) == "public"
    narrow = dataset.model_copy(update={"disclosure": "authorised"})
    assert narrow.disclosure_of(plain.model_copy(update={"disclosure": "public"})) == "authorised"


def test_a_dataset_whose_product_is_not_written_yet_is_shared_with_government_masked(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))
    (folder / "products/administrative_penalty.yaml").unlink()
    product = Catalog.load(folder).products["administrative_penalty"]
    assert (product.access_class, product.shows_all_allowed) == ("government", True)
    assert product.masks == dict.fromkeys(
        ["legal_representative_certificate_number", "certificate_number"], "certificate_number"
    )


def test_the_subject_master_is_a_product_of_its_own(catalog: Catalog) -> None:
    product = catalog.products["subject"]
    assert (product.master, product.dataset, product.access_class) == ("subject", None, "government")
    assert {"credit_code", "name"} <= set(catalog.product_fields("subject"))
