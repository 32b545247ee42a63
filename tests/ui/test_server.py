"""The whole application with a tiny page: every route that exists is walked, so that a new one fails by default."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from studio import __version__
from studio.errors import StudioError
from studio.i18n import Translator, languages
from studio.services.api_key import ApiKey
from studio.services.deliveries import Deliveries
from studio.services.workspace import Workspace
from studio.settings import Home, Settings
from studio.ui.guard import UPLOAD_LIMIT_BYTES
from studio.ui.server import create_server

PASSWORD = "correct horse battery"  # noqa: S105 - of the test
EVIL = {"Origin": "http://attacker.example", "sec-fetch-site": "cross-site"}
OPEN_WITHOUT_LOGIN = {"/health", "/favicon.ico"}
METHODS = ("GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE")


@dataclass(frozen=True)
class OneExport:
    """A workspace with one finished download and one training, both number 7."""

    path: Path
    deliveries: Deliveries = field(default_factory=Deliveries)

    @property
    def api_key(self) -> ApiKey:
        return ApiKey(self.path.with_name("api_key.json"))

    @property
    def runs(self) -> "OneExport":
        return self

    def recipe_text(self, job_id: int) -> str:
        if job_id != 7:
            raise StudioError("job.unknown", id=job_id)
        return "model:\n  id: starter\n"

    def export_file(self, job_id: int) -> Path:
        if job_id != 7:
            raise StudioError("export.unknown", id=job_id)
        return self.path


def tiny_page(_workspace: Workspace, t: Translator) -> gr.Blocks:
    with gr.Blocks(title=t("app.name")) as page:
        words = gr.Textbox(label=t("login.password"))
        words.change(str.upper, words, words, api_visibility="private")
    return page


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home")).create()


def make_client(home: Home, password: str | None = None) -> TestClient:
    export = home.root / "adapter.zip"
    export.write_bytes(b"zip")
    workspace = cast(Workspace, OneExport(export))
    server = create_server(workspace, Settings(home=home, password=password), tiny_page)
    return TestClient(server, base_url="http://127.0.0.1:7860", follow_redirects=False)


@pytest.fixture(scope="module")
def client(served: Home) -> TestClient:
    return make_client(served)


@pytest.fixture(scope="module")
def locked(served: Home) -> TestClient:
    return make_client(served, PASSWORD)


def walk(routes: list[Any], prefix: str = "") -> Iterator[str]:
    """Give the path of every route below `routes`, mounted and included ones too, parameters filled in."""
    for route in routes:
        inner = getattr(route, "original_router", route)
        path = prefix + getattr(route, "path", "")
        below = getattr(inner, "routes", None)
        if below:
            yield from walk(below, path)
        else:
            yield re.sub(r"{[^}]*}", "1", path)


def paths(client: TestClient) -> set[str]:
    found = set(walk(cast(FastAPI, client.app).routes))
    assert len(found) > 100  # both languages, Gradio's router included
    assert "/en/gradio_api/queue/join" in found
    return found


def test_another_site_gets_nothing_from_any_route(client: TestClient) -> None:
    for path in paths(client):
        for method in METHODS:
            answer = client.request(method, path, headers=EVIL)
            assert answer.status_code == 403, (method, path)
            assert "access-control-allow-origin" not in answer.headers


def test_another_host_name_gets_nothing_from_any_route(client: TestClient) -> None:
    for path in paths(client):
        for method in METHODS:
            answer = client.request(method, path, headers={"Host": "attacker.example"})
            assert answer.status_code == 400, (method, path)


def test_without_the_password_no_route_but_the_login_answers(locked: TestClient) -> None:
    closed = paths(locked) - OPEN_WITHOUT_LOGIN
    status_by_path = {path: locked.get(path).status_code for path in closed}
    assert set(status_by_path.values()) == {401, 404}
    assert {path for path, status in status_by_path.items() if status == 401} >= {
        "/",
        "/en/",
        "/zh-CN/config",
        "/en/gradio_api/queue/data",
        "/en/gradio_api/upload_progress",
        "/en/theme.css",
        "/files/exports/1",
    }
    assert {locked.post(path).status_code for path in closed} <= {401, 404}


def test_signed_in_the_page_opens(served: Home) -> None:
    client = make_client(served, PASSWORD)
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303
    assert client.get("/en/").status_code == 200


@pytest.mark.parametrize("lang", languages())
def test_a_page_speaks_its_language_and_is_remembered(client: TestClient, lang: str) -> None:
    answer = client.get(f"/{lang}/", headers={"Accept-Encoding": "br, gzip"})
    assert answer.status_code == 200
    assert f'lang="{lang}"' in answer.text
    assert f"get:()=>'{lang}'" in answer.text
    assert "manifest.json" not in answer.text
    assert answer.headers["set-cookie"].startswith(f"lang={lang};")


def test_the_root_leads_to_the_visitors_language(served: Home) -> None:
    client = make_client(served)
    assert client.get("/", headers={"Accept-Language": "zh"}).headers["location"] == "/zh-CN/"
    client.get("/en/")
    assert client.get("/", headers={"Accept-Language": "zh"}).headers["location"] == "/en/"


def test_health_tells_the_version(client: TestClient) -> None:
    assert client.get("/health").json() == {"ok": True, "version": __version__}


def test_an_export_is_a_download_and_an_unknown_one_is_not(client: TestClient) -> None:
    answer = client.get("/files/exports/7")
    assert answer.content == b"zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get("/files/exports/8").status_code == 404
    assert client.get("/files/exports/..%2f..%2fstudio.db").status_code in (404, 422)


def test_a_recipe_is_a_download_and_an_unknown_one_is_not(client: TestClient) -> None:
    answer = client.get("/files/runs/7/recipe.yaml")
    assert answer.text.startswith("model:")
    assert 'filename="recipe-7.yaml"' in answer.headers["content-disposition"]
    assert client.get("/files/runs/8/recipe.yaml").status_code == 404


def test_gradio_keeps_no_run_history_and_shows_no_api(client: TestClient) -> None:
    config = client.get("/en/config").json()
    assert config["run_history"] is False
    assert config["footer_links"] == []
    assert all(event["api_visibility"] == "private" for event in config["dependencies"])
    for path in (
        "/docs",
        "/openapi.json",
        "/en/openapi.json",
        "/en/docs",
        "/en/gradio_api/runs",
        "/en/monitoring",
    ):
        assert client.get(path).status_code == 404, path


def test_files_of_the_home_and_of_the_program_are_out_of_reach(
    client: TestClient, served: Home
) -> None:
    served.database.write_text("secret")
    (served.root / "runner.log").write_text("secret")
    for path in (
        served.database,
        served.root / "runner.log",
        Path("pyproject.toml").absolute(),
        Path("/etc/passwd"),
    ):
        answer = client.get(f"/en/gradio_api/file={path}")
        assert answer.status_code in (403, 404)
        assert "secret" not in answer.text


def test_an_upload_lands_in_the_home_and_only_for_its_owner(
    client: TestClient, served: Home
) -> None:
    answer = client.post("/en/gradio_api/upload", files={"files": ("rows.csv", b"a,b\n1,2\n")})
    stored = Path(answer.json()[0])
    assert stored.is_relative_to(served.root / "uploads")
    assert (served.root / "uploads").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name", ["../../x.csv", "a\x00b.csv", "n" * 300 + ".csv", "\u202egnp.csv", "-rf"]
)
def test_a_hostile_file_name_stays_inside_the_uploads(
    client: TestClient, served: Home, name: str
) -> None:
    answer = client.post("/en/gradio_api/upload", files={"files": (name, b"a\n")})
    if answer.status_code == 200:
        assert Path(answer.json()[0]).resolve().is_relative_to(served.root / "uploads")


def test_too_large_an_upload_leaves_nothing_on_the_disk(client: TestClient, served: Home) -> None:
    before = sorted((served.root / "uploads").rglob("*"))
    headers = {"Content-Length": str(UPLOAD_LIMIT_BYTES + 1)}
    assert client.post("/en/gradio_api/upload", headers=headers).status_code == 413
    assert sorted((served.root / "uploads").rglob("*")) == before
