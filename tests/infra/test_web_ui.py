"""The real Airflow, on a free port, in a real browser; and how it is started and stopped, with a stand-in for its components."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.pages.scorecards.assets import names, write_assets

from .conftest import ROOT, have

STAND_IN = """
import http.server, os, sys, time
if sys.argv[1] == "db":
    sys.exit()
if sys.argv[1] != "api-server":
    time.sleep(600)

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"a": {"status": "healthy"}, "b": {"status": "healthy"}, "c": {"status": "healthy"}, "d": {"status": "healthy"}}')

address = os.environ["AIRFLOW__API__HOST"], int(os.environ["AIRFLOW__API__PORT"])
http.server.HTTPServer(address, Health).serve_forever()
"""
UP = """
import sys
from pathlib import Path
from rich.console import Console
from pipelines.airflow_home import up
up(Path(sys.argv[1]), int(sys.argv[2]), Console(width=120), dags=Path(sys.argv[3]))
"""
Running = tuple[Path, str, subprocess.Popen[str]]
"""A home, the address of its web UI, and the process of ``up``."""
CHART = (
    '<figure data-chart="lost"><div class="draw"></div>'
    '<script type="application/json">{"labels": ["合规率"], "lost": [1], "points": ["1.00"], "values": [""]}</script></figure>'
)
PAGE = (
    '<!doctype html><meta charset="utf-8"><h1>2026-10 评分卡</h1><a href="510000.html">四川</a>'
    + CHART
    + "".join(f'<script src="../assets/{name}" defer></script>' for name in names())
)


def _request(address: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def _of_this_home(home: Path) -> set[int]:
    """Processes that know the home by their command line or their open files."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            files = [file.path for file in process.open_files()] + process.cmdline()
            if process.pid != os.getpid() and any(str(home) in file for file in files):
                found.add(process.pid)
    return found


@contextlib.contextmanager
def started(home: Path, dags: Path, **variables: str) -> Iterator[Running]:
    """``up`` in a process of its own, until the web UI answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", UP, str(home), str(port), str(dags)],
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail("did not come up:\n" + "".join(lines))
        yield home, f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(180)
        process.stdout.close()


@pytest.fixture
def running(tmp_path: Path, tiny_dags: Path) -> Iterator[Running]:
    home = tmp_path / "home"
    (home / "scorecards/2026-10").mkdir(parents=True)
    write_assets(home / "scorecards/assets")
    (home / "scorecards/2026-10/index.html").write_text(PAGE, encoding="utf-8")
    (home / "scorecards/2026-10/510000.html").write_text('<meta charset="utf-8"><h1>四川省</h1>', encoding="utf-8")
    with started(home, tiny_dags) as one:
        yield one


@pytest.fixture
def stand_in(tmp_path: Path, tiny_dags: Path) -> Iterator[Running]:
    """``up`` as it is, its four components programs that do nothing, of which one says that all are healthy."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path/airflow.py").write_text(STAND_IN, encoding="utf-8")
    places = os.pathsep.join(filter(None, (str(tmp_path / "path"), str(ROOT), os.environ.get("PYTHONPATH"))))
    with started(tmp_path / "home", tiny_dags, PYTHONPATH=places) as one:
        yield one


def test_ctrl_c_stops_every_component(stand_in: Running) -> None:
    home, address, process = stand_in
    assert len(_of_this_home(home)) >= 5
    assert _listening(home) == {"127.0.0.1"}
    assert _request(f"{address}/api/v2/monitor/health")["a"] == {"status": "healthy"}
    process.send_signal(signal.SIGINT)
    assert "stopped" in _stopped(process, home)


def test_down_stops_components_that_killed_up_left_behind(stand_in: Running) -> None:
    home, _, process = stand_in
    _stopped_by_down(process, home)


def _listening(home: Path) -> set[str]:
    """The addresses on which processes of this home can be asked."""
    return {
        connection.laddr.ip
        for pid in _of_this_home(home)
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def _stopped_by_down(process: subprocess.Popen[str], home: Path) -> None:
    process.kill()
    process.wait()
    assert len(_of_this_home(home)) >= 4
    down = [sys.executable, "-m", "pipelines.airflow_home", "down", "--home", str(home)]
    done = subprocess.run(down, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "stopped"
    assert _of_this_home(home) == set()


def _stopped(process: subprocess.Popen[str], home: Path) -> str:
    assert process.stdout
    out = process.stdout.read()
    assert process.wait(180) == 0, out
    assert _of_this_home(home) == set()
    assert not (home / "airflow/up.json").exists()
    return out


@pytest.mark.slow
@pytest.mark.long
def test_scorecards_open_inside_airflow_and_nothing_stays_behind(running: Running) -> None:
    home, address, process = running
    assert len(_of_this_home(home)) >= 5
    assert _listening(home) == {"127.0.0.1"}

    until = time.monotonic() + 240
    while not _request(f"{address}/api/v2/dags")["total_entries"] and time.monotonic() < until:
        time.sleep(0.5)
    run = _request(f"{address}/api/v2/dags/squares/dagRuns", {"logical_date": None})
    while run["state"] not in ("success", "failed") and time.monotonic() < until:
        time.sleep(0.5)
        run = _request(f"{address}/api/v2/dags/squares/dagRuns/{run['dag_run_id']}")
    assert run["state"] == "success"
    assert (home / "total.txt").read_text().strip() == "14"

    if have("chromium") and have("chromedriver"):
        _look(address)
    process.send_signal(signal.SIGINT)
    assert "stopped" in _stopped(process, home)
    if not (have("chromium") and have("chromedriver")):
        pytest.skip("all but the look into the browser was tested: chromium or chromedriver is not installed")


@pytest.mark.slow
@pytest.mark.long
def test_down_stops_it_even_when_its_foreground_was_killed(running: Running) -> None:
    home, _, process = running
    _stopped_by_down(process, home)


def _look(address: str) -> None:
    """Open the page from the menu's address and from the DAG's tab; follow a link within it."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions as condition
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--lang=zh-CN",
        "--window-size=1400,900",
    ):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else ""
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        wait = WebDriverWait(browser, 90)
        for place in ("plugin/credit-scorecards", "dags/squares/plugin/dag-scorecards"):
            browser.get(f"{address}/{place}")
            wait.until(condition.frame_to_be_available_and_switch_to_it((By.CSS_SELECTOR, "iframe")))
            heading = wait.until(condition.visibility_of_element_located((By.TAG_NAME, "h1")))
            assert heading.text == "2026-10 评分卡"
            wait.until(condition.presence_of_element_located((By.CSS_SELECTOR, "figure[data-drawn] svg")))
            browser.find_element(By.LINK_TEXT, "四川").click()
            wait.until(condition.text_to_be_present_in_element((By.TAG_NAME, "h1"), "四川省"))
            browser.switch_to.default_content()
        if shot := os.environ.get("CREDIT_HUB_SHOT"):
            browser.save_screenshot(shot)
    finally:
        browser.quit()
