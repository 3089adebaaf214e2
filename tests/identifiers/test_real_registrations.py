"""The real registrations: as many valid codes as an independent checker counted (see the README beside the data)."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.identifiers import Reason, clean, credit_code


@pytest.mark.real_data
def test_valid_codes_are_as_many_as_an_independent_checker_counted(real_data: Path) -> None:
    code = pl.col("统一社会信用代码")
    rows = pl.scan_csv(real_data / "registrations" / "**" / "*.csv", infer_schema=False).select(code.alias("value"))
    verdicts = rows.select(
        as_sent=credit_code.reason(pl.col("value")), cleaned=credit_code.reason(clean(pl.col("value")))
    ).collect(engine="streaming")
    assert verdicts.height == 277_939
    assert verdicts["as_sent"].null_count() == 277_315
    assert Reason.CITIZEN_ID not in verdicts["cleaned"]
