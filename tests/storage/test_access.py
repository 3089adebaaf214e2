"""Who may read what of a home: nobody but the hub its inboxes, originals and state; its provider, by a group, an outbox."""

from __future__ import annotations

import grp
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.ground.errors import InputError
from pipelines.storage.access import close_to_others, groups_of, open_outboxes
from pipelines.storage.files import make_folder, replace_file
from pipelines.storage.home import Home as Paths
from tests.conftest import THREE_GOOD_ROWS, Home, file, row

DATASET = "enterprise_registration"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """Files and folders below a folder that anybody but their owner may read, links excepted."""
    return [str(path) for path in [folder, *folder.rglob("*")] if not path.is_symlink() and mode(path) & 0o077]


@pytest.fixture
def collected(home: Home, without_the_second_route: None) -> Home:
    home.drop("sichuan", DATASET, file(row(), row("91350100M000100Y44")))
    home.collect()
    return home


def test_inboxes_originals_and_state_are_the_hubs_alone(collected: Home) -> None:
    collected.publish()
    for name in ("inbox", "raw", "state"):
        assert mode(collected.root / name) == 0o700, name
    assert open_to_others(collected.root / "raw") == []
    assert open_to_others(collected.root / "state") == []
    assert {mode(path) for path in (collected.root / "state").rglob("*") if path.is_file()} == {0o600}
    assert {mode(path) for path in (collected.root / "raw").glob("??/*.json")} == {0o600}
    assert {mode(path) for path in (collected.root / "raw").glob("??/*") if not path.suffix} == {0o400}


def test_what_providers_made_in_the_inbox_keeps_its_modes(home: Home, without_the_second_route: None) -> None:
    path = home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    path.chmod(0o664)
    path.parent.parent.chmod(0o2770)
    home.collect()
    assert mode(path.parent.parent) == 0o2770
    done = path.parent.parent / ".done"
    assert (mode(done), mode(done / DATASET / "a.csv")) == (0o2750, 0o664), "to read for the group, not to write"


def test_an_outbox_is_nobody_elses_without_a_group(collected: Home) -> None:
    outbox = collected.root / "outbox"
    assert (mode(outbox), mode(outbox / "sichuan")) == (0o711, 0o750)
    inside = list((outbox / "sichuan").rglob("*"))
    assert {mode(path) for path in inside if path.is_dir()} == {0o750}
    assert {mode(path) for path in inside if path.is_file()} == {0o640}
    assert len(inside) > 4


def test_a_home_of_0_1_0_is_closed_by_the_first_pass(home: Home) -> None:
    paths = home.hub.home
    for folder in (paths.inbox, paths.raw / "ab", paths.state, paths.outbox_of("sichuan") / "b"):
        folder.mkdir(parents=True)
    (paths.raw / "ab/abc").write_text("x")
    (paths.raw / "ab/abc").chmod(0o444)
    (paths.raw / "ab/abc.1.json").write_text("{}")
    close_to_others(paths)
    open_outboxes(paths, [], {})
    assert {mode(one) for one in (paths.inbox, paths.raw, paths.state)} == {0o700}
    assert [mode(paths.raw / "ab" / name) for name in ("abc", "abc.1.json")] == [0o400, 0o600]
    assert mode(paths.outbox_of("sichuan")) == 0o750


def test_what_somebody_else_owns_or_the_operator_linked_is_left_alone(home: Home, tmp_path: Path) -> None:
    paths = home.hub.home
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    home.root.mkdir(exist_ok=True)
    paths.inbox.symlink_to(elsewhere)
    if os.geteuid() == 0:
        paths.raw.mkdir(mode=0o755)
        os.chown(paths.raw, 1, -1)
    close_to_others(paths)
    assert mode(elsewhere) == 0o755
    assert os.geteuid() or mode(paths.raw) == 0o755


@pytest.fixture
def group() -> grp.struct_group:
    """A group that the hub's account may give files to, and is not its first one."""
    for one in grp.getgrall():
        if one.gr_gid != os.getegid() and (os.geteuid() == 0 or one.gr_gid in os.getgroups()):
            return one
    pytest.skip("this account is a member of one group only")


def test_a_providers_group_reads_its_outbox_and_no_other(
    collected: Home, group: grp.struct_group, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(collected.hub.settings, outbox_group=group.gr_name)
    opened = Home(replace(collected.hub, settings=settings))
    opened.drop("sichuan", DATASET, THREE_GOOD_ROWS, name="b.csv")
    opened.collect()

    outbox = opened.root / "outbox/sichuan"
    every = [outbox, *outbox.rglob("*")]
    assert {path.stat().st_gid for path in every} == {group.gr_gid}, "what lay there before, and what came since"
    assert {mode(path) for path in every if path.is_dir()} == {0o2750}
    assert {mode(path) for path in every if path.is_file()} == {0o640}


def test_a_group_is_named_by_the_provider_and_one_that_is_not_there_opens_nothing(group: grp.struct_group) -> None:
    [first, rest] = group.gr_name[:1], group.gr_name[1:]
    assert groups_of("{provider}" + rest, [first, "nobody-such"]) == {first: group.gr_gid}
    assert groups_of(None, ["sichuan"]) == {}
    with pytest.raises(
        InputError, match=r"CREDIT_HUB_OUTBOX_GROUP is 'no-such-\{provider\}'; give the name of a group"
    ):
        groups_of("no-such-{provider}", ["sichuan"])


def test_what_is_new_is_never_more_open_than_its_folder(tmp_path: Path) -> None:
    for wanted, inside in ((0o700, (0o700, 0o600)), (0o750, (0o750, 0o640)), (0o755, (0o755, 0o644))):
        top = tmp_path / f"{wanted:o}"
        top.mkdir()
        top.chmod(wanted)
        make_folder(top / "a/b")
        replace_file(top / "a/b/c", b"x")
        assert (mode(top / "a"), mode(top / "a/b/c")) == inside
    assert Paths(tmp_path / "new").inbox.exists() is False
