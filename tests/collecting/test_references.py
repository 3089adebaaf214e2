"""Rows against what came before: the name registered under a code, and the record that a repair is about."""

from __future__ import annotations

import pytest

from tests.catalog.test_every_dataset import file as delivery
from tests.catalog.test_every_dataset import good_row
from tests.conftest import THREE_GOOD_ROWS, Home, balanced, row, rules_of
from tests.conftest import file as registrations

pytestmark = pytest.mark.usefixtures("without_the_second_route")

NAME = "成都蜀锦文化有限公司"  # of tests.conftest.row
CODE = "91350100M000100Y43"


def penalty(**cells: str) -> str:
    return delivery("administrative_penalty", [good_row("administrative_penalty", "legal_person") | cells])


def repair(**cells: str) -> str:
    return delivery("credit_repair", [good_row("credit_repair", "legal_person") | cells])


@pytest.mark.second_route
def test_a_name_that_is_not_the_registered_one_is_told_with_the_code_of_the_field_and_accepted(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    home.drop("sichuan", "administrative_penalty", penalty(subject_name="福州另一家有限公司", credit_code=CODE))

    [receipt] = home.collect()

    assert rules_of(receipt, "warn") == {"subject_name.subject_master": 1}
    assert receipt["rows"]["accepted"] == 1
    assert "1001" in home.findings(receipt)["message_zh"][0]


def test_the_registered_name_in_other_brackets_or_with_blanks_is_the_same_name(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", registrations(row(企业名称="甲（福建）公司")))
    home.collect()
    home.drop("sichuan", "administrative_penalty", penalty(subject_name="甲(福建) 公司", credit_code=CODE))

    [receipt] = home.collect()

    assert rules_of(receipt, "warn") == {}


def test_a_former_name_is_no_mismatch(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", registrations(row()), name="old.csv")
    home.drop("sichuan", "enterprise_registration", registrations(row(企业名称="成都新名文化有限公司")), name="new.csv")
    home.collect()
    home.drop("sichuan", "administrative_penalty", penalty(subject_name=NAME, credit_code=CODE))

    [receipt] = home.collect()

    assert rules_of(receipt, "warn") == {}


def test_a_code_that_nobody_registered_yet_says_nothing(home: Home) -> None:
    home.drop("sichuan", "administrative_penalty", penalty(subject_name="福州另一家有限公司", credit_code=CODE))

    [receipt] = home.collect()

    assert rules_of(receipt, "warn") == {}


def test_a_repair_of_a_record_that_never_came_is_told(home: Home) -> None:
    number = good_row("administrative_penalty", "legal_person")["document_number"]
    home.drop("sichuan", "administrative_penalty", penalty())
    home.collect()
    home.drop(
        "sichuan", "credit_repair", repair(record_dataset="行政处罚", record_document_number=number), name="a.csv"
    )
    home.drop(
        "sichuan",
        "credit_repair",
        repair(record_dataset="行政处罚", record_document_number="无锡罚〔2020〕1号"),
        name="b.csv",
    )

    known, unknown = sorted(home.collect(), key=lambda receipt: str(receipt["file_name"]))

    assert balanced([known, unknown])
    assert rules_of(known, "warn") == {}
    assert rules_of(unknown, "warn") == {"record_document_number.record_known": 1}
