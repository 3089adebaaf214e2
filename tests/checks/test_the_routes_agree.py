"""Both routes of every check over one text say the same of any text, so that the double entry balances whatever comes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import duckdb
import polars as pl
import pytest

from pipelines.catalog import Catalog, Rule
from pipelines.checks.amounts import amounts_in
from pipelines.checks.prepared_columns import cleaned_name, suspect_name, typed_name
from pipelines.checks.registry import CELL_SQL, PAIR_SQL, CellCheck, Lookups, PairCheck, broken, check_of
from pipelines.checks.sql_functions import install_checks
from pipelines.checks.suspects import suspects
from pipelines.checks.texts import ODD_TEXT, TEXT_CHECKS
from pipelines.screening import tidy
from pipelines.screening.typed import date as day_of
from pipelines.screening.typed import decimal, instant
from tests.conftest import ROOT

CATALOG = Catalog.load(ROOT / "catalog")
DATASET = "administrative_penalty"
ROWS = 4_000

WORDS = (
    *(
        "锦川",
        "示例",
        "食品",
        "有限公司",
        "公司",
        "分公司",
        "责任",
        "、",
        "，",
        ";",
        "和",
        "与",
        "等",
        "3",
        "三",
        "家",
        "户",
        "某",
        "某某",
    ),
    *(
        "XX",
        "x",
        "×",
        "*",
        "○",
        "测试",
        "test",
        "数据",
        "请忽略",
        "同上",
        "同前",
        "略",
        "见附件",
        "详见",
        "附件",
        "无文号",
        "无",
        "暂无",
        "号",
    ),
    *(
        "?",
        "？",
        "□",
        "〓",
        "\ufffd",
        "锟斤拷",
        "烫烫烫",
        "屯屯屯",
        "\ue123",
        "é”¦å·",
        "³É¶¼",
        "ä¸­",
        "é",
        "Ü",
        "鏈夐檺",
        "绀轰緥",
        "寮犱笁",
        "鑻ュ矚",
        "鑻ュ",
        "ュ",
        "鑻",
        "喆",
    ),
    *(
        "<br>",
        "</p>",
        "<script>",
        "<食品>",
        "<!--",
        "<?xml",
        "=",
        "+",
        "-",
        "@",
        "=SUM(",
        "HYPERLINK(",
        "A1",
        "cmd|",
        " ",
        "\t",
        "(",
    ),
    *(
        "510100199003070001",
        "510100 19900307 0001",
        "５１０１００１９９００３０７０００１",
        "5101001990030700",
        "13800138000",
        "138-0013-8000",
    ),
    *(
        "8613800138000",
        "5.1E+17",
        "2.02E11",
        "12E34",
        "5E17",
        "####",
        "#N/A",
        "0",
        "00",
        "45621",
        "18.0",
        "202110123456.7",
        "2026年11月3日",
    ),
    *(
        "2026-11-03",
        "11/3/2026",
        "Nov-24",
        "24-Nov",
        "2026年11月",
        "11月3日",
        "〔2026〕",
        "(2027)",
        "[2025]",
        "第",
        "一",
        "十",
        "〇",
    ),
    *(
        "a",
        "Z",
        "91510100MYHX2M0Y4H",
        "1",
        "9",
        ".",
        "/",
        "//",
        "#",
        "年",
        "月",
        "日",
        "K",
        "ſ",
        "\u3000",
        "\u00a0",
        "\n",
    ),
)
MONEY = (
    *(
        "罚款",
        "处以",
        "人民币",
        "金额",
        "：",
        "、",
        "元",
        "万元",
        "千元",
        "整",
        "￥",
        "¥",
        "圆",
        "角",
        "余",
        "亿元",
        "块",
        "的罚款",
        "（",
        "）",
    ),
    *(
        "500",
        "1000",
        "1,000",
        "１０００",
        "1，000",
        "0.5",
        "1.2",
        "5",
        "5000",
        "800.00",
        "12",
        "3",
        "20",
        "05",
        ".",
        ",",
    ),
    *"零〇一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬两 ",
)
AMOUNTS = (
    "500",
    "800",
    "1000",
    "1000.00",
    "5",
    "12",
    "0.05",
    "0.5",
    "1.2",
    "12000",
    "20",
    "3",
    "10000",
    "x",
    "10500",
    "1",
    "105",
    "-5",
)
DAYS = (
    *(
        "2026-11-24",
        "2026-11-24 00:00:00",
        "2026/1/2",
        "20260102",
        "1899-12-30",
        "1900-01-01",
        "1970-01-01",
        "0001-01-01",
        "1753-01-01",
    ),
    *(
        "2206-01-01",
        "9999-12-31",
        "2099-12-31",
        "1904-05-01",
        "1949-10-01",
        "1949-09-30",
        "1978-12-31",
        "2026-02-30",
        "x",
        "1900-01-00",
    ),
    *("2026-11-24 10:30:00", "1970-01-01 08:00:00", "0000-01-01", "10000-01-01"),
)


def made(words: Sequence[str], longest: int, rows: int, seed: int) -> list[str]:
    """Texts out of words and now and then any character."""
    draw = random.Random(seed)
    return [
        "".join(
            draw.choice(words)
            if draw.random() < 0.97
            else chr(draw.choice((draw.randrange(1, 0x250), draw.randrange(0x3000, 0xA000))))
            for _ in range(draw.randint(1, longest))
        )
        for _ in range(rows)
    ]


def rules_of(*checks: str) -> list[Rule]:
    """One rule of each check."""
    found = {rule.check: rule for rules in CATALOG.rules.values() for rule in rules if rule.check in checks}
    assert found.keys() == set(checks)
    return [found[name] for name in checks]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    install_checks(made)
    return made


def by_polars(rule: Rule, columns: dict[str, pl.Series]) -> pl.Series:
    return pl.LazyFrame(columns).select(broken(rule, Lookups()).alias("broken")).collect(engine="in-memory").to_series()


def by_sql(con: duckdb.DuckDBPyConnection, sql: str, rows: pl.DataFrame) -> pl.Series:
    con.register("rows", rows.with_row_index("place").to_arrow())
    found = con.execute(f"SELECT NOT ({sql}) AS broken FROM rows ORDER BY place").fetchall()
    con.unregister("rows")
    return pl.Series([one for (one,) in found], dtype=pl.Boolean)


def agree(rule: Rule, first: pl.Series, second: pl.Series, texts: pl.DataFrame) -> None:
    different = texts.filter(first != second.fill_null(False))
    assert different.height == 0, (rule.id, different.head(5).rows())
    assert not second.has_nulls(), rule.id
    assert first.any(), f"{rule.id} is never broken: the words say nothing about it"


TEXTS = (
    *(
        "replacement_character",
        "private_use_character",
        "lost_character",
        "markup",
        "citizen_id_in_text",
        "mobile_in_text",
    ),
    *("placeholder_text", "no_name", "doubtful_name", "number_lost", "doubtful_number"),
)


@pytest.mark.parametrize("check", TEXTS)
@pytest.mark.parametrize("longest", [1, 2, 3, 6])
def test_of_any_text(con: duckdb.DuckDBPyConnection, check: str, longest: int) -> None:
    [rule] = rules_of(check)
    sent = pl.Series(made(WORDS, longest, ROWS, longest))
    texts = (tidy.name(sent) if "name" in check else tidy.text(sent)).drop_nulls()
    name = rule.field
    columns = {
        name: texts,
        suspect_name(name): suspects(texts),
        cleaned_name(name): pl.repeat(False, len(texts), eager=True),
    }
    routes = check_of(rule)
    assert isinstance(routes, CellCheck)
    sql = CELL_SQL[routes.suite_name or routes.primitive]("text", rule.parameters, rule.prefixes)
    second = by_sql(con, sql, pl.DataFrame({"text": texts}))
    first = by_polars(rule, columns)
    different = pl.DataFrame({"text": texts}).filter(first != second)
    assert different.height == 0, different.head(8).rows()
    assert longest == 1 or first.any()


def test_every_text_that_fails_is_odd(con: duckdb.DuckDBPyConnection) -> None:
    texts = tidy.text(pl.Series(made(WORDS, 4, 4 * ROWS, 7))).drop_nulls()
    fails = " OR ".join(f"NOT ({CELL_SQL[name]('text', (), ())})" for name in TEXT_CHECKS)
    missed = by_sql(con, f"NOT (({fails}) AND NOT ({ODD_TEXT.format(s='text')}))", pl.DataFrame({"text": texts}))
    assert texts.filter(missed).to_list()[:5] == []


def test_of_any_amount_and_text(con: duckdb.DuckDBPyConnection) -> None:
    [rule] = rules_of("amount_unit")
    texts = pl.Series(made(MONEY, 7, 8 * ROWS, 3))
    draw = random.Random(5)
    # Half of the amounts are those that the text names, so that the rule is broken often.
    amounts = [
        f"{draw.choice(named):.2f}" if draw.random() < 0.5 and named else draw.choice(AMOUNTS)
        for named in ([one for one in amounts_in(text) if one < 1e9] for text in texts)
    ]
    rows = pl.DataFrame({"amount": amounts, "text": texts})
    typed = rows.select(decimal(pl.col("amount"), 18, 6)).to_series()
    first = by_polars(rule, {rule.field: rows["amount"], typed_name(rule.field): typed, str(rule.other): texts})
    routes = check_of(rule)
    assert isinstance(routes, PairCheck)
    agree(rule, first, by_sql(con, PAIR_SQL[str(routes.suite_name)]("amount", "text", (18, 6), ()), rows), rows)


@pytest.mark.parametrize("kind", ["date", "timestamp"])
@pytest.mark.parametrize("check", ["too_early", "doubtful_date"])
def test_of_any_day(con: duckdb.DuckDBPyConnection, check: str, kind: str) -> None:
    [rule] = rules_of(check)
    days = pl.DataFrame({"day": list(DAYS)})
    typed = days.select(day_of(pl.col("day")) if kind == "date" else instant(pl.col("day"))).to_series()
    routes = check_of(rule)
    assert isinstance(routes, CellCheck)
    sql = CELL_SQL[str(routes.suite_name)]("day", (rule.parameters[0], kind), ())
    agree(rule, by_polars(rule, {rule.field: days["day"], typed_name(rule.field): typed}), by_sql(con, sql, days), days)


def test_of_any_number_and_day(con: duckdb.DuckDBPyConnection) -> None:
    [rule] = rules_of("number_year")
    numbers = made(
        ("锦市监", "〔2026〕", "(2027)", "[2025]", "（2026）", "【2028】", "〔202〕", "18", "号", "2027"), 4, ROWS, 9
    )
    draw = random.Random(2)
    rows = pl.DataFrame({"number": numbers, "day": [draw.choice(DAYS) for _ in numbers]})
    typed = rows.select(day_of(pl.col("day"))).to_series()
    first = by_polars(rule, {rule.field: rows["number"], typed_name(str(rule.other)): typed})
    routes = check_of(rule)
    assert isinstance(routes, PairCheck)
    agree(rule, first, by_sql(con, PAIR_SQL[str(routes.suite_name)]("number", "day", (), ()), rows), rows)
