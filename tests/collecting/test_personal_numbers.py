"""What the gate refuses, intake refuses: no text of any dataset takes a citizen ID, and a mobile number is remarked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog import Catalog, Kind
from pipelines.identifiers.citizen_id import CHECKS, WEIGHTS
from tests.conftest import GOOD_CODES, ROOT, SHARED, Home, file, row, rules_of
from tests.publishing.penalties import PENALTY, sent

CATALOG = Catalog.load(ROOT / "catalog")
REGISTRATION = "enterprise_registration"
MOBILE = "19900000000"
CASES_DAY = datetime(2026, 11, 30, 4, tzinfo=UTC)


def number(body: str) -> str:
    """Somebody's citizen ID who does not exist: seventeen digits and their check character."""
    return body + CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


ID = number("51010019900307000")


def of_another_kind(body: str) -> str:
    """Seventeen digits with a check character that is wrong."""
    right = number(body)[-1]
    return body + next(one for one in CHECKS if one != right)


@pytest.mark.parametrize("dataset_id", sorted(CATALOG.datasets))
def test_every_text_that_a_product_can_show_is_looked_at(dataset_id: str) -> None:
    """All but what is masked in the lake, what has a type of its own, and codes that are refused if they are no codes."""
    looked_at = {
        rule.field for rule in CATALOG.rules[dataset_id] if rule.check == "citizen_id_in_text" and rule.rejects
    }
    others = {
        field.id
        for field in CATALOG.fields(dataset_id)
        if field.sensitive
        or field.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.DECIMAL, Kind.INTEGER, Kind.CREDIT_CODE)
        or (field.code_table and field.other_prefix is None)
    }
    assert looked_at == {field.id for field in CATALOG.fields(dataset_id)} - others
    assert {rule.field for rule in CATALOG.rules[dataset_id] if rule.check == "mobile_in_text"} == looked_at


def test_a_citizen_id_in_any_text_is_refused_and_not_shown(home: Home) -> None:
    changes = {
        "subject_name": f"诸葛某{ID}",
        "document_number": ID,
        "legal_representative": f"诸葛若岚{ID}",
        "violation_type": f"当事人{ID}无证经营",
        "penalty_basis": f"当事人身份证{ID.lower()}",
        "authority_name": f"锦川市局 {ID}",
        "penalty_kinds": f"其他-{ID}",
        "source_name": ID,
    }
    home.drop("sichuan", PENALTY, sent(PENALTY, {}, *({field: text} for field, text in changes.items())))
    [receipt] = home.collect()
    of_persons = {f"{field}.citizen_id_in_text": 1 for field in changes}
    assert rules_of(receipt) == of_persons | {"source_name.no_name": 1}, "a number alone is no name either"
    assert home.records(PENALTY)["_row_number"].to_list() == [2]
    told = home.findings(receipt)
    assert not any(ID in str(cell).upper() for line in told.rows() for cell in line)


def test_numbers_that_are_no_persons_are_taken(home: Home) -> None:
    """Long document numbers, licence numbers and credit codes in fields for other numbers hold no phone and no person."""
    changes = {
        "document_number": "20191101380013800019900307",
        "registration_number": "340000000056535",
        "tax_registration_number": GOOD_CODES[0],
        "institution_certificate_number": "911101085923662400",
        "violation_type": f"编号{of_another_kind('51010019900307000')}的许可过期",
        "remark": "",
    }
    home.drop(
        "sichuan",
        PENALTY,
        sent(PENALTY, dict.fromkeys(changes, "") | {"document_number": "1号", "violation_type": "无"}, changes),
    )
    [receipt] = home.collect()
    assert rules_of(receipt) == {"violation_type.required": 1}
    assert not [name for name in rules_of(receipt, "warn") if name.endswith("mobile_in_text")]


def test_a_mobile_number_in_a_name_is_remarked_and_the_row_taken(home: Home) -> None:
    home.drop(
        "fujian",
        REGISTRATION,
        file(row(), row(GOOD_CODES[1], 企业名称=f"成都蜀锦（{MOBILE}）", 注册地址=f"一号{MOBILE}2")),
    )
    [receipt] = home.collect()
    assert receipt["rows"]["accepted"] == 2
    warned = {name: rows for name, rows in rules_of(receipt, "warn").items() if "mobile" in name}
    assert warned == {"name.mobile_in_text": 1}


@pytest.mark.parametrize(
    ("name", "dataset_id", "refused"),
    [
        (
            "15_citizen_ids_in_texts.csv",
            PENALTY,
            [
                "subject_name",
                "document_number",
                "legal_representative",
                "violation_type",
                "penalty_basis",
                "authority_name",
            ],
        ),
        (
            "16_ids_in_registration.csv",
            REGISTRATION,
            ["name", "legal_representative", "registered_address", "business_scope"],
        ),
    ],
)
def test_the_failing_deliveries_of_a_province_are_refused_row_by_row_and_published_without(
    home: Home, name: str, dataset_id: str, refused: list[str]
) -> None:
    path: Path = SHARED / "cases" / name
    if not path.is_file():
        pytest.skip(f"the shared cases are not here ({path})")
    home.drop("sichuan", dataset_id, path.read_bytes(), name=name)
    [receipt] = home.collect(CASES_DAY)

    told: pl.DataFrame = home.findings(receipt).filter(pl.col("rule_id").str.ends_with(".citizen_id_in_text"))
    found: list[Any] = sorted(told.select(pl.col("row_number").cast(pl.Int64), "field").rows())
    assert found == list(enumerate(refused, start=3))
    assert home.records(dataset_id)["_row_number"].to_list() == [2]
    home.publish_all(CASES_DAY)
    assert home.shared(dataset_id).height == 1
    assert not (home.root / "outbox/sichuan/set_aside.csv").exists()
