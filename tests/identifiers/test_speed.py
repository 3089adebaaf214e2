"""Speed, as a ratio of CPU seconds to a baseline measured in the same run: a full verdict against a bare check sum."""

import time
from collections.abc import Callable

import polars as pl

from pipelines.identifiers import clean, credit_code

ROWS = 1_000_000


def mixed(rows: int) -> pl.DataFrame:
    """Codes of which 95 % are valid; the rest wrong, missing, personal, old, or in need of cleaning."""
    good = [
        "91350100M000100Y43",
        "911101085923662400",
        "11230500001755309F",
        "92330106MA2B1C3D42",
        "91110000600037341L",
    ]
    bad = [
        "91350100M000100Y44",
        None,
        "110101199003070003",
        "340000000056535",
        " 91110000600037341l",
        "9135O100M000100Y43",
        "无",
    ]
    cycle = good * 27 + bad
    return pl.DataFrame({"code": pl.Series(cycle).sample(rows, with_replacement=True, seed=7)})


def best_of(times: int, work: Callable[[], object]) -> float:
    def once() -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    return min(once() for _ in range(times))


def naive(code: pl.Expr) -> pl.Expr:
    """The check sum by slices, as one would write it without thought."""
    values = [
        code.str.slice(i, 1).replace_strict(list(credit_code.ALPHABET), list(range(31)), default=0) for i in range(18)
    ]
    weights = [place.weight for place in credit_code.SCHEME.places]
    return pl.sum_horizontal(value * weight for value, weight in zip(values, weights, strict=True)) % 31 == 0


def test_a_full_verdict_takes_less_than_half_the_time_of_a_check_sum_by_slices() -> None:
    frame = mixed(ROWS)
    code = pl.col("code")
    verdict = credit_code.reason(clean(code))
    frame.head(10).select(verdict)
    full = best_of(3, lambda: frame.select(verdict))
    bare = best_of(2, lambda: frame.select(naive(code)))
    assert full < bare / 2, f"{full:.3f} CPU seconds against {bare:.3f}"


def test_clean_rows_cost_hardly_more_than_a_look_at_them() -> None:
    frame = pl.DataFrame({"code": ["91350100M000100Y43"] * ROWS})
    code = pl.col("code")
    look = best_of(3, lambda: frame.select(code.str.contains("^[0-9A-Z]+$")))
    assert best_of(3, lambda: frame.select(clean(code))) < 3 * look
    assert best_of(3, lambda: frame.select(credit_code.suggestion(code))) < 3 * look
