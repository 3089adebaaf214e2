"""A document is told from another by issuer prefix, year and number, never by the number alone."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.models import LegalBasis
from tests.conftest import ROOT


def test_laws_that_one_decree_amends_are_distinguished_by_their_part() -> None:
    decree = basis("主席令第二十九号", 2019)
    parts = [decree.model_copy(update={"part": part}) for part in ("行政许可法", "商标法")]
    assert len({decree.key, *(one.key for one in parts)}) == 3


def basis(number: str, year: int = 2025, title: str = "某文件", level: str = "policy_document") -> LegalBasis:
    return LegalBasis.model_validate(
        {"id": "one", "issuer_zh": "某机关", "year": year, "number": number, "title_zh": title, "level": level}
    )


def test_two_documents_of_one_number_and_year_stay_apart() -> None:
    bases = Catalog.load(ROOT / "catalog").legal_bases
    opinions, repair = bases["zhongbanfa_2025_22"], bases["guobanfa_2025_22"]
    assert opinions.key == ("中办发", 2025, "22")
    assert repair.key == ("国办发", 2025, "22")
    assert opinions.key != repair.key


def test_no_two_records_are_the_same_document() -> None:
    bases = Catalog.load(ROOT / "catalog").legal_bases.values()
    assert len({one.key for one in bases}) == len(bases)


@pytest.mark.parametrize(
    ("number", "year", "key"),
    [
        ("中办发〔2025〕22号", 2025, ("中办发", 2025, "22")),
        ("中办发[2025]22号", 2025, ("中办发", 2025, "22")),
        ("中办发 【2025】 第22号", 2025, ("中办发", 2025, "22")),
        ("中办发（2025）22号", 2025, ("中办发", 2025, "22")),
        ("国务院令第746号", 2021, ("国务院令", 2021, "746")),
        ("主席令第七十号", 2021, ("主席令", 2021, "七十")),
        ("GB 32100-2015", 2015, ("GB", 2015, "32100")),
        ("GB/T 39440-2020", 2020, ("GB/T", 2020, "39440")),
        ("DB32/T 4040.5-2021", 2021, ("DB32/T", 2021, "4040.5")),
        ("2024年版", 2024, ("某机关", 2024, "某文件2024年版")),
    ],
)
def test_the_key_is_read_from_the_number_as_it_is_cited(number: str, year: int, key: tuple[str, int, str]) -> None:
    assert basis(number, year).key == key
    assert not basis(number, year).lacks_prefix


def test_documents_without_a_number_are_distinguished_by_their_title() -> None:
    assert basis("2024年版", title="目录").key != basis("2024年版", title="清单").key


@pytest.mark.parametrize("number", ["22号", "第22号", "〔2025〕22号", "[2025] 22号"])
def test_a_number_alone_does_not_say_whose_it_is(number: str) -> None:
    assert basis(number).lacks_prefix


@pytest.mark.parametrize(
    ("level", "enough"),
    [
        ("law", True),
        ("administrative_regulation", True),
        ("local_regulation", True),
        ("policy_document", False),
        ("rule", False),
        ("standard", False),
    ],
)
def test_only_a_law_or_a_regulation_may_reduce_rights(level: str, enough: bool) -> None:
    assert basis("某令第1号", level=level).may_reduce_rights is enough


def test_a_decree_is_in_force_from_its_first_to_its_last_day() -> None:
    bases = Catalog.load(ROOT / "catalog").legal_bases
    old, new = bases["ndrc_decree_58_2023"], bases["ndrc_decree_36_2025"]
    days = (date(2023, 4, 30), date(2023, 5, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert [old.in_force(day) for day in days] == [False, True, True, False]
    assert [new.in_force(day) for day in days] == [False, False, False, True]
