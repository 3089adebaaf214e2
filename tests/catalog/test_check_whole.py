"""Mistakes over several files are refused: owners, editions, legal bases, policies, products, code tables, dates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.catalog.spoiling import Mistake, has_advice, item_line, mistakes_of, said, spoil
from tests.conftest import ROOT

REGISTRATION = "datasets/enterprise_registration.yaml"
LEGAL, EDITIONS, OWNERS = "legal_bases.yaml", "editions.yaml", "owners.yaml"
DISPLAY, REPAIR, MASKING, EXPECTED, SURVIVORSHIP = (
    f"policies/{name}.yaml" for name in ("display_periods", "repair", "masking", "expected_deliveries", "survivorship")
)
PENALTIES, PUBLIC, AUTHORISED, SUBJECT = (
    f"products/{name}.yaml"
    for name in (
        "administrative_penalty",
        "administrative_penalty_public",
        "administrative_penalty_authorised",
        "subject",
    )
)
OPINIONS = "number: 中办发〔2025〕22号"
LAST_GENERAL = "  - severity: general\n    valid_from: 2026-04-01\n"
REGULATION = "    valid_from: 2026-03-31\n    valid_to: 2026-03-31\n"

MISTAKES = {
    # owners, editions
    "owner nobody knows": Mistake(REGISTRATION, "owner: samr", "owner: nobody", "owner: nobody", "owner 'nobody' is neither"),
    "no owner": Mistake(REGISTRATION, "owner: samr\n", "", "", "owner: missing", line_off=True),
    "owner twice": Mistake(OWNERS, "{id: pboc,", "{id: ndrc,", "人民银行", "id 'ndrc' stands twice"),
    "owner who is a provider": Mistake(OWNERS, "{id: pboc,", "{id: samr,", "人民银行", "'samr' is in providers.yaml"),
    "unknown key of an owner": Mistake(OWNERS, "title_zh: 中国人民银行,", "title_zh: 中国人民银行, colour: red,", "colour", "unknown key"),
    "edition there is not": Mistake(
        REGISTRATION, "owner: samr", "owner: samr\nedition: national_catalogue_1999", "edition: nat", "edition 'national_catalogue_1999' is not in"
    ),
    "class the edition has not": Mistake(
        REGISTRATION, "owner: samr", "owner: samr\nedition: hub_exchange", "catalogue_class", "is not in edition 'hub_exchange'; use one it has (exchange)"
    ),
    "edition of which no class is known": Mistake(
        REGISTRATION, "owner: samr", "owner: samr\nedition: national_catalogue_2025", "catalogue_class", "its classes are not known"
    ),
    "more classes than counted": Mistake(EDITIONS, "class_count: 13", "class_count: 14", "", "13 classes are listed", line_off=True),
    "number of a class twice": Mistake(EDITIONS, "{id: judicial, number: 2,", "{id: judicial, number: 1,", "{id: judicial, number: 1,", "number '1' stands twice"),
    "gap between editions": Mistake(EDITIONS, "valid_to: 2022-12-27", "valid_to: 2022-12-26", "valid_from: 2022-12-28", "no row is valid from 2022-12-27 to 2022-12-27"),
    "overlap of editions": Mistake(EDITIONS, "valid_to: 2022-12-27", "valid_to: 2022-12-28", "valid_from: 2022-12-28", "two rows are valid from 2022-12-28 to 2022-12-28"),
    # rules
    "a rule without a bad example": Mistake("checks.yaml", '    bad: "2026-02-30"\n', "", "id: date", "check 'date' has no bad example"),
    "examples that are the same": Mistake("checks.yaml", 'bad: "2026-02-30"', 'bad: "2026-03-05"', 'bad: "2026-03-05"', "check 'date': the good and the bad example are the same"),
    "a name of the hub's own": Mistake(REGISTRATION, "id: registered_capital", "id: reason", "id: reason", "'reason' is a name of the hub's own"),
    "a prefix for no code of the table": Mistake(
        "fields/subject_block.yaml", "is_in: [self_employed], starts_with", "is_in: [nobody], starts_with", "code_prefix:", "'nobody' is no code of table 'subject_category'"
    ),
    "a reference there is not": Mistake(
        "fields/subject_block.yaml", "{reference: registered_names", "{reference: nobody_knows", "known_with", "reference 'nobody_knows' is not in references.yaml"
    ),
    "a reference to no field": Mistake("references.yaml", "key: credit_code, value: name", "key: credit_code, value: nick", "value: nick", "'nick' is no field of 'enterprise_registration'"),
    # legal bases
    "a document twice": Mistake(LEGAL, "number: 国办发〔2025〕22号", OPINIONS, "id: guobanfa_2025_22", "'guobanfa_2025_22' is the same document as 'zhongbanfa_2025_22'"),
    "a document twice in other brackets": Mistake(
        LEGAL, "number: 国办发〔2025〕22号", "number: 中办发 [2025] 22号", "id: guobanfa_2025_22", "same document as 'zhongbanfa_2025_22' (中办发 2025 22)"
    ),
    "a number alone": Mistake(LEGAL, OPINIONS, "number: 22号", "number: 22号", "does not say whose it is"),
    "a number with its year alone": Mistake(LEGAL, OPINIONS, "number: 〔2025〕22号", "number: 〔2025〕22号", "does not say whose it is"),
    "another year than the number's": Mistake(LEGAL, "year: 2025", "year: 2024", "year: 2024", "year is 2024, but the number says 2025"),
    "a basis id twice": Mistake(LEGAL, "id: guobanfa_2025_22", "id: zhongbanfa_2025_22", "", "id 'zhongbanfa_2025_22' stands twice", line_off=True),
    "a basis that ends before it begins": Mistake(LEGAL, "in_force_to: 2026-03-31", "in_force_to: 2023-04-01", "in_force_to: 2023-04-01", "before it begins on 2023-05-01"),
    # display periods
    "gap in display periods": Mistake(
        DISPLAY, LAST_GENERAL, LAST_GENERAL.replace("04-01", "04-03"), "valid_from: 2026-04-03", "severity 'general': no row is valid from 2026-04-01 to 2026-04-02"
    ),
    "overlap of display periods": Mistake(
        DISPLAY, LAST_GENERAL, LAST_GENERAL.replace("04-01", "03-31"), "valid_from: 2026-03-31", "severity 'general': two rows are valid from 2026-03-31 to 2026-03-31"
    ),
    "display periods that run out": Mistake(
        DISPLAY, LAST_GENERAL, LAST_GENERAL + "    valid_to: 2027-12-31\n", "valid_to: 2027-12-31", "severity 'general': no row is valid from 2028-01-01 on"
    ),
    "backwards": Mistake(DISPLAY, LAST_GENERAL, LAST_GENERAL + "    valid_to: 2026-03-01\n", "valid_to: 2026-03-01", "ends on 2026-03-01, before it begins on 2026-04-01"),
    "shortest longer than longest": Mistake(DISPLAY, "min_months: 12", "min_months: 48", "", "min_months 48 is more than max_months 36", line_off=True),
    "a basis of a period there is not": Mistake(DISPLAY, "legal_bases: [ndrc_decree_36_2025,", "legal_bases: [ndrc_decree_37_2025,", "ndrc_decree_37_2025", "'ndrc_decree_37_2025' is not in"),
    "no such day": Mistake(DISPLAY, "valid_to: 2023-04-30", "valid_to: 2023-04-31", "valid_to: 2023-04-31", "'2023-04-31' is no value"),
    # the other policies
    "gap in repair": Mistake(REPAIR, "valid_from: 2026-04-01", "valid_from: 2026-05-01", "valid_from: 2026-05-01", "credit repair: no row is valid from 2026-04-01 to 2026-04-30"),
    "a deadline of a document without the document": Mistake(
        REPAIR, "        kind: document\n        legal_basis: guobanfa_2025_22\n", "        kind: document\n", "id: feedback", "deadline 'feedback' is said to stand in a document"
    ),
    "a mask that does not do what it says": Mistake(MASKING, "shown: 张**", "shown: 张某*", "shown: 张某*", "mask 'person_name' shows '张**', not '张某*'"),
    "lengths for a mask of another kind": Mistake(MASKING, "    kind: county\n", "    kind: county\n    keep_first: 3\n", "", "keep_first and keep_last belong to kind ends", line_off=True),
    "mask for sensitive fields there is not": Mistake(MASKING, "sensitive_mask: certificate_number", "sensitive_mask: stars", "sensitive_mask: stars", "'stars' is no mask of this file"),
    "two levels of one rank": Mistake(SURVIVORSHIP, "rank: 2}", "rank: 1}", "ranks:", "two levels have the same rank"),
    "a criterion twice": Mistake(SURVIVORSHIP, "received_on, completeness, content]", "received_on, source_rank, content]", "criteria: [", "criteria names source_rank more than once"),
    # expected deliveries
    "owing a dataset there is not": Mistake(EXPECTED, "datasets: [enterprise_registration]", "datasets: [registration]", "datasets: [registration]", "'registration' is no dataset"),
    "nobody owes": Mistake(EXPECTED, "who: [provinces, samr]", "who: [provinces, somebody]", "who: [provinces, somebody]", "'somebody' is neither a group nor a provider"),
    "a group of nobody": Mistake(EXPECTED, "{id: provinces, title_zh: 省级平台, level: province}", "{id: provinces, title_zh: 省级平台, providers: [atlantis]}", "atlantis", "'atlantis' is no provider"),
    "owed twice": Mistake(
        EXPECTED, "datasets: [administrative_licence,", "datasets: [enterprise_registration, administrative_licence,", "valid_from: 2022-03-01",
        "dataset 'enterprise_registration' owed by 'beijing': two rows are valid from 2022-03-01 on"
    ),
    "due at no time": Mistake(EXPECTED, "due: {working_days: 7}", "due: {}", "due: {}", "exactly one of working_days, day_of_next_month"),
    # products
    "product with a field its class forbids": Mistake(
        PUBLIC, "fields: all_allowed", "fields: [subject_name, legal_representative_certificate_number, violation_facts, penalty_content, remark]",
        "fields: [", "field 'legal_representative_certificate_number' is for 'government' only"
    ),
    "product with a sensitive field unmasked": Mistake(PENALTIES, "  certificate_number: certificate_number\n", "", "fields: all_allowed", "sensitive field 'certificate_number' is shown unmasked"),
    "product of a class the dataset forbids": Mistake(
        "datasets/administrative_penalty.yaml", "disclosure: public", "disclosure: authorised", "access_class: public", "disclosure is 'authorised'", named=PUBLIC
    ),
    "product of a dataset there is not": Mistake(PUBLIC, "dataset: administrative_penalty", "dataset: penalties", "dataset: penalties", "'penalties' is no dataset"),
    "product with a field there is not": Mistake(AUTHORISED, "  - violation_type", "  - violation", "  - violation", "'violation' is no field of dataset"),
    "product with a field twice": Mistake(AUTHORISED, "  - violation_type", "  - subject_name", "", "field 'subject_name' stands twice", line_off=True),
    "product with a mask there is not": Mistake(PENALTIES, "  certificate_number: certificate_number", "  certificate_number: stars", "certificate_number: stars", "'stars' is no mask"),
    "product with a mask for a field it does not show": Mistake(AUTHORISED, "legal_bases:", "masks: {remark: withheld}\nlegal_bases:", "masks: {remark", "field 'remark' is masked, but not shown"),
    "product with a filter on no field": Mistake(PUBLIC, "{field: subject_category,", "{field: category,", "{field: category,", "'category' is no field of dataset"),
    "product with a filter on no code": Mistake(PUBLIC, "is_not_in: [natural_person]", "is_not_in: [person]", "is_not_in: [person]", "'person' is no code of table 'subject_category'"),
    "product with a filter of two kinds": Mistake(PUBLIC, "is_not_in: [natural_person]", "is_not_in: [natural_person], present: true", "is_not_in", "exactly one of is_in, is_not_in, present"),
    "product without legal basis": Mistake(SUBJECT, "legal_bases: [sc_decree_746_2021, gb_32100_2015, zhongbanfa_2025_22]", "legal_bases: []", "legal_bases: []", "nothing may be given out without one"),
    "product with a basis there is not": Mistake(SUBJECT, "gb_32100_2015", "gb_1_1900", "gb_1_1900", "'gb_1_1900' is not in legal_bases.yaml"),
    "product under another name": Mistake(PUBLIC, "access_class: public", "access_class: authorised", "id: ", "is called 'administrative_penalty_authorised'"),
    "product of two sources": Mistake(SUBJECT, "master: subject", "master: subject\ndataset: administrative_penalty", "", "give one of dataset, master", line_off=True),
    "product of some fields": Mistake(PUBLIC, "fields: all_allowed", "fields: most", "fields: most", "'most' is neither all_allowed nor a list"),
    "subject master with a field there is not": Mistake(SUBJECT, "  - status", "  - mood", "  - mood", "'mood' is a field of no dataset"),
    "unknown key of a product": Mistake(PUBLIC, "access_class: public", "access_class: public\nsecret: yes", "secret: yes", "secret: unknown key"),
    # code tables
    "a table no field uses": Mistake("codes/registrar_pair.yaml", "hub_use_zh: 核对统一社会信用代码的前两位\n", "", "id: registrar_pair", "no field uses this table"),
    "a table said to be the hub's that fields use": Mistake("codes/record_status.yaml", "id: record_status", "id: record_status\nhub_use_zh: 无", "hub_use_zh: 无", "fields use this table"),
    "an alias twice": Mistake("codes/province.yaml", "aliases: [北京]", "aliases: [北京, 北京]", "aliases: [北京, 北京]", "alias '北京' of '110000' stands twice"),
    "a code twice": Mistake("codes/province.yaml", 'code: "120000"', 'code: "110000"', "天津市", "code '110000' stands twice"),
    "a dated code with a gap": Mistake(
        "codes/record_status.yaml", '  - {code: "1", label_zh: 有效, label_en: In force}',
        '  - {code: "1", label_zh: 有效, label_en: In force, valid_to: 2020-12-31}\n  - {code: "1", label_zh: 有效, label_en: In force, valid_from: 2021-01-02}',
        "valid_from: 2021-01-02", "code '1': no row is valid from 2021-01-01 to 2021-01-01",
    ),
    "a subject of no kind": Mistake(REGISTRATION, "subjects: [legal_person,", "subjects: [company,", "subjects: [company,", "'company' is no code of table 'subject_category'"),
    "a sample that is no code": Mistake(REGISTRATION, "    code_table: province", "    code_table: province\n    samples: [巴黎]", "samples: [巴黎]", "sample '巴黎' is not in code table 'province'"),
    "a header twice in one field": Mistake(REGISTRATION, "headers: [住所]", "headers: [住所, 住所]", "headers: [住所, 住所]", "header '住所' of 'registered_address' stands twice"),
    # the calendar
    "a holiday of another year": Mistake("calendar.yaml", "holidays: [\n      2026-01-01,", "holidays: [\n      2025-01-01,", "", "2025-01-01 is not in 2026", line_off=True),
    "a weekday worked instead of a weekend": Mistake("calendar.yaml", "working_weekends: [2026-01-04,", "working_weekends: [2026-01-05,", "working_weekends: [2026-01-05", "2026-01-05 is no weekend day"),
    "a year left out": Mistake("calendar.yaml", "year: 2027", "year: 2028", "year: 2028", "2028 does not follow 2026"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue to spoil."""
    return Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_with_file_line_and_what_to_do(folder: Path, mistake: Mistake) -> None:
    line = spoil(folder, mistake)

    first = said(mistakes_of(folder), mistake.message)

    path = folder / (mistake.named or mistake.file)
    assert first.path == path
    assert mistake.line_off or first.line in (line, item_line(path, line))
    assert has_advice(first)


