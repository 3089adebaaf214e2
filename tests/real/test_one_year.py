"""The real registrations of one year through the whole job; all 277,939 of them are in ``test_registrations.py``, which is long."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from stdnum.cn import uscc

from tests.command import run
from tests.conftest import SHARED, Home

pytestmark = pytest.mark.real_data

YEAR = 1982
DATASET = "enterprise_registration"


def test_every_row_of_a_year_is_accounted_for_and_refused_only_for_what_an_independent_checker_refuses(
    home: Home, shared_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / f"some/{YEAR}").symlink_to(shared_data / f"registrations/{YEAR}")
    stage = [sys.executable, SHARED / "tools/stage_registrations", home.root, tmp_path / "some"]
    subprocess.run(stage, check=True, capture_output=True)
    sent = {}
    for path in (home.root / "inbox").rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            sent[path.parent.parent.name] = [row["统一社会信用代码"] for row in csv.DictReader(stream)]
    wrong = {(who, n) for who, codes in sent.items() for n, code in enumerate(codes, 2) if not uscc.is_valid(code)}
    assert len(wrong) > 5

    done = run("run", "--home", str(home.root), "--as-of", "2026-11-22", "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    rows = {one["provider_id"]: one["rows"] for one in result["receipts"]}
    assert {who: one["in"] for who, one in rows.items()} == {who: len(codes) for who, codes in sent.items()}
    assert [who for who, one in rows.items() if one["in"] != one["accepted"] + one["refused"]] == []
    refused = home.quarantine().select("_provider_id", "_row_number", "rule_ids").rows()
    assert {(who, n) for who, n, rules in refused if any("credit_code" in rule for rule in rules)} == wrong
    assert {rule.split(".")[1] for _, _, rules in refused for rule in rules} <= {"credit_code", "province_code"}
    right = {code.upper() for codes in sent.values() for code in codes if uscc.is_valid(code)}
    released = {one["product_id"]: one["rows"] for one in result["releases"]}
    products = (DATASET, f"{DATASET}_authorised", f"{DATASET}_public", "subject")
    assert released == dict.fromkeys(products, len(right))
    assert set(home.shared()["credit_code"]) == right
