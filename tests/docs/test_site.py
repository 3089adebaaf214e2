"""The documentation as a site: strict, and nothing in it is loaded from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from tests.docs.pages import DOCS

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "object": "data"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


class _Loads(HTMLParser):
    """What a browser fetches by itself for a page, and the styles written in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.classes: set[str] = set()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.classes |= set(given.get("class", "").split())
        self.found += _urls(given.get("style", ""))
        self._in_style = tag == "style"
        if tag in LOADS and given.get(LOADS[tag]):
            self.found.append(given[LOADS[tag]])
        if tag == "link" and set(given.get("rel", "").split()) & LOADING_LINKS:
            self.found.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += _urls(data)


def _urls(style: str) -> list[str]:
    return re.findall(r"url\(\s*['\"]?([^'\")]+)", style) + re.findall(r"@import\s+['\"]([^'\"]+)", style)


def _loads(page: str) -> _Loads:
    parser = _Loads()
    parser.feed(page)
    return parser


def _outside(targets: list[str]) -> list[str]:
    return [target for target in targets if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", target, re.IGNORECASE)]


def test_what_is_loaded_from_elsewhere_is_seen():
    page = """<link rel="stylesheet" href="//a/b.css"><script src="https://c/d.js"></script><img src="e.png">
    <style>@import "https://f/g.css"; p{background:url(http://h/i)}</style><a href="https://j">j</a>"""
    assert _outside(_loads(page).found) == ["//a/b.css", "https://c/d.js", "http://h/i", "https://f/g.css"]


def test_every_page_is_built(site: Path):
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    written = {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")}
    assert {name.replace("README", "index") for name in written} <= built


def test_no_page_loads_anything_from_elsewhere(site: Path):
    pages = [path for path in site.rglob("*.html")]
    assert len(pages) > 30
    assert {path.name: out for path in pages if (out := _outside(_loads(path.read_text("utf-8")).found))} == {}


def test_no_style_sheet_or_picture_loads_anything_from_elsewhere(site: Path):
    sheets = [*site.rglob("*.css"), *site.rglob("*.svg")]
    assert sheets
    assert {path.name: out for path in sheets if (out := _outside(_urls(path.read_text("utf-8"))))} == {}


def test_no_page_asks_for_a_script_that_the_theme_would_fetch(site: Path):
    """Material gets mermaid, the one library it does not bring along, where a page has a diagram."""
    assert [path.name for path in site.rglob("*.html") if "mermaid" in _loads(path.read_text("utf-8")).classes] == []


def test_whatever_is_loaded_is_there(site: Path):
    lost = [
        f"{path.name}: {target}"
        for path in site.rglob("*.html")
        if path.name != "404.html"
        for target in _loads(path.read_text("utf-8")).found
        if not target.startswith("data:") and not (path.parent / re.split(r"[?#]", target)[0]).exists()
    ]
    assert lost == []


def test_the_search_knows_chinese_and_needs_no_server(site: Path):
    script = (site / "search/search_index.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("var __index = "))
    assert any("核销" in page["text"] for page in index["docs"])
    assert re.split(index["config"]["separator"], "核销退回") == ["", "核", "销", "退", "回"]


def test_chinese_lines_are_joined_without_a_blank(site: Path):
    page = (site / "managers.zh.html").read_text(encoding="utf-8")
    text = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>", "", page)
    assert re.findall(r".[\u4e00-\u9fff，。；：、]\n[\u4e00-\u9fff].", text) == []


def test_a_list_stays_a_list_when_lines_are_joined():
    names: dict[str, object] = {}
    exec((DOCS / "assets/chinese.py").read_text(encoding="utf-8"), names)
    joined = names["on_page_markdown"]
    assert callable(joined)
    assert joined("一，\n二`a`\n三。\n* 四\n1. 五\n\n六") == "一，二`a`三。\n* 四\n1. 五\n\n六"
    assert joined("```text\n一\n二\n```") == "```text\n一\n二\n```"
