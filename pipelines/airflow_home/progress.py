"""What a run of DAGs tells: a line for each task that ends, while all else it prints goes to a log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape


@dataclass
class Progress:
    """An Airflow listener that prints one line for each task that ends."""

    console: Console
    started: dict[tuple[str, int], float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def line(self, mark: str, name: str, seconds: float | None, note: str = "") -> None:
        """One task, or one DAG."""
        took = "" if seconds is None else f"{seconds:6.1f} s"
        text = f"  {mark} {escape(name):44} {took} {escape(note)}".rstrip()
        self.console.print(text, highlight=False, no_wrap=True, overflow="ellipsis")

    def begins(self, task: Any) -> None:
        """A task starts."""
        self.started[task.task_id, task.map_index] = time.monotonic()

    def ends(self, mark: str, task: Any, note: str = "") -> None:
        """A task is over."""
        begun = self.started.pop((task.task_id, task.map_index), None)
        self.line(mark, _task_name(task), None if begun is None else time.monotonic() - begun, note)

    def fails(self, task: Any, error: str | BaseException | None) -> None:
        """A task failed."""
        reason = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error or "")
        first = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
        self.problems.append(f"{_task_name(task)}: {first}")
        self.ends("[red]✗[/]", task, first)


def _task_name(task: Any) -> str:
    return f"{task.task_id}[{task.map_index}]" if task.map_index >= 0 else str(task.task_id)


def listener(progress: Progress) -> object:
    """The hooks that Airflow calls, with the argument names it demands."""
    from airflow.listeners import hookimpl

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            progress.begins(task_instance)

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            progress.ends("[green]✓[/]", task_instance)

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:
            progress.ends("[yellow]–[/]", task_instance, "skipped")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: str | BaseException | None) -> None:
            progress.fails(task_instance, error)

    return Listener()


@contextmanager
def output_to(log: Path) -> Iterator[Console]:
    """Send what this process and its children print to ``log``; the console given still reaches the caller's output."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    width = None if os.isatty(kept[0]) else 120
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        with os.fdopen(os.dup(kept[0]), "w", encoding="utf-8") as stream:
            yield Console(file=stream, width=width)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in (*kept, target):
            os.close(descriptor)
