from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plugin(airflow_folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorecard_pages", ROOT / "dags/plugins/scorecard_pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path))
    (tmp_path / "secret.html").write_text("secret")
    folder = tmp_path / "scorecards"
    for period in ("2025-12", "2026-02", "2026-10"):
        (folder / period).mkdir(parents=True)
        (folder / period / "index.html").write_text(f"<h1>{period} 全国</h1>", encoding="utf-8")
    (folder / "2026-10/510000.html").write_text("<h1>四川</h1>", encoding="utf-8")
    (folder / "2026-10/.hidden.html").write_text("hidden")
    (folder / "2026-11").mkdir()  # begun, no page yet
    (folder / "drafts").mkdir()
    (folder / "drafts/index.html").write_text("draft")
    (folder / "2026-10/link.html").symlink_to(tmp_path / "secret.html")
    return folder


@pytest.fixture
def token(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> str:
    """What Airflow gives a person who logged in; not in the all-admins mode."""
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "False")
    monkeypatch.setenv(
        "AIRFLOW__API_AUTH__JWT_SECRET", "a secret of sixty-four characters, which is long enough for HS512..."
    )
    from airflow.api_fastapi.app import create_auth_manager, purge_cached_app
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    purge_cached_app()
    return str(create_auth_manager().generate_jwt(SimpleAuthManagerUser(username="reader", role="VIEWER")))


@pytest.fixture
def client(plugin: ModuleType, token: str, cards: Path) -> Iterator[Any]:
    from starlette.testclient import TestClient

    yield TestClient(plugin.make_app(), headers={"Authorization": f"Bearer {token}"})
    from airflow.api_fastapi.app import purge_cached_app

    purge_cached_app()


def test_the_index_leads_to_the_newest_period(client: Any):
    answer = client.get("/index.html")
    assert answer.url.path == "/2026-10/index.html"
    assert "<h1>2026-10 全国</h1>" in answer.text
    assert client.get("/").url.path == "/2026-10/index.html"
    assert "四川" in client.get("/2026-10/510000.html").text


def test_nothing_yet_is_a_page_that_says_what_to_do(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path / "new"))
    answer = client.get("/index.html")
    assert answer.status_code == 200
    assert "还没有评分卡" in answer.text
    assert "score_regions" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/..%2fsecret.html",
        "/..%2Fsecret.html",
        "/%2e%2e/secret.html",
        "/2026-10/..%2f..%2fsecret.html",
        "/2026-10/%2e%2e%2f%2e%2e%2fsecret.html",
        "/..%5csecret.html",
        "/%2fetc/passwd",
        "//etc/passwd",
        "/2026-10/link.html",
        "/2026-10/.hidden.html",
        "/2026-10/index.html%00.png",
    ],
)
def test_nothing_outside_the_folder_is_served(client: Any, path: str):
    import httpx

    url = httpx.URL("http://testserver").copy_with(raw_path=path.encode())
    answer = client.get(url)
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert "没有这个页面" in answer.text


@pytest.mark.parametrize("path", ["/index.html", "/2026-10/index.html", "/2026-10/nothing.html"])
def test_every_answer_forbids_what_is_not_from_here(client: Any, path: str):
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert not any("http" in value or "*" in value for value in policy.values())
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_read_only(client: Any, method: str):
    assert client.request(method, "/2026-10/index.html").status_code == 405


def test_the_session_cookie_is_as_good_as_a_bearer_token(client: Any, token: str):
    del client.headers["Authorization"]
    client.cookies.set("_token", token)
    assert client.get("/2026-10/index.html").status_code == 200


