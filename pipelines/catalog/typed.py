"""YAML files to models, every mistake of every file collected with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from pipelines.catalog.models import Model
from pipelines.catalog.source import CatalogError, Document, Loc, load

M = TypeVar("M", bound=Model)

_SAID: Final = {"extra_forbidden": "unknown key", "missing": "missing"}
_USE: Final = "UseGroup"
_UNION: Final = (_USE, "Field")


class Reader:
    """Reads the files of one catalogue folder; what is wrong ends up in ``errors``, the lines in ``documents``.

    A file that is wrong gives an empty model, so that the others can be read: use nothing before ``errors`` is known to be
    empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: dict[str, Document] = {}
        self.errors: list[CatalogError] = []

    def one(self, name: str, model: type[M]) -> M:
        """One file, by its path below the folder."""
        try:
            document = load(self.folder / name)
        except CatalogError as error:
            self.errors.append(error)
            return model.model_construct()
        self.documents[name] = document
        try:
            return model.model_validate(document.data)
        except ValidationError as error:
            self.errors.extend(_errors(document, error))
            return model.model_construct()

    def each(self, part: str, model: type[M]) -> dict[str, M]:
        """Every file of a part of the catalogue by its name, which is also the id in it; those that are wrong left out."""
        found: dict[str, M] = {}
        for path in sorted((self.folder / part).glob("*.yaml")):
            name = f"{part}/{path.name}"
            before = len(self.errors)
            one = self.one(name, model)
            if len(self.errors) > before:
                continue
            given = getattr(one, "id", None)
            if given != path.stem:
                document = self.documents[name]
                self.errors.append(
                    CatalogError(path, document.line(("id",)), f"id '{given}' is not the file's name; rename one")
                )
            found[path.stem] = one
        return found


def _errors(document: Document, error: ValidationError) -> Iterator[CatalogError]:
    """One finding for each place; what pydantic says of the wrong member of a union is left out."""
    said: set[Loc] = set()
    for one in error.errors():
        loc = one["loc"]
        if _of_wrong_member(document.data, loc):
            continue
        place = _in_file(document, loc, missing=one["type"] == "missing")
        if place in said:
            continue
        said.add(place)
        where = ".".join(str(part) for part in place) or "the file"
        message = _SAID.get(one["type"], one["msg"].removeprefix("Value error, "))
        advice = "see the models of pipelines.catalog"
        yield CatalogError(document.path, document.line(place), f"{where}: {message}; {advice}")


def _of_wrong_member(data: Any, loc: Loc) -> bool:
    """True for an error of a field read as the use of a group, or the other way round."""
    for position, part in enumerate(loc):
        if part in _UNION:
            item = _at(data, loc[:position])
            uses = isinstance(item, dict) and "use" in item
            return (part == _USE) != uses
    return False


def _at(data: Any, loc: Loc) -> Any:
    for part in loc:
        data = data[part]
    return data


def _in_file(document: Document, loc: Loc, *, missing: bool) -> Loc:
    """The location without what pydantic puts in that stands in no file: members of unions, validators."""
    place: Loc = ()
    for position, part in enumerate(loc):
        last_missing = missing and position == len(loc) - 1
        if (*place, part) in document.lines or last_missing:
            place = (*place, part)
    return place