def test_a_policy_that_is_missing_is_found(folder: Path) -> None:
    (folder / DISPLAY).unlink()

    [finding] = mistakes_of(folder)

    assert (finding.path, finding.message) == (folder / DISPLAY, "there is no such file; write it")


SEVERITIES = """\
id: severity
title_zh: 失信程度
source: 虚构
hub_use_zh: 测试
entries:
  - {code: minor, label_zh: 轻微, label_en: Minor}
  - {code: general, label_zh: 一般, label_en: General}
  - {code: grave, label_zh: 严重, label_en: Serious}
"""


def test_display_periods_and_severities_must_agree(folder: Path) -> None:
    (folder / "codes/severity.yaml").write_text(SEVERITIES, encoding="utf-8")

    findings = mistakes_of(folder)

    assert said(findings, "'serious' is no code of table 'severity'").path == folder / DISPLAY
    assert said(findings, "no display period for severity 'grave'").path == folder / DISPLAY


MEASURES = """\
id: measure
title_zh: 失信惩戒措施
source: 虚构
hub_use_zh: 测试
entries:
  - {code: entry_ban, label_zh: 市场禁入, label_en: Ban, rights_reducing: true, legal_bases: [BASIS]}
  - {code: closer_look, label_zh: 重点监管, label_en: Closer look, rights_reducing: false, legal_bases: [zhongbanfa_2025_22]}
"""


