"""Artefacts: the JSON files of a home, each with a model, a version, one reader and one writer.

A key the model does not know is an error: either the file was altered, or a later version of the hub wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.ground.errors import HubError
from pipelines.storage.files import write_json


class Artefact(BaseModel):
    """A file of the home; the fields are its keys, in the order in which they are written."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What a file says.

        Raises:
            FileNotFoundError: there is none.
            HubError: it is damaged, or of another version.
        """
        return cls.parse(path.read_bytes(), path)

    @classmethod
    def read_if_there(cls, path: Path) -> Self | None:
        """What a file says; None where there is none."""
        try:
            return cls.read(path)
        except FileNotFoundError:
            return None

    @classmethod
    def read_all(cls, folder: Path) -> Iterator[Self]:
        """The JSON files of a folder by name; one that its owner removes meanwhile is left out."""
        for path in sorted(folder.glob("*.json")):
            if (one := cls.read_if_there(path)) is not None:
                yield one

    @classmethod
    def parse(cls, content: bytes, path: Path) -> Self:
        """What the bytes of a file say; ``path`` is named where they cannot be used."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise HubError(
                f"{path}: is damaged, or was written by another version of the hub ({where}: {first['msg']}); "
                "restore it from a copy"
            ) from error

    def to_json(self) -> dict[str, object]:
        """Plain values, as in the file."""
        return self.model_dump(mode="json", by_alias=True)

    def write(self, path: Path) -> None:
        """Put it under a path, whole or not at all."""
        write_json(path, self.to_json())
