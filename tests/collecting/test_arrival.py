"""A file is taken when it is whole: it lies still, or a mark or a manifest says so; and what comes later is not lost."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.collecting import Arrived, take
from pipelines.collecting.deliveries import pending
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.open_folder import OpenFolder
from tests.conftest import AS_OF, GOOD_CODES, HEADER, SHARED, THREE_GOOD_ROWS, Home, file, row
from tests.effects import Change, Killed, watched

pytestmark = pytest.mark.usefixtures("without_the_second_route")

DATASET = "enterprise_registration"
SETTLE = 30.0


class Passes:
    """Passes over the inboxes of a home, some seconds after one another by the hub's clock; nobody waits for it."""

    def __init__(self, home: Home) -> None:
        self.home, self.later = home, 0.0

    def after(self, seconds: float = 0.0, settle: float = SETTLE) -> Arrived:
        self.later += seconds
        return take(
            self.home.hub.home,
            self.home.hub.catalog,
            provider=None,
            as_of=AS_OF,
            settle_seconds=settle,
            clock=lambda: time.time() + self.later,
        )

    @property
    def taken(self) -> list[tuple[str, int]]:
        """Names and sizes of what was taken, in the order of size."""
        return sorted(((one.file_name, one.bytes) for one in pending(self.home.hub.home)), key=lambda one: one[1])


@pytest.fixture
def passes(home: Home) -> Passes:
    return Passes(home)


def waiting(arrived: Arrived) -> list[str]:
    assert not arrived.unclaimed
    return [one.path.name for one in arrived.settling]


def test_a_file_is_taken_by_the_first_pass_that_finds_it_unchanged_for_so_long(home: Home, passes: Passes) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)

    first = passes.after()
    assert waiting(first) == ["a.csv"]
    left = first.settling[0].settled_at.timestamp() - time.time()
    assert 0 < left <= SETTLE
    assert waiting(passes.after(20)) == ["a.csv"]
    assert passes.taken == []
    assert waiting(passes.after(10.1)) == []
    assert passes.taken == [("a.csv", len(THREE_GOOD_ROWS.encode()))]
    assert (home.root / "inbox/sichuan/.done" / DATASET / "a.csv").exists()


def test_files_at_rest_for_long_are_taken_by_a_single_pass(home: Home, passes: Passes) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    time.sleep(0.3)
    assert waiting(passes.after(settle=0.2)) == []
    assert len(passes.taken) == 1


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_clock_of_the_file_system_that_differs_from_the_hubs_takes_nothing_early(
    home: Home, passes: Passes, ahead: int
) -> None:
    passes.later = -ahead
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    assert waiting(passes.after()) == ["a.csv"]
    assert waiting(passes.after(29)) == ["a.csv"]
    assert waiting(passes.after(2)) == []


def test_a_file_that_grows_under_an_old_time_is_still_being_written(home: Home, passes: Passes) -> None:
    """Some clients set the time of the original while they write."""
    path = home.drop("sichuan", DATASET, file(row()))
    for code in GOOD_CODES[1:4]:
        os.utime(path, ns=(10**18, 10**18))
        assert waiting(passes.after(29)) == ["a.csv"]
        with path.open("a", encoding="utf-8") as stream:
            stream.write(row(code) + "\n")
    os.utime(path, ns=(10**18, 10**18))
    passes.after(29)
    assert passes.taken == []
    assert waiting(passes.after(31)) == []
    assert passes.taken == [("a.csv", path_size(home))]


def path_size(home: Home, name: str = "a.csv") -> int:
    return (home.root / "inbox/sichuan/.done" / DATASET / name).stat().st_size


