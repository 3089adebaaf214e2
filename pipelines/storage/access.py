"""Who may read what of a home.

    inbox/ raw/ state/          0700: the hub's own account. A provider reaches its own folder through a mount or a chroot
    raw/ state/: files          0600; originals 0400
    outbox/                     0711: nobody else sees who else has an outbox
    outbox/<provider_id>/       2750 and the provider's group where the settings name one, else 0750; files 0640

Folders that somebody else owns, and links that the operator put in the place of one, are left alone. What is new below a
folder is never more open than the folder (``pipelines.storage.files``).
"""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pipelines.ground.errors import InputError
from pipelines.storage.files import make_folder
from pipelines.storage.home import Home

VARIABLE: Final = "CREDIT_HUB_OUTBOX_GROUP"
_PRIVATE: Final = 0o700
_OTHERS: Final = 0o007
_GROUP_AND_OTHERS: Final = 0o077
_FOR_A_GROUP: Final = 0o2750
_PASSED_THROUGH: Final = 0o711


def close_to_others(home: Home) -> None:
    """Make the folders of the home that are nobody else's, or take the rights of others away where a home was made without."""
    for folder in (home.inbox, home.raw, home.state, home.scratch):
        make_folder(folder)
        if _is_ours(folder) and _mode(folder) & _GROUP_AND_OTHERS:
            if folder == home.raw:
                _close_originals(home)
            folder.chmod(_PRIVATE)


def _close_originals(home: Home) -> None:
    """Once, when ``raw/`` is closed: what a home of 0.1.0 has in it."""
    for path in home.raw.glob("??/*"):
        if _is_ours(path) and (mode := _mode(path)) & _GROUP_AND_OTHERS:
            path.chmod(mode & ~_GROUP_AND_OTHERS)


def groups_of(pattern: str | None, providers: Iterable[str]) -> dict[str, int]:
    """The groups that may read outboxes, by provider: of the pattern's groups, those that the system knows.

    Args:
        pattern: name of a group, in which ``{provider}`` stands for the provider's id; None for no group.
        providers: ids.

    Raises:
        InputError: the system knows none of them.
    """
    if pattern is None:
        return {}
    known = {one.gr_name: one.gr_gid for one in grp.getgrall()}
    named = {provider: pattern.replace("{provider}", provider) for provider in providers}
    found = {provider: known[name] for provider, name in named.items() if name in known}
    if not found:
        raise InputError(
            f"{VARIABLE} is '{pattern}'; give the name of a group that is there, with {{provider}} for the id of the provider"
        )
    return found


def open_outboxes(home: Home, providers: Iterable[str], groups: Mapping[str, int]) -> None:
    """Let the group of each provider read its outbox, and nobody else who is not the hub's.

    Args:
        home: the hub's home.
        providers: whose outboxes are wanted; those that are there are seen to as well.
        groups: group by provider, from ``groups_of``.

    Raises:
        InputError: the hub may not give a folder to a group.
    """
    make_folder(home.outboxes)
    if _is_ours(home.outboxes) and _mode(home.outboxes) & 0o066:
        home.outboxes.chmod(_PASSED_THROUGH)
    there = {path.name for path in home.outboxes.iterdir() if path.is_dir() and not path.is_symlink()}
    for provider in sorted({*providers, *there}):
        _open_outbox(home.outbox_of(provider), groups.get(provider))


def _open_outbox(folder: Path, group: int | None) -> None:
    make_folder(folder)
    if not _is_ours(folder):
        return
    if group is None:
        if (mode := _mode(folder)) & _OTHERS:
            folder.chmod((mode | 0o050) & ~_OTHERS)
        return
    if folder.stat().st_gid == group and _mode(folder) == _FOR_A_GROUP:
        return
    for path in (folder, *folder.rglob("*")):
        try:
            os.chown(path, -1, group, follow_symlinks=False)
        except PermissionError as error:
            raise InputError(
                f"{path}: cannot be given to the group of {VARIABLE}; make the account of the hub a member of it"
            ) from error
        if path.is_dir():
            path.chmod(_FOR_A_GROUP)
        elif not path.is_symlink():
            path.chmod(_mode(path) & ~_OTHERS | 0o040)


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    return found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
