"""``credit-hub`` in this process: what a caller would get."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from pipelines import cli


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Done:
    """Run one command; the exit status is the one a shell would see."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["credit-hub", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as left:
            return Done(left.code if isinstance(left.code, int) else 1, out.getvalue(), err.getvalue())
    raise AssertionError("the command did not exit")
