"""A dataset that nobody thought of is one YAML file: collected, screened, counted twice, released, on the site; no Python."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import expectations
from pipelines.audit import audit
from pipelines.catalog import EVIDENCE
from pipelines.catalog_check import check
from pipelines.demo import make_delivery
from pipelines.ground.clock import instant_of
from pipelines.ground.settings import Settings
from pipelines.pages import catalogue as site
from pipelines.storage.hub import Hub
from tests.conftest import GOOD_CODES, ROOT, Home, rules_of

WATER_QUOTA = """\
id: water_quota
title_zh: 用水定额执行情况
title_en: Compliance with water quotas
definition: 水行政主管部门核定的用水定额及其执行情况，为测试而编造。
catalogue_class: legal_compliance
owner: ndrc
legal_bases: [national_catalogue_2024]
subjects: [legal_person]
update_cycle: monthly
disclosure: government
subject: {name: user_name, credit_code: credit_code}
record_key: [credit_code, permit_number, period_to]
version_order: [received_on]
fields:
  - {id: user_name, title_zh: 用水单位, definition: 单位全称。, required: true, max_length: 200, samples: [成都蜀锦文化有限公司]}
  - {id: credit_code, title_zh: 统一社会信用代码, definition: 18位代码。, type: credit_code, required: true}
  - {id: permit_number, title_zh: 取水许可编号, definition: 许可证上的编号。, type: document_number, required: true, headers: [许可编号]}
  - {id: period_from, title_zh: 起始日期, definition: 定额年度的第一天。, type: date, required: true}
  - {id: period_to, title_zh: 截止日期, definition: 定额年度的最后一天。, type: date, required: true}
  - {id: excess_cubic_metres, title_zh: 超定额水量（立方米）, definition: 没有超过的填 0。, type: "decimal(12, 2)", min_inclusive: 0, plausible_max: 1000000}
  - {id: severity_code, title_zh: 失信严重程度, definition: 超过定额的填写。, type: code, code_table: severity}
  - {id: note, title_zh: 说明, definition: 其他情况。, max_length: 500, free_text: true}
rules:
  - {id: from_before_to, check: date_order, fields: [period_from, period_to]}
"""

HEADER = "用水单位,统一社会信用代码,许可编号,起始日期,截止日期,超定额水量（立方米）,失信严重程度,说明"
ROWS = (
    f"成都蜀锦文化有限公司,{GOOD_CODES[0]},川水许【2025】7号,2025-01-01,2025-12-31,0,,",
    f"福州市测试有限公司,{GOOD_CODES[1]},川水许〔2025〕8号,2025-01-01,2025-12-31,12.5,轻微,已整改",
    f"福州市测试有限公司,{GOOD_CODES[1]},川水许〔2025〕9号,2025-12-31,2025-01-01,12.5,轻微,",
    f"某公司,{GOOD_CODES[2]},川水许〔2025〕10号,2025-01-01,2025-12-31,-1,很重,身份证号510000209912311002",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A hub whose catalogue has one file more."""
    folder = Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))
    (folder / "datasets/water_quota.yaml").write_text(WATER_QUOTA, encoding="utf-8")
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))
    settings = replace(Settings.read(tmp_path / "home"), catalog=folder, expectations=suites)
    hub = Hub.open(settings)
    expectations.write_all(hub.catalog, suites)  # what `credit-hub catalog build` does
    assert check(folder, suites) == []
    return Home(hub)


def test_one_yaml_file_makes_a_dataset_that_goes_all_the_way(home: Home) -> None:
    home.drop("sichuan", "water_quota", "\n".join([HEADER, *ROWS]) + "\n")

    [receipt] = home.collect()  # the double entry is in balance, or this raises
    [release] = home.publish()

    assert receipt["rows"] == {"in": 4, "accepted": 2, "refused": 2, "warned": 1}
    assert rules_of(receipt) == {
        "period_from.from_before_to": 1,
        "excess_cubic_metres.min_inclusive": 1,
        "severity_code.in_table": 1,
        "note.citizen_id_in_text": 1,
    }
    assert rules_of(receipt, "warn") == {"permit_number.cleaned": 1}
    assert (release.product_id, release.rows) == ("water_quota", 2)
    shared = home.shared("water_quota").sort("permit_number")
    assert shared["permit_number"].to_list() == ["川水许〔2025〕7号", "川水许〔2025〕8号"]
    assert shared["severity_code"].to_list() == [None, "minor"]
    assert audit(home.hub) == []


def test_it_is_on_the_site_with_its_rules(home: Home, tmp_path: Path) -> None:
    pages = site.build(home.hub.catalog, tmp_path / "site")

    page = (tmp_path / "site/water_quota.html").read_text(encoding="utf-8")
    assert tmp_path / "site/water_quota.html" in pages
    for rule in home.hub.catalog.rules["water_quota"]:
        assert f'id="{rule.id}"' in page, rule.id
    assert "用水定额执行情况" in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_it_is_in_the_sample_delivery_and_is_taken_as_planted(home: Home) -> None:
    """Row rules and suite find in its files what was planted, for every one of its rules."""
    catalog, day = home.hub.catalog, "2026-11-20"
    few = {name: catalog.providers[name] for name in ("sichuan", "guangdong")}  # who sends what nobody owes, too
    alone = {"water_quota": catalog.datasets["water_quota"]}
    made = replace(catalog, providers=few, datasets=alone)
    plan = make_delivery(home.root, made, as_of=date.fromisoformat(day))

    receipts = {
        receipt["file_name"]: receipt for receipt in home.collect(instant_of(day))
    }  # in balance, or this raises

    assert len(receipts) == len(plan.files) == 2
    for file in plan.files:
        receipt = receipts[file.name]
        assert {rule["rule_id"]: rule["rows"] for rule in receipt["rules"]} == file.planted
        assert receipt["rows"] == {
            "in": file.rows,
            "accepted": file.accepted,
            "refused": file.refused,
            "warned": file.warned,
        }
    planted = {rule for file in plan.files for rule in file.planted or {}}
    # Nothing is said of cells where a file has none.
    assert planted == {rule.id for rule in catalog.rules["water_quota"] if rule.other not in EVIDENCE}
