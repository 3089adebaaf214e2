"""The scorecards inside Airflow's web UI: an entry in the menu, a tab on every DAG, and the files behind them.

The files are served below ``/scorecards``, read-only, from ``<home>/scorecards``, and what they link to beside them: the
catalogue's site below ``/catalog`` from ``<home>/catalog``, receipts and findings (the way down to the rows, identifiers masked)
below ``/outbox`` from ``<home>/outbox``. What a plugin mounts lies outside Airflow's own authentication, so every request is checked here, by Airflow's auth manager. In the all-admins mode of a
laptop Airflow adds a token to each request by itself, so there is no second way in and no mode to detect.

A page is shown on the origin of the Airflow UI and holds words that came from outside; the content security policy
therefore forbids inline scripts and everything that is not served from here: the charts come from two files of ours, whose names
carry their digests, so that a browser keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from airflow.plugins_manager import AirflowPlugin
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from pipelines.ground.settings import Settings
from pipelines.storage.home import Home

PREFIX: Final = "/scorecards"
CATALOG_PREFIX: Final = "/catalog"
OUTBOX_PREFIX: Final = "/outbox"
NEWEST: Final = f"{PREFIX}/newest.html"  # no file: leads to the newest period; index.html lists all of them
NAME: Final = "评分卡 Scorecards"
MONTH: Final = re.compile(r"\d{4}-\d{2}")
PERIOD: Final = re.compile(r"\d{4}(-\d{2}|-Q[1-4])?")
DIGESTED: Final = re.compile(r"/assets/[\w.]+\.[0-9a-f]{8}\.[\w.]+$")
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache, private",
}
KEEP: Final = "max-age=31536000, immutable, private"
MESSAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>评分卡</title>
<style>
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 4em auto; max-width: 40em }
</style></head>
<body><h1>%s</h1>
<p>%s</p>
<p lang="en">%s</p>
</body></html>
"""
NOTHING_YET: Final = MESSAGE % (
    "还没有评分卡",
    "数据归集、发布之后,请运行 DAG <code>score_regions</code>(或 <code>credit-hub score</code>),再刷新本页。",
    "No scorecard yet: run the DAG <code>score_regions</code> (or <code>credit-hub score</code>), then reload.",
)
NOT_FOUND: Final = MESSAGE % ("没有这个页面", "它可能已被删除,或从未生成。", "There is no such page.")
LOG_IN: Final = MESSAGE % ("请先登录 Airflow", "登录之后再刷新本页。", "Log in to Airflow first, then reload.")


async def require_user(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Let a request through if Airflow knows who sends it, and put the security headers on every answer."""
    try:
        await _check_token(_token(request))
        response = await call_next(request)
    except HTTPException as error:
        response = HTMLResponse(LOG_IN, status_code=error.status_code, headers={"WWW-Authenticate": "Bearer"})
    response.headers.update(HEADERS)
    if response.status_code == HTTPStatus.OK and DIGESTED.search(request.url.path):
        response.headers["Cache-Control"] = KEEP
    return response


def _token(request: Request) -> str | None:
    """The bearer token, else the session cookie: the order of Airflow's own API."""
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN

    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE_NAME_JWT_TOKEN)


async def _check_token(token: str | None) -> None:
    """Ask the auth manager.

    Raises:
        HTTPException: 401, for no token, a forged one, one that ran out or was revoked alike.
    """
    from airflow.api_fastapi.core_api.security import resolve_user_from_token

    try:
        await resolve_user_from_token(token)
    except HTTPException as error:
        raise HTTPException(HTTPStatus.UNAUTHORIZED) from error


def newest(request: Request) -> Response:
    """Lead to the newest month; to the newest quarter or year where there is no month."""
    del request
    periods = [path.parent.name for path in _folder().glob("*/index.html") if PERIOD.fullmatch(path.parent.name)]
    if not periods:
        return HTMLResponse(NOTHING_YET)
    return RedirectResponse(f"{max(periods, key=lambda name: (bool(MONTH.fullmatch(name)), name))}/index.html")


async def all_periods(request: Request) -> Response:
    """The page of all periods; in a home that has none yet, the newest period."""
    if not (_folder() / "index.html").is_file():
        return newest(request)
    return await _files(_folder()).get_response("index.html", request.scope)


def files_of(folder: Callable[[], Path]) -> Callable[[Request], Awaitable[Response]]:
    """Answers with one file of a folder; StaticFiles refuses whatever lies outside."""

    async def page(request: Request) -> Response:
        path: str = request.path_params["path"]
        if any(part.startswith(".") for part in path.split("/")):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return await _files(folder()).get_response(path, request.scope)

    return page


def not_found(request: Request, error: Exception) -> Response:
    """A page that was removed, or never was."""
    del request, error
    return HTMLResponse(NOT_FOUND, status_code=HTTPStatus.NOT_FOUND)


def catalogue(request: Request) -> Response:
    """Lead to the index of the catalogue."""
    del request
    return RedirectResponse("index.html")


def _folder() -> Path:
    return Home(Settings.read().home).scorecards


def _site() -> Path:
    return Home(Settings.read().home).site


def _outbox() -> Path:
    return Home(Settings.read().home).root / "outbox"


@cache
def _files(folder: Path) -> StaticFiles:
    return StaticFiles(directory=folder, html=True, check_dir=False)


def make_app() -> Starlette:
    """The web application of the scorecards, for Airflow to mount and for tests."""
    first = [Route("/", newest), Route("/newest.html", newest), Route("/index.html", all_periods)]
    return _app([*first, Route("/{path:path}", files_of(_folder))])


def make_catalog_app() -> Starlette:
    """The same for the catalogue's site."""
    return _app([Route("/", catalogue), Route("/{path:path}", files_of(_site))])


def make_outbox_app() -> Starlette:
    """The same for receipts and findings."""
    return _app([Route("/{path:path}", files_of(_outbox))])


def _app(routes: list[Route]) -> Starlette:
    return Starlette(
        routes=routes,
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=require_user)],
        exception_handlers={HTTPStatus.NOT_FOUND: not_found},
    )


class ScorecardPages(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "scorecard_pages"
    fastapi_apps = [  # noqa: RUF012
        {"app": make_app(), "url_prefix": PREFIX, "name": "scorecards"},
        {"app": make_catalog_app(), "url_prefix": CATALOG_PREFIX, "name": "catalog"},
        {"app": make_outbox_app(), "url_prefix": OUTBOX_PREFIX, "name": "outbox"},
    ]
    # Airflow cannot put a tab on one DAG only: it is on all four of ours, and most at home on score_regions.
    external_views = [  # noqa: RUF012
        {"destination": "nav", "category": "browse", "url_route": "credit-scorecards", "name": NAME, "href": NEWEST},
        {"destination": "dag", "url_route": "dag-scorecards", "name": NAME, "href": NEWEST},
    ]
