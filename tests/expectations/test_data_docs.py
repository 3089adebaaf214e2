"""Data Docs: really Great Expectations', of the latest release, and nothing in them leaves the machine."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines import expectations
from pipelines.catalog import Catalog
from pipelines.ground.errors import InputError
from pipelines.pages.data_docs import build, offline
from pipelines.publishing import gate
from pipelines.storage.hub import Hub
from tests.chromium import FLAGS
from tests.conftest import GOOD_CODES, THREE_GOOD_ROWS, Home, second_route_left_out

DATASET = "enterprise_registration"
WICKED = '<script>alert(1)</script><img src="https://example.org/a.png"> $icon $$'


def released(home: Home) -> Home:
    """Three registrations, collected and published."""
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    with second_route_left_out():
        home.collect()
        home.publish()
    return home


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pipelines.ground.settings import Settings

    home = released(Home(Hub.open(Settings.read(tmp_path_factory.mktemp("home")))))
    (index,) = build(home.hub, DATASET)
    assert index == home.root / "data_docs" / DATASET / "index.html"
    return index.parent


def suite(hub: Hub, **changes: Any) -> Path:
    """The hub's suite in a folder of its own, with the expectations' keyword arguments changed by rule."""
    target = hub.home.root / "expectations"
    target.mkdir()
    content = expectations.suite(hub.catalog, DATASET)
    for item in content["expectations"]:
        item["kwargs"] |= changes.get(item["meta"]["rule_id"].removeprefix(f"{DATASET}.").replace(".", "_"), {})
    (target / f"{DATASET}.json").write_text(json.dumps(content), encoding="utf-8")
    return target


class Loads(HTMLParser):
    """What a page could load, run or lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def test_the_pages_of_great_expectations_are_there_with_every_rule_asked(folder: Path, home: Home) -> None:
    hub = home.hub
    asked = gate.for_release(hub.catalog, DATASET, expectations.read(hub.settings.expectations, DATASET))[
        "expectations"
    ]
    assert len(asked) > 20
    (results,) = folder.glob("validations/**/*.html")
    for page in (folder / "index.html", results, folder / f"expectations/{DATASET}.html"):
        text = page.read_text(encoding="utf-8")
        for item in asked:
            assert f"<code>{item['meta']['rule_id']}</code>" in text
    text = results.read_text(encoding="utf-8")
    assert re.search(rf"Evaluated Expectations</div></td><td[^>]*><div[^>]*>{len(asked)}<", text)
    assert "Succeeded" in text
    assert "Great Expectations Version" in text


def test_no_page_has_anything_that_loads_runs_or_leaves(folder: Path) -> None:
    pages = list(folder.rglob("*.html"))
    assert len(pages) == 3
    assert [path for path in folder.rglob("*") if path.is_file()] == pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        found = Loads(text)
        assert not found.tags & {"script", "img", "iframe", "object", "embed", "form", "button", "input", "base", "svg"}
        assert not found.attributes.keys() & {"src", "srcset", "style", "action", "poster", "data", "integrity"}
        assert not [name for name in found.attributes if name.startswith("on")]
        for target in found.attributes["href"] - {"data:,"}:
            assert "//" not in target
            assert not target.startswith("#") or target[1:] == "" or f'id="{target[1:]}"' in text
            assert target.startswith("#") or (page.parent / target).resolve().is_relative_to(folder)
            assert target.startswith("#") or (page.parent / target).is_file()
        assert not re.search(r"https?:|url\(|@import|amazonaws|dataContextId|newsletter", text)


def test_the_pages_hold_counts_and_no_value_of_a_record(folder: Path) -> None:
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not [said for said in (*GOOD_CODES, "成都蜀锦文化有限公司", "文艺创作") if said in text]


def test_an_expectation_that_is_not_met_is_shown_with_its_rows(home: Home) -> None:
    released(home)
    hub = replace(
        home.hub, settings=replace(home.hub.settings, expectations=suite(home.hub, name_max_length={"parameters": [3]}))
    )
    (index,) = build(hub, None)
    text = index.read_text(encoding="utf-8")
    assert "1 项不符合" in text
    first = text[text.index("<tbody>") :].partition("</tr>")[0]
    assert f"{DATASET}.name.max_length" in first
    assert "不符合" in first
    assert re.search(r"<td>3</td>", first)
    (results,) = index.parent.glob("validations/**/*.html")
    assert "3 unexpected values found" in results.read_text(encoding="utf-8")
    assert "Failed" in results.read_text(encoding="utf-8")


def test_an_expectation_that_cannot_be_evaluated_is_no_success(home: Home) -> None:
    released(home)
    broken = suite(home.hub, name_max_length={"check": "pattern", "parameters": ["(never closed"]})
    (index,) = build(replace(home.hub, settings=replace(home.hub.settings, expectations=broken)), None)
    text = index.read_text(encoding="utf-8")
    (row,) = [part for part in text.split("<tr>") if f"{DATASET}.name.max_length" in part]
    assert "不符合" in row
    assert "未能执行" in row
    assert "全部符合" not in text


