"""What a receipt or a scorecard says of a rule leads to the rule: every link ends at an anchor of a page that is there."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from tests.catalog.pages import Page
from tests.conftest import THREE_GOOD_ROWS, file, row

BAD = file(row("91350100M000100Y4X"), row("00000000000000000O", 注册日期="2014-02-30"), row(企业名称=""))
DAY = "2026-11-22"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a province sent good and bad rows, run as its users run it."""
    home = tmp_path_factory.mktemp("home")
    for provider, content in (("sichuan", BAD), ("gansu", THREE_GOOD_ROWS)):
        folder = home / "inbox" / provider / "enterprise_registration"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(content, encoding="utf-8")
    done = CliRunner().invoke(app, ["run", "--home", str(home), "--as-of", DAY], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return home


def leads_somewhere(page: Path, target: str, known: dict[Path, Page]) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / unquote(name)).resolve() if name else page
    if not path.is_file():
        return False
    return not anchor or anchor in known.setdefault(path, Page(path)).ids


def test_every_rule_of_a_receipt_leads_to_the_place_where_it_is_explained(root: Path) -> None:
    known: dict[Path, Page] = {}
    receipts = sorted(root.glob("outbox/*/*/receipt.json"))
    rules = 0
    for path in receipts:
        receipt = json.loads(path.read_text(encoding="utf-8"))
        for rule in receipt["rules"]:
            rules += 1
            assert rule["catalog_page"] == f"enterprise_registration.html#{rule['rule_id']}"
            assert leads_somewhere(path, receipt["catalog_site"] + rule["catalog_page"], known)
    assert len(receipts) == 2
    assert rules >= 3


def test_every_link_of_a_scorecard_leads_somewhere(root: Path) -> None:
    known: dict[Path, Page] = {}
    folder = root / "scorecards" / date.fromisoformat(DAY).strftime("%Y-%m")
    to_rules = 0
    for path in folder.glob("*.html"):
        links = re.findall(r'<a [^>]*href="([^"]+)"', path.read_text(encoding="utf-8"))
        assert [target for target in links if not leads_somewhere(path, target, known)] == [], path.name
        to_rules += sum(target.startswith("../../catalog/enterprise_registration.html#") for target in links)
    assert to_rules >= 6  # the index and the page of the region name the same rules


def test_collect_alone_writes_the_site_that_its_receipts_link_to(tmp_path: Path) -> None:
    folder = tmp_path / "inbox/sichuan/enterprise_registration"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(BAD, encoding="utf-8")
    CliRunner().invoke(app, ["collect", "--home", str(tmp_path), "--as-of", DAY], catch_exceptions=False)
    assert (tmp_path / "catalog/enterprise_registration.html").is_file()
    assert (tmp_path / "catalog/templates/enterprise_registration.xlsx").is_file()
