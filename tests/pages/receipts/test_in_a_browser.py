"""Receipts and lists of open rows in a real Chromium: no request, no sideways scroll on a phone, readable in the dark, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.catalog import test_site_in_a_browser as site
from tests.conftest import GOOD_CODES, HEADER, Home, file, row

pytestmark = site.pytestmark
DATASET = "enterprise_registration"
browser = site.browser
PAGES = ("part", "rejected", "open")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A receipt with many rules and long values, one of a file that was not taken, and the list of open rows."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("pages") / "home")))
    long = {
        "企业名称": "长" * 250,
        "经营范围": "X" * 300,
        "注册资金": "9" * 120,
        "所在省份": "火星",
        "注册日期": "2014-02-30",
    }
    bad = [
        row("91350100M000100Y44", **long),
        row("110101199003070003", 企业名称="\ufffd\ufffd"),
        "zu,kurz",
        row(GOOD_CODES[1]),
    ]
    home.drop(
        "sichuan", DATASET, file(*bad), name="一个名字很长很长很长的文件_enterprise_registration_510000_20261122.csv"
    )
    home.drop("sichuan", DATASET, HEADER.replace("企业名称", "a").replace("统一社会信用代码", "b"), name="header.csv")
    found = {receipt["status"]: home.hub.home.outbox("sichuan", receipt["batch_id"]) for receipt in home.collect()}
    return {
        "part": found["partial"] / "receipt.html",
        "rejected": found["rejected"] / "receipt.html",
        "open": home.root / "outbox/sichuan/open.html",
    }


@pytest.fixture(scope="module")
def seen(browser: Any, pages: dict[str, Path]) -> dict[str, site.Seen]:
    return {name: site.visit(browser, path.as_uri(), whole=True) for name, path in pages.items()}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_asks_for_nothing_and_never_scrolls_sideways(
    seen: dict[str, site.Seen], pages: dict[str, Path], page: str
) -> None:
    assert seen[page].console == []
    assert seen[page].requests == {pages[page].as_uri()}
    assert {width: widest for width, widest in seen[page].widest.items() if widest > width} == {}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_readable_in_the_dark_and_on_paper(seen: dict[str, site.Seen], page: str) -> None:
    assert seen[page].poor == {"light": [], "dark": []}
    assert seen[page].paper_ground == "rgb(255, 255, 255)"
    assert seen[page].paper_width <= site.PAPER
    assert seen[page].hidden_on_paper == 0
    assert seen[page].wide_tables_on_a_phone == 0


def test_on_a_phone_the_verdict_and_the_next_step_stand_on_the_first_screen(
    browser: Any, pages: dict[str, Path]
) -> None:
    site.look(browser, 375)
    browser.get(pages["part"].as_uri())
    for part in ("[role=status]", "#next", "ol.steps li"):
        bottom = browser.execute_script(f"return document.querySelector('{part}').getBoundingClientRect().bottom")
        assert bottom < 844, part
