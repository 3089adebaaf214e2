"""From any page to any other period: by a page of all periods that alone is rebuilt, for issued pages are not written again."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipelines.scoring.period import Period
from tests.scoring.conftest import AS_OF, Hub

SICHUAN = "510000"


def pages(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.html")}


def nav(page: Path) -> list[tuple[str, str]]:
    """Address and words of the links to other periods."""
    part = page.read_text().partition('aria-label="其他期间">')[2].partition("</nav>")[0]
    return re.findall(r'<a href="([^"]+)">([^<]+)</a>', part)


@pytest.mark.parametrize(
    ("label", "near"),
    [
        ("2026-03", "2026-02 2026-04 2026-Q1 2026"),
        ("2026-Q1", "2025-Q4 2026-Q2 2026 2026-01 2026-02 2026-03"),
        ("2025", "2024 2026 2025-Q1 2025-Q2 2025-Q3 2025-Q4"),
    ],
)
def test_near_are_the_periods_beside_above_and_within(label: str, near: str) -> None:
    found = [one.label for one in Period.parse(label, AS_OF).near()]
    assert found == near.split()


def test_a_manager_gets_from_any_page_to_last_month_the_quarter_the_year_and_to_what_came_later(hub: Hub) -> None:
    hub.workbook = True
    for month in ("01", "02", "03"):
        hub.deliver_all("sichuan", refused=3, day=f"2026-{month}-10")
    hub.score("2026-01")
    issued = pages(hub.home.scorecards / "2026-01")
    hub.score("2026-02")
    hub.score("2026-Q1")
    march = hub.score()
    year = hub.score("2026")
    assert pages(hub.home.scorecards / "2026-01") == issued, "what was issued is not touched"
    assert nav(march.regions[SICHUAN]) == [
        (f"../index.html#u{SICHUAN}", "全部期间"),
        (f"../2026-02/{SICHUAN}.html", "2026年2月"),
        (f"../2026-Q1/{SICHUAN}.html", "2026年第一季度"),
    ]
    assert ("../2026-Q1/index.html", "2026年第一季度") in nav(year.index)
    assert nav(hub.home.scorecards / "2026-01/index.html") == [("../index.html", "全部期间")]
    index = hub.home.scorecards / "index.html"
    text = index.read_text()
    for label in ("2026-01", "2026-02", "2026-03", "2026-Q1", "2026"):
        assert f'href="{label}/index.html"' in text
        assert label in ("2026", "2026-Q1") or f'href="{label}/{SICHUAN}.html"' in text
    assert text.index("2026年3月") < text.index("2026年2月") < text.index("2026年1月")
    assert f'id="u{SICHUAN}"' in text
    for page in hub.home.scorecards.rglob("*.html"):
        for link in re.findall(r'href="([^"#]+)', page.read_text()):
            if not link.startswith(("data:", "../../")):
                assert (page.parent / unquote(link)).exists(), (page, link)


def test_the_page_of_all_periods_says_which_versions_there_are_and_what_each_total_is_of(hub: Hub) -> None:
    hub.deliver_all("sichuan", refused=3, day="2026-03-10")
    first = hub.score()
    hub.deliver("sichuan", rows=100, refused=90, day="2026-03-20")
    second = hub.score()
    text = (hub.home.scorecards / "index.html").read_text()
    assert second.version.number == 2
    assert 'href="2026-03/versions/1/index.html"' in text
    assert "1 / 32 个有总分的地区的中位数" in text
    total = second.frame.filter(second.frame["indicator"] == "total", second.frame["region_code"] == SICHUAN)[
        "score"
    ].item()
    assert f"{int(total * 100) / 100:.2f}" in text
    assert total != first.frame.filter(first.frame["indicator"] == "total")["score"].drop_nulls().item()