def test_made_again_the_pages_replace_the_old_ones(home: Home) -> None:
    released(home)
    (index,) = build(home.hub, DATASET)
    (index.parent / "stale.html").write_text("old")
    assert build(home.hub, DATASET) == [index]
    assert not (index.parent / "stale.html").exists()
    assert not list((home.root / "state/work").glob("*"))
    assert expectations.read(home.hub.settings.expectations, DATASET)  # and a release can still be made beside it
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS.replace("锦江区一号", "锦江区二号"), name="b.csv")
    home.collect()
    assert home.publish()[0].new
    assert build(home.hub, None) == [index]


def test_without_a_release_the_reason_and_what_to_do_are_said(home: Home) -> None:
    with pytest.raises(InputError, match=r"nothing was released yet; run 'credit-hub publish' first"):
        build(home.hub, None)
    with pytest.raises(InputError, match=r"^administrative_penalty: nothing was released yet"):
        build(home.hub, "administrative_penalty")
    assert not (home.root / "data_docs").exists()


def test_an_unknown_dataset_is_answered_with_those_there_are(home: Home) -> None:
    with pytest.raises(InputError, match=r"'no_such' is not in the catalogue; use one of: .*enterprise_registration"):
        build(home.hub, "no_such")


def test_markup_in_a_title_is_shown_and_not_obeyed(home: Home, tmp_path: Path) -> None:
    released(home)
    copy = Path(shutil.copytree(home.hub.settings.catalog, tmp_path / "catalog"))
    path = copy / f"datasets/{DATASET}.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("title_zh: 企业名称", f"title_zh: '{WICKED}'"), encoding="utf-8"
    )
    hub = replace(home.hub, catalog=Catalog.load(copy))
    (index,) = build(hub, DATASET)
    for page in index.parent.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not Loads(text).tags & {"script", "img"}
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert re.search(r"\$icon \$\$|&#36;icon &#36;&#36;", text)


@pytest.mark.parametrize(
    "harm",
    [
        '<script src="https://example.org/a.js"></script>',
        "<script>fetch('//example.org')</script>",
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<img src="https://example.org/a.png" alt="example.org">',
        "<style>@import 'https://example.org/a.css'; body { background: url(https://example.org) }</style>",
        '<iframe src="//example.org"><p>example.org</p></iframe>',
        '<object data="https://example.org"><embed src="https://example.org"></object>',
        '<svg><image href="https://example.org"/><a href="https://example.org">x</a></svg>',
        '<meta http-equiv="refresh" content="0; url=https://example.org">',
        '<div style="background: url(https://example.org)" onclick="open(\'https://example.org\')">',
        '<a href="https://example.org">',
        '<a href="//example.org">',
        "<a href=\"java&#115;cript:open('example.org')\">",
        '<base href="https://example.org">',
        '<video poster="https://example.org"><source src="https://example.org"></video>',
        "<!-- https://example.org -->",
        '<something-new src="https://example.org">example.org</something-new>',
    ],
)
def test_whatever_could_reach_out_is_left_out_and_what_follows_stays(harm: str) -> None:
    before, after = "<p>before &lt; &amp; &#36;</p>", "<p class='a'>after</p>"
    page = offline(f"<!DOCTYPE html><html><head></head><body>{before}{harm}{after}</body></html>")
    assert "example.org" not in page
    assert before in page
    assert '<p class="a">after</p>' in page


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


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["index.html", f"expectations/{DATASET}.html", "validations"])
def test_a_page_opens_quietly_and_never_scrolls_sideways(browser: Any, folder: Path, page: str, width: int) -> None:
    path = folder / page if page.endswith(".html") else next(folder.glob("validations/**/*.html"))
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    asked = {one["request"]["url"] for one in sent if one["documentURL"] == path.as_uri()}
    assert asked - {"data:,"} == {path.as_uri()}
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script("return getComputedStyle(document.querySelector('th, h4, h1')).fontSize") != ""


@pytest.mark.browser
def test_the_index_leads_to_the_results_and_these_lead_back(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    browser.get((folder / "index.html").as_uri())
    browser.find_element(By.LINK_TEXT, "Great Expectations 校验结果页").click()
    assert browser.find_element(By.TAG_NAME, "h4").text == "Expectation Validation Result"
    more = browser.find_element(By.LINK_TEXT, "Show more info...")
    hidden = browser.find_element(By.CSS_SELECTOR, ".collapse")
    assert not hidden.is_displayed()
    more.click()
    assert hidden.is_displayed()
    browser.find_element(By.LINK_TEXT, "Home").click()
    assert browser.current_url == (folder / "index.html").as_uri()
