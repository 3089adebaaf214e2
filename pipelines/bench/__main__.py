"""``python -m pipelines.bench``: penalties, the whole job, and the bare DuckDB copy they are measured against.

    python -m pipelines.bench [--rows N] [--folder DIR] [--output FILE]
    python -m pipelines.bench score [--batches N] [--rows N] [--folder DIR] [--output FILE]
    python -m pipelines.bench reading [--rows N] [--runs N] [--folder DIR] [--output FILE]

    python -m pipelines.bench incremental [--rows N] [--folder DIR] [--output FILE]

``score`` measures scorecards alone: all units × 12 months × all indicators over a ledger and a lake of a year. ``incremental``
publishes years of penalties, then a day's 1 % more, and compares the two.
``reading`` measures what damage costs (``pipelines.bench.reading``).

The bare copy is ``COPY (read_csv) TO parquet (zstd)`` of the same file, before and after the job, the faster one counting. The
job (collect, publish, score) runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

_DATASET: Final = "administrative_penalty"
_AS_OF: Final = datetime(2026, 11, 22, 4, tzinfo=UTC)
_TARGET_RATIO: Final = 3.0
_TARGET_BYTES: Final = 2_000_000_000
_TARGET_SCORE_SECONDS: Final = 10.0
_TARGET_DAY: Final = 0.1
_OUT: Final = Console(width=None if sys.stdout.isatty() else 120)

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    rows: Annotated[int, typer.Option(help="Rows of 30 columns.")] = 2_000_000,
    folder: Annotated[Path | None, typer.Option(help="Where to work (default: a temporary folder).")] = None,
    output: Annotated[Path, typer.Option(help="JSON of the result.")] = Path("build/bench.json"),
    seed: int = 20260401,
) -> None:
    """Generate, copy, run, copy again, and compare."""
    from pipelines.bench.generate import write_penalties
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings

    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        inbox = work / "home/inbox/sichuan" / _DATASET
        inbox.mkdir(parents=True)
        source = work / "penalties.csv"
        begun = time.perf_counter()
        write_penalties(source, rows, seed, catalog(Settings.read().catalog))
        _OUT.print(
            f"generated {rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB in {time.perf_counter() - begun:.1f} s"
        )
        shutil.copyfile(source, inbox / "penalties.csv")
        bare = [_bare(source, work / "bare.parquet")]
        job = _in_own_process("job", work / "home")
        bare.append(_bare(source, work / "bare.parquet"))
        result = _result(rows, source.stat().st_size, min(bare), job)
    _print(result)
    _keep(result, output)


@app.command(hidden=True)
def job(home: Path) -> None:
    """The whole job over a home, in this process; stages as JSON."""
    begun = time.perf_counter()
    from pipelines.ground.settings import Settings
    from pipelines.ground.stopwatch import seconds, stage
    from pipelines.operations import collect, publish, score
    from pipelines.storage.hub import Hub

    hub = Hub.open(Settings.read(home))
    collected = collect(hub, provider=None, as_of=_AS_OF)
    publish(hub, product=None, as_of=_AS_OF)
    with stage("score"):
        score(hub.home, hub.catalog, period=f"{_AS_OF:%Y-%m}", as_of=_AS_OF)
    total = time.perf_counter() - begun
    stages = seconds()
    stages["everything else"] = total - sum(stages.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    counts = collected.receipts[0].rows.to_json()
    sys.stdout.write(json.dumps({"seconds": total, "stages": stages, "peak_bytes": peak, "rows": counts}) + "\n")


@app.command()
def score(
    batches: Annotated[int, typer.Option(help="Deliveries in the ledger.")] = 50_000,
    rows: Annotated[int, typer.Option(help="Accepted rows in the lake.")] = 5_000_000,
    folder: Annotated[Path | None, typer.Option(help="Where to work (default: a temporary folder).")] = None,
    output: Annotated[Path, typer.Option(help="JSON of the result.")] = Path("build/bench_score.json"),
    seed: int = 20260401,
) -> None:
    """All units × 12 months × all indicators, and one scorecard with its pages."""
    from pipelines.bench.scorecards import LAST, write_year
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings
    from pipelines.storage.home import Home

    with tempfile.TemporaryDirectory(dir=folder) as name:
        begun = time.perf_counter()
        home = Home(Path(name) / "home")
        write_year(home, catalog(Settings.read().catalog), batches=batches, rows=rows, seed=seed)
        _OUT.print(f"generated {batches:,} batches, {rows:,} rows in {time.perf_counter() - begun:.1f} s")
        done = _in_own_process("score-job", home.root, f"{LAST:%Y-%m}")
        result = {"batches": batches, "rows": rows, "seconds_target": _TARGET_SCORE_SECONDS, **done}
    _OUT.print(
        f"12 months x {result['indicators']} indicators x {result['units']} units: {result['measure_seconds']:.2f} s, "
        f"{result['measure_cpu_seconds']:.2f} s of CPU "
        f"(target {_TARGET_SCORE_SECONDS:g}), one scorecard with pages: {result['score_seconds']:.2f} s, "
        f"peak memory {result['peak_bytes'] / 1e9:.2f} GB"
    )
    _keep(result, output)


@app.command()
def reading(
    rows: Annotated[int, typer.Option(help="Rows of 30 columns; 230,000 are 100 MB of GB18030.")] = 230_000,
    runs: Annotated[int, typer.Option(help="The fastest counts.")] = 7,
    folder: Annotated[Path | None, typer.Option(help="Where to work (default: a temporary folder).")] = None,
    output: Annotated[Path, typer.Option(help="JSON of the result.")] = Path("build/bench_reading.json"),
    seed: int = 20260401,
) -> None:
    """Clean UTF-8 against GB18030 with 1 % malformed lines, the same rows."""
    from pipelines.bench.generate import write_penalties
    from pipelines.bench.reading import measure, write_damaged
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings

    known = catalog(Settings.read().catalog)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        clean, damaged = Path(name) / "clean.csv", Path(name) / "damaged.csv"
        write_penalties(clean, rows, seed, known)
        write_damaged(clean, damaged)
        sizes = {f"{path.stem}_bytes": path.stat().st_size for path in (clean, damaged)}
        jobs = {path.stem: partial(_in_own_process, "read-job", path) for path in (clean, damaged)}
        result = measure(jobs, runs=runs) | sizes
    for file in ("clean", "damaged"):
        found = result[file]
        _OUT.print(
            f"{file}: {result[f'{file}_bytes'] / 1e6:,.0f} MB, {found['rows']:,.0f} rows, "
            f"{found['malformed']:,.0f} malformed lines: {found['seconds']:.2f} s, {found['cpu_seconds']:.2f} s of CPU"
        )
    _OUT.print(f"speed against the clean file: {result['ratio_seconds']:.2f}, of CPU {result['ratio_cpu_seconds']:.2f}")
    _keep(result, output)


@app.command(hidden=True)
def read_job(path: Path) -> None:
    """Reads one file, in this process; seconds and rows as JSON."""
    from pipelines.bench.reading import read_after_a_small_one
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings

    content = read_after_a_small_one(path, _DATASET, catalog(Settings.read().catalog))
    sys.stdout.write(json.dumps(content) + "\n")


@app.command(hidden=True)
def score_job(home: Path, period: str) -> None:
    """Scores twelve months over a home, in this process; seconds as JSON."""
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings
    from pipelines.operations import score as run_score
    from pipelines.scoring.card import measured
    from pipelines.scoring.period import Period
    from pipelines.storage.home import Home

    place, known = Home(home), catalog(Settings.read().catalog)
    begun, cpu = time.perf_counter(), time.process_time()
    months = Period.parse(period, _AS_OF).trend()
    facts = measured(place, known, months)
    scored = [facts.scored(known.scorecard, known, month) for month in months]
    taken, worked = time.perf_counter() - begun, time.process_time() - cpu
    begun = time.perf_counter()
    run_score(place, known, period=period, as_of=_AS_OF)
    content = {
        "indicators": len(known.scorecard.indicators),
        "units": len(scored[-1]),
        "with_a_total": sum(one.total is not None for one in scored[-1]),
        "measure_seconds": taken,
        "measure_cpu_seconds": worked,
        "score_seconds": time.perf_counter() - begun,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(json.dumps(content) + "\n")


@app.command()
def incremental(
    rows: Annotated[int, typer.Option(help="Rows of 30 columns that are there before the day.")] = 5_000_000,
    folder: Annotated[Path | None, typer.Option(help="Where to work (default: a temporary folder).")] = None,
    output: Annotated[Path, typer.Option(help="JSON of the result.")] = Path("build/bench_incremental.json"),
    seed: int = 20260401,
) -> None:
    """Publish everything, collect a day's 1 % more, publish again: what the day costs beside the whole."""
    from pipelines.bench.days import DAY, LAST, write_day, write_years
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings

    known = catalog(Settings.read().catalog)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name) / "home"
        recent = write_years(home / "inbox", rows, seed, known)
        whole = _in_own_process("publish-job", home, LAST)
        _OUT.print(
            f"{rows:,} rows: collected in {whole['collect_seconds']:.1f} s, published in {whole['seconds']:.2f} s"
        )
        came = write_day(home / "inbox", rows, seed, known, recent)
        # The clock of the days between is not the day's work.
        _in_own_process("publish-job", home, DAY - timedelta(days=1), "--no-collect")
        day = _in_own_process("publish-job", home, DAY)
    ratio = day["seconds"] / whole["seconds"]
    result = {
        "rows": rows,
        "rows_of_the_day": came,
        "whole": whole,
        "day": day,
        "ratio": ratio,
        "ratio_cpu": day["cpu_seconds"] / whole["cpu_seconds"],
        "ratio_target": _TARGET_DAY,
    }
    _print_day(result)
    _keep(result, output)


