"""The pages in a real Chromium: quiet console, no request, readable on a phone, in the dark and on paper."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scorecard.conftest import Hub
from tests.scorecard.country import deliver_a_month

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no chromium here"),
]
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
PAGES = ["index", "510000", "620000", "230000", "540000", "630000", "660000"]
WIDTHS = [320, 390, 768, 1280, 3840]
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
return poor;
"""


@pytest.fixture(scope="module")
def folder(make_hub: Callable[[], Hub]) -> Path:
    hub = make_hub()
    deliver_a_month(hub)
    return hub.score().folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def show(browser: Any, path: Path, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": scheme})
    browser.get(path.as_uri())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_and_asks_for_nothing(browser: Any, folder: Path, page: str) -> None:
    browser.get_log("browser"), browser.get_log("performance")
    show(browser, folder / f"{page}.html")
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if url != "data:,"} == {(folder / f"{page}.html").as_uri()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_never_scrolls_sideways(browser: Any, folder: Path, page: str, width: int) -> None:
    show(browser, folder / f"{page}.html", width)
    widest = browser.execute_script(
        "return Math.max(document.documentElement.scrollWidth,"
        " ...[...document.querySelectorAll('body *')].filter(e => !e.closest('thead'))"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert widest <= width


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_on_paper(browser: Any, folder: Path, page: str) -> None:
    a4_landscape_without_margins = 1039
    show(browser, folder / f"{page}.html", a4_landscape_without_margins, dark=True, media="print")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= a4_landscape_without_margins
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_text_stands_out_in_light_and_dark(browser: Any, folder: Path, page: str, dark: bool) -> None:
    show(browser, folder / f"{page}.html", dark=dark)
    assert browser.execute_script(CONTRAST) == []


def test_the_first_screen_answers_where_why_and_what_first(browser: Any, folder: Path) -> None:
    show(browser, folder / "index.html", 1280)
    for name in ("where", "why", "first"):
        bottom = browser.execute_script(
            f"return document.querySelector('[aria-labelledby={name}]').getBoundingClientRect().bottom"
        )
        assert bottom < 844


def test_every_region_is_reached_from_the_overview(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    show(browser, folder / "index.html")
    tiles = browser.find_elements(By.CSS_SELECTOR, ".tile")
    assert len(tiles) == 32
    assert len({(tile.rect["x"], tile.rect["y"]) for tile in tiles}) == 32
    for link in {tile.get_attribute("href") for tile in tiles}:
        browser.get(link)
        assert browser.find_element(By.TAG_NAME, "h1").text
        assert browser.find_element(By.LINK_TEXT, "← 全部地区")


def test_each_row_of_the_ranking_shows_denominators_on_a_phone(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    show(browser, folder / "index.html", 390)
    row = browser.find_element(By.ID, "r620000")
    assert all(small.is_displayed() for small in row.find_elements(By.CSS_SELECTOR, "small"))
    assert "6 / 7" in row.text
