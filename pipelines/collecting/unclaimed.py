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


def link(path: Path) -> UnclaimedEntry:
    """A link to a file or a folder, wherever it leads."""
    return UnclaimedEntry(
        path,
        "这不是普通文件，是链接；总枢纽不读取链接指向的内容，也不移动。请删除链接，把文件本身复制进来。",
        "This is a link; what it leads to was neither read nor moved. Remove it, and copy the file itself here.",
    )


def several_names(path: Path) -> UnclaimedEntry:
    """A file that has another name somewhere else (a hard link)."""
    return UnclaimedEntry(
        path,
        "这个文件还有别的名字（硬链接），没有读取；请把文件复制一份放进来，再删除这个链接。",
        "This file has another name elsewhere (a hard link) and was not read; put a copy here instead.",
    )


def no_plain_file(path: Path) -> UnclaimedEntry:
    """A pipe or a device."""
    return UnclaimedEntry(
        path,
        "这不是普通文件（是管道或设备），没有读取；请把文件本身复制进来。",
        "This is no plain file (a pipe or a device) and was not read; copy the file itself here.",
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


def mark_without_file(path: Path) -> UnclaimedEntry:
    """A mark without its file."""
    return UnclaimedEntry(
        path,
        "完成标记旁边没有它所说的数据文件；请先放数据文件，写完后再放“<文件名>.done”标记。",
        "The mark's file does not lie beside it; write the file first, then the mark '<name>.done'.",
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
