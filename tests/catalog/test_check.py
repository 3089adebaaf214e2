"""A mistake in the catalogue is refused with file and line; a dataset is added with one YAML file and no Python."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog
from pipelines.catalog_check import check
from pipelines.expectations import write_all
from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.catalog.spoiling import Mistake, has_advice, item_line, mistakes_of, said, spoil
from tests.conftest import GOOD_CODES, ROOT, Home, balanced, rules_of

REGISTRATION = "datasets/enterprise_registration.yaml"
PENALTY = "datasets/administrative_penalty.yaml"
SUBJECT = "fields/subject_block.yaml"


MISTAKES = {
    "unknown key": Mistake(REGISTRATION, "disclosure: public", "disclosure: public\ncolour: red", "colour: red", "colour: unknown key"),
    "unknown key of a field": Mistake(REGISTRATION, "    max_length: 200", "    maximum_length: 200", "maximum_length", "unknown key"),
    "key twice": Mistake(REGISTRATION, "owner: samr", "owner: samr\nowner: ndrc", "owner: ndrc", "key 'owner' stands twice"),
    "unknown type": Mistake(REGISTRATION, "    type: date", "    type: datum", "type: datum", "type 'datum' is none of"),
    "decimal without digits": Mistake(PENALTY, "decimal(18, 6)", "decimal", "type: decimal", "decimal needs precision"),
    "missing key": Mistake(REGISTRATION, "title_en: Business registration\n", "", "", "title_en: missing"),
    "no YAML": Mistake(REGISTRATION, "owner: samr", "owner: ]samr", "owner: ]samr", "not YAML"),
    "id is not the file's name": Mistake(
        REGISTRATION, "id: enterprise_registration", "id: registration", "id: registration", "is not the file's name"
    ),
    "field twice": Mistake(REGISTRATION, "  - id: city", "  - id: name", "fields:", "field 'name' is declared twice", line_off=True),
    "unknown field group": Mistake(PENALTY, "use: authority_block", "use: office_block", "use: office_block", "'office_block' is not in"),
    "group has no such field": Mistake(PENALTY, "      authority_code: [", "      office_code: [", "use: authority_block", "no field office_code", line_off=True),
    "header used twice": Mistake(
        REGISTRATION, "headers: [住所]", "headers: [住所, 成立日期]", "headers: [住所, 成立日期]", "belongs to 'registration_date' and to"
    ),
    "header used twice in another spelling": Mistake(
        REGISTRATION, "headers: [住所]", "headers: [' 成立 日期＊']", "headers: [' 成立", "belongs to 'registration_date' and to"
    ),
    "unknown code table": Mistake(
        REGISTRATION, "code_table: province", "code_table: provinces", "code_table: provinces", "code table 'provinces' is not in codes/"
    ),
    "missing legal basis": Mistake(
        REGISTRATION, "legal_bases: [sc_decree_746_2021,", "legal_bases: [sc_decree_1_1900,", "legal_bases", "'sc_decree_1_1900' is not in legal_bases"
    ),
    "no legal basis": Mistake(
        REGISTRATION, "[sc_decree_746_2021, national_catalogue_2024, gb_32100_2015, zhongbanfa_2025_22]", "[]", "legal_bases", "no legal basis"
    ),
    "no record key": Mistake(REGISTRATION, "record_key: [credit_code]", "record_key: []", "record_key", "no record key"),
    "unknown field in record_key": Mistake(
        REGISTRATION, "record_key: [credit_code]", "record_key: [creditcode]", "record_key", "'creditcode' is no field"
    ),
    "unknown field in version_order": Mistake(
        REGISTRATION, "version_order: [source_updated_at,", "version_order: [updated_at,", "version_order", "'updated_at' is no field"
    ),
    "unknown field in subject": Mistake(
        REGISTRATION, "subject: {name: name,", "subject: {name: title,", "subject: {", "'title' is no field"
    ),
    "unknown field in timeliness": Mistake(
        PENALTY, "timeliness: {field: decision_date,", "timeliness: {field: decided_on,", "timeliness", "'decided_on' is no field"
    ),
    "unknown legal basis in timeliness": Mistake(
        PENALTY, "legal_basis: ndrc_fagaibancaijin_2018_424", "legal_basis: ndrc_nothing", "timeliness", "'ndrc_nothing' is not in legal_bases"
    ),
    "unknown field in a rule": Mistake(
        PENALTY, "fields: [decision_date, valid_to]", "fields: [decision_date, ends_on]", "[decision_date, ends_on]", "'ends_on' is no field"
    ),
    "unknown check in a rule": Mistake(PENALTY, "check: date_order", "check: order", "check: order", "check 'order' is not in checks.yaml"),
    "unknown field in a condition": Mistake(
        PENALTY, "required_when: {field: penalty_kinds,", "required_when: {field: kinds,", "required_when: {field: kinds", "'kinds' is no field"
    ),
    "condition with a code the table has not": Mistake(
        PENALTY, "contains: [fine]", "contains: [fines]", "contains: [fines]", "'fines' is no code of table 'penalty_kind'"
    ),
    "condition of two kinds": Mistake(
        PENALTY, "contains: [fine]}", "contains: [fine], present: true}", "present: true", "exactly one of is_in, contains, present"
    ),
    "province there is not": Mistake(
        "providers.yaml", 'region_code: "110000"', 'region_code: "990000"', 'region_code: "990000"', "'990000' is no province"
    ),
    "weights not 100": Mistake("scorecard.yaml", "weight: 20", "weight: 21", "indicators:", "weights add up to 101"),
    "dimension there is not": Mistake(
        "scorecard.yaml", "dimension: conformity", "dimension: beauty", "dimension: beauty", "'beauty' is no dimension"
    ),
    "a score without a range": Mistake("scorecard.yaml", "floor: 0.80", "floor: 0.999", "floor: 0.999", "floor and target are the same"),
    "text that means two codes": Mistake(
        "codes/penalty_kind.yaml", "aliases: [其它]", "aliases: [其它, 警告]", "aliases: [其它, 警告]", "'警告' means 'warning' and 'other'"
    ),
    "sensitive value not marked": Mistake(SUBJECT, "    sensitive: true\n", "", "", "mark it sensitive", named=PENALTY, line_off=True),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue to spoil."""
    return Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))


