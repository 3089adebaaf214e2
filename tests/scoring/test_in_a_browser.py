"""The pages in a real Chromium: quiet, drawn, readable on a phone, in the dark and on paper, by keyboard and without script."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.storage.ledger import BATCHES, TABLES
from tests.chromium import FLAGS
from tests.conftest import GOOD_CODES, Home, file, row
from tests.scoring.browsing import CHARTS, CONTRAST, WIDEST, dress, resize, show
from tests.scoring.conftest import Hub
from tests.scoring.country import deliver_a_month, events_of_a_month

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no chromium here"),
]
SCORED, MISSING, EMPTY, BROKEN, THIN, SECTOR = "510000", "230000", "540000", "630000", "660000", "samr"
PAGES = ["index", "method", SCORED, MISSING, EMPTY, BROKEN, THIN, SECTOR]
EVERY_PAGE = [*PAGES, "../index"]  # that of all periods, which has no charts
WIDTHS = [320, 390, 768, 1280, 3840]
A4_LANDSCAPE_WITHOUT_MARGINS = 1039


@pytest.fixture(scope="module")
def folder(make_hub: Callable[[], Hub]) -> Path:
    hub = make_hub()
    hub.deliver_all("sichuan", refused=9, day="2026-02-10")
    deliver_a_month(hub)
    events_of_a_month(hub)
    return hub.score().folder


@contextmanager
def chromium(profile: Path, **preferences: object) -> Iterator[Any]:
    """A browser of its own, which tells what it logs and what it asks for."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_is_quiet_and_asks_for_nothing_but_its_own_files(browser: Any, folder: Path, page: str) -> None:
    browser.get_log("browser"), browser.get_log("performance")
    show(browser, folder / f"{page}.html")
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    scripts = [] if page == "../index" else (folder.parent / "assets").glob("*.js")
    own = {path.resolve().as_uri() for path in (folder / f"{page}.html", *scripts)}
    assert {url for url in asked if url != "data:,"} == own


def test_every_chart_has_drawn_what_its_table_says(browser: Any, folder: Path) -> None:
    show(browser, folder / "index.html")
    charts = {one["kind"]: one for one in browser.execute_script(CHARTS)}
    assert set(charts) == {"distribution", "trend"}
    median = browser.execute_script(
        "return document.querySelector('#where').parentElement.querySelector('.big').innerText"
    )
    assert re.match(r"[\d.]+", median).group() in charts["trend"]["words"]  # type: ignore[union-attr]
    show(browser, folder / f"{SCORED}.html")
    charts |= {one["kind"]: one for one in browser.execute_script(CHARTS)}
    assert set(charts) == {"distribution", "trend", "dimensions", "lost", "calendar"}
    for kind, chart in charts.items():
        assert chart["drawn"], kind
        assert chart["shapes"] > 5, kind
        assert chart["height"] > 100, kind
    dearest = browser.execute_script("return document.querySelector('#indicators tbody tr .lost').innerText")
    assert dearest in charts["lost"]["words"]
    assert "✓" in charts["calendar"]["words"]


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_never_scrolls_sideways(browser: Any, folder: Path, page: str) -> None:
    show(browser, folder / f"{page}.html", WIDTHS[0])
    for width in WIDTHS:
        resize(browser, width)
        assert browser.execute_script(WIDEST, width) == [], width


@pytest.mark.parametrize("page", ["index", SCORED, MISSING, "../index"])
def test_a_page_fits_on_paper(browser: Any, folder: Path, page: str) -> None:
    show(browser, folder / f"{page}.html", dark=True)
    resize(browser, A4_LANDSCAPE_WITHOUT_MARGINS)
    dress(browser, dark=True, media="print")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= A4_LANDSCAPE_WITHOUT_MARGINS
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for chart in browser.execute_script(CHARTS):
        assert chart["right"] <= A4_LANDSCAPE_WITHOUT_MARGINS, chart["kind"]
    assert browser.execute_script(CONTRAST) == []
    resize(browser, 1280)
    dress(browser, dark=True)
    paper = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    boxes = set(re.findall(rb"/MediaBox ?\[([\d. ]+)\]", paper))
    assert {tuple(round(float(side)) for side in box.split()) for box in boxes} == {(0, 0, 842, 595)}


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_text_stands_out_in_light_and_dark(browser: Any, folder: Path, page: str) -> None:
    show(browser, folder / f"{page}.html")
    for dark in (False, True):
        dress(browser, dark=dark)
        assert browser.execute_script(CONTRAST) == [], dark


