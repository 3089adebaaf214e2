"""The site in a real Chromium, opened from a folder and with every name of a host unknown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no chromium here"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    profile = tmp_path_factory.mktemp("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def _show(browser: Any, page: Path, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page.as_uri())


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["index", "tutorial", "engineers", "managers.zh", "glossary", "decisions/index"])
def test_a_page_is_quiet_never_scrolls_sideways_and_stays_in_its_folder(
    browser: Any, site: Path, page: str, width: int
):
    browser.get_log("browser"), browser.get_log("performance")
    _show(browser, site / f"{page}.html", width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    # The first page a browser opens follows its own new-tab page, which may still be loading.
    own = (site.as_uri(), "data:", "blob:", "chrome://", "chrome-untrusted://")
    assert [url for url in asked if not url.startswith(own)] == []


@pytest.mark.parametrize(("words", "page"), [("核销", "providers.zh.html"), ("pseudonym key", "engineers.html")])
def test_the_search_finds_both_languages_without_a_server(browser: Any, site: Path, words: str, page: str):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    _show(browser, site / "index.html", 1280)
    box = browser.find_element(By.CSS_SELECTOR, "input.md-search__input")
    box.click()
    box.send_keys(words)
    WebDriverWait(browser, 20).until(
        lambda it: any(
            page in (link.get_attribute("href") or "")
            for link in it.find_elements(By.CSS_SELECTOR, "a.md-search-result__link")
        ),
        f"no result leads to {page}",
    )
