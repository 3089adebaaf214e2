"""The catalogue's site: everything of the catalogue is on it, and it opens anywhere without a network."""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.links import link
from pipelines.pages.catalogue import MARK, build, document, keep
from pipelines.pages.phrases import DatasetWords, cell, day_ranges, differing
from pipelines.screening.confirmation import REASON, SHORTEST_REASON
from pipelines.storage.home import Home
from tests.catalog.pages import Page, read, spaced

CATALOG = Path(__file__).parents[2] / "catalog"
DATASETS = sorted(path.stem for path in (CATALOG / "datasets").glob("*.yaml"))
PAGES = ["index", "policies", *DATASETS]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(CATALOG)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(catalog, folder)
    return folder


def with_examples(catalog: Catalog) -> Catalog:
    """The catalogue, one dataset of it with made-up examples on every rule over cells."""
    changed = Catalog(**{one.name: getattr(catalog, one.name) for one in fields(catalog)})
    cells = {
        "administrative_penalty.decision_date.date": ({"decision_date": "2026-03-05"}, {"decision_date": "2026-02-30"}),
        "administrative_penalty.document_number.required": ({"document_number": "示"}, {"document_number": None}),
        "administrative_penalty.decision_date.decision_date_before_valid_to": (
            {"decision_date": "2026-03-05", "valid_to": "2026-03-06"},
            {"decision_date": "2026-03-05", "valid_to": "2026-03-04"},
        ),
    }
    for rule in changed.rules["administrative_penalty"]:
        good, bad = cells.get(rule.id, ({}, {}))
        object.__setattr__(rule, "good", good)
        object.__setattr__(rule, "bad", bad)
    return changed


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A catalogue to change."""
    return Path(shutil.copytree(CATALOG, tmp_path / "catalog"))


def test_the_index_comes_first_and_each_dataset_has_its_page_and_its_workbook(catalog: Catalog, tmp_path: Path) -> None:
    written = build(catalog, tmp_path / "deep" / "site")
    pages = ["index.html", "policies.html", *(f"{name}.html" for name in catalog.datasets)]
    assert [path.name for path in written] == [*pages, *(f"{name}.xlsx" for name in catalog.datasets)]
    assert all(path.is_file() for path in written)


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_field_is_on_its_page_with_all_its_headers(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page = read(site / f"{dataset_id}.html")
    for field in catalog.fields(dataset_id):
        assert f"{dataset_id}.{field.id}" in page.ids
        for said in (field.title_zh, field.definition, *field.accepted_headers):
            assert spaced(said) in page.text
        if field.max_length is not None:
            assert f"最长 {field.max_length} 个字符" in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_rule_is_on_its_page_under_its_id(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page = read(site / f"{dataset_id}.html")
    for rule in catalog.rules[dataset_id]:
        assert rule.id in page.ids
        for said in (rule.id, rule.message_zh, rule.hint_zh, rule.expected_zh):
            assert spaced(said) in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_rules_that_can_be_confirmed_are_marked_and_the_page_says_how(
    site: Path, catalog: Catalog, dataset_id: str
) -> None:
    content = (site / f"{dataset_id}.html").read_text(encoding="utf-8")
    rows = dict(re.findall(r'<tr id="([^"]+)">(.*?)</tr>', content, flags=re.DOTALL))
    confirmable = [rule.id for rule in catalog.rules[dataset_id] if rule.confirmable]
    marked = [rule.id for rule in catalog.rules[dataset_id] if 'href="#confirm">可确认</a>' in rows[rule.id]]
    assert marked == confirmable
    if confirmable:
        assert "confirm" in read(site / f"{dataset_id}.html").ids
        assert f"其中 {len(confirmable)} 条" in read(site / f"{dataset_id}.html").text
        assert f"加一列“{REASON.title_zh}”" in content
        assert (SHORTEST_REASON, "至少四个字" in content) == (4, True)


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_legal_basis_is_named_in_full_on_the_page_and_on_the_index(
    site: Path, catalog: Catalog, dataset_id: str
) -> None:
    assert catalog.datasets[dataset_id].legal_bases
    for name in catalog.datasets[dataset_id].legal_bases:
        basis = catalog.legal_bases[name]
        for page in (read(site / f"{dataset_id}.html"), read(site / "index.html")):
            assert {f"legal.{name}"} <= set(page.ids)
            assert document(basis) in page.text
            assert basis.title_zh in document(basis)
            assert basis.number in document(basis)
            assert basis.issuer_zh in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_text_that_a_code_table_accepts_is_on_the_page(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page, index = read(site / f"{dataset_id}.html"), read(site / "index.html")
    for field in catalog.fields(dataset_id):
        for text in catalog.code_tables[field.code_table].accepted if field.code_table else ():
            assert text in page.text
            assert text in index.text


def test_the_index_has_every_dataset_code_table_and_provider(site: Path, catalog: Catalog) -> None:
    page = read(site / "index.html")
    for dataset in catalog.datasets.values():
        assert {dataset.title_zh, dataset.id} <= {word.strip() for word in page.words}
        assert f"{dataset.id}.html" in page.links
    assert {f"code.{name}" for name in catalog.code_tables} <= set(page.ids)
    assert {f"provider.{name}" for name in catalog.providers} <= set(page.ids)
    assert all(provider.title_zh in page.text for provider in catalog.providers.values())


def test_no_word_of_the_models_is_left_untranslated(site: Path, catalog: Catalog) -> None:
    """Ids stand in ``code``; anything else in snake_case in a Chinese page is a name that has no Chinese."""
    for path in site.glob("*.html"):
        visible = re.sub(r"<(style|code)>.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert re.findall(r">[^<]*\b[a-z]+_[a-z_]+\b[^<]*<", visible) == []


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    pages = {path.name: Page(path) for path in site.glob("*.html")}
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for target in page.links:
            file, _, anchor = target.partition("#")
            assert not anchor or anchor in pages[file or name].ids, f"{name}: {target}"
            assert (site / (file or name)).is_file(), f"{name}: {target}"


def test_a_receipt_can_link_to_a_rule_and_to_a_field(site: Path, catalog: Catalog) -> None:
    for rules in catalog.rules.values():
        for anchor in (rules[-1].id, f"{rules[-1].dataset_id}.{rules[-1].field}"):
            file, _, fragment = link(anchor).partition("#")
            assert fragment in read(site / file).ids


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_other_file_and_runs_nothing(site: Path, page: str) -> None:
    found = read(site / f"{page}.html")
    assert not found.tags & {"script", "img", "iframe", "object", "embed", "form"}
    assert set(found.loaded) == {"data:,"}
    assert not re.search(r"https?:|url\(|@import", (site / f"{page}.html").read_text(encoding="utf-8"))


def test_the_same_catalogue_gives_the_same_bytes(catalog: Catalog, tmp_path: Path) -> None:
    first, second = build(catalog, tmp_path / "a"), build(Catalog.load(CATALOG), tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert not list((tmp_path / "a").glob(".*"))


def test_markup_in_the_catalogue_is_shown_and_not_obeyed(copy: Path, tmp_path: Path) -> None:
    path = copy / "datasets/enterprise_registration.yaml"
    wicked = "<script>alert(1)</script><b>&quot;"
    text = path.read_text(encoding="utf-8").replace("title_zh: 企业名称", f"title_zh: '{wicked}'")
    text = text.replace("definition: 市场监管部门登记的", "definition: <img src=x onerror=alert(1)>市场监管部门登记的")
    path.write_text(text, encoding="utf-8")
    folder = tmp_path / "site"
    build(Catalog.load(copy), folder)
    for name in ("index.html", "enterprise_registration.html"):
        assert not Page(folder / name).tags & {"script", "img"}
        assert "<img src=x onerror=alert(1)>市场监管部门" in Page(folder / name).text
    page = (folder / "enterprise_registration.html").read_text(encoding="utf-8")
    assert html.escape(wicked) in page
    assert wicked in Page(folder / "enterprise_registration.html").text


def test_a_new_dataset_is_on_the_site_with_one_yaml_file(copy: Path, tmp_path: Path) -> None:
    text = (copy / "datasets/enterprise_registration.yaml").read_text(encoding="utf-8")
    text = text.replace("id: enterprise_registration", "id: made_up").replace("企业登记注册信息", "编造的目录项")
    (copy / "datasets/made_up.yaml").write_text(text.replace("owner: samr", "owner: nobody_known"), encoding="utf-8")
    folder = tmp_path / "site"
    build(Catalog.load(copy), folder)
    assert "编造的目录项" in Page(folder / "index.html").text
    assert "made_up.credit_code.checksum" in Page(folder / "made_up.html").ids
    assert "nobody_known" in Page(folder / "made_up.html").text
    assert (folder / "templates/made_up.xlsx").is_file()


def test_the_page_of_a_dataset_that_is_no_more_goes_and_other_files_stay(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build(Catalog.load(copy), folder)
    (folder / "notes.html").write_text("<p>mine</p>")
    (copy / "datasets/administrative_licence.yaml").unlink()
    build(Catalog.load(copy), folder)
    assert not (folder / "administrative_licence.html").exists()
    assert not (folder / "templates/administrative_licence.xlsx").exists()
    assert (folder / "templates/administrative_penalty.xlsx").exists()
    assert (folder / "notes.html").read_text() == "<p>mine</p>"
    assert all(MARK in path.read_text(encoding="utf-8") for path in folder.glob("[!n]*.html"))


def test_conditions_are_said_in_words(site: Path) -> None:
    page = read(site / "administrative_penalty.html")
    assert "“处罚类别”含“罚款”时必填" in page.text
    assert "“行政相对人类别”为“法人及非法人组织”或“个体工商户”时必填" in page.text
    assert "“法定代表人证件类型”已填写时必填" in page.text
    assert "数值，整数最多 12 位，小数最多 6 位" in page.text


def test_every_rule_shows_its_good_and_its_bad_example(catalog: Catalog, tmp_path: Path) -> None:
    page = Page(build(with_examples(catalog), tmp_path)[0].with_name("administrative_penalty.html"))
    assert "✓ 对" in page.text
    assert "2026-02-30" in page.text
    assert "（空）" in page.text
    assert "处罚决定日期 2026-03-05" in page.text
    assert "处罚有效期 2026-03-04" in page.text


def test_an_example_that_cannot_be_seen_is_described() -> None:
    assert cell(None) == cell("") == "（空）"
    assert cell("罚款") == "罚款"
    assert cell("锦川\u3000市") == "锦川⟨U+3000⟩市"
    assert cell(" 锦川  市 ") == "␣锦川␣␣市␣"
    assert cell("长" * 201).endswith("……（共 201 个字符）")
    assert len(cell("长" * 5001)) < 60


def test_the_characters_that_are_wrong_are_marked_where_they_are_few() -> None:
    assert differing("M000Y43", "MOOOY43") == [("M", False), ("OOO", True), ("Y43", False)]
    assert differing("2026-03-05", "2026-02-30") == [("2026-0", False), ("2", True), ("-", False), ("30", True)]
    assert differing("12", "12个") == [("12个", False)]
    assert differing("上海", "（空）") == [("（空）", False)]
    assert differing("同", "同") == [("同", False)]


def test_an_example_names_a_code_as_the_province_knows_it(catalog: Catalog) -> None:
    changed = with_examples(catalog)
    rule = next(one for one in changed.rules["administrative_penalty"] if one.id.endswith("credit_code.required_when"))
    object.__setattr__(rule, "bad", {"credit_code": None, "subject_category": "legal_person"})
    [*_, bad] = DatasetWords(changed, changed.datasets["administrative_penalty"]).examples(rule)
    assert bad.cells[-1] == ("行政相对人类别", [("法人及非法人组织", False)])


def test_a_dataset_page_says_who_owes_it_by_when(site: Path, catalog: Catalog) -> None:
    for dataset_id in catalog.datasets:
        text = read(site / f"{dataset_id}.html").text
        owed = [row for row in catalog.policies.expected_deliveries.deliveries if dataset_id in row.datasets]
        assert owed or "没有单位按期应报这个目录项" in text
        for row in owed:
            assert str(row.valid_from) in text
            assert not row.note_zh or row.note_zh in text
            assert all(catalog.providers[who].title_zh in text for who in row.who if who in catalog.providers)
    assert "省级平台（32 个）" in read(site / "administrative_penalty.html").text
    assert "记录日期之后 7 个工作日内" in read(site / "administrative_penalty.html").text
    assert "每期结束后的次月 10 日以前" in read(site / "enterprise_registration.html").text


def test_a_dataset_page_names_its_class_and_edition_with_its_dates(site: Path, catalog: Catalog) -> None:
    for dataset in catalog.datasets.values():
        text, edition = read(site / f"{dataset.id}.html").text, catalog.editions[dataset.edition]
        assert catalog.class_titles[dataset.catalogue_class] in text
        assert edition.title_zh in text
        assert str(edition.valid_from) in text


def test_every_product_says_whom_it_is_for_and_what_it_shows(site: Path, catalog: Catalog) -> None:
    index = read(site / "index.html")
    for product in catalog.products.values():
        assert product.title_zh in index.text
        page = read(site / f"{product.dataset}.html") if product.dataset else index
        assert f"product.{product.id}" in page.ids
        assert product.audience_zh in page.text
        for mask in product.masks.values():
            found = catalog.policies.masking.mask(mask)
            assert found is None or found.title_zh in page.text
    page = read(site / "administrative_penalty.html")
    assert "“行政相对人类别”不为“自然人”" in page.text
    assert "公示期限届满的记录自动撤下" in page.text


def test_a_measure_says_whether_it_takes_away_a_right_and_on_which_basis(site: Path, catalog: Catalog) -> None:
    page = read(site / "serious_dishonesty.html")
    assert "减损权利" in page.text
    for entry in catalog.code_tables["measure"].entries:
        assert {f"index.html#legal.{basis}" for basis in entry.legal_bases} <= set(page.links)


def test_policies_are_on_one_page_with_their_dates(site: Path, catalog: Catalog) -> None:
    page, policies = read(site / "policies.html"), catalog.policies
    assert "文书日期 自 2026-04-01 起" in page.text
    assert "文书日期 2023-05-01 至 2026-03-31" in page.text
    assert "文书日期 在 2023-04-30 及以前" in page.text
    for terms in policies.repair.terms:
        for said in (terms.title_zh, *terms.conditions_zh, *terms.materials_zh, *terms.effects_zh):
            assert said in page.text
        assert all(f"{one.working_days} 个工作日" in page.text for one in terms.deadlines)
    for mask in policies.masking.masks:
        assert f"mask.{mask.id}" in page.ids
        assert all(one.value in page.text and one.shown in page.text for one in mask.examples)
    for row in policies.expected_deliveries.deliveries:
        assert not row.note_zh or row.note_zh in page.text
    for year in catalog.calendar.years:
        assert f"year.{year.year}" in page.ids
        assert not year.provisional or f"{year.year} 年" in page.text
    assert "2027 年的安排尚未公布，按它算出的时限都是暂定的" in page.text


def test_days_off_are_told_as_ranges() -> None:
    days = tuple(
        map(date.fromisoformat, ("2026-01-31", "2026-02-01", "2026-02-02", "2026-04-05", "2026-05-01", "2026-05-02"))
    )
    assert day_ranges(days) == "1月31日至2月2日、4月5日、5月1日至2日"
    assert day_ranges(()) == "—"


def test_the_site_of_a_home_is_written_when_it_is_missing_or_old_and_otherwise_left_alone(
    copy: Path, tmp_path: Path
) -> None:
    home, known = Home(tmp_path / "home"), Catalog.load(copy)
    folder = keep(home, known)
    assert folder == home.site
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    keep(home, known)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == stamps

    (folder / "templates/honour.xlsx").unlink()
    keep(home, known)
    assert (folder / "templates/honour.xlsx").is_file()

    path = copy / "datasets/honour.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("title_zh: ", "title_zh: 新", 1), encoding="utf-8")
    keep(home, Catalog.load(copy))
    assert json.loads((folder / "site.json").read_text())["catalog_version"] == Catalog.load(copy).version
    assert "新" in Page(folder / "honour.html").text


def test_a_site_that_was_left_half_written_is_written_again(catalog: Catalog, tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, catalog)
    (home.site / "site.json").unlink()
    (home.site / "index.html").write_text("half")
    keep(home, catalog)
    assert "公共信用信息目录" in Page(home.site / "index.html").text
