"""The audit passes on what the hub made, and finds what a hand has done to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.audit import audit
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.maintenance import maintain
from tests.conftest import AS_OF, GOOD_CODES, THREE_GOOD_ROWS, Home, file, row


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two deliveries, refused rows and two releases."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("used") / "home")))
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.drop("yunnan", "enterprise_registration", file(row("91350100M000100Y44"), row(GOOD_CODES[3]), "zu,kurz"))
    home.collect()
    home.publish()
    home.drop("yunnan", "enterprise_registration", file(row(GOOD_CODES[3], 企业名称="改名")), name="b.csv")
    home.collect(AS_OF.replace(day=23))
    home.publish(AS_OF.replace(day=23))
    return home.root


@pytest.fixture
def used(template: Path, tmp_path: Path) -> Home:
    """A copy, to be damaged."""
    return Home(Hub.open(Settings.read(shutil.copytree(template, tmp_path / "home"))))


def test_the_audit_passes_on_what_the_hub_made(used: Home) -> None:
    assert audit(used.hub) == []


@pytest.mark.usefixtures("without_the_second_route")
def test_the_audit_passes_after_maintenance_and_the_release_stays(used: Home) -> None:
    for number in range(12):
        used.drop(
            "sichuan", "enterprise_registration", file(row(GOOD_CODES[4], 注册地址=str(number))), name=f"m{number}.csv"
        )
        used.collect()
    [before] = used.publish()
    done = maintain(used.hub.home, used.hub.tables())

    assert any(one.files_after < one.files_before for one in done)
    assert audit(used.hub) == []
    [after] = used.publish()
    assert (after.release_id, after.new) == (before.release_id, False)


@pytest.mark.parametrize("what", ["lake/records", "lake/quarantine", "lake/ledger", "shared"])
@pytest.mark.parametrize("how", ["removed", "altered"])
def test_a_file_that_was_removed_or_altered_by_hand_is_found(used: Home, what: str, how: str) -> None:
    for path in sorted((used.root / what).rglob("*.parquet"))[-2:]:
        if how == "removed":
            path.unlink()
        else:
            _flip(path)

    findings = audit(used.hub)

    assert findings
    assert all(finding.subject.startswith(what) for finding in findings), findings


def test_an_altered_original_is_found(used: Home) -> None:
    original = next(path for path in sorted((used.root / "raw").glob("??/*")) if path.suffix != ".json")
    original.chmod(0o644)
    _flip(original)

    assert [finding.subject for finding in audit(used.hub)] == [original.relative_to(used.root).as_posix()]


def test_a_receipt_that_was_edited_is_found(used: Home) -> None:
    receipt = sorted((used.root / "outbox").rglob("receipt.json"))[0]
    receipt.write_text(
        receipt.read_text().replace('"accepted": 3', '"accepted": 4').replace('"refused": 2', '"refused": 1')
    )

    assert len(audit(used.hub)) == 1


def test_rows_that_vanish_from_the_lake_with_their_log_entry_are_found(used: Home) -> None:
    table = used.hub.records("enterprise_registration").open()
    assert table is not None
    table.delete("_row_number = 2")

    assert any("the ledger says" in finding.message for finding in audit(used.hub)) or audit(used.hub)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
