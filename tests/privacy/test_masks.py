"""What masks leave of a value: never more than they say, never the length wrong, and nothing new the second time."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, catalog
from pipelines.catalog.models import Mask, Masking
from pipelines.catalog.models.masks import MaskExample, MaskKind
from pipelines.privacy.mask import CITIZEN_ID_SHAPE, identifiers_masked, masked
from pipelines.privacy.policy import masked_by
from tests.conftest import ROOT
from tests.privacy.numbers import citizen_ids, prose, wrong

ANY = st.one_of(st.none(), st.text("张三丰王x01*\n 😀", max_size=8))
EXAMPLE = MaskExample(value="示例", shown="**")


def put(expression: pl.Expr, *values: str | None) -> list[str | None]:
    return pl.DataFrame({"value": list(values)}, schema={"value": pl.String}).select(expression)["value"].to_list()


def by_policy(masking: Masking, mask: Mask | None, *values: str | None) -> list[str | None]:
    assert mask is not None
    return put(masked_by(mask, masking, pl.col("value")), *values)


@pytest.fixture(scope="module")
def known() -> Catalog:
    return catalog(ROOT / "catalog")


@pytest.fixture(scope="module")
def masking(known: Catalog) -> Masking:
    return known.policies.masking


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY, max_size=6))
def test_the_first_and_the_last_character_stay_and_nothing_between(values: list[str | None]) -> None:
    found = put(masked(pl.col("value")), *values)
    right = [
        None if one is None else "*" * len(one) if len(one) < 3 else one[0] + "*" * (len(one) - 2) + one[-1]
        for one in values
    ]
    assert found == right
    assert put(masked(pl.col("value")), *found) == found


@settings(max_examples=100, deadline=None)
@given(value=st.text("张x01 😀", max_size=10), first=st.integers(0, 6), last=st.integers(0, 4))
def test_a_mask_of_ends_keeps_so_many_characters_and_of_a_value_that_is_no_longer_none(
    masking: Masking, value: str, first: int, last: int
) -> None:
    mask = Mask(id="m", title_zh="m", kind=MaskKind.ENDS, keep_first=first, keep_last=last, examples=(EXAMPLE,))
    hidden = len(value) - first - last
    right = value[:first] + "*" * hidden + value[first + hidden :] if hidden > 0 else "*" * len(value)
    assert by_policy(masking, mask, value, None) == [right, None]


def test_a_family_name_of_two_characters_is_one_that_the_policy_lists(masking: Masking) -> None:
    mask = Mask(id="m", title_zh="m", kind=MaskKind.FAMILY_NAME, examples=(EXAMPLE,))
    none, listed = (masking.model_copy(update={"family_names": names}) for names in ((), ("欧阳",)))
    assert by_policy(none, mask, "欧阳某某", "欧阳", "李", "") == ["欧***", "欧*", "*", ""]
    assert by_policy(listed, mask, "欧阳某某", "欧阳", "李", "") == ["欧阳**", "欧*", "*", ""]


def test_every_mask_of_the_catalogue_shows_what_its_examples_say(masking: Masking) -> None:
    for mask in masking.masks:
        assert by_policy(masking, mask, *(one.value for one in mask.examples)) == [one.shown for one in mask.examples]


@pytest.mark.parametrize(
    ("mask_id", "value", "expected"),
    [
        ("person_name", "欧阳", "欧*"),
        ("person_name", "李", "*"),
        ("person_name", "诸葛某", "诸葛*"),
        ("passport_number", "X01", "***"),
        ("withheld", "全部", "**"),
        ("address_to_county", "北京市朝阳区某某小区1号", "北京市朝阳区****"),
        ("address_to_county", "成都市某某小区", "成都市****"),
        ("address_to_county", "内蒙古自治区锡林郭勒盟正蓝旗某某街1号", "内蒙古自治区锡林郭勒盟正蓝旗****"),
        ("address_to_county", "四川省阿坝藏族羌族自治州小金县某某镇", "四川省阿坝藏族羌族自治州小金县****"),
        ("text_without_identifiers", "19900000000,19900000001", "199****0000,199****0001"),
        ("text_without_identifiers", "合同号1990000000012", "合同号1990000000012"),
    ],
)
def test_a_mask_never_shows_more_than_its_rule(masking: Masking, mask_id: str, value: str, expected: str) -> None:
    assert by_policy(masking, masking.mask(mask_id), value, None) == [expected, None]


@settings(max_examples=25, deadline=None)
@given(value=ANY)
def test_masked_again_a_value_shows_no_more(masking: Masking, value: str | None) -> None:
    """Sensitive fields are masked in the lake already, and a product may name another mask."""
    for first in masking.masks:
        [once] = by_policy(masking, first, value)
        for second in masking.masks:
            [again] = by_policy(masking, second, once)
            if value is None:
                assert again is None
            else:
                left = iter(once or "")
                assert all(one in left for one in (again or "").replace("*", "")), (
                    "characters that were there, in their order"
                )


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.tuples(prose, citizen_ids), min_size=1, max_size=3), end=prose, right=st.booleans())
def test_every_number_of_the_shape_is_masked_in_prose_and_the_rest_stays(
    parts: list[tuple[str, str]], end: str, right: bool
) -> None:
    """Also one with a wrong check digit: a slip of the pen would still point at a person."""
    numbers = [(text, number if right else wrong(number)) for text, number in parts]
    text = "，".join(f"{before}{number}" for before, number in numbers) + end
    expected = "，".join(f"{before}{number[0]}{'*' * 16}{number[-1]}" for before, number in numbers) + end

    found = put(identifiers_masked(pl.col("value")), text, None, "无")

    assert found == [expected, None, "无"]
    assert re.search(CITIZEN_ID_SHAPE, expected) is None


def test_prose_is_the_same_in_one_chunk_and_in_many(masking: Masking) -> None:
    mask = masking.mask("text_without_identifiers")
    assert mask is not None
    texts = ["电话19900000000", None, "无", "身份证110101190001010000", ""] * 3
    one = pl.Series("value", texts, dtype=pl.String)
    many = one[:4].append(one[4:9]).append(one[9:])
    assert many.n_chunks() == 3
    found = [pl.DataFrame({"value": s}).lazy().select(masked_by(mask, masking, pl.col("value"))) for s in (one, many)]
    assert found[0].collect()["value"].to_list() == found[1].collect()["value"].to_list()
    assert found[0].collect(engine="streaming")["value"].to_list() == found[1].collect()["value"].to_list()
