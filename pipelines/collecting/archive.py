"""ZIP deliveries: each file inside becomes a delivery of its own, named ``archive.zip/inner.csv`` (docs/decisions/0012).

Members go straight from the archive into the raw zone, in pieces and under their digest: no name of an archive ever
becomes a path, and nothing is held whole. What an archive says of itself (sizes, ratio) is checked first, what it gives
is counted on the way.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pipelines.collecting import manifest as manifests
from pipelines.collecting.manifest import Manifest, Unusable
from pipelines.ground.limits import Limits
from pipelines.reading.format_problems import ZIP, wrong_content
from pipelines.reading.problems import Problem, Unreadable, archive, encrypted, too_large
from pipelines.reading.signature import check_protection, content_of
from pipelines.storage import raw
from pipelines.storage.home import Home

SUFFIX: Final = ".zip"
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1
_IGNORED: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_SPLIT: Final = ("请分成几个压缩包后重新报送。", "Split it into several archives and send them.")
_PLAIN: Final = ("请检查文件内容，不打包直接报送。", "Look at what is in it, and send its files unpacked.")
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError)


@dataclass(frozen=True)
class Member:
    """One file of an archive: ``name`` within it; in the raw zone, or with the problem why it is not."""

    name: str
    sha256: str
    bytes: int
    manifest: Manifest | None = None
    problem: Problem | None = None


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message_en)
        self.problem = problem


def unpack(
    home: Home, path: Path, beside: bytes | None, sha256: str, limits: Limits
) -> tuple[list[Member], Problem | None]:
    """Put every file of an archive into the raw zone.

    Args:
        home: the hub's home.
        path: the archive, in the raw zone.
        beside: the manifest that lay beside it.
        sha256: of the archive.
        limits: members, bytes, ratio, depth.

    Returns:
        The files in the order of their names, and why the archive as a whole cannot be taken; with a problem there are none.
    """
    try:
        check_protection(path)
    except Unreadable as error:
        return [], error.problem
    content = content_of(path)
    if content is not None and content.zh != ZIP.zh:
        return [], wrong_content(SUFFIX, content)
    try:
        declared, listed = _told(path, beside, sha256)
        members = list(_members(home, path, "", limits, _Budget(limits.zip_bytes, limits.zip_members), 1))
    except _Refused as refused:
        return [], refused.problem
    except Unusable as unusable:
        return [], unusable.problem
    except _BROKEN as error:
        return [], _broken(str(error) or type(error).__name__)
    if not members:
        return [], archive(
            "empty_archive",
            "压缩包里没有文件。请检查打包程序，重新报送。",
            "The archive holds no files. Check how it is made and send it again.",
        )
    return _with_manifests(members, declared, listed)


@dataclass
class _Budget:
    """What an archive, and those inside it, may still unpack."""

    bytes: int
    members: int


@dataclass(frozen=True)
class _Entry:
    info: zipfile.ZipInfo
    name: str


def _told(path: Path, beside: bytes | None, sha256: str) -> tuple[Manifest | None, dict[str, Manifest]]:
    """What the manifest beside the archive, or the one at its root, says of all its files."""
    if beside is not None:
        whole, listed = manifests.parse(beside)
        problem = manifests.bytes_differ(whole, sha256, path.stat().st_size)
        if problem is not None:
            raise _Refused(problem)
        return _without_bytes(whole), listed
    with zipfile.ZipFile(path) as package:
        for entry in _entries(package):
            if entry.name.lower() == manifests.NAME:
                return manifests.parse(_small(package, entry))
    return None, {}


def _without_bytes(whole: Manifest) -> Manifest:
    return Manifest.from_json(whole.to_json() | {"sha256": None, "bytes": None})


def _members(home: Home, path: Path, prefix: str, limits: Limits, budget: _Budget, depth: int) -> Iterator[Member]:
    with zipfile.ZipFile(path) as package:
        entries = _entries(package)
        _check(entries, path.stat().st_size, limits, budget)
        alone = {entry.name: entry for entry in entries if entry.name.endswith(manifests.SUFFIX)}
        root = {entry.name for entry in entries if entry.name.lower() == manifests.NAME and depth == 1}
        for entry in entries:
            if entry.name in alone or entry.name in root:
                continue
            yield from _member(home, package, entry, prefix, limits, budget, depth, alone)


def _member(
    home: Home,
    package: zipfile.ZipFile,
    entry: _Entry,
    prefix: str,
    limits: Limits,
    budget: _Budget,
    depth: int,
    alone: dict[str, _Entry],
) -> Iterator[Member]:
    name = prefix + entry.name
    if _unsafe(entry.name):
        yield _refused(_shown(name), entry, unsafe_name(_shown(entry.name)))
        return
    if entry.info.flag_bits & _ENCRYPTED:
        yield _refused(name, entry, encrypted(f"压缩包内的文件“{entry.name}”", f"file '{entry.name}' of the archive"))
        return
    try:
        with package.open(entry.info) as stream:
            sha256, size = raw.keep_stream(home, stream, budget.bytes)
    except raw.TooMuch as error:
        raise _Refused(_too_much(limits.zip_bytes)) from error
    except _BROKEN as error:
        yield _refused(name, entry, _broken_member(entry.name, str(error) or type(error).__name__))
        return
    budget.bytes -= size
    if entry.name.lower().endswith(SUFFIX):
        if depth >= limits.zip_depth:
            yield _refused(name, entry, _too_deep(entry.name, limits.zip_depth))
            return
        try:
            yield from _members(home, raw.path_of(home, sha256), f"{name}/", limits, budget, depth + 1)
        except _BROKEN as error:
            yield _refused(name, entry, _broken_member(entry.name, str(error) or type(error).__name__))
        return
    said, problem = _said(package, entry, alone)
    yield Member(name, sha256, size, said, problem)


def _said(package: zipfile.ZipFile, entry: _Entry, alone: dict[str, _Entry]) -> tuple[Manifest | None, Problem | None]:
    stem = entry.name.rpartition(".")[0] or entry.name
    found = alone.get(entry.name + manifests.SUFFIX) or alone.get(stem + manifests.SUFFIX)
    if found is None:
        return None, None
    try:
        return manifests.parse(_small(package, found))[0], None
    except Unusable as unusable:
        return None, unusable.problem


def _small(package: zipfile.ZipFile, entry: _Entry) -> bytes:
    with package.open(entry.info) as stream:
        return stream.read(manifests.MOST_BYTES + 1)


def _with_manifests(
    members: list[Member], declared: Manifest | None, listed: dict[str, Manifest]
) -> tuple[list[Member], Problem | None]:
    """Members with what the manifest of the archive says of them.

    The archive is refused where it lists other files than there are.
    """
    if listed:
        names = {member.name for member in members}
        for name in sorted(set(listed) - names):
            return [], manifests.differs(f"文件“{name}”", f"file '{name}'", "有", "没有")
        for name in sorted(names - set(listed)):
            return [], manifests.differs(f"文件“{name}”", f"file '{name}'", "没有", "有")
        members = [_with(member, listed[member.name]) for member in members]
    elif declared is not None:
        counted = declared.rows is not None or declared.control_totals or declared.sha256 or declared.bytes is not None
        if len(members) > 1 and counted:
            return [], manifests.differs("文件数", "files", "1（没有 files 列表）", len(members))
        members = [_with(member, declared) for member in members]
    return [
        _with_problem(m, manifests.bytes_differ(m.manifest, m.sha256, m.bytes)) if m.manifest and not m.problem else m
        for m in members
    ], None


def _with(member: Member, declared: Manifest) -> Member:
    """A manifest of the member's own goes before that of the archive."""
    return member if member.manifest else Member(member.name, member.sha256, member.bytes, declared, member.problem)