def measures(folder: Path, basis: str) -> list[str]:
    (folder / "codes/measure.yaml").write_text(MEASURES.replace("BASIS", basis), encoding="utf-8")
    findings = [one for one in mistakes_of(folder) if "takes away a right" in one.message]
    here = [one for one in findings if one.path == folder / "codes/measure.yaml"]
    assert all(one.line == 6 for one in here)
    assert all(has_advice(one) for one in here)
    return [one.message for one in here]


@pytest.mark.parametrize(
    "basis", ["npc_2021_administrative_penalty_law", "sc_decree_746_2021", "zhongbanfa_2025_22, sc_decree_746_2021"]
)
def test_a_measure_that_takes_away_a_right_may_rest_on_a_law_or_a_regulation(folder: Path, basis: str) -> None:
    assert measures(folder, basis) == []


@pytest.mark.parametrize(
    "basis", ["", "zhongbanfa_2025_22", "ndrc_decree_36_2025", "guobanfa_2025_22, ndrc_decree_36_2025"]
)
def test_a_policy_document_or_a_departmental_rule_takes_away_no_right(folder: Path, basis: str) -> None:
    [message] = measures(folder, basis)
    assert "'entry_ban' takes away a right" in message
    assert "a law, an administrative regulation or a local regulation is needed" in message


def test_a_local_regulation_is_enough(folder: Path) -> None:
    path = folder / LEGAL
    path.write_text(
        path.read_text(encoding="utf-8").replace("level: rule", "level: local_regulation"), encoding="utf-8"
    )
    assert measures(folder, "ndrc_decree_36_2025") == []
