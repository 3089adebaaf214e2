"""What officials really put into names, numbers, dates, texts and amounts: refused, remarked or cleaned, and what is right is taken."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
import pytest

from pipelines.catalog import Catalog
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.screening import Screen
from tests.conftest import GOOD_CODES, ROOT

CATALOG = Catalog.load(ROOT / "catalog")
PENALTY, LICENCE, REGISTRATION = "administrative_penalty", "administrative_licence", "enterprise_registration"
DAY = date(2026, 11, 30)


@cache
def screen(dataset_id: str) -> Screen:
    return Screen.of(CATALOG, dataset_id, Pseudonyms(b"0" * 32))


def judged(dataset_id: str, **cells: str | None) -> tuple[set[str], set[str], dict[str, str | None]]:
    """The refusing and the warning checks that the named cells of a row break, and their tidy texts."""
    one = screen(dataset_id)
    rows = pl.DataFrame({name: [cells.get(name)] for name in one.names}, schema=dict.fromkeys(one.names, pl.String))
    rows = rows.with_columns(
        pl.lit(2, dtype=pl.Int64).alias("_row_number"),
        pl.lit("batch").alias("_batch_id"),
        pl.lit("sichuan").alias("_provider_id"),
        pl.lit("510000").alias("_region_code"),
        pl.lit(DAY).alias("_received_on"),
        pl.lit(DAY).alias("_in_time_from"),
    )
    found = one.verdicts(one.judged(rows.lazy())).collect(engine="in-memory").row(0, named=True)
    broken = [rule for rule in one.rules if found[rule.id] and rule.field in cells]
    refusing = {rule.check for rule in broken if rule.rejects}
    return refusing, {rule.check for rule in broken} - refusing, {name: found[name] for name in cells}


def of_number(text: str) -> tuple[set[str], set[str]]:
    return judged(PENALTY, document_number=text)[:2]


@pytest.mark.parametrize(
    "text",
    [
        *("5.10102E+17", "2.02411E+11", "4,40106E+19", "2.02E11", "5E+17", "2.02411e+11", "-1.5E+3"),
        *(
            "2026年11月3日",
            "2026-11-03",
            "2026/11/3",
            "2026.11.3",
            "2026-11-03 00:00:00",
            "11/3/2026",
            "11月3日",
            "2026年11月",
        ),
        *("Nov-24", "24-Nov", "3-Nov-26", "DEC-24", "#########", "#N/A", "#REF!", "0", "000", "18.0", "0.5"),
        *(
            "无文号",
            "无",
            "暂无文号",
            "见附件",
            "详见附件",
            "同上",
            "〃",
            "略",
            "待定",
            "未编号",
            "/",
            "测试",
            '=HYPERLINK("http://a","号")',
        ),
    ],
)
def test_what_stands_for_a_document_number_is_refused(text: str) -> None:
    assert of_number(text)[0] & {"number_lost", "required"}


@pytest.mark.parametrize(
    "text", ["45621", "18", "20261103", "2026-18", "5E17", "锦市监处罚?2026?18号", "锦川市监局罚款决定"]
)
def test_a_number_that_may_be_none_is_remarked(text: str) -> None:
    assert of_number(text) == (set(), {"doubtful_number"})


@pytest.mark.parametrize(
    "text",
    [
        *(
            "锦市监处罚〔2026〕18号",
            "川A-2026-00018",
            "510102202600012345",
            "123456789",
            "12E34",
            "5101E0012",
            "第十八号",
            "1号",
        ),
        *("20191101380013800019900307", "ZL202110123456.7", "202110123456.7", "JY25101000000008", "2026第3号"),
    ],
)
def test_a_document_number_is_taken(text: str) -> None:
    assert of_number(text) == (set(), set())


def test_licence_numbers_have_the_same_shape_and_those_of_trade_marks_may_be_bare() -> None:
    assert judged(LICENCE, licence_number="4.40106E+19")[0] == {"number_lost"}
    assert judged(LICENCE, licence_number="45621")[1] == {"doubtful_number"}
    assert judged("intellectual_property", right_number="1234567")[:2] == (set(), set())
    assert judged("intellectual_property", right_number="1.23457E+11")[0] == {"number_lost"}


@pytest.mark.parametrize(
    ("number", "day", "refused"),
    [
        ("锦市监〔2027〕1号", "2026-11-24", True),
        ("锦市监(2027)1号", "2026-11-24", True),
        ("锦市监〔2026〕1号", "2026-11-24", False),
        ("锦市监〔2025〕9号", "2026-01-04", False),
        ("锦市监9号", "2026-01-04", False),
    ],
)
def test_the_year_of_a_number_is_not_after_the_decision(number: str, day: str, refused: bool) -> None:
    assert ("number_year" in judged(PENALTY, document_number=number, decision_date=day)[0]) is refused


@pytest.mark.parametrize(
    ("field", "day", "refused", "remarked"),
    [
        *(
            ("decision_date", day, True, True)
            for day in ("1899-12-30", "1900-01-01", "1970-01-01", "0001-01-01", "1753-01-01")
        ),
        *(("valid_to", day, False, True) for day in ("2206-01-01", "9999-12-31")),
        *(("valid_to", day, False, False) for day in ("2099-12-31", "2031-11-23")),
        ("decision_date", "1996-10-01", False, False),
    ],
)
def test_dates_of_penalties_lie_where_penalties_can(field: str, day: str, refused: bool, remarked: bool) -> None:
    refusing, warning, _ = judged(PENALTY, **{field: day})
    assert ("too_early" in refusing, "doubtful_date" in warning) == (refused, remarked)


@pytest.mark.parametrize(
    ("day", "remarked"),
    [("1902-05-01", False), ("1949-10-01", False), ("1978-01-01", False), ("1900-01-01", True), ("1970-01-01", True)],
)
def test_an_enterprise_may_be_a_hundred_years_old(day: str, remarked: bool) -> None:
    refusing, warning, _ = judged(REGISTRATION, registration_date=day)
    assert (refusing, "doubtful_date" in warning) == (set(), remarked)


def test_a_last_change_at_the_beginning_of_unix_is_remarked() -> None:
    assert judged(PENALTY, source_updated_at="1970-01-01 08:00:00")[:2] == (set(), {"doubtful_date"})


def of_name(text: str) -> tuple[set[str], set[str]]:
    return judged(PENALTY, subject_name=text)[:2]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "公司",
            "有限公司",
            "测试",
            "测试公司",
            "test",
            "测试1",
            "XXX公司",
            "××有限公司",
            "某公司",
            "某某公司",
            "○○厂",
            "同上",
            "〃",
            "见附件",
        ),
        *(
            "123456",
            "2026-11-24",
            "2026年11月24日",
            GOOD_CODES[0],
            "340000000056535",
            "9.15E+17",
            "#####",
            "<b>锦川公司</b>",
        ),
        *('=HYPERLINK("http://a.b","锦川公司")', "=A1", "=cmd|' /C calc'!A0", "http://www.example.com"),
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    assert "no_name" in of_name(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "锦川示例食品有限公司、锦川另一公司",
            "锦川甲厂;锦川乙厂",
            "锦川甲有限公司和锦川乙有限公司",
            "锦川甲有限公司锦川乙有限公司",
            "锦川甲厂 锦川乙公司",
            "锦川示例公司等3家",
            "锦川示例公司等三户",
        ),
        *(
            "锦川示例公司等单位",
            "锦川?食品有限公司",
            "锦川□食品有限公司",
            "锦川〓食品有限公司",
            "烫烫烫屯屯屯公司",
            "锦川XX公司",
            "某市示例公司",
        ),
    ],
)
def test_a_doubtful_name_is_remarked(text: str) -> None:
    assert of_name(text) == (set(), {"doubtful_name"})


@pytest.mark.parametrize(
    "text",
    [
        *(
            "锦川示例食品有限公司(分公司)",
            "锦川示例食品有限公司（已注销）",
            "沈阳市日用杂品总公司和平分公司",
            "柯泰测试技术(湖南)有限公司",
            "个体工商户",
        ),
        *(
            "=锦川示例701公司",
            "-锦川公司",
            "+86公司",
            "@锦川",
            "阿卜来提·阿卜力米提",
            "金**",
            "John Smith",
            "3M中国有限公司",
            "第一名称:江阴市饲料公司",
        ),
    ],
)
def test_a_name_is_taken(text: str) -> None:
    assert of_name(text) == (set(), set())


def test_digits_in_the_name_of_a_person_are_remarked_and_two_partners_are_not() -> None:
    assert judged(PENALTY, legal_representative="诸葛若岚2")[1] == {"doubtful_name"}
    assert judged(PENALTY, legal_representative="周绍尧、蔡美钗")[:2] == (set(), set())


@pytest.mark.parametrize(
    "text", ["同上", "略", "详见附件", "〃", "测试数据请忽略", "见决定书。", "待定", "XXX", "test", "（略）"]
)
def test_what_stands_in_for_content_is_refused_where_content_must_be(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[0] == {"placeholder_text"}
    assert "placeholder_text" not in judged(PENALTY, remark=text)[0]


@pytest.mark.parametrize(
    "text",
    [
        *("锟斤拷锟斤拷食品", "\ufffd", "????????", "□□□", "é”¦å·ç¤ºä¾‹æœ‰é™å…¬å¸", "閿﹀窛绀轰緥椋熷搧鏈夐檺鍏徃"),
        *(
            "当事人".encode().decode("gbk", "ignore") + "無證",
            "锦川示例有限公司".encode("gbk").decode("latin-1"),
            "璇歌憶鑻ュ矚",
        ),
    ],
)
def test_garbled_text_is_refused(text: str) -> None:
    assert "replacement_character" in judged(PENALTY, violation_facts=text)[0]


@pytest.mark.parametrize("text", ["无?一般经营", "锦川??食品", "售出???件", "品名〓锭", "锦□川", "烫烫烫"])
def test_lost_characters_are_remarked(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[:2] == (set(), {"lost_character"})


@pytest.mark.parametrize(
    "text",
    [
        *(
            "责令改正?",
            "生铁冶炼，铸件。)〓",
            "□警告 □罚款",
            "café “x”",
            "《食品安全法》",
            "<食品安全法>",
            "喆、赟、镕、堃、濮喆",
            "臺灣鐘錶行",
        ),
        *("A&B 1<2", "-当事人销售过期食品", "+86 首次", "Ürümqi", "温度±5℃，××路", "=锦川"),
    ],
)
def test_sound_prose_is_taken(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[:2] == (set(), set())


@pytest.mark.parametrize(
    "text", ["<p>当事人", "a<br/>b", "<script>alert(1)</script>", "=SUM(A1:A9)", "@SUM(1)", "+cmd|'/C calc'!A0"]
)
def test_markup_and_formulas_in_prose_are_remarked(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[:2] == (set(), {"markup"})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("锦川\u200b示例", "锦川示例"),
        ("锦川\ufeff示例", "锦川示例"),
        ("锦川\u00a0示例\u3000食品 公司", "锦川示例食品 公司"),
        ("锦川示例食品\r\n有限公司", "锦川示例食品有限公司"),
        ("\u202d锦川示例\u202c", "锦川示例"),
        ("锦川示\u00ad例", "锦川示例"),
        ("锦川\\u9f99腾", "锦川龙腾"),
        ("_x000D_锦川示例_x000D_", "锦川示例"),
        ("&#40857;腾&middot;甲", "龙腾·甲"),
        ('="锦川示例"', "锦川示例"),
        ("'锦川示例", "锦川示例"),
        ("'=锦川示例", "=锦川示例"),
        ("\t锦川示例", "锦川示例"),
        ("锦川\x01示例", "锦川示例"),
        ("John\u00a0\nSmith", "John Smith"),
    ],
)
def test_what_is_cleaned_without_loss_is_remarked(sent: str, kept: str) -> None:
    refusing, warning, tidied = judged(PENALTY, subject_name=sent)
    assert (refusing, tidied["subject_name"]) == (set(), kept)
    assert "cleaned" in warning


@pytest.mark.parametrize("name", ["credit_code", "decision_date", "fine_amount_cny_10k", "penalty_kinds"])
def test_a_cell_told_to_a_spreadsheet_as_text_is_what_it_holds(name: str) -> None:
    value = {
        "credit_code": GOOD_CODES[0],
        "decision_date": "2026-05-12",
        "fine_amount_cny_10k": "0.5",
        "penalty_kinds": "罚款",
    }[name]
    for sent in (f'="{value}"', f"'{value}"):
        refusing, warning, tidied = judged(PENALTY, **{name: sent})
        assert (refusing, tidied[name]) == (set(), value)
        assert "cleaned" in warning


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        *(
            ("500", text)
            for text in (
                "处以500元罚款。",
                "罚款500.00元",
                "罚款人民币伍佰元整",
                "罚款：５００元",
                "罚没款五百元",
                "罚款￥500",
                "没收20元，罚款500元",
            )
        ),
        *(
            ("1000", text)
            for text in (
                "罚款：1000元",
                "给予罚款１０００元的行政处罚",
                "罚款1,000元",
                "罚款壹仟元",
                "罚款1千元",
                "罚款一千圆整",
            )
        ),
        *(("12000", text) for text in ("罚款壹万贰仟元", "罚款1.2万元", "罚款一万二千元", "罚款12000元")),
        ("300", "罚款金额300元整。"),
        ("800", "处以人民币捌佰元整（￥800.00）的罚款。"),
        ("10500", "罚款一万零五百元"),
    ],
)
def test_yuan_filed_as_ten_thousands_are_remarked(amount: str, text: str) -> None:
    assert "amount_unit" in judged(PENALTY, fine_amount_cny_10k=amount, penalty_content=text)[1]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.05", "罚款500元"),
        ("1.2", "罚款1.2万元"),
        ("5", "没收违法所得5元，罚款5万元"),
        ("3", "对3人各罚款1万元"),
        ("2", "罚款二万元，每件2元"),
        ("500", "罚款500万元"),
        ("5", "罚款"),
        ("1", "第1项，罚款10000元"),
    ],
)
def test_amounts_in_ten_thousands_are_taken(amount: str, text: str) -> None:
    assert "amount_unit" not in judged(PENALTY, fine_amount_cny_10k=amount, penalty_content=text)[1]


def test_very_small_and_very_large_amounts_are_remarked() -> None:
    assert judged(PENALTY, fine_amount_cny_10k="0.00005")[1] == {"implausible_small"}
    assert judged(PENALTY, fine_amount_cny_10k="0.0005")[1] == set()
    assert judged(PENALTY, fine_amount_cny_10k="1500")[1] == {"implausible"}
    assert judged(PENALTY, confiscated_amount_cny_10k="20000")[1] == {"implausible"}


def test_an_enterprise_as_authority_and_an_organ_as_subject_are_remarked() -> None:
    organ, enterprise = "11510100MYTKY7NB6T", GOOD_CODES[0]
    swapped = judged(PENALTY, credit_code=organ, authority_code=enterprise)[1]
    assert {"authority_code", "organ_as_subject"} <= swapped
    right = judged(PENALTY, credit_code=enterprise, authority_code=organ)[1]
    assert not right & {"authority_code", "organ_as_subject"}


@pytest.mark.parametrize(
    "text", ["当事人510100 19900307 0001", "５１０１００１９９００３０７０００１", "5101-0019-9003-0700-01"]
)
def test_a_citizen_id_with_blanks_or_full_width_digits_is_one(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[0] == {"citizen_id_in_text"}


@pytest.mark.parametrize(
    "text", ["电话138 0013 8000", "电话138-0013-8000", "电话１３８００１３８０００", "电话8613800138000"]
)
def test_a_mobile_number_with_blanks_or_full_width_digits_is_one(text: str) -> None:
    assert judged(PENALTY, violation_facts=text)[1] == {"mobile_in_text"}
