"""No link below the inboxes is followed: what it leads to is neither read nor moved, and the link is told of by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.audit import audit
from pipelines.collecting import Arrived, take
from pipelines.collecting.deliveries import pending
from pipelines.collecting.removing import remove_old
from pipelines.storage import raw
from pipelines.storage.open_folder import OpenFolder
from tests.conftest import AS_OF, GOOD_CODES, THREE_GOOD_ROWS, Home, file, row

DATASET = "enterprise_registration"
SECRET = file(row(GOOD_CODES[4], 企业名称="不该读到的公司"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that is nobody's business, with files named as those of an inbox."""
    folder = tmp_path / "outside"
    (folder / DATASET).mkdir(parents=True)
    for path in (folder / "a.csv", folder / "b.csv", folder / DATASET / "a.csv", folder / DATASET / "b.csv"):
        path.write_text(SECRET)
        os.utime(path, ns=(10**18, 10**18))
    return folder


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything of a folder that reading by name and moving would change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        one = path.lstat()
        found[path.relative_to(folder).as_posix()] = (
            one.st_mode, one.st_ino, one.st_nlink, one.st_size, one.st_mtime_ns, one.st_ctime_ns,
        )  # fmt: skip
    return found


def one_pass(home: Home) -> Arrived:
    return take(home.hub.home, home.hub.catalog, provider=None, as_of=AS_OF)


def told(arrived: Arrived, home: Home) -> dict[str, bool]:
    """What could not be taken, by path below the inbox, and whether it is said to be a link."""
    inbox = home.root / "inbox"
    return {one.path.relative_to(inbox).as_posix(): "是链接" in one.zh for one in arrived.unclaimed}


def taken(home: Home) -> list[str]:
    return sorted(one.file_name for one in pending(home.hub.home))


Link = Callable[[Path, Path], str]


