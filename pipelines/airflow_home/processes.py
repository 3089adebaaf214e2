"""The processes of an Airflow that runs: written down, told alive from dead, and stopped with all they started."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

STOPPING_SECONDS: Final = 20
PID_FILE: Final = "up.json"


def stop(pids: Sequence[int]) -> int:
    """TERM the components, then KILL what is left of their sessions and of what they started; how many were killed."""
    descendants: dict[int, psutil.Process] = {}
    for pid in pids:
        try:
            process = psutil.Process(pid)
            descendants |= {child.pid: child for child in process.children(recursive=True)}
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + STOPPING_SECONDS
    left = _left(pids, descendants)
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = _left(pids, descendants)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=STOPPING_SECONDS)
    return len(left)


def _left(pids: Sequence[int], descendants: Mapping[int, psutil.Process]) -> list[psutil.Process]:
    """Processes of the components' sessions, and their descendants, that still run."""
    left = {pid: process for pid, process in descendants.items() if process.is_running()}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in pids:
                left[process.pid] = process
        except OSError:
            continue
    return [process for process in left.values() if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def write_record(record: Path, pids: Sequence[int]) -> None:
    """Write down processes with the times they started at."""
    entries = []
    for pid in pids:
        try:
            entries.append([pid, psutil.Process(pid).create_time()])
        except psutil.NoSuchProcess:  # it ended at once; _all_running tells
            continue
    record.write_text(json.dumps(entries), encoding="utf-8")


def recorded(record: Path) -> list[tuple[int, float]]:
    """What ``write_record`` wrote, nothing where there is none: an id alone may be someone else's by now."""
    try:
        return [(int(pid), float(created)) for pid, created in json.loads(record.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []


def alive(entry: tuple[int, float]) -> bool:
    """True where a process of ``recorded`` still runs."""
    pid, created = entry
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and _runs(process)
    except psutil.NoSuchProcess:
        return False
