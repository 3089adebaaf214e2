"""What damage costs: the same rows as clean UTF-8, and as GB18030 with every hundredth line malformed.

Reading is opening, every row in slices as they are screened, and the account of the file's separators. Both files take turns, and
the fastest of some runs counts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Final

from pipelines.catalog import Catalog, Field
from pipelines.intake.passes import SLICE_ROWS
from pipelines.reading import EMPTY, LAST_EMPTY, open_source

EVERY: Final = 100


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


def measure(clean: Path, damaged: Path, dataset: str, catalog: Catalog, *, runs: int) -> dict[str, Any]:
    """Seconds of wall time and of CPU to read either file, rows and malformed lines, and the ratios clean to damaged."""
    title, fields = catalog.datasets[dataset].title_zh, catalog.fields(dataset)
    best: dict[str, dict[str, float]] = {}
    for _ in range(runs):
        for name, path in (("clean", clean), ("damaged", damaged)):
            found = _read(path, fields, title)
            best[name] = {key: min(value, best.get(name, found)[key]) for key, value in found.items()}
    ratios = {f"ratio_{key}": best["clean"][key] / best["damaged"][key] for key in ("seconds", "cpu_seconds")}
    sizes = {f"{name}_bytes": path.stat().st_size for name, path in (("clean", clean), ("damaged", damaged))}
    return {**best, **ratios, **sizes}


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
