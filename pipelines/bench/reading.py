"""What damage costs: the same rows as clean UTF-8, and as GB18030 with every hundredth line malformed.

Reading is opening, every row in slices as they are screened, and the account of the file's separators. Both files take turns, each
time in a process of its own, and the fastest of some runs counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pipelines.catalog import Catalog, Field
from pipelines.collecting.passes import SLICE_ROWS
from pipelines.reading import EMPTY, LAST_EMPTY, open_source

EVERY: Final = 100
_SMALL_ROWS: Final = 1_000


def write_damaged(clean: Path, target: Path) -> None:
    """Write a UTF-8 file as GB18030 with every hundredth line below the header malformed, in four ways in turn."""
    with clean.open(encoding="utf-8", newline="") as source, target.open("wb") as sink:
        for number, text in enumerate(source):
            line = text.encode("gb18030")
            if number and number % EVERY == 0:
                match number // EVERY % 4:
                    case 0:
                        line = line[: len(line) // 3].rstrip(b"\n") + b"\n"
                    case 1:
                        line = line.replace(b",", b",\xff", 1)
                    case 2:
                        line = line.replace(b",", b"", 1)
                    case _:
                        line = line.rstrip(b"\n") + b",x,y\n"
            sink.write(line)


def measure(jobs: Mapping[str, Callable[[], dict[str, float]]], *, runs: int) -> dict[str, Any]:
    """Seconds of wall time and of CPU to read each of two files, rows and malformed lines, and the ratios clean to damaged.

    Args:
        jobs: ``clean`` and ``damaged``: what reads the file once, in a process of its own.
        runs: the files take turns, and the fastest of so many runs counts.
    """
    best: dict[str, dict[str, float]] = {}
    for _ in range(runs):
        for name, job in jobs.items():
            found = job()
            best[name] = {key: min(value, best.get(name, found)[key]) for key, value in found.items()}
    ratios = {f"ratio_{key}": best["clean"][key] / best["damaged"][key] for key in ("seconds", "cpu_seconds")}
    return {**best, **ratios}


def read_after_a_small_one(path: Path, dataset: str, catalog: Catalog) -> dict[str, float]:
    """Read a file once, after its first lines: libraries are loaded then, and their memory is as they found it.

    In one process the file that is read right after another gets memory that is warm; the other waits for its own.
    """
    title, fields = catalog.datasets[dataset].title_zh, catalog.fields(dataset)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        small = Path(folder) / "small.csv"
        with path.open("rb") as source:
            small.write_bytes(b"".join(islice(source, _SMALL_ROWS)))
        _read(small, fields, title)
    return _read(path, fields, title)


def _read(path: Path, fields: tuple[Field, ...], title: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        begun, cpu = time.perf_counter(), time.process_time()
        source = open_source(path, ".csv", fields, title, Path(folder))
        rows = empty = last_empty = 0
        for part in source.rows.collect_batches(chunk_size=SLICE_ROWS, maintain_order=True, engine="streaming"):
            whole = part.rechunk()
            rows += whole.height
            empty += int(whole[EMPTY].sum())
            last_empty += int(whole[LAST_EMPTY].sum())
        if not source.accounts_for(rows - empty, empty, last_empty):
            raise ValueError(f"{path.name} was to be read, and does not account for its separators")
        taken = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - cpu}
        return {**taken, "rows": rows - empty, "malformed": len(source.malformed)}
