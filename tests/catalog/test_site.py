"""The catalogue's site: everything of the catalogue is on it, and it opens anywhere without a network."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.site import MARK, build, document, link

CATALOG = Path(__file__).parents[2] / "catalog"
DATASETS = sorted(path.stem for path in (CATALOG / "datasets").glob("*.yaml"))
PAGES = ["index", *DATASETS]
WIDTHS = [320, 390, 768, 1000, 1280, 2560]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONTRAST = """
const luminance = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/^rgba.*, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
const poor = [];
for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [luminance(getComputedStyle(e).color), luminance(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([e.tagName, e.className, e.textContent.slice(0, 20), ratio]);
}
return poor.slice(0, 5);
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(CATALOG)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(catalog, folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A catalogue to change."""
    return Path(shutil.copytree(CATALOG, tmp_path / "catalog"))


class Page(HTMLParser):
    """Text, ids, links and tags of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value or "")
            elif name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("href", "src", "srcset", "poster", "data", "action"):
                self.loaded.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_index_comes_first_and_each_dataset_has_its_page(catalog: Catalog, tmp_path: Path) -> None:
    written = build(catalog, tmp_path / "deep" / "site")
    assert [path.name for path in written] == ["index.html", *(f"{name}.html" for name in catalog.datasets)]
    assert all(path.is_file() for path in written)


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_field_is_on_its_page_with_all_its_headers(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page = Page(site / f"{dataset_id}.html")
    for field in catalog.fields(dataset_id):
        assert f"{dataset_id}.{field.id}" in page.ids
        for said in (field.title_zh, field.definition, *field.accepted_headers):
            assert spaced(said) in page.text
        if field.max_length is not None:
            assert f"最长 {field.max_length} 个字符" in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_rule_is_on_its_page_under_its_id(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page = Page(site / f"{dataset_id}.html")
    for rule in catalog.rules[dataset_id]:
        assert rule.id in page.ids
        for said in (rule.id, rule.message_zh, rule.hint_zh, rule.expected_zh):
            assert spaced(said) in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_legal_basis_is_named_in_full_on_the_page_and_on_the_index(
    site: Path, catalog: Catalog, dataset_id: str
) -> None:
    assert catalog.datasets[dataset_id].legal_bases
    for name in catalog.datasets[dataset_id].legal_bases:
        basis = catalog.legal_bases[name]
        for page in (Page(site / f"{dataset_id}.html"), Page(site / "index.html")):
            assert {f"legal.{name}"} <= set(page.ids)
            assert document(basis) in page.text
            assert basis.title_zh in document(basis)
            assert basis.number in document(basis)
            assert basis.issuer_zh in page.text


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_text_that_a_code_table_accepts_is_on_the_page(site: Path, catalog: Catalog, dataset_id: str) -> None:
    page, index = Page(site / f"{dataset_id}.html"), Page(site / "index.html")
    for field in catalog.fields(dataset_id):
        for text in catalog.code_tables[field.code_table].accepted if field.code_table else ():
            assert text in page.text
            assert text in index.text


def test_the_index_has_every_dataset_code_table_and_provider(site: Path, catalog: Catalog) -> None:
    page = Page(site / "index.html")
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
            assert (file or name) in pages, f"{name}: {target}"


def test_a_receipt_can_link_to_a_rule_and_to_a_field(site: Path, catalog: Catalog) -> None:
    for rules in catalog.rules.values():
        for anchor in (rules[-1].id, f"{rules[-1].dataset_id}.{rules[-1].field}"):
            file, _, fragment = link(anchor).partition("#")
            assert fragment in Page(site / file).ids


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_other_file_and_runs_nothing(site: Path, page: str) -> None:
    found = Page(site / f"{page}.html")
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


def test_the_page_of_a_dataset_that_is_no_more_goes_and_other_files_stay(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build(Catalog.load(copy), folder)
    (folder / "notes.html").write_text("<p>mine</p>")
    (copy / "datasets/administrative_licence.yaml").unlink()
    build(Catalog.load(copy), folder)
    assert not (folder / "administrative_licence.html").exists()
    assert (folder / "notes.html").read_text() == "<p>mine</p>"
    assert all(MARK in path.read_text(encoding="utf-8") for path in folder.glob("[!n]*.html"))


def test_conditions_are_said_in_words(site: Path) -> None:
    page = Page(site / "administrative_penalty.html")
    assert "“处罚类别”含“罚款”时必填" in page.text
    assert "“行政相对人类别”为“法人及非法人组织”或“个体工商户”时必填" in page.text
    assert "“法定代表人证件类型”已填写时必填" in page.text
    assert "数值，整数最多 12 位，小数最多 6 位" in page.text


# In a real browser.


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium here; apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


def show(browser: Any, url: str, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": scheme})
    browser.get("about:blank")
    browser.get(url)


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_quietly_and_asks_for_nothing(browser: Any, site: Path, page: str) -> None:
    url = (site / f"{page}.html").as_uri()
    browser.get_log("browser"), browser.get_log("performance")
    show(browser, url)
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert {one["request"]["url"] for one in sent if one["documentURL"] == url} - {"data:,"} == {url}


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_never_scrolls_sideways(browser: Any, site: Path, page: str, width: int) -> None:
    show(browser, (site / f"{page}.html").as_uri(), width)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    widest = browser.execute_script(
        "return Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('body *')]"
        ".filter(e => !e.closest('table')).map(e => e.getBoundingClientRect().right))"
    )
    assert widest <= width


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_on_a_phone_fields_and_rules_are_read_without_scrolling_sideways(browser: Any, site: Path, page: str) -> None:
    show(browser, (site / f"{page}.html").as_uri(), 390)
    boxes = "[...document.querySelectorAll('.scroll:has(> .stack)')]"
    assert browser.execute_script(f"return {boxes}.filter(e => e.scrollWidth > e.clientWidth).length") == 0


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_text_stands_out_in_light_and_dark(browser: Any, site: Path, page: str, dark: bool) -> None:
    show(browser, (site / f"{page}.html").as_uri(), dark=dark)
    assert browser.execute_script(CONTRAST) == []


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_on_paper_with_every_code_table_open(browser: Any, site: Path, page: str) -> None:
    a4_landscape_without_margins = 1039
    show(browser, (site / f"{page}.html").as_uri(), a4_landscape_without_margins, dark=True, media="print")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= a4_landscape_without_margins
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    cells = "[...document.querySelectorAll('details td')]"
    assert browser.execute_script(f"return {cells}.filter(e => !e.checkVisibility() || !e.offsetHeight).length") == 0


@pytest.mark.browser
def test_a_link_from_a_receipt_shows_the_rule(browser: Any, site: Path, catalog: Catalog) -> None:
    rule = catalog.rules["administrative_penalty"][-1]
    show(browser, f"{site.as_uri()}/{link(rule.id)}", 390)
    place = browser.execute_script(
        "const r = document.querySelector(':target').getBoundingClientRect(); return [r.top, r.bottom, innerHeight]"
    )
    assert 0 <= place[0] < place[1] <= place[2]
    assert rule.message_zh in browser.execute_script("return document.querySelector(':target').textContent")
