"""The lake: exactly once, whoever appends, and small after maintenance."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from pipelines.storage.home import Home as Folder
from pipelines.storage.maintenance import maintain
from pipelines.storage.tables import Table

SCHEMA = {"n": pl.Int64(), "text": pl.String()}


def append(folder: str, transaction: str, worker: int) -> bool:
    """One process that appends ten rows under a transaction."""
    frame = pl.DataFrame({"n": list(range(10)), "text": [transaction] * 10})
    return Table(Path(folder) / "t", SCHEMA).append_frame(
        transaction, frame, Path(folder) / f"scratch-{transaction}-{worker}"
    )


def test_the_same_transaction_is_committed_once(tmp_path: Path) -> None:
    assert append(str(tmp_path), "a", 0) is True
    assert append(str(tmp_path), "a", 1) is False
    assert append(str(tmp_path), "b", 0) is True
    assert Table(tmp_path / "t", SCHEMA).read().height == 20


def test_eight_processes_with_four_transactions_leave_each_once(tmp_path: Path) -> None:
    append(str(tmp_path), "first", 0)
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["deltalake", "polars", "pipelines.storage.tables"])
    with ProcessPoolExecutor(8, mp_context=processes) as pool:
        done = [pool.submit(append, str(tmp_path), f"t{number % 4}", number) for number in range(8)]
        results = [future.result() for future in done]

    assert sum(results) == 4
    rows = Table(tmp_path / "t", SCHEMA).read()
    assert rows.group_by("text").len().sort("text").rows() == [("first", 10), *((f"t{n}", 10) for n in range(4))]


def test_what_another_process_has_committed_is_read_at_once(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", SCHEMA)
    assert not table.knows("a")
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as other:
        for number, transaction in enumerate("abc", start=1):
            assert other.submit(append, str(tmp_path), transaction, 0).result()
            assert table.knows(transaction)
            assert table.read().height == 10 * number


def test_a_table_that_was_put_in_the_place_of_another_is_read_anew(tmp_path: Path) -> None:
    """As when a home is restored from a copy: as many commits, of the same names and sizes."""
    for name, transactions in (("here", "ab"), ("copy", "cd")):
        for transaction in transactions:
            append(str(tmp_path / name), transaction, 0)
    table = Table(tmp_path / "here/t", SCHEMA)
    assert set(table.read()["text"]) == {"a", "b"}
    shutil.rmtree(tmp_path / "here")
    shutil.copytree(tmp_path / "copy", tmp_path / "here")

    assert set(table.read()["text"]) == {"c", "d"}
    assert [table.knows(one) for one in "abcd"] == [False, False, True, True]
    shutil.rmtree(tmp_path / "here/t")
    assert table.files() == {}


def test_eight_threads_that_commit_the_same_work_leave_it_once(tmp_path: Path) -> None:
    """Each commit starts from a table of its own: through a shared one the second would not see that the first came between."""
    append(str(tmp_path), "first", 0)
    with ThreadPoolExecutor(8) as threads:
        results = [*threads.map(lambda number: append(str(tmp_path), "same", number), range(8))]

    assert sum(results) == 1
    assert Table(tmp_path / "t", SCHEMA).read().height == 20


def test_a_column_the_catalogue_gained_is_null_in_old_rows(tmp_path: Path) -> None:
    append(str(tmp_path), "a", 0)
    wider = Table(tmp_path / "t", {**SCHEMA, "more": pl.Date()})
    wider.append_frame(
        "b", pl.DataFrame({"n": [1], "text": ["x"], "more": [None]}, schema=wider.schema), tmp_path / "s"
    )

    assert wider.read().columns == ["n", "text", "more"]
    assert wider.read().height == 11


def test_maintenance_makes_few_files_of_many_and_keeps_every_row(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", SCHEMA)
    for number in range(20):
        append(str(tmp_path), f"t{number:02d}", 0)
    before = table.read().sort("text", "n")

    [done] = maintain(Folder(tmp_path), {"t": table})

    assert (done.files_before, done.files_after) == (20, 1)
    assert table.read().sort("text", "n").equals(before)
    assert table.knows("t07")
    assert append(str(tmp_path), "t07", 1) is False


def test_an_empty_table_reads_as_no_rows_with_its_columns(tmp_path: Path) -> None:
    assert Table(tmp_path / "none", SCHEMA).read().schema == pl.Schema(SCHEMA)
