"""Organisation codes (GB 11714), registration numbers (ISO 7064 MOD 11,10), citizen IDs (GB 11643)."""

import datetime
from types import ModuleType

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.iso7064 import mod_11_2, mod_11_10

from pipelines.identifiers import Reason, citizen_id, credit_code, organisation_code, registration_number

DIGITS = st.text("0123456789", min_size=14, max_size=14)
PEOPLE = ["11010519491231002X", "440524188001010014", "110101199003070003", "610104196209276908"]


def ask(function: object, *values: str | None) -> list[object]:
    assert callable(function)
    return pl.DataFrame({"v": pl.Series(values, dtype=pl.String)}).select(function(pl.col("v"))).to_series().to_list()


def person(region: str, born: str, sequence: str = "123") -> str:
    return region + born + sequence + mod_11_2.calc_check_digit(region + born + sequence)


@pytest.mark.parametrize("code", ["D2143569X", "600037341", "MA1B3N1N2", "M000100Y4", "26017703X"])
def test_the_worked_organisation_codes_hold(code: str) -> None:
    assert ask(organisation_code.check_holds, code) == [True]
    assert ask(organisation_code.reason, code) == [None]


def test_an_organisation_code_is_refused_for_one_reason() -> None:
    values = (None, "0" * 9, "60003734", "60003734-1", "60003734A", "600037342", "中00037341")
    assert ask(organisation_code.reason, *values) == [
        *(Reason.MISSING, Reason.PLACEHOLDER, Reason.LENGTH, Reason.LENGTH, Reason.ALPHABET, Reason.CHECKSUM),
        Reason.ALPHABET,
    ]


def test_an_x_is_ten_in_the_check_place_and_thirty_three_in_the_body() -> None:
    total = sum(int(c, 36) * w for c, w in zip("X0000000", organisation_code.WEIGHTS, strict=True))
    assert ask(organisation_code.check_holds, "X0000000" + "0123456789X"[-total % 11]) == [True]


@pytest.mark.parametrize("number", ["340000000056535", "110108000000016", "440301103097413"])
def test_the_worked_registration_numbers_hold(number: str) -> None:
    assert ask(registration_number.check_holds, number) == [True]
    assert ask(registration_number.reason, number) == [None]


def test_a_registration_number_is_refused_for_one_reason() -> None:
    values = (None, "1" * 15, "1101012000123", "34000000005653", "34000000005653A", "340000000056536")
    assert ask(registration_number.reason, *values) == [
        *(Reason.MISSING, Reason.PLACEHOLDER, Reason.LEGACY_NUMBER, Reason.LENGTH, Reason.ALPHABET, Reason.CHECKSUM),
    ]


@settings(max_examples=200, deadline=None)
@given(body=DIGITS)
def test_registration_numbers_agree_with_iso_7064_in_stdnum(body: str) -> None:
    numbers = [body + check for check in "0123456789"]
    assert ask(registration_number.check_holds, *numbers) == [mod_11_10.is_valid(number) for number in numbers]


@pytest.mark.parametrize("number", PEOPLE)
def test_the_worked_citizen_ids_hold(number: str) -> None:
    assert ask(citizen_id.check_holds, number) == [True]
    assert ask(citizen_id.reason, number) == [None]


def test_a_citizen_id_is_refused_for_one_reason() -> None:
    values = (
        *(None, "1" * 18, "1101011990030700", "11010119900307000A", person("990101", "19900307")),
        *("110101199002300014", "610104620927690", "110101199003070004"),
    )
    assert ask(citizen_id.reason, *values) == [
        *(Reason.MISSING, Reason.PLACEHOLDER, Reason.LENGTH, Reason.ALPHABET, Reason.REGION),
        *(Reason.BIRTH_DATE, Reason.LEGACY_NUMBER, Reason.CHECKSUM),
    ]


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_residents_from_hong_kong_macao_and_taiwan_have_citizen_ids(region: str) -> None:
    assert ask(citizen_id.reason, person(region, "19850101")) == [None]


def test_a_number_is_a_persons_only_with_a_day_of_the_calendar() -> None:
    assert ask(citizen_id.plausible, person("110101", "20000229"), person("110101", "19000229")) == [True, False]
    assert ask(citizen_id.plausible, "610104620927690", "610104620931690", None, "", "9" * 18) == [True, *[False] * 4]
    assert ask(citizen_id.plausible, "440524188001010014") == [False], "nobody born in 1880 is filed"


def test_the_old_fifteen_digits_become_the_number_of_today() -> None:
    values = ("610104620927690", "110101199003070003", "340000000056535", None, "x")
    expected = ["610104196209276908", "110101199003070003", "340000000056535", None, "x"]
    assert ask(citizen_id.upgraded, *values) == expected


@settings(max_examples=150, deadline=None)
@given(
    born=st.dates(datetime.date(1985, 1, 1), datetime.date(2020, 12, 31)),
    sequence=st.integers(1, 999),
    check=st.sampled_from("0123456789X"),
)
def test_citizen_ids_agree_with_stdnum_for_a_region_that_never_changed(
    born: datetime.date, sequence: int, check: str
) -> None:
    number = f"110101{born:%Y%m%d}{sequence:03}{check}"
    assert ask(citizen_id.plausible, number) == [ric.is_valid(number)]


@pytest.mark.parametrize("module", [organisation_code, registration_number, citizen_id])
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=19), st.text("0123456789X", max_size=19)), max_size=30))
def test_any_text_gets_a_verdict_and_streaming_agrees(module: ModuleType, values: list[str | None]) -> None:
    frame = pl.DataFrame({"v": pl.Series(values, dtype=pl.String)})
    wanted = [module.reason(pl.col("v")).alias("reason"), module.check_holds(pl.col("v")).alias("holds")]
    eager = frame.select(wanted)
    assert frame.lazy().select(wanted).collect(engine="streaming").equals(eager)
    assert set(eager["reason"].drop_nulls()) <= set(Reason)
    assert eager["holds"].is_null().to_list() == [value is None for value in values]
    assert not eager.filter(pl.col("reason").is_null()).select((~pl.col("holds")).any()).item()


@pytest.mark.parametrize("module", [credit_code, organisation_code, registration_number, citizen_id])
def test_a_verdict_keeps_the_name_of_its_column_and_takes_any_kind_of_text(module: ModuleType) -> None:
    frame = pl.DataFrame({"v": ["D2143569X", None, "D2143569X"]}).with_columns(kind=pl.col("v").cast(pl.Categorical))
    assert frame.select(module.reason(pl.col("v"))).columns == ["v"]
    by_kind = frame.select(module.reason(pl.col("kind"))).to_series().to_list()
    assert by_kind == frame.select(module.reason(pl.col("v"))).to_series().to_list()
    assert frame.select(module.reason(pl.lit(None))).item() == Reason.MISSING