@app.command(hidden=True)
def publish_job(home: Path, day: str, collect: bool = True) -> None:
    """Collects if wanted and publishes over a home, in this process; seconds as JSON."""
    from pipelines.bench.traffic import traffic, written
    from pipelines.ground.settings import Settings
    from pipelines.ground.stopwatch import seconds
    from pipelines.operations import collect as run_collect
    from pipelines.operations import publish
    from pipelines.storage.hub import Hub

    hub = Hub.open(Settings.read(home))
    as_of = datetime.fromisoformat(day).replace(hour=4, tzinfo=UTC)
    begun = time.perf_counter()
    if collect:
        run_collect(hub, provider=None, as_of=as_of)
    collected = time.perf_counter() - begun
    earlier, before = seconds(), traffic()
    begun, cpu = time.perf_counter(), time.process_time()
    done = publish(hub, product=None, as_of=as_of)
    content = {
        "collect_seconds": collected,
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "stages": {
            name: taken - earlier.get(name, 0.0) for name, taken in seconds().items() if taken > earlier.get(name, 0.0)
        },
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "bytes_read": traffic().read - before.read,
        "bytes_written": traffic().written - before.written,
        "products": [written(hub.home, one.product_id) for one in done if one.new],
    }
    sys.stdout.write(json.dumps(content) + "\n")


