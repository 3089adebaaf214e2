"""What lies in the inboxes and cannot be taken, each with what its owner should do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog import Catalog


@dataclass(frozen=True)
class Stray:
    """Something in the inbox that cannot be taken; it is left where it is."""

    path: Path
    zh: str
    en: str

    @property
    def message(self) -> str:
        """For the terminal: where it lies, and what its owner should do."""
        return f"{self.path}: {self.zh} {self.en}"


def stray_file(path: Path) -> Stray:
    """A file that lies beside the folders of datasets."""
    return Stray(
        path,
        "文件应放在数据集目录中（inbox/<provider_id>/<dataset_id>/），请移动后再报送。",
        "A file belongs into the folder of its dataset; move it there.",
    )


def stray_folder(path: Path) -> Stray:
    """A folder where a file should be."""
    return Stray(
        path,
        f"这是目录，不是文件；请把其中的文件直接放到 {path.parent.name}/ 下。",
        f"This is a folder, not a file; put its files directly below {path.parent.name}/.",
    )


def stray_special(path: Path) -> Stray:
    """A link, a pipe or a device."""
    return Stray(
        path,
        "这不是普通文件（是链接、管道或设备），没有读取；请把文件本身复制进来。",
        "This is no plain file (a link, a pipe or a device) and was not read; copy the file itself here.",
    )


def stray_changing(path: Path) -> Stray:
    """A file that was written to while it was copied."""
    return Stray(
        path,
        "文件正在写入，这一次没有接收，写完后下一次归集自动接收；写入时请用 .part 或 .tmp 结尾的文件名，写完再改名。",
        "The file is still being written and was not taken; the next pass takes it. Write under a name that ends in .part,"
        " and rename it when it is whole.",
    )


def stray_manifest(path: Path) -> Stray:
    """A manifest without its file."""
    return Stray(
        path,
        "清单旁边没有它所说的数据文件；清单应先于数据文件或同时放入，请把两者一起重新放入。",
        "The manifest's file does not lie beside it; drop the manifest before its file, or both together.",
    )


def stray_unreadable(path: Path, error: OSError) -> Stray:
    """A file the system does not let us read."""
    return Stray(
        path,
        f"文件读不了（{error.strerror}），未归集；请检查文件权限。",
        "The file cannot be read and was left alone; check its permissions.",
    )


def stray_provider(folder: Path, catalog: Catalog) -> Stray:
    """A folder that is no provider's."""
    known = ", ".join(sorted(catalog.providers))
    return Stray(
        folder,
        f"目录中没有报送单位“{folder.name}”，其中的文件未归集；请改用下列目录名之一。",
        f"'{folder.name}' is no provider of the catalogue, its files were left alone; use one of: {known}.",
    )
