"""What is shown of a run of DAGs: a line for each task that ends, and why some failed.

Importing this module imports Airflow.
"""

from __future__ import annotations

import time
from typing import Any

from airflow.listeners import hookimpl
from rich.console import Console
from rich.markup import escape


class Progress:
    """An Airflow listener that prints one line for each task that ends; the hooks have the argument names it demands."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.problems: list[str] = []
        self._started: dict[str, float] = {}

    def line(self, mark: str, name: str, seconds: float | None, note: str = "") -> None:
        """One task, or one DAG."""
        took = "" if seconds is None else f"{seconds:6.1f} s"
        text = f"  {mark} {escape(name):44} {took} {escape(note)}".rstrip()
        self.console.print(text, no_wrap=True, overflow="ellipsis")

    def _ends(self, mark: str, task: Any, note: str = "") -> None:
        begun = self._started.pop(_name(task), None)
        self.line(mark, _name(task), begun and time.monotonic() - begun, note)

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """It starts."""
        self._started[_name(task_instance)] = time.monotonic()

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """It is done."""
        self._ends("[green]✓[/]", task_instance)

    @hookimpl
    def on_task_instance_skipped(self, task_instance: Any) -> None:
        """There was nothing to do."""
        self._ends("[yellow]–[/]", task_instance, "skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: str | BaseException | None) -> None:
        """It failed; the first line of the reason is shown and kept."""
        reason = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error or "")
        first = (reason.strip().splitlines() or ["no reason given"])[0]
        self.problems.append(f"{_name(task_instance)}: {first}")
        self._ends("[red]✗[/]", task_instance, first)


def _name(task: Any) -> str:
    return f"{task.task_id}[{task.map_index}]" if task.map_index >= 0 else str(task.task_id)
