"""YAML of the catalogue with the line of every key, so that a finding names file and line.

A key given twice is an error: PyYAML keeps the last one silently, which is how a rule gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from pipelines.ground.errors import InputError

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Loc = tuple[str | int, ...]


class CatalogError(InputError):
    """The catalogue says something impossible; names file, line and what to do."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


@dataclass(frozen=True)
class Document:
    """One YAML file: its data and the line (from 1) on which each key or item stands."""

    path: Path
    data: Any
    lines: dict[Loc, int]

    def line(self, loc: Loc) -> int:
        """Line of the innermost known part of a location such as ``("fields", 3, "type")``."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)


def load(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        CatalogError: there is no such file, it is no YAML, or a key stands twice.
    """
    lines: dict[Loc, int] = {(): 1}
    if not path.is_file():
        raise CatalogError(path, 1, "there is no such file; write it")
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CatalogError(path, mark.line + 1 if mark else 1, f"not YAML: {error}; correct the syntax") from error
    except UnicodeDecodeError as error:
        raise CatalogError(path, 1, "not UTF-8; save the file as UTF-8") from error
    return Document(path, None if node is None else _build(path, node, (), lines), lines)


def _build(path: Path, node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> Any:
    match node:
        case yaml.MappingNode():
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                line = key_node.start_mark.line + 1
                if key in result:
                    raise CatalogError(path, line, f"key '{key}' stands twice; keep one")
                lines[(*loc, key)] = line
                result[key] = _build(path, value_node, (*loc, key), lines)
            return result
        case yaml.SequenceNode():
            items = []
            for index, item in enumerate(node.value):
                lines[(*loc, index)] = item.start_mark.line + 1
                items.append(_build(path, item, (*loc, index), lines))
            return items
        case yaml.ScalarNode(tag="tag:yaml.org,2002:str"):
            return str(node.value)
        case yaml.ScalarNode():
            try:
                return yaml.constructor.SafeConstructor().construct_object(node)
            except ValueError as error:
                line = node.start_mark.line + 1
                raise CatalogError(path, line, f"'{node.value}' is no value: {error}; correct it") from error
        case _:
            raise CatalogError(path, node.start_mark.line + 1, f"unknown kind of YAML node {node.tag}")
