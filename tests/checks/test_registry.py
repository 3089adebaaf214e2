"""Each check of the catalogue has its words in checks.yaml and its two routes in one module, and nothing anywhere else."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.checks.registry import CHECKS, MODULES, BuiltIn, CellCheck, register
from pipelines.checks.sql_functions import plain
from tests.catalog.spoiling import Mistake, spoil
from tests.conftest import ROOT

CATALOG = Catalog.load(ROOT / "catalog")
ENGINE = ("catalog", "screening", "expectations")

ASKED_FOR_BY_NAME = {
    # Counted for the scorecard; its bit is told to the second route; the number of a person is never shown.
    "required": {"screening/screen.py"},
    "cleaned": {"screening/screen.py"},
    "credit_code_citizen_id": {"screening/findings.py"},
    # Not the check: a reason why a credit code is none, and a column.
    "citizen_id": {"screening/findings.py"},
    "date": {"screening/typed.py"},
}


def primitives() -> dict[str, set[str]]:
    """Names of the routes of each check: of the rules of all datasets, or where none has it today of the check itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for rules in CATALOG.rules.values():
        for rule in rules:
            found[rule.check].add(rule.primitive)
    return {check_id: found[check_id] or {check.primitive} for check_id, check in CATALOG.checks.items()}


def test_every_check_has_both_routes_in_one_module() -> None:
    for check_id, names in primitives().items():
        if CATALOG.checks[check_id].applies_to.every == "line":
            continue  # no row is read where it is broken
        assert names <= CHECKS.keys(), check_id
        [module] = {MODULES[name] for name in names}
        assert Path(str(import_module(module).__file__)).parent.name == "checks"
        for name in names:
            routes = CHECKS[name]
            assert callable(routes.breaks), name
            assert callable(routes.passes) or isinstance(routes.passes, BuiltIn), name


def test_no_routes_are_left_over() -> None:
    used = set().union(*primitives().values())
    # Forms of conditions that no dataset uses today.
    forms = {name for name in CHECKS if re.search(r"_when_(in|contains|not_null)$", name)}
    assert CHECKS.keys() - used <= forms


def test_no_other_module_of_the_engine_names_a_check() -> None:
    for check_id in CATALOG.checks:
        named = {
            str(path.relative_to(ROOT / "pipelines"))
            for package in ENGINE
            for path in (ROOT / "pipelines" / package).glob("*.py")
            if f'"{check_id}"' in path.read_text(encoding="utf-8")
        }
        assert named <= ASKED_FOR_BY_NAME.get(check_id, set()), check_id


def test_a_check_is_registered_once() -> None:
    again = CellCheck("max_length", CHECKS["max_length"].breaks, plain("true"))
    with pytest.raises(ValueError, match=r"'max_length' is registered by pipelines\.checks\.lengths already"):
        register(__name__, again)


def test_a_name_in_the_suites_is_given_once() -> None:
    other = CellCheck("another", CHECKS["max_length"].breaks, plain("true"), suite_name="in_set")
    with pytest.raises(ValueError, match="know a check 'in_set' already"):
        register(__name__, other)
    assert "another" not in CHECKS


MISTAKES = {
    "a key without a check": Mistake(
        "checks.yaml", "{key: pattern}", "{every: named_pair}", "", "no check applies to pattern of fields"
    ),
    "a kind without a check": Mistake(
        "checks.yaml", "{kinds: [timestamp]}", "{kinds: [date]}", "", "no check applies to timestamp of fields"
    ),
    "a key that fields do not have": Mistake(
        "checks.yaml", "{key: pattern}", "{key: patern}", "{key: patern}", "'patern' is no key of a field"
    ),
    "a key that only describes": Mistake(
        "checks.yaml", "{key: pattern}", "{key: samples}", "{key: samples}", "'samples' is no key of a field"
    ),
    "nothing that has the check": Mistake("checks.yaml", "{key: pattern}", "{}", "applies_to: {}", "exactly one of"),
    "two things that have the check": Mistake(
        "checks.yaml", "{key: pattern}", "{key: pattern, kinds: [date]}", "{key: pattern, kinds", "exactly one of"
    ),
    "not said at all": Mistake(
        "checks.yaml", "    applies_to: {key: required}\n", "", "id: required", "applies_to: missing"
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_has_a_check_is_said_in_full(mistake: Mistake, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))
    line = spoil(folder, mistake)
    with pytest.raises(CatalogError, match=re.escape(mistake.message)) as raised:
        Catalog.load(folder)
    assert raised.value.line == line or not mistake.at
