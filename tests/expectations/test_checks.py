"""Every check with good and bad values, run by Great Expectations itself."""

from __future__ import annotations

import json
import random
import re
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from pipelines.checks.credit_codes import REASONS
from pipelines.checks.registry import CELL_SQL, PAIR_SQL
from pipelines.checks.sql_functions import install_checks
from pipelines.expectations.counting import SuiteResult, count_unexpected
from pipelines.ground.errors import HubError

COLUMN = "expect_column_values_to_pass_check"
PAIR = "expect_column_pair_to_pass_check"
VALID = "91350100M000100Y43"
DAYS = [
    "2024-02-29",
    "2024/1/5",
    "20240105",
    "2024.1.5",
    "2024年1月5日",
    "2024-1-5",
    "2024-01-05 00:00:00",
    "20240105T00:00:00",
]
NO_DAYS = [
    "2023-02-29",
    "2024-13-01",
    "2024-00-10",
    "20240230",
    "0000-01-01",
    "2024-01-05 08:30:00",
    "43709",
    "今天",
    " 2024-01-05",
]

GOOD_AND_BAD = [
    (
        "no_citizen_id_in_text",
        [],
        ["当事人未公示年度报告", "编号510000209912311003"],
        ["身份证号510000209912311002", "（11010519491231002x）"],
    ),
    ("no_mobile_in_text", [], ["1990000000", "119900000000", "电话12900000000"], ["电话19900000000", "19900000000。"]),
    ("credit_code_placeholder", [], [VALID, "9111"], ["0" * 18, "123456789012345678", "0" * 17 + "X", "无"]),
    ("credit_code_citizen_id", [], [VALID, "110101199002300014"], ["11010519491231002X", "110101199003070003"]),
    ("credit_code_legacy_number", [], [VALID, "91111"], ["340000000056535", "1101081234567", "600037341", "D2143569X"]),
    ("credit_code_length", [], [VALID, "600037341"], ["9111000060003734", "91110000600037341L.0"]),
    ("credit_code_alphabet", [], [VALID, "9111"], ["9135O100M000100Y43", "9111000060003734IL", "01350100M000100Y43", "9135A100M000100Y43"]),
    ("credit_code_checksum", [], [VALID, "91110000600037341L", "911101085923662400", "54110101ME0123458L"], ["91350100M000100Y44", "91350100M00010Y043"]),
    ("credit_code_inner_check", [], [VALID, "91350100M000100Y44"], ["91350100M000100Y56"]),
    ("credit_code_registrar_pair", ["91", "92"], [VALID, "0" * 18], ["Y111000040000000X0"]),
    ("credit_code_region_known", ["350100"], [VALID, "350100"], ["91110000600037341L"]),
    ("credit_code_region_known", ["divisions"], [VALID, "350100"], ["91110000600037341L"]),
    ("organisation_code", [], ["D2143569X", "600037341", "MA1B3N1N2"], ["D21435690", "D2143569-X", "000000000", "60003734"]),
    ("number_not_masked", [], ["E12345678", "11010519491231002X", "A*1"], ["E*******8", "1****************X", "E1＊＊8"]),
    ("registration_number", [], ["340000000056535", "110108000000016"], ["340000000056536", "1101081234567", "123456789012345"]),
    ("registration_number", ["legacy"], ["340000000056535", "1101081234567"], ["340000000056536"]),
    ("citizen_id", [], ["11010519491231002X", "440524188001010014"], ["110101199002300014", "110105194912310020", "610104620927690", "991055194912310021"]),
    ("citizen_id", ["legacy"], ["11010519491231002X", "610104620927690"], ["610104621327690"]),
    ("date", [], DAYS, NO_DAYS),
    ("timestamp", [], [*DAYS, "2024-01-05 08:30", "2024/1/5T23:59:59"], ["2024-01-05 24:00", "2024-01-05 08:60", "2023-02-29 08:30", "08:30"]),
    ("decimal", [18, 6], ["0", "-12.5", "+0.123456", "1.1234560000", "123456789012"], ["1,000", "1e5", ".5", "1.1234567", "1234567890123", "１２", "--1", ""]),
    ("decimal", [5, 0], ["12345", "1.000"], ["123456", "1.5"]),
    ("integer", [], ["0", "-12", "+7", "9223372036854775807"], ["1.5", "+-7", "9223372036854775808", "", "一"]),
    ("min_exclusive", [0], ["0.000001", "many"], ["0", "-1", "0.0", "+0", "0."]),
    ("min_exclusive", [0, 18, 6], ["1", "-1.1234567"], ["0", "-1"]),
    ("min_inclusive", [0.5], ["0.5", "1"], ["0.49"]),
    ("max_inclusive", [10], ["10", "9.99"], ["10.01"]),
    ("max_length", [3], ["abc", "中文字"], ["abcd", "中文字符"]),
    ("pattern", ["[A-Z]{2}\\d+|'"], ["AB1", "'"], ["AB", "xAB1", "AB1\n"]),
    ("in_set", ["自然人", "it's"], ["自然人", "it's"], ["自然", ""]),
    ("items_in_set", ["警告", "罚款(元)"], ["警告", "罚款(元)；警告", " 警告 、 罚款(元)"], ["警告,拘留", "罚款元", "警告;", ""]),
    ("no_replacement_character", [], ["正常"], ["a\ufffdb", "锟斤拷"]),
    ("no_private_use_character", [], ["正常", "a\ufffdb"], ["甲\ue000", "\uf8ff"]),
    ("no_lost_character", [], ["改正?", "铸件)〓"], ["无?一般", "锦川??", "品名〓锭", "烫烫烫"]),
    ("no_markup", [], ["<食品安全法>", "-当事人", "=锦川"], ["<br>", "=SUM(A1)", "+cmd|x"]),
    ("no_placeholder_text", [], ["同上一案", "略有超标"], ["同上", "略", "详见附件。", "测试数据"]),
    ("is_name", ["subject"], ["锦川示例食品有限公司", "个体工商户", "金**"], ["公司", "123456", "2026-11-24", "XXX公司", "=A1", "<b>甲"]),
    ("no_doubtful_name", ["person"], ["诸葛若岚", "周绍尧、蔡美钗"], ["王?", "李2", "甲公司等3家"]),
    ("number_not_lost", [], ["锦市监〔2026〕1号", "12E34", "202110123456.7"], ["5.1E+17", "Nov-24", "####", "0", "无文号"]),
    ("no_doubtful_number", [], ["锦市监〔2026〕1号", "123456789"], ["45621", "18", "锦川市监局罚款"]),
    ("date_not_before", ["1979-01-01", "date"], ["1979-01-01", "今天"], ["1978-12-31", "1899年12月30日"]),
    ("no_doubtful_date", ["2099-12-31", "timestamp"], ["2099-12-31", "今天"], ["2100-01-01", "1970-01-01 08:00:00"]),
    ("starts_with_none", ["91", "92"], ["11510100MYTKY7NB6T", "9111"], [VALID]),
    ("no_control_character", [], ["a\tb\r\nc"], ["a\x01b", "\x7f"]),
]  # fmt: skip


