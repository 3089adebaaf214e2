"""Talking to the process that opens workbooks (``sheets``).

One for each of our processes, begun with the first workbook, replaced when it dies.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Any, Final

from pipelines.ground.limits import Limits
from pipelines.reading.problems import Unreadable, broken_workbook, burst_workbook, encrypted, too_slow

PROGRAM: Final = Path(__file__).with_name("sheets.py")


class Opener:
    """Asks the process, and ends it when it takes too long."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._memory = 0
        self._owner = 0
        self._lock = Lock()

    def sheets(self, path: Path, folder: Path, limits: Limits) -> list[dict[str, Any]]:
        """The sheets of a workbook, as ``sheets`` answers.

        Raises:
            Unreadable: it cannot be opened, or not within the limits.
        """
        request = {"path": str(path), "folder": str(folder), "sheets": limits.sheets, "cells": limits.cells}
        found: list[dict[str, Any]] = self._answer(request, limits)["sheets"]
        return found

    def cells(self, path: Path, sheet: str, folder: Path, limits: Limits) -> dict[str, Any]:
        """What stands in a sheet beside its texts, as ``pipelines.cells.SheetCells`` answers.

        Raises:
            Unreadable: it cannot be told, or not within the limits.
        """
        found: dict[str, Any] = self._answer({"path": str(path), "folder": str(folder), "sheet": sheet}, limits)[
            "cells"
        ]
        return found

    def unlock(self, path: Path, target: Path, limits: Limits) -> None:
        """Write a workbook without its encryption, where it is the one that Excel takes off without asking.

        Raises:
            Unreadable: it has a password.
        """
        if self._answer({"path": str(path), "to": str(target)}, limits)["password"]:
            raise Unreadable(encrypted("工作簿", "workbook"))

    def _answer(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        with self._lock:
            process = self._running(limits.workbook_memory_bytes)
            answer = self._ask(process, json.dumps(request).encode() + b"\n", limits.seconds)
        if "password" in str(answer.get("error", "")).lower():
            raise Unreadable(encrypted("工作簿", "workbook"))
        if "error" in answer:
            raise Unreadable(broken_workbook(str(answer["error"])[:120]))
        return answer

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def _running(self, memory: int) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and self._owner == os.getpid() and self._memory == memory and process.poll() is None:
            return process
        self.close()
        command = [sys.executable, "-I", str(PROGRAM), str(memory)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._process, self._memory, self._owner = process, memory, os.getpid()
        return process

    def _ask(self, process: subprocess.Popen[bytes], request: bytes, seconds: int) -> dict[str, Any]:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        try:
            process.stdin.write(request)
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], seconds)
            line = process.stdout.readline() if ready else b""
        except BrokenPipeError:
            line, ready = b"", [process.stdout]
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.close()
        if not ready:
            raise Unreadable(too_slow(seconds))
        raise Unreadable(burst_workbook())


opener: Final = Opener()
atexit.register(opener.close)