def _print_day(result: dict[str, Any]) -> None:
    shown = Table(
        "product",
        "parts",
        "written",
        "rows",
        "MB written",
        "changes",
        title=f"a day's {result['rows_of_the_day']:,} rows",
    )
    for one in result["day"]["products"]:
        shown.add_row(
            one["product_id"],
            f"{one['parts']:,}",
            f"{one['parts_written']:,}",
            f"{one['rows_written']:,} of {one['rows']:,}",
            f"{one['bytes_written'] / 1e6:,.1f}",
            " / ".join(f"{number:,}" for number in one["changes"].values()),
        )
    _OUT.print(shown)
    for name in ("whole", "day"):
        one = result[name]
        stages = ", ".join(f"{stage} {taken:.2f}" for stage, taken in one["stages"].items() if taken >= 0.005)
        _OUT.print(
            f"{name}: {one['seconds']:.2f} s ({one['cpu_seconds']:.2f} s of CPU; {stages}), "
            f"{one['bytes_read'] / 1e6:,.0f} MB read, {one['bytes_written'] / 1e6:,.0f} MB written, "
            f"peak memory {one['peak_bytes'] / 1e9:.2f} GB"
        )
    _OUT.print(f"ratio {result['ratio']:.3f}, of CPU {result['ratio_cpu']:.3f} (target {_TARGET_DAY:g})")


def _bare(source: Path, target: Path) -> float:
    import duckdb

    with source.open(encoding="utf-8") as stream:
        names = stream.readline().rstrip("\n").split(",")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    with duckdb.connect() as con:
        begun = time.perf_counter()
        con.execute(
            f"COPY (SELECT * FROM read_csv('{source}', auto_detect=false, header=true, delim=',', quote='\"', escape='\"', "
            f"columns={{{columns}}})) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
        return time.perf_counter() - begun


def _in_own_process(*arguments: object) -> dict[str, Any]:
    """What a hidden command says of its work, in a process of its own, so that peak memory and counters are its own."""
    command = [sys.executable, "-m", "pipelines.bench", *map(str, arguments)]
    # What is measured is the work, not how long a file just written lies still.
    at_once = os.environ | {"CREDIT_HUB_SETTLE_SECONDS": "0"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=at_once)
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def _keep(result: dict[str, Any], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=1) + "\n")


def _result(rows: int, size: int, bare: float, job: dict[str, Any]) -> dict[str, Any]:
    return {
        "rows": rows,
        "bytes": size,
        "bare_copy_seconds": bare,
        "job_seconds": job["seconds"],
        "ratio": job["seconds"] / bare,
        "ratio_target": _TARGET_RATIO,
        "rows_per_second": rows / job["seconds"],
        "peak_bytes": job["peak_bytes"],
        "peak_bytes_target": _TARGET_BYTES,
        "stages": job["stages"],
        "receipt_rows": job["rows"],
    }


def _print(result: dict[str, Any]) -> None:
    shown = Table("stage", "seconds", "rows/s", "× bare copy", title=f"{result['rows']:,} rows × 30 columns")
    for column in shown.columns[1:]:
        column.justify = "right"
    bare = result["bare_copy_seconds"]
    for name, taken in [("bare duckdb copy", bare), *result["stages"].items(), ("whole job", result["job_seconds"])]:
        shown.add_row(
            name, f"{taken:.2f}", f"{result['rows'] / taken:,.0f}" if taken > 0.005 else "", f"{taken / bare:.2f}"
        )
    _OUT.print(shown)
    _OUT.print(
        f"ratio {result['ratio']:.2f} (target {_TARGET_RATIO}), peak memory {result['peak_bytes'] / 1e9:.2f} GB (target 2.0)"
    )


if __name__ == "__main__":
    if not {"bench", "job", "score", "score-job", "reading", "read-job", "incremental", "publish-job"} & {
        *sys.argv[1:2]
    }:
        sys.argv.insert(1, "bench")
    app()