def test_a_time_in_the_future_waits_from_when_it_was_first_seen(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    os.utime(path, (time.time() + 10**6,) * 2)
    assert waiting(passes.after()) == ["a.csv"]
    assert waiting(passes.after(31)) == []


def test_where_the_file_system_keeps_no_time_of_change_only_the_hubs_own_passes_count(
    home: Home, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    time.sleep(0.3)

    def as_clients_say(folder: OpenFolder, name: str) -> os.stat_result:
        return os.stat_result((0o100600, *(0,) * 9))

    monkeypatch.setattr(OpenFolder, "touch", as_clients_say)
    assert waiting(passes.after(settle=0.2)) == ["a.csv"]
    assert waiting(passes.after(0.3, settle=0.2)) == []


def test_a_clock_that_was_set_back_begins_again(home: Home, passes: Passes) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    passes.after(1000)
    assert waiting(passes.after(-500)) == ["a.csv"]
    assert waiting(passes.after(29)) == ["a.csv"]
    assert waiting(passes.after(2)) == []


def test_a_settle_time_of_nothing_takes_every_file_at_once_and_remembers_none(home: Home, passes: Passes) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    assert waiting(passes.after(settle=0)) == []
    assert len(passes.taken) == 1
    assert not (home.root / "inbox/.clock").exists()


@pytest.mark.parametrize("mark", ["a.csv.done", "a.done"])
def test_a_mark_says_that_a_file_is_whole_and_goes_with_it(home: Home, passes: Passes, mark: str) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    path.with_name(mark).touch()
    assert waiting(passes.after()) == []
    assert len(passes.taken) == 1
    assert sorted(one.name for one in (path.parent.parent / ".done" / DATASET).iterdir()) == sorted(["a.csv", mark])
    assert not list(path.parent.iterdir())


def test_a_mark_without_the_ending_says_nothing_where_two_files_can_be_meant(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    path.with_name("a.txt").write_text(THREE_GOOD_ROWS + "\n")
    path.with_name("a.done").touch()
    assert waiting(passes.after()) == ["a.csv", "a.txt"]


def test_a_mark_of_an_earlier_file_says_nothing_of_a_new_one(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, file(row()))
    path.with_name("a.csv.done").touch()
    time.sleep(0.05)
    path.write_text(THREE_GOOD_ROWS)
    assert waiting(passes.after()) == ["a.csv"]


def test_a_mark_that_comes_after_its_file_was_taken_is_put_away_without_a_word(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    passes.after(settle=0)
    path.with_name("a.csv.done").touch()
    assert waiting(passes.after()) == []
    assert not list(path.parent.iterdir())


def test_a_mark_whose_file_never_came_is_told_when_it_lies_still(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, "", name="b.csv.done")
    assert passes.after() == Arrived()
    told = passes.after(31)
    assert ["完成标记旁边没有它所说的数据文件" in one.zh for one in told.unclaimed] == [True]
    assert path.exists()


def manifest(content: bytes, **said: object) -> str:
    return json.dumps({"sha256": hashlib.sha256(content).hexdigest()} | said)


def test_a_manifest_that_fits_says_that_a_file_is_whole(home: Home, passes: Passes) -> None:
    whole = THREE_GOOD_ROWS.encode()
    path = home.drop("sichuan", DATASET, whole[:200])
    path.with_name("a.manifest.json").write_text(manifest(whole))
    sized = home.drop("sichuan", DATASET, whole + b"\n", name="b.csv")
    sized.with_name("b.manifest.json").write_text(json.dumps({"bytes": len(whole) + 1}))
    rows_only = home.drop("sichuan", DATASET, whole + b"\n\n", name="c.csv")
    rows_only.with_name("c.manifest.json").write_text(json.dumps({"rows": 3}))

    assert waiting(passes.after()) == ["a.csv", "c.csv"]
    assert passes.taken == [("b.csv", len(whole) + 1)]
    with path.open("ab") as stream:
        stream.write(whole[200:])
    assert waiting(passes.after()) == ["c.csv"]
    assert passes.taken == [("a.csv", len(whole)), ("b.csv", len(whole) + 1)]


def test_a_file_at_rest_waits_for_its_manifest_to_be_at_rest(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    passes.after()
    path.with_name("a.manifest.json").write_text('{"rows": ')
    assert waiting(passes.after(31)) == ["a.csv"]
    path.with_name("a.manifest.json").write_text('{"rows": 3}')
    assert waiting(passes.after(20)) == ["a.csv"]
    assert waiting(passes.after(31)) == []
    assert [one.manifest["rows"] for one in pending(home.hub.home) if one.manifest] == [3]


LEFT_ALONE = [
    ".hidden.csv", "~$处罚.xlsx", "a.csv.part", "a.tmp", "处罚_大文件.csv.filepart", "a.csv.crdownload", "a.PARTIAL",
    ".a.csv.swp", "a.csv.swp", "a.lnk", "a.csv.!ut", "a.csv~", "Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini",
]  # fmt: skip


def test_names_still_being_written_and_nobodys_data_are_left_alone_without_a_word(home: Home, passes: Passes) -> None:
    folder = home.drop("sichuan", DATASET, "x", name=LEFT_ALONE[0]).parent
    for name in LEFT_ALONE:
        (folder / name).write_text("x")
        (folder.parent / name).write_text("x")
        (folder.parent.parent / name).write_text("x")
    assert passes.after(settle=0) == Arrived()
    assert passes.taken == []
    for place in (folder, folder.parent, folder.parent.parent):
        assert {one.name for one in place.iterdir() if one.is_file()} == set(LEFT_ALONE)


def half(path: Path, rows: range) -> None:
    """Some rows more, under the final name."""
    with path.open("a", encoding="utf-8") as stream:
        for number in rows:
            stream.write(row(GOOD_CODES[number % 5], 企业名称=f"成都第{number}文化有限公司") + "\n")


def test_a_writer_that_pauses_within_the_time_is_taken_whole_and_once(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, HEADER + "\n")
    half(path, range(20))
    passes.after()
    assert waiting(passes.after(25)) == ["a.csv"]
    half(path, range(20, 40))
    assert waiting(passes.after(25)) == ["a.csv"]
    assert waiting(passes.after(31)) == []
    [receipt] = home.collect()
    assert receipt["rows"]["in"] == 40


def test_a_writer_that_pauses_longer_writes_on_in_done_and_no_row_is_lost(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, HEADER + "\n")
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(row(code) + "\n" for code in GOOD_CODES[:2])
        stream.flush()
        passes.after()
        assert waiting(passes.after(31)) == []
        assert not path.exists()
        [early] = home.collect()
        stream.writelines(row(code) + "\n" for code in GOOD_CODES[2:4])
        stream.flush()
        assert waiting(passes.after()) == ["a.csv"], "it waits in .done/ too"
        stream.writelines([row(GOOD_CODES[4]) + "\n"])
    passes.after()
    assert waiting(passes.after(31)) == []
    [whole] = home.collect()

    assert (early["rows"]["in"], whole["rows"]["in"]) == (2, 5)
    assert (early["status"], whole["status"]) == ("accepted", "accepted")
    assert whole["file_name"] == "a.csv"
    assert home.records()["credit_code"].n_unique() == 5
    assert home.collect() == [], "and it is not taken a third time"


def test_a_manifest_that_fits_only_the_whole_file_takes_what_was_written_later(home: Home, passes: Passes) -> None:
    whole = THREE_GOOD_ROWS.encode()
    path = home.drop("sichuan", DATASET, whole[:250])
    path.with_name("a.csv.manifest.json").write_text(manifest(whole, rows=3))
    with path.open("ab") as stream:
        passes.after()
        passes.after(31)
        assert [one["status"] for one in home.collect()] == ["rejected"]
        stream.write(whole[250:])
    passes.after()
    passes.after(31)
    assert [(one["status"], one["manifest"]) for one in home.collect()] == [("accepted", "agreed")]


def test_a_file_in_done_that_was_only_touched_or_copied_is_not_taken_again(home: Home, passes: Passes) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    passes.after(settle=0)
    done = path.parent.parent / ".done" / DATASET / "a.csv"
    done.touch()
    assert waiting(passes.after()) == ["a.csv"]
    passes.after(31)
    copy = done.with_name("copy")
    copy.write_bytes(done.read_bytes())
    os.utime(copy, ns=(done.stat().st_atime_ns, done.stat().st_mtime_ns))
    copy.replace(done)
    assert waiting(passes.after()) == []
    assert len(passes.taken) == 1


def test_what_changed_after_a_home_of_0_1_0_took_it_is_taken_by_the_first_pass(home: Home, passes: Passes) -> None:
    """It has no record of what files looked like: they are compared with raw/ by their bytes, once."""
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    home.drop("sichuan", DATASET, file(row(GOOD_CODES[3])), name="b.csv")
    passes.after(settle=0)
    assert len(passes.taken) == 2
    home.hub.home.arrivals("sichuan").unlink()
    with (path.parent.parent / ".done" / DATASET / "b.csv").open("a", encoding="utf-8") as stream:
        stream.write(row(GOOD_CODES[4]) + "\n")
    passes.after(settle=0)
    assert sorted(name for name, _ in passes.taken) == ["a.csv", "b.csv", "b.csv"]


def test_two_files_of_one_name_lie_in_done_with_what_belongs_to_each(home: Home, passes: Passes) -> None:
    for content in (THREE_GOOD_ROWS, file(row())):
        path = home.drop("sichuan", DATASET, content)
        path.with_name("a.manifest.json").write_text(json.dumps({"bytes": len(content.encode())}))
        path.with_name("a.csv.done").touch()
        passes.after()
    done = path.parent.parent / ".done" / DATASET
    assert {one.name for one in done.iterdir()} == {
        "a.csv", "a.csv.done", "a.manifest.json", "a.2.csv", "a.2.csv.done", "a.2.csv.manifest.json",
    }  # fmt: skip


def test_collect_says_what_it_waits_for_and_until_when_and_ends_well(home: Home) -> None:
    from tests.command import run

    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDIT_HUB_SETTLE_SECONDS", "30")
        as_json = run("collect", "--home", str(home.root), "--json")
        plain = run("collect", "--home", str(home.root))
    assert (as_json.returncode, plain.returncode) == (0, 0)
    [one] = json.loads(as_json.stdout)["settling"]
    assert one["path"] == f"inbox/sichuan/{DATASET}/a.csv"
    assert one["settled_at"].endswith("Z")
    assert "文件刚有变动" in plain.stdout
    assert one["settled_at"][:-1] in plain.stdout
    assert not (home.root / "outbox/sichuan/not_taken.html").exists()


def test_a_file_that_is_written_to_while_it_is_copied_settles_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.storage import raw

    path = home.drop("sichuan", DATASET, file(row()))
    time.sleep(0.3)
    passes, copy_bytes = Passes(home), raw.copy_bytes

    def copied(source: int, target: int) -> None:
        copy_bytes(source, target)
        path.write_text(THREE_GOOD_ROWS)

    with monkeypatch.context() as patch:
        patch.setattr(raw, "copy_bytes", copied)
        assert waiting(passes.after(settle=0.2)) == ["a.csv"]
    assert passes.taken == []


def taken_twice_and_grown(root: Path, before: Callable[[Change], None]) -> tuple[list[str], list[str]]:
    """Two files, one with manifest and mark; then one of them grows in ``.done/``; what came of it, and where all lies."""
    home = Home(Hub.open(Settings.read(root)))
    for name, content in (("a.csv", THREE_GOOD_ROWS), ("b.csv", file(row()))):
        home.drop("sichuan", DATASET, content, name=name)
    folder = home.root / "inbox/sichuan" / DATASET
    (folder / "a.manifest.json").write_text('{"rows": 3}')
    (folder / "a.csv.done").touch()
    for path in folder.iterdir():
        os.utime(path, ns=(10**18, 10**18))

    def passed() -> None:
        try:
            with watched(before):
                Passes(home).after(settle=0)
        except Killed:
            Passes(home).after(settle=0)

    passed()
    with (folder.parent / ".done" / DATASET / "b.csv").open("a", encoding="utf-8") as stream:
        stream.write(row(GOOD_CODES[1]) + "\n")
    os.utime(stream.name, ns=(2 * 10**18, 2 * 10**18))
    passed()
    lies = [path.relative_to(root).as_posix() for part in ("inbox", "raw") for path in (root / part).rglob("*")]
    return [one.batch_id for one in pending(home.hub.home)], sorted(lies)


def test_a_pass_that_was_killed_anywhere_and_run_again_takes_the_same(tmp_path: Path) -> None:
    changes: list[Change] = []
    wanted = taken_twice_and_grown(tmp_path / "undisturbed", changes.append)
    kinds = {change.kind(tmp_path / "undisturbed") for change in changes}
    assert {"rename inbox/#/.done/enterprise_registration/b.csv", "replace state/arrivals/sichuan.json"} <= kinds
    assert len(wanted[0]) == 3

    for number in range(len(changes)):
        made: list[Change] = []

        def before(change: Change, made: list[Change] = made, number: int = number) -> None:
            made.append(change)
            if len(made) == number + 1:
                raise Killed

        root = tmp_path / str(number)
        assert taken_twice_and_grown(root, before) == wanted, f"killed before {changes[number]}"


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason=f"the shared cases are not here ({SHARED / 'cases'})")
def test_the_slow_upload_of_the_shared_cases_comes_whole(home: Home, passes: Passes) -> None:
    """Case 39: 20 of 40 rows under the final name, a pause in which a pass falls, the rest."""
    import runpy
    import sys

    folder = SHARED / "cases/39_slow_upload"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        base = runpy.run_path(str(folder / "base.py"))
    lines = base["tocsv"]([base["pen"](600 + number) for number in range(40)], base["PEN"]).split(b"\r\n")
    path = home.drop("sichuan", "administrative_penalty", b"\r\n".join(lines[:21]) + b"\r\n", name="上传中.csv")
    part = path.with_name("处罚_大文件.csv.filepart")
    part.write_bytes(b"\r\n".join(lines[:5]))
    with path.open("ab") as stream:
        passes.after()
        assert waiting(passes.after(25)) == ["上传中.csv"]
        stream.write(b"\r\n".join(lines[21:]))
    passes.after()
    passes.after(31)
    [receipt] = home.collect()
    assert receipt["rows"]["in"] == 40
    assert part.exists(), "case 40"