@pytest.mark.parametrize("page", ["index", SCORED, MISSING])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_screen_answers_where_better_why_and_what_first(
    browser: Any, folder: Path, page: str, width: int
) -> None:
    show(browser, folder / f"{page}.html", width)
    for name in ("where", "better", "why", "first"):
        box, words = browser.execute_script(
            f"const e = document.querySelector('[aria-labelledby={name}]');"
            "return [e.getBoundingClientRect().bottom, e.querySelector('.big').innerText]"
        )
        assert box < 844, name
        assert words.strip(), name


def test_every_region_is_reached_from_the_overview(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    show(browser, folder / "index.html")
    tiles = browser.execute_script(
        "return [...document.querySelectorAll('.tile')].map(e => [e.href, e.getBoundingClientRect().x, e.getBoundingClientRect().y])"
    )
    assert len({(x, y) for _, x, y in tiles}) == len({href for href, _, _ in tiles}) == 32
    assert all((folder / href.rsplit("/", 1)[1]).is_file() for href, _, _ in tiles)
    browser.find_element(By.CSS_SELECTOR, f".tile[href='{SCORED}.html']").click()
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith("四川省")
    browser.find_element(By.LINK_TEXT, "← 全部地区").click()
    assert browser.current_url == (folder / "index.html").as_uri()


def test_each_row_of_the_ranking_shows_denominators_on_a_phone(browser: Any, folder: Path) -> None:
    show(browser, folder / "index.html", 390)
    row = browser.execute_script("return document.querySelector('#r620000').innerText")
    assert re.search(r"\d+ / 27", row)
    assert re.search(r"[\d.]+% [\d,]+ / [\d,]+", row)
    assert re.search(r"可拿回 [\d.]+ 分\s*[\d.]+%（[\d,]+ / [\d,]+）", row)


def test_without_script_the_tables_tell_all_and_no_box_is_empty(tmp_path: Path, folder: Path) -> None:
    """Switched off as a reader does, in the settings: switched off over the debugger, a page sometimes still ran its scripts."""
    with chromium(tmp_path, **{"profile.default_content_setting_values.javascript": 2}) as browser:
        show(browser, folder / f"{SCORED}.html")
        boxes, rows = browser.execute_script(
            "return [[...document.querySelectorAll('.draw')].map(e => e.offsetHeight),"
            " ['dimensions', 'indicators-title', 'calendar-title', 'trend-title'].map(id =>"
            " document.querySelector(`[aria-labelledby=${id}]`).querySelectorAll('tbody tr').length)]"
        )
    assert set(boxes) == {0}
    assert all(rows)


def test_the_keyboard_finds_the_way(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    show(browser, folder / "index.html")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.get_attribute("class") == "skip"
    assert first.rect["x"] >= 0
    tile = browser.find_element(By.CSS_SELECTOR, ".tile")
    browser.execute_script("arguments[0].focus({focusVisible: true})", tile)
    assert tile.value_of_css_property("outline-style") == "solid"
    tile.send_keys(Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, "a.back")


def test_from_the_overview_to_the_row_that_is_wrong(browser: Any, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad indicator, its dataset, the file, the list of its rows: five clicks, and the last opens the refused row."""
    from datetime import UTC, datetime

    from selenium.webdriver.common.by import By

    from pipelines.operations import score

    monkeypatch.setitem(TABLES, "batches", BATCHES)  # the real collect writes here, with the columns it knows
    good, bad = GOOD_CODES[:2]
    home.drop("sichuan", "enterprise_registration", file(row(good), row(bad, 企业名称=""), row(GOOD_CODES[2])))
    home.collect()
    result = score(home.hub.home, home.hub.catalog, period="2026-11", as_of=datetime(2026, 12, 2, 4, tzinfo=UTC))
    show(browser, result.index)
    browser.find_element(By.CSS_SELECTOR, ".tile[href='510000.html']").click()
    line = browser.find_element(By.ID, "i-conformity_rate")
    assert "2 / 3" in line.text
    if not line.find_element(By.TAG_NAME, "details").get_attribute("open"):
        line.find_element(By.TAG_NAME, "summary").click()
    to_file = line.find_element(By.CSS_SELECTOR, "details a")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", to_file)
    to_file.click()
    target = browser.find_element(By.CSS_SELECTOR, "tr:target")
    assert "a.csv" in target.text
    findings = Path(target.find_element(By.LINK_TEXT, "逐行清单").get_attribute("href").removeprefix("file://"))
    lines = findings.read_text(encoding="utf-8-sig").splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {"3"}
    assert browser.find_element(By.CSS_SELECTOR, "#open").text.count("1 / 1") == 1
    browser.get(target.find_element(By.LINK_TEXT, "回执").get_attribute("href"))
    assert browser.current_url == (findings.parent / "receipt.html").as_uri()
    assert "a.csv" in browser.find_element(By.TAG_NAME, "body").text
