"""A home to play with, and where the shared real data lies."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings as hypothesis_settings

os.environ["CREDIT_HUB_PSEUDONYM_KEY"] = "a key of the tests"
os.environ["GX_ANALYTICS_ENABLED"] = "False"
# Files are taken as they are dropped; tests of arrival say otherwise themselves.
os.environ["CREDIT_HUB_SETTLE_SECONDS"] = "0"

from pipelines import expectations
from pipelines.collecting import Collected
from pipelines.ground.settings import Settings
from pipelines.operations import collect, publish
from pipelines.publishing import Published
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import data_files

# No test cuts the power: what is asked of the disk can be recorded in place of this, and to wait for it costs a minute in all.
os.fsync = lambda file: None

# The same examples in every run: what fails here fails everywhere.
hypothesis_settings.register_profile("same_examples", derandomize=True)
hypothesis_settings.load_profile("same_examples")

AS_OF = datetime(2026, 11, 22, 4, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CREDIT_HUB_SHARED", ROOT.parent / "shared"))

HEADER = "企业名称,统一社会信用代码,注册日期,企业类型,法人代表,注册资金,经营范围,所在省份,地区,注册地址"
GOOD_CODES = (
    "91350100M000100Y43",
    "91110108551385082Q",
    "91110000600037341L",
    "913400005957472253",
    "91320105780688132K",
)


def row(code: str = GOOD_CODES[0], **changes: str) -> str:
    """A right registration as a CSV line; ``changes`` replace cells by header."""
    cells = dict(
        zip(
            HEADER.split(","),
            (
                "成都蜀锦文化有限公司",
                code,
                "2014-03-05",
                "有限责任公司",
                "李*",
                "100万人民币",
                "文艺创作。",
                "四川",
                "成都",
                "锦江区一号",
            ),
            strict=True,
        )
    )
    return ",".join({**cells, **changes}.values())


def file(*rows: str) -> str:
    """A registration file of these lines."""
    return "\n".join([HEADER, *rows]) + "\n"


THREE_GOOD_ROWS = file(*(row(code) for code in GOOD_CODES[:3]))


@dataclass
class Home:
    """A hub in a folder, driven as its users do."""

    hub: Hub

    @property
    def root(self) -> Path:
        return self.hub.home.root

    def drop(
        self, provider: str, dataset: str, content: str | bytes, name: str = "a.csv", encoding: str = "utf-8"
    ) -> Path:
        path = self.root / "inbox" / provider / dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def pass_over(self, as_of: datetime = AS_OF, provider: str | None = None) -> Collected:
        return collect(self.hub, provider=provider, as_of=as_of)

    def collect(self, as_of: datetime = AS_OF) -> list[dict[str, Any]]:
        return [one.to_json() for one in self.pass_over(as_of).receipts]

    def publish(self, as_of: datetime = AS_OF) -> list[Published]:
        """Publish every product; what became of the government sets, which have the ids of their datasets."""
        return [one for one in self.publish_all(as_of) if one.product_id in self.hub.catalog.datasets]

    def publish_all(self, as_of: datetime = AS_OF) -> list[Published]:
        return publish(self.hub, product=None, as_of=as_of)

    def records(self, dataset: str = "enterprise_registration") -> pl.DataFrame:
        return self.hub.records(dataset).read()

    def quarantine(self, dataset: str = "enterprise_registration") -> pl.DataFrame:
        return self.hub.quarantine(dataset).read()

    def shared(self, product: str = "enterprise_registration") -> pl.DataFrame:
        return pl.concat(
            [pl.read_parquet(path, hive_partitioning=False) for path in data_files(self.hub.home, product)]
        )

    def findings(self, receipt: dict[str, Any]) -> pl.DataFrame:
        folder = self.hub.home.outbox(receipt["provider_id"], receipt["batch_id"])
        return pl.read_csv(folder / "findings.csv", infer_schema=False, empty_string_is_null=False)

    def receipt(self, receipt: dict[str, Any]) -> dict[str, Any]:
        folder = self.hub.home.outbox(receipt["provider_id"], receipt["batch_id"])
        content: dict[str, Any] = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        return content


def pytest_configure() -> None:
    """The libraries' objects stay as they are: to look through all of them for garbage as often as usual costs some per cent."""
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: with a file to a worker, a long one at the end would leave the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@contextmanager
def double_entry_left_out() -> Iterator[None]:
    """What is collected is not counted by the second route, which has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expectations, "compare", lambda *_: 0)
        yield


@contextmanager
def second_route_left_out() -> Iterator[None]:
    """Double entry and the suites of the gate have tests of their own, and cost a second or two; the gate's scan stays."""
    with double_entry_left_out(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(expectations, "unmet", lambda *_: {})
        yield


@pytest.fixture
def without_the_second_route(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the processes of ``tests.cli.forked``; for a whole module, but for its tests with the mark ``second_route``."""
    if request.node.get_closest_marker("second_route"):
        yield
        return
    with second_route_left_out():
        yield


@pytest.fixture
def each_file_a_work_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most commits, and the most to quarrel about."""
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "1")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(Hub.open(Settings.read(tmp_path / "home")))


@pytest.fixture
def another(tmp_path: Path) -> Home:
    """A second empty home, to compare with."""
    return Home(Hub.open(Settings.read(tmp_path / "another")))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared real data; tests that need it are skipped where it is not."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared real data is not here ({folder})")
    return folder


def rules_of(receipt: dict[str, Any], severity: str = "reject") -> dict[str, int]:
    """Rows by rule, without the dataset's name."""
    return {
        rule["rule_id"].partition(".")[2]: rule["rows"] for rule in receipt["rules"] if rule["severity"] == severity
    }


def balanced(receipts: Sequence[dict[str, Any]]) -> bool:
    """Conservation in every receipt."""
    return all(r["rows"]["in"] == r["rows"]["accepted"] + r["rows"]["refused"] for r in receipts)
