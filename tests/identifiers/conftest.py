"""The catalogue data the checks are given (GB 32100, every revision of GB/T 2260), and the real data beside us."""

import csv
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).parents[3] / "shared" / "data"

CATEGORIES = {
    **{"1": "1239", "2": "19", "3": "123459", "4": "19", "5": "123459", "6": "129", "7": "129", "8": "19", "9": "123"},
    **{"A": "19", "N": "1239", "Y": "1"},
}


@pytest.fixture(scope="session")
def pairs() -> frozenset[str]:
    return frozenset(registrar + category for registrar, some in CATEGORIES.items() for category in some)


@pytest.fixture(scope="session")
def regions() -> list[str]:
    return [row["code"] for row in _real("regions/gb2260_history.csv")]


@pytest.fixture(scope="session")
def vectors() -> list[dict[str, str]]:
    """Credit codes with the verdict their source states: ``code``, ``expected``, ``source``, ``note``."""
    return _real("identifiers/uscc_vectors.csv")


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.exists():
        pytest.skip(f"real data not here: {REAL_DATA}")
    return REAL_DATA


def _real(name: str) -> list[dict[str, str]]:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"real data not here: {path}")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