def suite(*expectations: dict[str, object]) -> dict[str, object]:
    return {"name": "test", "expectations": list(expectations), "meta": {}}


def column(
    check: str, parameters: list[object] | None = None, rule_id: str = "rule", name: str = "v", **more: object
) -> dict[str, object]:
    kwargs = {"column": name, "check": check, "parameters": parameters or [], **more}
    return {"type": COLUMN, "kwargs": kwargs, "meta": {"rule_id": rule_id}, "severity": "critical"}


def pair(check: str, *parameters: object, rule_id: str = "rule") -> dict[str, object]:
    kwargs = {"column_A": "a", "column_B": "b", "check": check, "parameters": list(parameters)}
    return {"type": PAIR, "kwargs": kwargs, "meta": {"rule_id": rule_id}, "severity": "warning"}


def count(rows: dict[str, list[str | None]], *expectations: dict[str, object]) -> SuiteResult:
    con = duckdb.connect()
    con.execute("CREATE TABLE divisions AS SELECT '350100' AS code")
    con.execute(f"CREATE TABLE reference_names AS SELECT '{VALID}' AS key, '甲(福建)公司' AS value")
    con.register("rows", pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()}))
    return count_unexpected(con, "rows", suite(*expectations))


@pytest.mark.parametrize(
    ("check", "parameters", "good", "bad"), GOOD_AND_BAD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_check_passes_good_values_and_null_and_counts_bad_ones(
    check: str, parameters: list[object], good: list[str], bad: list[str]
) -> None:
    assert count({"v": [*good, None]}, column(check, parameters)) == SuiteResult(
        True, 1, len(good) + 1, {"rule": 0}, {}
    )
    assert count({"v": [*bad, None]}, column(check, parameters)).unexpected == {"rule": len(bad)}


def test_every_check_has_examples() -> None:
    assert {row[0] for row in GOOD_AND_BAD} | {"not_cleaned"} == set(CELL_SQL)
    assert {row[0] for row in PAIRS} == set(PAIR_SQL)


OF_CELLS = ("lost_digits", "shown_otherwise", "taken_as_shown", "merged_cell")
PAIRS = [
    ("one_content", [], [("川市监〔2026〕1号", None), (None, None)], [("川市监〔2026〕1号", "1"), (None, "1")]),
    ("number_of_no_later_year", [], [("锦〔2026〕1号", "2026-01-01"), ("1号", "2026-01-01"), (None, None)], [("锦(2027)1号", "2026-01-01")]),
    ("no_organ_as_subject", [], [(VALID, "11510100MYTKY7NB6T"), (None, None)], [("11510100MYTKY7NB6T", VALID)]),
    ("date_not_after", [], [("2024-01-01", "2024/1/1"), ("2024-13-01", "2023-01-01"), (None, "2024-01-01")], [("2024年1月2日", "2024-01-01")]),
    ("instant_not_after", [], [("2024-01-01 08:00", "2024-01-01 08:00:01")], [("2024-01-01 08:00", "2024-01-01")]),
    (
        "repair_condition",
        ["decree_36", "否", "no"],
        [("是", "decree_36"), ("否", "decree_58"), ("否", None), (None, "decree_36"), ("无此选项", "decree_36")],
        [("否", "decree_36"), ("no", "decree_36")],
    ),
    (
        "repair_min_display",
        ["decree_36"],
        [("2027-05-12", "decree_36|2027-05-12"), ("2026-05-12", "decree_58|2027-05-12"), ("2026-05-12", None), (None, "decree_36|2027-05-12")],
        [("2027-05-11", "decree_36|2027-05-12"), ("2027年5月11日", "decree_36|2027-05-12")],
    ),
    ("required_when_in", ["x", "y"], [("1", "x"), (None, "xy"), (None, None)], [(None, "x")]),
    ("required_when_contains", ["罚款"], [("1", "罚款"), (None, "警告")], [(None, "警告;罚款"), (None, "罚款")]),
    ("required_when_not_null", [], [("1", "x"), (None, None)], [(None, "x")]),
    ("null_when_in", ["x"], [(None, "x"), ("1", "y"), ("1", None)], [("1", "x")]),
    ("null_when_contains", ["x"], [(None, "axb"), ("1", "y")], [("1", "axb")]),
    ("null_when_not_null", [], [(None, "x"), ("1", None)], [("1", "x")]),
    ("organisation_name_when_in", ["未赋码组织"], [("示例（香港）有限公司", "未赋码组织"), ("Example Holdings B.V.", "未赋码组织"), ("EXAMPLE CO., LTD.", "未赋码组织"), ("青屏村第三村民小组", "未赋码组织"), ("诸葛若岚", "自然人"), (None, "未赋码组织"), ("诸葛若岚", None)], [("诸葛若岚", "未赋码组织"), ("John Example", "未赋码组织"), ("Incan Cosmos", "未赋码组织")]),
    ("organisation_name_when_contains", ["未赋码"], [("示例（香港）有限公司", "未赋码组织"), ("Example Holdings B.V.", "未赋码组织"), ("EXAMPLE CO., LTD.", "未赋码组织"), ("青屏村第三村民小组", "未赋码组织"), ("诸葛若岚", "自然人"), (None, "未赋码组织"), ("诸葛若岚", None)], [("诸葛若岚", "未赋码组织"), ("John Example", "未赋码组织"), ("Incan Cosmos", "未赋码组织")]),
    ("organisation_name_when_not_null", [], [("某公司", "x"), ("诸葛若岚", None)], [("诸葛若岚", "x")]),
    ("citizen_id_when_in", ["身份证"], [("11010519491231002X", "身份证"), (None, "身份证"), ("E1", "护照")], [("E1", "身份证")]),
    ("citizen_id_when_contains", ["身份证"], [("E1", "护照")], [("E1", "居民身份证")]),
    ("citizen_id_when_not_null", [], [("E1", None)], [("E1", "x")]),
    ("amount_not_in_yuan", [18, 6], [("0.2", "罚款2000元"), (None, "罚款2元"), ("2", None), ("2", "罚款2万元"), ("2,000", "罚款2000元")], [("2000", "罚款2,000元"), ("1500", "警告、罚款人民币 0.15万元")]),
    ("known_with", ["names"], [("甲（福建）公司", VALID), ("甲(福建) 公司", VALID), ("乙公司", "9111"), (None, VALID), ("甲", None)], [("乙公司", VALID)]),
    ("prefix_when_in", ["户"], [("92330106MA2B1C3D42", "户"), (VALID, "企"), (None, "户"), ("9111", "户")], [(VALID, "户")]),
    ("in_set_of_layout", ["new|1", "old|0"], [("1", "new"), ("0", "old"), (None, "new"), (None, None)], [("1", "old"), ("0", "new"), ("1", None), ("1", "other")]),
    *((f"not_{said}", [1], [("甲", "0"), (None, "5"), ("甲", None)], [("甲", "2"), (None, "3")]) for said in OF_CELLS),
    ("no_prefix_when_in", ["企"], [(VALID, "企"), ("92330106MA2B1C3D42", "户"), (None, "企")], [("92330106MA2B1C3D42", "企")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "parameters", "good", "bad"), PAIRS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_pair_check_sees_rows_with_null(
    check: str,
    parameters: list[object],
    good: list[tuple[str | None, str | None]],
    bad: list[tuple[str | None, str | None]],
) -> None:
    rows = [*good, *bad]
    asked = pair(check, *parameters)
    if "prefix" in check:
        asked["kwargs"] |= {"prefixes": ["92"]}  # type: ignore[operator]
    result = count({"a": [row[0] for row in rows], "b": [row[1] for row in rows]}, asked)
    assert (result.unexpected, result.errors) == ({"rule": len(bad)}, {})


def test_prefixes_let_values_outside_the_set_pass() -> None:
    values: list[str | None] = ["其他-补办", "警告;其他-补办", "警告;其他", "其他"]
    result = count(
        {"v": values},
        column("items_in_set", ["警告"], "items", prefixes=["其他-"]),
        column("in_set", ["警告"], "one", prefixes=["其他-"]),
    )
    assert result.unexpected == {"items": 2, "one": 3}


def test_a_bit_of_the_mask_of_cleaned_fields_is_a_violation() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE rows AS SELECT range AS _cleaned FROM range(16)")
    result = count_unexpected(
        con, "rows", suite(*(column("not_cleaned", [bit], str(bit), "_cleaned") for bit in range(5)))
    )
    assert result.unexpected == {"0": 8, "1": 8, "2": 8, "3": 8, "4": 0}


def test_a_date_column_is_compared_with_text() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE rows AS SELECT * FROM (VALUES ('2024-01-02', DATE '2024-01-01'), ('2024.1.1', DATE '2024-01-01')) t(a, b)"
    )
    assert count_unexpected(con, "rows", suite(pair("date_not_after"))).unexpected == {"rule": 1}


def test_no_check_answers_null_for_a_value() -> None:
    nasty = [
        "",
        " ",
        "0",
        "X",
        "-",
        "文",
        "\x7f",
        "9" * 400,
        "1e400",
        "O" * 18,
        "😀" * 9,
        "2024-",
        "\ufffd",
        VALID,
        "a\nb",
        "'",
        '"',
    ]
    con = duckdb.connect()
    con.execute("CREATE TABLE divisions AS SELECT '350100' AS code UNION ALL SELECT NULL")
    con.register("rows", pa.table({"v": nasty}))
    install_checks(con)
    for check, parameters, _, _ in GOOD_AND_BAD:
        sql = CELL_SQL[check]('"v"', parameters, ())
        assert con.execute(f"SELECT v FROM rows WHERE ({sql}) IS NULL").fetchall() == [], check


@pytest.mark.parametrize(
    "wrong",
    [
        column("no_such_check"),
        column("max_length", ["3"]),
        column("max_length", []),
        column("max_length", [True]),
        column("decimal", [6, 6]),
        column("in_set", []),
        column("date", [], prefixes=["x"]),
        pair("no_such_check"),
        pair("date_not_after", 1),
        {"type": "expect_something_else", "kwargs": {}, "meta": {"rule_id": "rule"}},
        {"type": COLUMN, "kwargs": {"column": "v", "check": "date"}, "meta": {}},
    ],
)
def test_a_suite_that_cannot_be_meant_is_refused_whole(wrong: dict[str, object]) -> None:
    with pytest.raises(HubError, match="rule"):
        count({"v": ["x"], "a": ["x"], "b": ["x"]}, wrong)


def test_an_unknown_check_is_named_with_the_known_ones() -> None:
    with pytest.raises(HubError, match=r"no check .dat.; there are .*date"):
        count({"v": ["x"]}, column("dat"))


def test_a_suite_survives_json() -> None:
    items = [
        column("in_set", ["a"], "one", prefixes=["b-"]),
        column("decimal", [18, 6], "two"),
        pair("null_when_in", "x", rule_id="three"),
    ]
    made = ExpectationSuite(
        name="test", expectations=[ExpectationConfiguration(**item).to_domain_obj() for item in items]
    )
    written = json.loads(json.dumps(made.to_json_dict()))
    again = ExpectationSuite(**{key: written[key] for key in ("name", "expectations", "meta")})
    assert [e.configuration for e in again.expectations] == [e.configuration for e in made.expectations]
    rows: dict[str, list[str | None]] = {"v": ["a", "1.5"], "a": ["1", None], "b": ["x", "x"]}
    assert count(rows, *written["expectations"]) == count(rows, *items)


# ---- an independent computation, in plain Python from the standards
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_18(body: str) -> str:
    return USCC[(31 - sum(USCC.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31) % 31]


def check_9(body: str) -> str:
    return "0X987654321"[sum(BASE36.index(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11]


def check_15(body: str) -> str:
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def check_id(body: str) -> str:
    return "10X98765432"[sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(body)) % 11]


def person(code: str) -> bool:
    if re.fullmatch(r"\d{15}", code):
        code = code[:6] + "19" + code[6:] + check_id(code[:6] + "19" + code[6:])
    if not re.fullmatch(r"\d{17}[\dX]", code) or check_id(code[:17]) != code[17]:
        return False
    provinces = (
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
    )
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    return code[:2] in provinces.split() and 1900 <= born.year <= 2099


def reason(code: str) -> str:
    registered = bool(re.fullmatch(r"\d{15}", code)) and check_15(code[:14]) == code[14]
    if len(set(code)) == 1 or re.fullmatch("0*X", code) or (code in "123456789012345678" and len(code) in (9, 15, 18)):
        return "placeholder"
    if person(code) and not registered:
        return "citizen_id"
    organisation = bool(re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code)) and check_9(code[:8]) == code[8]
    if registered or re.fullmatch(r"\d{13}", code) or organisation:
        return "legacy_number"
    if len(code) != 18:
        return "length"
    if not re.fullmatch(rf"[1-9ANY][{USCC}]\d{{6}}[{USCC}]{{10}}", code):
        return "alphabet"
    return "valid" if check_18(code[:17]) == code[17] else "checksum"


def some_code(chance: random.Random) -> str:
    def of(alphabet: str, length: int) -> str:
        return "".join(chance.choice(alphabet) for _ in range(length))

    digits = "0123456789"
    body = chance.choice(["91", "92", "11", "Y1"]) + of(digits, 6) + of(USCC, 9)
    born = chance.choice(["19900307", "20240230", "18991231", "20000229", "19000229", "21000101"])
    identity = chance.choice(["110105", "330106", "990101"]) + born + of(digits, 3)
    return chance.choice(
        [
            *[body + check_18(body)] * 4,
            body + of(USCC, 1),
            identity + check_id(identity),
            identity[:6] + identity[8:],
            (legacy := of(digits, 14)) + check_15(legacy),
            of(digits, chance.randrange(1, 20)),
            (inner := of(BASE36, 8)) + check_9(inner),
            chance.choice("0X8") * chance.randrange(1, 19),
            body[:5] + chance.choice("OIZSV文*a") + body[6:] + "0",
            (digital := of("123", 1) + of(digits, 16)) + check_18(digital),
        ]
    )


def test_counts_equal_an_independent_computation() -> None:
    chance = random.Random(3)
    codes = [some_code(chance) for _ in range(6000)]
    amounts = [f"{chance.uniform(-5, 100):.{chance.randrange(9)}f}" for _ in codes]
    kinds = [";".join(chance.sample(["警告", "罚款", "拘留"], chance.randrange(1, 4))) for _ in codes]
    blamed = [None if chance.random() < 0.3 else "x" for _ in codes]
    expectations = [column(f"credit_code_{name}", [], name, "code") for name in REASONS[2:]]
    result = count(
        {"code": list(codes), "amount": list(amounts), "b": list(kinds), "a": blamed},
        *expectations,
        column("credit_code_inner_check", [], "inner", "code"),
        column("min_exclusive", [0], "positive", "amount"),
        column("decimal", [8, 3], "decimal", "amount"),
        column("items_in_set", ["警告", "罚款"], "items", "b"),
        pair("required_when_contains", "罚款", rule_id="required"),
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}, "meta": {"rule_id": "filled"}},
    )
    reasons = [reason(code) for code in codes]
    assert result.errors == {}
    assert result.unexpected == {
        **{name: reasons.count(name) for name in REASONS[2:]},
        "inner": sum(r == "valid" and check_9(c[8:16]) != c[16] for r, c in zip(reasons, codes, strict=True)),
        "positive": sum(float(amount) <= 0 for amount in amounts),
        "decimal": sum(not re.fullmatch(r"-?\d+(\.\d{0,3}0*)?", amount) for amount in amounts),
        "items": sum("拘留" in kind for kind in kinds),
        "required": sum("罚款" in kind and a is None for kind, a in zip(kinds, blamed, strict=True)),
        "filled": blamed.count(None),
    }
    assert all(result.unexpected.values())
