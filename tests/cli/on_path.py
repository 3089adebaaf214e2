"""``credit-hub`` on the path of a shell: a script that asks this process, which runs the command in a fork (``tests.cli.forked``).

What the shell gets is what a process of its own would give it: folder, environment, exit status, and all it prints, at its end.
"""

from __future__ import annotations

import json
import shlex
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from tests.cli.forked import Asked, Forks

_ASKS: Final = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    line.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())
    line.shutdown(socket.SHUT_WR)
    status, said = json.load(line.makefile(encoding="utf-8"))
sys.stdout.buffer.write(said.encode())
sys.exit(status)
"""


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Puts the script into a folder, and answers it as long as the block lasts; one run at a time."""
    with (
        Forks() as forks,
        tempfile.TemporaryDirectory(prefix="hub-") as short,  # the address of a socket has a hundred characters at most
        socket.socket(socket.AF_UNIX) as listening,
    ):
        address = f"{short}/asked"
        listening.bind(address)
        listening.listen()
        script = folder / "credit-hub"
        asks = shlex.join([sys.executable, "-I", "-S", "-c", _ASKS, address])
        script.write_text(f'#!/bin/sh\nexec {asks} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        answering = Thread(target=_answer, args=[listening, forks])
        answering.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            answering.join()


def _answer(listening: socket.socket, forks: Forks) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:  # nobody listens any more
            return
        with line:
            arguments, place, environment = json.load(line.makefile(encoding="utf-8"))
            [ran] = forks.run(Asked(tuple(arguments), folder=place, environment=environment, second_route=True))
            line.sendall(json.dumps([ran.status % 256, ran.said]).encode())
