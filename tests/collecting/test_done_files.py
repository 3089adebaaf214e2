"""Files in ``.done/``: compared with what was taken, on other file systems too, and removed when raw/ has them for certain."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.audit import audit
from pipelines.collecting import take
from pipelines.collecting.deliveries import pending
from pipelines.collecting.removing import remove_old
from pipelines.ground.settings import Settings
from pipelines.storage import raw
from pipelines.storage.hub import Hub
from tests.conftest import AS_OF, GOOD_CODES, THREE_GOOD_ROWS, Home, file, row

DATASET = "enterprise_registration"
NOW = datetime.now(UTC)


def one_pass(home: Home) -> list[str]:
    take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF)
    return sorted(one.file_name for one in pending(home.hub.home))


def done(home: Home, name: str = "a.csv") -> Path:
    return home.root / "inbox/sichuan/.done" / DATASET / name


def about_inboxes(home: Home) -> dict[str, str]:
    return {one.subject: one.message for one in audit(home.hub) if one.subject.startswith("inbox/")}


def test_the_audit_names_a_file_that_grew_or_was_altered_after_it_was_taken(home: Home) -> None:
    for name, code in (("a.csv", GOOD_CODES[0]), ("b.csv", GOOD_CODES[1]), ("c.csv", GOOD_CODES[2])):
        home.drop("sichuan", DATASET, file(row(code)), name=name)
    one_pass(home)
    assert about_inboxes(home) == {}

    with done(home).open("a", encoding="utf-8") as stream:
        stream.write(row(GOOD_CODES[3]) + "\n")
    before = done(home, "b.csv").stat()
    done(home, "b.csv").write_text(done(home, "b.csv").read_text().replace("文艺", "演艺"))
    os.utime(done(home, "b.csv"), ns=(before.st_atime_ns, before.st_mtime_ns))

    found = about_inboxes(home)
    assert found.keys() == {f"inbox/sichuan/.done/{DATASET}/{name}" for name in ("a.csv", "b.csv")}
    grown, altered = found.values()
    assert f"sichuan, {DATASET}: grew after it was taken" in grown
    assert f"sichuan, {DATASET}: was altered after it was taken" in altered

    assert one_pass(home) == ["a.csv", "a.csv", "b.csv", "c.csv"]
    assert about_inboxes(home).keys() == {f"inbox/sichuan/.done/{DATASET}/b.csv"}


def test_a_file_is_removed_when_its_time_is_over_and_raw_holds_the_same_bytes(home: Home) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    path.with_name("a.manifest.json").write_text('{"rows": 3}')
    path.with_name("a.csv.done").touch()
    home.drop("yunnan", DATASET, file(row()), name="b.csv")
    one_pass(home)

    assert remove_old(home.hub.home, NOW + timedelta(days=29), 30) == []
    assert sorted(remove_old(home.hub.home, NOW + timedelta(days=31), 30)) == [
        f"sichuan/.done/{DATASET}/a.csv",
        f"yunnan/.done/{DATASET}/b.csv",
    ]
    assert list(done(home).parent.iterdir()) == []
    assert one_pass(home) == ["a.csv", "b.csv"], "nothing comes again"
    assert raw.path_of(home.hub.home, pending(home.hub.home)[0].sha256).exists()


def test_what_raw_does_not_hold_stays(home: Home) -> None:
    names = ("grown.csv", "altered.csv", "lost.csv", "damaged.csv")
    for number, name in enumerate(names):
        home.drop("sichuan", DATASET, file(row(GOOD_CODES[number])), name=name)
    one_pass(home)
    by_name = {one.file_name: raw.path_of(home.hub.home, one.sha256) for one in pending(home.hub.home)}
    with done(home, "grown.csv").open("a") as stream:
        stream.write("x")
    before = done(home, "altered.csv").stat()
    done(home, "altered.csv").write_bytes(b"y" * before.st_size)
    os.utime(done(home, "altered.csv"), ns=(before.st_atime_ns, before.st_mtime_ns))
    by_name["lost.csv"].unlink()
    by_name["damaged.csv"].chmod(0o600)
    by_name["damaged.csv"].write_bytes(by_name["damaged.csv"].read_bytes()[:-1])

    assert remove_old(home.hub.home, NOW + timedelta(days=99), 30) == []
    assert all(done(home, name).exists() for name in names)


def test_how_long_a_file_lies_there_is_not_the_day_of_its_receipt(home: Home) -> None:
    """Deliveries of last year are collected today: their files are kept from today on."""
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    take(home.hub.home, home.hub.catalog, provider=None, as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert remove_old(home.hub.home, NOW, 30) == []


def test_maintain_removes_them_and_says_so(home: Home) -> None:
    from pipelines.operations import tidy

    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    one_pass(home)
    assert len(tidy(home.hub, NOW + timedelta(days=31)).put_away_removed) == 1


@pytest.fixture
def disk(home: Home) -> Iterator[Path]:
    """A file system of its own in the place of the folder of one dataset."""
    folder = home.root / "inbox/sichuan" / DATASET
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_dataset_on_a_file_system_of_its_own_keeps_its_taken_files_there(home: Home, disk: Path) -> None:
    with home.drop("sichuan", DATASET, file(row())).open("a", encoding="utf-8") as stream:
        (disk / "a.csv.done").touch()
        assert one_pass(home) == ["a.csv"]
        assert {one.name for one in (disk / ".done").iterdir()} == {"a.csv", "a.csv.done"}
        assert not (disk / "a.csv").exists()
        assert one_pass(home) == ["a.csv"]
        stream.write(row(GOOD_CODES[1]) + "\n")
        stream.flush()
        assert "grew after it was taken" in about_inboxes(home)[f"inbox/sichuan/{DATASET}/.done/a.csv"]
        assert one_pass(home) == ["a.csv", "a.csv"]
    assert len(remove_old(home.hub.home, NOW + timedelta(days=31), 30)) == 1
    assert list((disk / ".done").iterdir()) == []


def test_an_inbox_on_another_file_system_than_the_raw_zone_is_taken(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here (/dev/shm)")
    elsewhere = Path(tempfile.mkdtemp(dir=memory))
    try:
        home = Home(Hub.open(Settings.read(tmp_path / "home")))
        home.root.mkdir()
        (home.root / "inbox").symlink_to(elsewhere)
        home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
        assert one_pass(home) == ["a.csv"]
        assert (elsewhere / "sichuan/.done" / DATASET / "a.csv").read_text() == THREE_GOOD_ROWS
    finally:
        shutil.rmtree(elsewhere)
