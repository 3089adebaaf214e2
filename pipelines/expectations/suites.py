"""The catalogue's rules as Great Expectations suites: ``expectations/<dataset_id>.json``, generated and kept in git.

Each expectation carries its rule id in ``meta``; severity ``critical`` is a rule that refuses a row, ``warning`` one that warns.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pipelines.catalog import Catalog, Rule
from pipelines.checks.registry import BuiltIn, CellCheck, PairCheck, check_of
from pipelines.ground.errors import HubError
from pipelines.storage.files import replace_file

CRITICAL: Final = "critical"
_SEVERITY: Final = {"reject": CRITICAL, "warn": "warning"}


def suite(catalog: Catalog, dataset_id: str) -> dict[str, Any]:
    """The suite of a dataset as Great Expectations writes it."""
    dataset = catalog.datasets[dataset_id]
    return {
        "name": dataset_id,
        "expectations": [expectation(rule, catalog) for rule in catalog.rules[dataset_id] if rule.cells],
        "meta": {
            "title_zh": dataset.title_zh,
            "generated_by": "credit-hub catalog build",
            "great_expectations_version": "1.24.1",
        },
    }


def expectation(rule: Rule, catalog: Catalog) -> dict[str, Any]:
    """One rule as one expectation."""
    kind, kwargs = _call(rule, catalog)
    return {
        "type": kind,
        "kwargs": kwargs,
        "meta": {"rule_id": rule.id, "message_zh": rule.message_zh},
        "severity": _SEVERITY[rule.severity.value],
    }


def text_of(catalog: Catalog, dataset_id: str) -> str:
    """The suite file's content."""
    return json.dumps(suite(catalog, dataset_id), ensure_ascii=False, indent=1) + "\n"


def write_all(catalog: Catalog, folder: Path) -> list[Path]:
    """Write every suite, remove those of datasets that are no more, and return what changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for dataset_id in catalog.datasets:
        path = folder / f"{dataset_id}.json"
        content = text_of(catalog, dataset_id)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            replace_file(path, content.encode())
            changed.append(path)
    for path in folder.glob("*.json"):
        if path.stem not in catalog.datasets:
            path.unlink()
            changed.append(path)
    return changed


def outdated(catalog: Catalog, folder: Path) -> list[Path]:
    """Suite files that are not what the catalogue says."""
    wrong = []
    for dataset_id in catalog.datasets:
        path = folder / f"{dataset_id}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != text_of(catalog, dataset_id):
            wrong.append(path)
    return wrong + [path for path in sorted(folder.glob("*.json")) if path.stem not in catalog.datasets]


def read(folder: Path, dataset_id: str) -> dict[str, Any]:
    """The suite in git.

    Raises:
        HubError: it was never generated.
    """
    path = folder / f"{dataset_id}.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HubError(f"{path} is missing; run 'credit-hub catalog build'") from error
    return content


def _call(rule: Rule, catalog: Catalog) -> tuple[str, dict[str, Any]]:
    """The expectation of a rule and its arguments."""
    parameters = list(rule.parameters)
    match check_of(rule):
        case CellCheck(passes=BuiltIn(expectation=name)):
            return name, {"column": rule.field}
        case CellCheck() as check:
            kind, columns = "expect_column_values_to_pass_check", {"column": check.suite_column or rule.field}
            if check.suite_parameters is not None:
                parameters = list(check.suite_parameters(catalog))
        case PairCheck() as check:
            kind, columns = "expect_column_pair_to_pass_check", {"column_A": rule.field, "column_B": rule.second}
    kwargs: dict[str, Any] = {**columns, "check": check.suite_name or check.primitive, "parameters": parameters}
    return kind, kwargs | ({"prefixes": list(rule.prefixes)} if rule.prefixes else {})