def test_the_catalogue_is_sound_and_its_suites_are_current() -> None:
    assert check(ROOT / "catalog", ROOT / "expectations") == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_with_its_file_its_line_and_what_to_do(folder: Path, mistake: Mistake) -> None:
    line = spoil(folder, mistake)

    first = said(mistakes_of(folder), mistake.message)

    assert mistake.named or first.path == folder / mistake.file
    item = item_line(folder / mistake.file, line)
    assert mistake.line_off or first.line in (line, item), "neither its line nor that of the field it is in"
    assert str(first) == f"{first.path}:{first.line}: {first.message}"
    assert has_advice(first)
    assert "function-" not in first.message, "names a validator of the models, not a place in the file"


def test_every_mistake_of_every_file_is_reported_at_once(folder: Path) -> None:
    unreadable = [MISTAKES[name] for name in ("unknown key", "key twice", "missing key", "decimal without digits")]
    for mistake in [unreadable[0], unreadable[2], unreadable[3]]:
        spoil(folder, mistake)
    spoil(folder, Mistake("owners.yaml", "title_zh: 中国人民银行, ", "", "", ""))

    findings = check(folder, ROOT / "expectations")

    for mistake in (unreadable[0], unreadable[2], unreadable[3]):
        assert said(findings, mistake.message)
    assert {finding.path.name for finding in findings} == {
        "enterprise_registration.yaml",
        "administrative_penalty.yaml",
        "owners.yaml",
    }
    assert len(findings) == 4


def test_a_mistake_in_the_catalogue_does_not_hide_another_nor_a_stale_suite(folder: Path, tmp_path: Path) -> None:
    for name in ("missing legal basis", "unknown field in record_key", "weights not 100"):
        spoil(folder, MISTAKES[name])
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))
    (suites / "administrative_licence.json").unlink()

    findings = check(folder, suites)

    for name in ("missing legal basis", "unknown field in record_key", "weights not 100"):
        assert said(findings, MISTAKES[name].message)
    assert said(findings, "catalog build").path.name == "administrative_licence.json"