def file_link(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan" / DATASET / "b.csv").symlink_to(outside / "b.csv")
    return f"sichuan/{DATASET}/b.csv"


def dataset_link(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan/honour").symlink_to(outside)
    return "sichuan/honour"


def provider_link(inbox: Path, outside: Path) -> str:
    (inbox / "gansu").symlink_to(outside)
    return "gansu"


def link_to_the_parent(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan/honour").symlink_to("..")
    return "sichuan/honour"


def link_to_a_link(inbox: Path, outside: Path) -> str:
    (inbox.parent / "first").symlink_to(outside)
    (inbox / "sichuan/honour").symlink_to(inbox.parent / "first")
    return "sichuan/honour"


def dangling(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan" / DATASET / "b.csv").symlink_to(outside / "nothing.csv")
    return f"sichuan/{DATASET}/b.csv"


def link_to_itself(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan" / DATASET / "b.csv").symlink_to("b.csv")
    return f"sichuan/{DATASET}/b.csv"


def link_under_a_name_left_alone(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan/.hidden").symlink_to(outside)
    return "sichuan/.hidden"


def manifest_link(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan" / DATASET / "a.manifest.json").symlink_to(outside / "b.csv")
    return f"sichuan/{DATASET}/a.manifest.json"


def mark_link(inbox: Path, outside: Path) -> str:
    (inbox / "sichuan" / DATASET / "a.csv.done").symlink_to(outside / "b.csv")
    return f"sichuan/{DATASET}/a.csv.done"


@pytest.mark.parametrize(
    "put",
    [
        file_link, dataset_link, provider_link, link_to_the_parent, link_to_a_link, dangling, link_to_itself,
        link_under_a_name_left_alone, manifest_link, mark_link,
    ],
)  # fmt: skip
def test_a_link_is_told_by_name_and_what_it_leads_to_is_untouched(home: Home, outside: Path, put: Link) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    where = put(home.root / "inbox", outside)
    before = snapshot(outside)

    for _ in range(2):
        assert told(one_pass(home), home) == {where: True}
        remove_old(home.hub.home, AS_OF, 1)
        audit(home.hub)

    assert taken(home) == ["a.csv"]
    assert snapshot(outside) == before
    assert (home.root / "inbox" / where).is_symlink()


def test_a_link_inside_a_folder_in_the_wrong_place_is_not_followed_either(home: Home, outside: Path) -> None:
    nested = home.drop("sichuan", DATASET, THREE_GOOD_ROWS).parent / "更深"
    nested.mkdir()
    (nested / "outside").symlink_to(outside)
    before = snapshot(outside)
    assert told(one_pass(home), home) == {f"sichuan/{DATASET}/更深": False}
    assert snapshot(outside) == before


@pytest.mark.parametrize("place", [".done", f".done/{DATASET}"])
def test_nothing_is_put_into_a_link(home: Home, outside: Path, place: str) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    link = home.root / "inbox/sichuan" / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside / DATASET if "/" in place else outside)
    before = snapshot(outside)

    assert told(one_pass(home), home) == {f"sichuan/{place}": True}
    assert taken(home) == [], "a file that cannot be put away would come again and again"
    assert path.exists()
    assert snapshot(outside) == before
    link.unlink()
    assert told(one_pass(home), home) == {}
    assert taken(home) == ["a.csv"]


def test_a_link_in_the_place_of_a_taken_file_is_neither_read_nor_compared(home: Home, outside: Path) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    one_pass(home)
    done = home.root / "inbox/sichuan/.done" / DATASET / "a.csv"
    done.unlink()
    done.symlink_to(outside / "a.csv")
    before = snapshot(outside)
    assert told(one_pass(home), home) == {f"sichuan/.done/{DATASET}/a.csv": True}
    assert [one for one in audit(home.hub) if "inbox" in one.subject] == []
    assert remove_old(home.hub.home, AS_OF.replace(year=2099), 1) == []
    assert snapshot(outside) == before
    assert taken(home) == ["a.csv"]


def swapped(path: Path, outside: Path) -> None:
    """Somebody puts a link in the place of a file or folder."""
    path.rename(path.with_name(f".{path.name}.away"))
    path.symlink_to(outside)


def test_a_folder_swapped_for_a_link_while_its_file_is_copied_moves_nothing_outside(
    home: Home, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.drop("sichuan", DATASET, THREE_GOOD_ROWS).parent
    before, copy_bytes = snapshot(outside), raw.copy_bytes

    def copied(source: int, target: int) -> None:
        copy_bytes(source, target)
        swapped(folder, outside / DATASET)

    with monkeypatch.context() as patch:
        patch.setattr(raw, "copy_bytes", copied)
        one_pass(home)
    assert snapshot(outside) == before
    assert taken(home) == ["a.csv"]
    done = folder.parent / ".done" / DATASET / "a.csv"
    assert done.read_text() == THREE_GOOD_ROWS, "the file that was checked was moved, wherever its folder is now"
    assert told(one_pass(home), home) == {f"sichuan/{DATASET}": True}


def test_a_file_swapped_for_a_link_while_it_is_copied_is_not_put_away_for_it(
    home: Home, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    before, copy_bytes = snapshot(outside), raw.copy_bytes

    def copied(source: int, target: int) -> None:
        copy_bytes(source, target)
        swapped(path, outside / "a.csv")

    with monkeypatch.context() as patch:
        patch.setattr(raw, "copy_bytes", copied)
        one_pass(home)
    assert path.is_symlink()
    assert told(one_pass(home), home) == {f"sichuan/{DATASET}/a.csv": True}
    assert snapshot(outside) == before


@pytest.mark.parametrize("what", ["folder", "open"])
def test_a_swap_between_the_look_and_the_opening_opens_no_link(
    home: Home, outside: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    name, target = (DATASET, path.parent) if what == "folder" else ("a.csv", path)
    before, real = snapshot(outside), getattr(OpenFolder, what)

    def opened(folder: OpenFolder, asked: str) -> object:
        if asked == name and not target.is_symlink():
            swapped(target, outside / DATASET if what == "folder" else outside / "a.csv")
        return real(folder, asked)

    with monkeypatch.context() as patch:
        patch.setattr(OpenFolder, what, opened)
        arrived = one_pass(home)
    assert told(arrived, home) == {target.relative_to(home.root / "inbox").as_posix(): True}
    assert taken(home) == []
    assert snapshot(outside) == before


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    real = OpenFolder.open

    def opened(folder: OpenFolder, asked: str) -> object:
        path.unlink()
        os.mkfifo(path)
        return real(folder, asked)

    with monkeypatch.context() as patch:
        patch.setattr(OpenFolder, "open", opened)
        one_pass(home)
    assert taken(home) == []


def test_a_file_with_a_second_name_is_left_alone_with_a_word(home: Home, outside: Path) -> None:
    """The hub may read more than who put it here, and the other name may lie anywhere."""
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    (home.root / "inbox/sichuan" / DATASET / "b.csv").hardlink_to(outside / "b.csv")
    before = snapshot(outside)
    arrived = one_pass(home)
    assert [(one.path.name, "硬链接" in one.zh) for one in arrived.unclaimed] == [("b.csv", True)]
    assert taken(home) == ["a.csv"]
    assert snapshot(outside) == before


def test_an_inbox_that_the_operator_put_elsewhere_is_read(home: Home, tmp_path: Path) -> None:
    """Links are refused below the inbox; the inbox itself, and the way to it, are the operator's."""
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    home.root.mkdir(exist_ok=True)
    (home.root / "inbox").symlink_to(elsewhere)
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    assert told(one_pass(home), home) == {}
    assert taken(home) == ["a.csv"]
    assert (elsewhere / "sichuan/.done" / DATASET / "a.csv").exists()