@pytest.mark.parametrize("path", ["/", "/index.html", "/2026-10/index.html", "/2026-10/510000.html", "/nothing.html"])
def test_without_a_token_there_is_nothing_to_see(client: Any, path: str):
    del client.headers["Authorization"]
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 401
    assert "全国" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_forged_token_is_no_token(client: Any, token: str):
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    assert client.get("/2026-10/index.html", headers={"Authorization": f"Bearer {forged}"}).status_code == 401
    assert client.get("/2026-10/index.html", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/2026-10/index.html", headers={"Authorization": "Basic eA=="}).status_code == 401


def test_a_token_that_ran_out_is_no_token(client: Any):
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    user = SimpleAuthManagerUser(username="reader", role="VIEWER")
    old = get_auth_manager().generate_jwt(user, expiration_time_in_seconds=-3600)
    assert client.get("/2026-10/index.html", headers={"Authorization": f"Bearer {old}"}).status_code == 401


@pytest.fixture
def catalogue(plugin: ModuleType, client: Any, tmp_path: Path) -> Any:
    """The catalogue's site as Airflow serves it, beside the scorecards that link to it."""
    from starlette.testclient import TestClient

    (tmp_path / "catalog/templates").mkdir(parents=True)
    (tmp_path / "catalog/index.html").write_text("<h1>目录</h1>", encoding="utf-8")
    (tmp_path / "catalog/honour.html").write_text("<h1>荣誉</h1>", encoding="utf-8")
    (tmp_path / "catalog/templates/honour.xlsx").write_bytes(b"PK")
    return TestClient(plugin.make_catalog_app(), headers=client.headers)


def test_the_catalogue_is_served_where_the_scorecards_link_to(catalogue: Any, plugin: ModuleType):
    assert catalogue.get("/").url.path == "/index.html"
    assert "目录" in catalogue.get("/").text
    assert "荣誉" in catalogue.get("/honour.html").text
    assert catalogue.get("/templates/honour.xlsx").content == b"PK"
    mounted = {one["name"]: one["url_prefix"] for one in plugin.ScorecardPages.fastapi_apps}
    assert mounted == {"scorecards": "/scorecards", "catalog": "/catalog", "outbox": "/outbox"}
    from urllib.parse import urljoin

    from pipelines.catalog.links import FROM_SCORECARD

    page = f"{mounted['scorecards']}/2026-10/510000.html"
    assert urljoin(page, f"{FROM_SCORECARD}honour.html") == f"{mounted['catalog']}/honour.html"


def test_the_catalogue_is_guarded_like_the_scorecards(catalogue: Any):
    assert catalogue.get("/..%2fsecret.html").status_code == 404
    assert "content-security-policy" in catalogue.get("/honour.html").headers
    assert catalogue.post("/honour.html").status_code == 405
    del catalogue.headers["Authorization"]
    assert catalogue.get("/honour.html").status_code == 401


def test_receipts_and_findings_are_served_where_the_scorecards_link_to(plugin: ModuleType, client: Any, tmp_path: Path):
    from urllib.parse import urljoin

    from starlette.testclient import TestClient

    folder = tmp_path / "outbox/sichuan/0123"
    folder.mkdir(parents=True)
    (folder / "findings.csv").write_text("row_number\n2\n", encoding="utf-8")
    outbox = TestClient(plugin.make_outbox_app(), headers=client.headers)
    assert outbox.get("/sichuan/0123/findings.csv").text == "row_number\n2\n"
    assert outbox.get("/..%2fsecret.html").status_code == 404
    assert outbox.post("/sichuan/0123/findings.csv").status_code == 405
    mounted = {one["name"]: one["url_prefix"] for one in plugin.ScorecardPages.fastapi_apps}
    leads_to = urljoin(f"{mounted['scorecards']}/2026-10/510000.html", "../../outbox/sichuan/0123/findings.csv")
    assert leads_to == f"{mounted['outbox']}/sichuan/0123/findings.csv"
    del outbox.headers["Authorization"]
    assert outbox.get("/sichuan/0123/findings.csv").status_code == 401


def test_the_charts_of_a_page_are_served_and_kept_by_the_browser(client: Any, cards: Path):
    from pipelines.pages.scorecards.assets import names, write_assets

    write_assets(cards / "assets")
    for name in names():
        answer = client.get(f"/2026-10/../assets/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
        assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in client.get("/2026-10/index.html").headers["cache-control"]
    del client.headers["Authorization"]
    assert client.get(f"/assets/{names()[0]}").status_code == 401


def test_all_periods_have_a_page_that_every_page_leads_to(client: Any, cards: Path):
    from urllib.parse import urljoin

    (cards / "index.html").write_text("<h1>全部期间</h1>", encoding="utf-8")
    assert "全部期间" in client.get(urljoin("/2026-10/510000.html", "../index.html#u510000")).text
    for way in ("/", "/newest.html"):
        assert client.get(way).url.path == "/2026-10/index.html"


def test_the_newest_month_comes_before_quarters_and_years(client: Any, cards: Path):
    for period in ("2026-Q4", "2027"):
        (cards / period).mkdir()
        (cards / period / "index.html").write_text(period, encoding="utf-8")
    assert client.get("/").url.path == "/2026-10/index.html"
    for month in cards.glob("????-??"):
        (month / "index.html").unlink(missing_ok=True)
    assert client.get("/").url.path == "/2027/index.html"


def test_what_airflow_is_told(plugin: ModuleType):
    views = {view["destination"]: view for view in plugin.ScorecardPages.external_views}
    assert set(views) == {"nav", "dag"}
    assert views["nav"]["category"] == "browse"
    assert all(view["url_route"] and view["href"].startswith("/scorecards/") for view in views.values())


def test_dag_parsing_skips_the_plugins():
    assert (ROOT / "dags/.airflowignore").read_text().split() == ["plugins/"]