def test_a_suite_that_is_not_what_the_catalogue_says_is_found(tmp_path: Path) -> None:
    suites = Path(shutil.copytree(ROOT / "expectations", tmp_path / "expectations"))
    stale, extra, lost = (
        suites / f"{name}.json" for name in ("enterprise_registration", "unknown", "administrative_licence")
    )
    stale.write_text(stale.read_text(encoding="utf-8").replace('"critical"', '"warning"', 1), encoding="utf-8")
    extra.write_text("{}", encoding="utf-8")
    lost.unlink()

    findings = check(ROOT / "catalog", suites)

    assert {finding.path for finding in findings} == {stale, extra, lost}
    assert all("catalog build" in finding.message for finding in findings)


def test_generating_the_suites_again_changes_nothing(tmp_path: Path) -> None:
    catalog = Catalog.load(ROOT / "catalog")
    assert len(write_all(catalog, tmp_path)) == len(catalog.datasets)
    assert write_all(catalog, tmp_path) == []
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        p.name: p.read_bytes() for p in (ROOT / "expectations").iterdir()
    }


def test_a_folder_without_a_catalogue_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CREDIT_HUB_CATALOG"):
        Catalog.load(tmp_path)
    assert check(tmp_path, tmp_path)[0].message


NEW_DATASET = """\
id: water_saving_award
title_zh: 节水先进单位
title_en: Water saving award
definition: 节水工作成绩突出、受到表彰的单位。
catalogue_class: honour
owner: ndrc
legal_bases: [national_catalogue_2024]
subjects: [legal_person]
update_cycle: yearly
disclosure: public
subject: {name: winner, credit_code: winner_code}
record_key: [winner_code, award_number]
version_order: [awarded_on, received_on]
timeliness: {field: awarded_on, working_days: 20, legal_basis: national_catalogue_2024}
fields:
  - {id: winner, title_zh: 获奖单位, definition: 受表彰单位的全称。, required: true, max_length: 20}
  - {id: winner_code, title_zh: 单位代码, definition: 统一社会信用代码。, type: credit_code, required: true}
  - {id: award_number, title_zh: 表彰文号, definition: 决定的文号。, required: true, pattern: '^节水〔[0-9]{4}〕[0-9]+号$'}
  - {id: awarded_on, title_zh: 表彰日期, definition: 决定的日期。, type: date, required: true, not_future: true}
  - {id: valid_to, title_zh: 有效期至, definition: 称号的截止日期。, type: date}
  - {id: level, title_zh: 级别, definition: 表彰的级别。, type: code, code_table: award_level, required: true}
  - id: saved_amount_cny_10k
    title_zh: 节约金额（万元）
    definition: 节约的金额。
    type: decimal(12, 2)
    required_when: {field: level, is_in: [national]}
    min_exclusive: 0
  - {id: households, title_zh: 惠及户数, definition: 户数。, type: integer, headers: [户数], min_inclusive: 0}
rules:
  - {id: awarded_on_before_valid_to, check: date_order, fields: [awarded_on, valid_to]}
"""
NEW_PRODUCT = """\
id: water_saving_award
title_zh: 节水先进单位（政务共享）
title_en: Water saving award (government)
dataset: water_saving_award
access_class: government
audience_zh: 行政机关
fields: all_allowed
legal_bases: [national_catalogue_2024]
publication_clock: false
"""
NEW_TABLE = """\
id: award_level
title_zh: 表彰级别
source: 虚构
entries:
  - {code: national, label_zh: 国家级, label_en: National}
  - {code: provincial, label_zh: 省级, label_en: Provincial, aliases: [省部级]}
"""
HEADER = "获奖单位,单位代码,表彰文号,表彰日期,有效期至,级别,节约金额（万元）,户数"


@dataclass(frozen=True)
class Added:
    """A hub whose catalogue has one dataset more."""

    home: Home
    good: list[str]
    bad: dict[str, str]