def _with_problem(member: Member, problem: Problem | None) -> Member:
    return Member(member.name, member.sha256, member.bytes, member.manifest, problem)


def _entries(package: zipfile.ZipFile) -> list[_Entry]:
    found = []
    for info in package.infolist():
        name = _name(info)
        last = PurePosixPath(name).name
        if info.is_dir() or name.startswith(_IGNORED[0]) or last in _IGNORED or last.startswith("._"):
            continue
        found.append(_Entry(info, name))
    return sorted(found, key=lambda entry: entry.name)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: archives of Chinese Windows hold GBK and do not say so."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename.replace("\\", "/")
    raw_name = info.orig_filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            # A backslash may be the second byte of a GBK character: only what is one after decoding is a separator.
            return raw_name.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return info.filename


def _check(entries: list[_Entry], packed: int, limits: Limits, budget: _Budget) -> None:
    budget.members -= len(entries)
    if budget.members < 0:
        count = limits.zip_members - budget.members
        raise _Refused(too_large("压缩包内的文件数", "Files of the archive", count, limits.zip_members, todo=_SPLIT))
    unpacked = sum(entry.info.file_size for entry in entries)
    if unpacked > budget.bytes:
        raise _Refused(_too_much(limits.zip_bytes))
    if unpacked > limits.zip_ratio_from_bytes and unpacked > limits.zip_ratio * packed:
        ratio = unpacked // max(1, packed)
        raise _Refused(too_large("压缩比", "Compression ratio", ratio, limits.zip_ratio, todo=_PLAIN))


def _unsafe(name: str) -> bool:
    parts = name.split("/")
    controls = any(ord(character) < 32 or ord(character) == 127 for character in name)
    return name.startswith("/") or ".." in parts or ":" in parts[0][:2] or controls or not parts[-1].strip()


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in name)[:200]


def _refused(name: str, entry: _Entry, problem: Problem) -> Member:
    return Member(name, "", entry.info.file_size, None, problem)


def unsafe_name(name: str) -> Problem:
    """A name that leads out of the archive, or cannot be shown."""
    return archive(
        "unsafe_name",
        f"压缩包内的文件名“{name}”含有上级目录、盘符或控制字符，该文件未入库。请用普通文件名重新打包报送。",
        f"The name '{name}' in the archive leads out of it or holds control characters; the file was not taken in. "
        "Pack it again under a plain name.",
    )


def _too_deep(name: str, limit: int) -> Problem:
    return archive(
        "archive_too_deep",
        f"压缩包套压缩包超过 {limit} 层（“{name}”），该文件未入库。请直接打包数据文件后重新报送。",
        f"Archives lie in one another more than {limit} deep ('{name}'); it was not taken in. Pack the files themselves.",
    )


def _too_much(limit: int) -> Problem:
    return archive(
        "too_large",
        f"压缩包解压后超过上限 {limit:,} 字节，整个压缩包未入库。请拆成几个压缩包后重新报送。",
        f"The archive unpacks to more than {limit:,} bytes. Nothing was taken in. Split it and send the parts.",
    )


def _broken(reason: str) -> Problem:
    return archive(
        "broken_archive",
        "压缩包损坏或者没有传完整，无法打开。请重新打包为普通 ZIP 后报送。",
        f"The archive cannot be opened ({reason[:120]}). Pack it again as a plain ZIP and send it.",
    )


def _broken_member(name: str, reason: str) -> Problem:
    return archive(
        "broken_archive",
        f"压缩包内的文件“{name}”损坏，无法解压，该文件未入库。请重新打包后报送。",
        f"The file '{name}' of the archive is damaged ({reason[:120]}) and was not taken in. Pack it again and send it.",
    )
