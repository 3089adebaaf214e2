"""The catalogue's site in a real Chromium: each page is opened once, and everything is measured on it.

Quiet console, no request, no sideways scroll from a small phone to a wide screen, contrast in light and dark, on paper, by keyboard.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.links import link
from pipelines.pages.catalogue import build
from tests.chromium import FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no chromium here"),
]
CATALOG = Path(__file__).parents[2] / "catalog"
PAGES = ["index", "policies", *sorted(path.stem for path in (CATALOG / "datasets").glob("*.yaml"))]
DIFFERENT = ["index", "policies", "administrative_penalty", "serious_dishonesty", "enterprise_registration"]
OTHERS = [page for page in PAGES if page not in DIFFERENT]
SHOWN = [*DIFFERENT, *(pytest.param(page, marks=pytest.mark.long) for page in OTHERS)]
"""Every page; those made by the same template as one of the different ones are long."""
PHONES = [320, 390]
WIDTHS = [*PHONES, 768, 1000, 1280, 2560]  # of pages that differ; the others are made by the same template
PHONE = 390
PAPER = 1039  # A4 landscape without its margins
CONTRAST = """
const known = new Map(), kept = (key, make) => { if (!known.has(key)) known.set(key, make()); return known.get(key); };
const luminance = c => kept(c, () => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; });
const ground = e => !e ? 'rgb(255, 255, 255)' : kept(e, () => { const c = getComputedStyle(e).backgroundColor;
    return /^rgba.*, 0\\)$/.test(c) ? ground(e.parentElement) : c; });
const poor = [];
for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [luminance(getComputedStyle(e).color), luminance(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([e.tagName, e.className, e.textContent.slice(0, 20), ratio]);
}
return poor.slice(0, 5);
"""
WIDEST = (
    "return Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('body *')]"
    ".filter(e => !e.closest('table') && !e.matches('.skip')).map(e => e.getBoundingClientRect().right))"
)
BOXES = (
    "return [...document.querySelectorAll('.scroll:has(> .stack)')].filter(e => e.scrollWidth > e.clientWidth).length"
)
HIDDEN = (
    "return [...document.querySelectorAll('details td')].filter(e => !e.checkVisibility() || !e.offsetHeight).length"
)
GROUND = "return getComputedStyle(document.body).backgroundColor"


@dataclass
class Seen:
    """What one page showed: messages of the console, addresses asked for, and measurements."""

    console: list[Any]
    requests: set[str]
    widest: dict[int, float] = field(default_factory=dict)
    wide_tables_on_a_phone: int = 0
    poor: dict[str, list[Any]] = field(default_factory=dict)
    paper_width: int = 0
    paper_ground: str = ""
    hidden_on_paper: int = 0


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(CATALOG)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(catalog, folder)
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield started
    started.quit()


def look(browser: Any, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
    """Change the screen under the page that is open."""
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": scheme})


def visit(browser: Any, url: str, *, whole: bool) -> Seen:
    """Measure a page; ``whole``: on every screen and on paper, not only on phones."""
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    look(browser)
    browser.get(url)
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    seen = Seen(browser.get_log("browser"), {p["request"]["url"] for p in sent if p["documentURL"] == url} - {"data:,"})
    if whole:
        look(browser, PAPER, dark=True, media="print")
        seen.paper_width = browser.execute_script("return document.documentElement.scrollWidth")
        seen.paper_ground = browser.execute_script(GROUND)
        seen.hidden_on_paper = browser.execute_script(HIDDEN)
        for dark in (False, True):
            look(browser, dark=dark)
            seen.poor["dark" if dark else "light"] = browser.execute_script(CONTRAST)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in WIDTHS if whole else PHONES:
        look(browser, width)
        seen.widest[width] = browser.execute_script(WIDEST)
        if width == PHONE:
            seen.wide_tables_on_a_phone = browser.execute_script(BOXES)
    return seen


class Visits(dict[str, Seen]):
    """What each page showed; it is opened when it is asked for first."""

    def __init__(self, browser: Any, site: Path) -> None:
        super().__init__()
        self.browser, self.site = browser, site

    def __missing__(self, page: str) -> Seen:
        self[page] = visit(self.browser, (self.site / f"{page}.html").as_uri(), whole=page in DIFFERENT)
        return self[page]


@pytest.fixture(scope="module")
def seen(browser: Any, site: Path) -> Visits:
    return Visits(browser, site)


@pytest.mark.parametrize("page", SHOWN)
def test_a_page_opens_quietly_and_asks_for_nothing(seen: dict[str, Seen], site: Path, page: str) -> None:
    assert seen[page].console == []
    assert seen[page].requests == {(site / f"{page}.html").as_uri()}


@pytest.mark.parametrize("page", SHOWN)
def test_a_page_never_scrolls_sideways(seen: dict[str, Seen], page: str) -> None:
    assert {width: right for width, right in seen[page].widest.items() if right > width} == {}


@pytest.mark.parametrize("page", SHOWN)
def test_on_a_phone_no_table_scrolls_sideways_either(seen: dict[str, Seen], page: str) -> None:
    assert seen[page].wide_tables_on_a_phone == 0


@pytest.mark.parametrize("page", DIFFERENT)
def test_text_stands_out_in_light_and_dark(seen: dict[str, Seen], page: str) -> None:
    assert seen[page].poor == {"light": [], "dark": []}


@pytest.mark.parametrize("page", DIFFERENT)
def test_a_page_fits_on_paper_with_everything_open(seen: dict[str, Seen], page: str) -> None:
    assert seen[page].paper_width <= PAPER
    assert seen[page].paper_ground == "rgb(255, 255, 255)"
    assert seen[page].hidden_on_paper == 0


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_a_link_from_a_receipt_shows_the_rule(browser: Any, site: Path, catalog: Catalog, width: int) -> None:
    rule = catalog.rules["administrative_penalty"][-1]
    browser.get("about:blank")
    look(browser, width)
    browser.get(f"{site.as_uri()}/{link(rule.id)}")
    place = browser.execute_script(
        "const r = document.querySelector(':target').getBoundingClientRect(); const n = document.querySelector('nav.links');"
        "const f = getComputedStyle(n).position == 'sticky' ? n.getBoundingClientRect().bottom : 0;"
        "return [f, r.top, r.bottom, innerHeight]"
    )
    assert place[0] <= place[1] < place[2] <= place[3]
    assert rule.message_zh in browser.execute_script("return document.querySelector(':target').textContent")


def test_a_page_can_be_read_with_the_keyboard_alone(browser: Any, site: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get("about:blank")
    look(browser)
    browser.get((site / "administrative_penalty.html").as_uri())

    def press(key: str) -> str:
        browser.switch_to.active_element.send_keys(key)
        focused = browser.switch_to.active_element
        assert focused.rect["x"] >= 0
        assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused) != "none"
        return str(focused.text or focused.get_attribute("aria-label"))

    reached = [press(Keys.TAB) for _ in range(4)]
    assert reached == ["跳到正文", "公共信用信息目录", "下载填报模板（Excel）", "说明"]
    summary = browser.find_element("css selector", "details:not([open]) summary")
    summary.send_keys(Keys.ENTER)
    assert summary.find_element("xpath", "..").get_attribute("open")
    boxes = browser.execute_script("return [...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0)")
    assert boxes
