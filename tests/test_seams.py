"""How tests reach into the program: by public names only, and into the catalogue by its models."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.conftest import ROOT

PATCHING: Final = {"setattr", "delattr", "patch", "object"}
PRIVATE: Final = re.compile(r"(?:^|\.)_(?!_)\w+$")
STUB: Final = re.compile(r"^\s*\w+(?:\.\w+)+ = (?:lambda\b|\w+\.\w+ = )", re.MULTILINE)
POLICY_FILE: Final = re.compile(r"^(?:policies|products)/\w+\.yaml$")
WRITES_THE_TEXT_OF_POLICIES: Final = ("tests/catalog/test_check.py", "tests/catalog/test_check_whole.py")
"""Tests of ``catalog check``, whose input is the text of a catalogue."""


def names_of_the_program(tree: ast.AST) -> set[str]:
    """Names that a file binds to modules and objects of ``pipelines``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pipelines":
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def is_patch(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in PATCHING


def private_uses(tree: ast.AST) -> Iterator[str]:
    """Private names of the program that are patched or used, and stubs of it that are written as text."""
    own = names_of_the_program(tree)
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == "pipelines":
                yield from (f"line {node.lineno}: imports {one.name}" for one in names if PRIVATE.search(one.name))
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in own and PRIVATE.search(name):
                yield f"line {node.lineno}: {owner}.{name}"
            case ast.Call(args=arguments) if is_patch(node):
                texts = [one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                yield from (f"line {node.lineno}: patches {one}" for one in texts if PRIVATE.search(one))
            case ast.Constant(value=str(text)) if "pipelines" in text and STUB.search(text):
                yield f"line {node.lineno}: a stub as text"


def policy_files(tree: ast.AST) -> Iterator[str]:
    """Files of policies and products that a test changes as text."""
    replaces = any(
        isinstance(node, ast.Attribute) and node.attr in ("replace", "write_text") for node in ast.walk(tree)
    )
    for node in ast.walk(tree):
        if (
            replaces
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and POLICY_FILE.match(node.value)
        ):
            yield f"line {node.lineno}: {node.value}"


def sources() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_test_patches_or_uses_a_private_name_of_the_program() -> None:
    found = {name: uses for name, tree in sources() if (uses := list(private_uses(tree)))}
    assert found == {}


def test_no_test_changes_the_text_of_a_policy_but_those_of_the_check() -> None:
    found = {
        name: files
        for name, tree in sources()
        if name not in WRITES_THE_TEXT_OF_POLICIES and (files := list(policy_files(tree)))
    }
    assert found == {}


def test_what_is_forbidden_is_found() -> None:
    """Each of these lines is one of those that tests had."""
    forbidden = (
        "from pipelines.publishing import gate\npatch.setattr(gate, '_meets', lambda *_: None)",
        "patch.setattr('pipelines.reading.structure._CHUNK', 1)",
        "patch.object(console, '_ERR', errors)",
        "from pipelines.publishing import displays\ncount = displays._counted",
        "from pipelines.publishing.gate import _meets",
        "\n".join(("SERVER = '''", "from pipelines import expectations", "expectations.compare = lambda *_: 0", "'''")),
        "\n".join(
            ("SERVER = '''", "from pipelines.publishing import gate", "gate._meets = subject.meets = none", "'''")
        ),
    )
    for source in forbidden:
        assert list(private_uses(ast.parse(source))), source
    allowed = "from pipelines import expectations\npatch.setattr(expectations, 'compare', lambda *_: 0)\nself._own = 1"
    assert list(private_uses(ast.parse(allowed))) == []
    changed = "path = folder / 'policies/releases.yaml'\npath.write_text(path.read_text().replace('1', '2'))"
    assert list(policy_files(ast.parse(changed)))