@pytest.fixture
def added(folder: Path, tmp_path: Path) -> Added:
    (folder / "datasets/water_saving_award.yaml").write_text(NEW_DATASET, encoding="utf-8")
    (folder / "codes/award_level.yaml").write_text(NEW_TABLE, encoding="utf-8")
    (folder / "products/water_saving_award.yaml").write_text(NEW_PRODUCT, encoding="utf-8")
    write_all(Catalog.load(folder), tmp_path / "expectations")
    settings = replace(Settings.read(tmp_path / "home"), catalog=folder, expectations=tmp_path / "expectations")
    good = [
        f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕1号,2026-11-03,2029-11-03,国家级,12.50,300",
        f"节水乙厂,{GOOD_CODES[1]},节水〔2026〕2号,2026年11月4日,,省部级,,",
        f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕3号,20261105,,provincial,0.01,0",
    ]
    bad = {
        "winner.required": f",{GOOD_CODES[0]},节水〔2026〕4号,2026-11-03,,省级,,",
        "winner.max_length": f"{'长' * 21},{GOOD_CODES[0]},节水〔2026〕5号,2026-11-03,,省级,,",
        "winner_code.checksum": "节水甲厂,91350100M000100Y44,节水〔2026〕6号,2026-11-03,,省级,,",
        "award_number.pattern": f"节水甲厂,{GOOD_CODES[0]},第7号,2026-11-03,,省级,,",
        "awarded_on.date": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕8号,2026-02-30,,省级,,",
        "awarded_on.not_future": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕9号,2026-11-23,,省级,,",
        "level.in_table": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕10号,2026-11-03,,市级,,",
        "saved_amount_cny_10k.required_when": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕11号,2026-11-03,,国家级,,",
        "saved_amount_cny_10k.min_exclusive": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕12号,2026-11-03,,省级,0,",
        "households.integer": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕13号,2026-11-03,,省级,,1.5",
        "record.column_count": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕14号",
        "awarded_on.awarded_on_before_valid_to": f"节水甲厂,{GOOD_CODES[0]},节水〔2026〕15号,2026-11-03,2026-11-02,省级,,",
    }
    return Added(Home(Hub.open(settings)), good, bad)


def rule_ids(home: Home) -> set[str]:
    return {rule.id.partition(".")[2] for rule in home.hub.catalog.rules["water_saving_award"]}


def test_a_dataset_is_added_with_yaml_alone(added: Added) -> None:
    """Collected, screened by both routes, released and audited, without a line of Python."""
    home = added.home
    home.drop("sichuan", "water_saving_award", "\n".join([HEADER, *added.good, *added.bad.values()]) + "\n")

    [receipt] = home.collect()

    assert check(home.hub.settings.catalog, home.hub.settings.expectations) == []
    assert receipt["status"] == "partial"
    assert receipt["rows"] == {
        "in": len(added.good) + len(added.bad),
        "accepted": 3,
        "refused": len(added.bad),
        "warned": 0,
    }
    assert balanced([receipt])
    assert set(rules_of(receipt)) <= rule_ids(home)
    refused = home.quarantine("water_saving_award").sort("_row_number")
    assert [rules.to_list() for rules in refused["rule_ids"]] == [[f"water_saving_award.{rule}"] for rule in added.bad]
    records = home.records("water_saving_award").sort("_row_number")
    assert records["level"].to_list() == ["national", "provincial", "provincial"]
    assert records.schema["saved_amount_cny_10k"] == pl.Decimal(12, 2)
    assert records.schema["households"] == pl.Int64
    assert records["awarded_on"].dt.day().to_list() == [3, 4, 5]

    [release] = home.publish()
    assert (release.product_id, release.rows) == ("water_saving_award", 3)
    assert audit(home.hub) == []


def test_a_new_dataset_is_checked_like_the_others(added: Added) -> None:
    path = added.home.hub.settings.catalog / "datasets/water_saving_award.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("code_table: award_level", "code_table: level"), encoding="utf-8"
    )

    findings = check(added.home.hub.settings.catalog, added.home.hub.settings.expectations)

    assert said(findings, "code table 'level' is not in codes/").path == path
    assert said(findings, "no field uses this table").path.name == "award_level.yaml"
    assert len(findings) == 2
