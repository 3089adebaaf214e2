"""What lies in the inboxes and cannot be taken, each with what its owner should do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog import Catalog


@dataclass(frozen=True)
class UnclaimedEntry:
    """Something in the inbox that cannot be taken; it is left where it is."""

    path: Path
    zh: str
    en: str

    @property
    def message(self) -> str:
        """For the terminal: where it lies, and what its owner should do."""
        return f"{self.path}: {self.zh} {self.en}"


def misplaced_file(path: Path) -> UnclaimedEntry:
    """A file that lies beside the folders of datasets."""
    return UnclaimedEntry(
        path,
        "文件应放在数据集目录中（inbox/<provider_id>/<dataset_id>/），请移动后再报送。",
        "A file belongs into the folder of its dataset; move it there.",
    )


def misplaced_folder(path: Path) -> UnclaimedEntry:
    """A folder where a file should be."""
    return UnclaimedEntry(
        path,
        f"这是目录，不是文件；请把其中的文件直接放到 {path.parent.name}/ 下。",
        f"This is a folder, not a file; put its files directly below {path.parent.name}/.",
    )


def no_plain_file(path: Path) -> UnclaimedEntry:
    """A link, a pipe or a device."""
    return UnclaimedEntry(
        path,
        "这不是普通文件（是链接、管道或设备），没有读取；请把文件本身复制进来。",
        "This is no plain file (a link, a pipe or a device) and was not read; copy the file itself here.",
    )


def still_being_written(path: Path) -> UnclaimedEntry:
    """A file that was written to while it was copied."""
    return UnclaimedEntry(
        path,
        "文件正在写入，这一次没有接收，写完后下一次归集自动接收；写入时请用 .part 或 .tmp 结尾的文件名，写完再改名。",
        "The file is still being written and was not taken; the next pass takes it. Write under a name that ends in .part,"
        " and rename it when it is whole.",
    )


def manifest_without_file(path: Path) -> UnclaimedEntry:
    """A manifest without its file."""
    return UnclaimedEntry(
        path,
        "清单旁边没有它所说的数据文件；清单应先于数据文件或同时放入，请把两者一起重新放入。",
        "The manifest's file does not lie beside it; drop the manifest before its file, or both together.",
    )


def unreadable_file(path: Path, error: OSError) -> UnclaimedEntry:
    """A file the system does not let us read."""
    return UnclaimedEntry(
        path,
        f"文件读不了（{error.strerror}），未归集；请检查文件权限。",
        "The file cannot be read and was left alone; check its permissions.",
    )


def unknown_provider_folder(folder: Path, catalog: Catalog) -> UnclaimedEntry:
    """A folder that is no provider's."""
    known = ", ".join(sorted(catalog.providers))
    return UnclaimedEntry(
        folder,
        f"目录中没有报送单位“{folder.name}”，其中的文件未归集；请改用下列目录名之一。",
        f"'{folder.name}' is no provider of the catalogue, its files were left alone; use one of: {known}.",
    )
