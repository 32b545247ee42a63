"""Which models there are, what is known about one before it is tuned, and that this disk is asked before the Hub."""

import shutil
import socket
from pathlib import Path

import pytest

from studio.domain.model_files import ModelChoice, folder_name, partial_folder
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.services.models import ModelLibrary
from studio.services.workspace import Workspace
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault
from tests.model_folders import model_files

TINY = "models/shop/tiny"
SHA = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
KNOWN = "hf_of_anna_0123456789"


def put(folder: Path) -> Path:
    """Store a model's files in a folder."""
    folder.mkdir(parents=True)
    for name, content in model_files().items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def downloaded(workspace: Workspace, model_id: str = "shop/tiny", revision: str = SHA) -> Path:
    return put(workspace.settings.home.models / folder_name(ModelChoice(model_id, revision)))


def test_the_starter_comes_first_then_downloads_then_allowed_folders(tmp_path: Path) -> None:
    put(tmp_path / "kept" / folder_name(ModelChoice("shop/tiny", SHA)))
    put(tmp_path / "kept" / f".shop--half@{SHA}.partial")
    put(tmp_path / "allowed" / "mine")
    (tmp_path / "allowed" / "notes").mkdir()
    library = ModelLibrary(tmp_path / "allowed", tmp_path / "kept")
    assert [model.id for model in library.list()] == ["starter", "shop/tiny", "mine"]
    assert (library.get("shop/tiny").revision, library.get("mine").revision) == (SHA, "")
    shape = library.get("mine").shape
    assert shape is not None
    assert (shape.layers, shape.kv_heads, shape.head_size) == (2, 1, 4)


def test_a_folder_may_be_a_cache_of_hugging_face(tmp_path: Path) -> None:
    cache = tmp_path / "models--shop--tiny"
    put(cache / "snapshots" / SHA)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(SHA)
    library = ModelLibrary(tmp_path)
    assert [model.id for model in library.list()] == ["starter", "shop/tiny"]
    assert library.get("shop/tiny").revision == SHA
    (cache / "refs" / "main").write_text("../../elsewhere")
    assert [model.id for model in library.list()] == ["starter"]


@pytest.mark.parametrize(
    ("model_id", "code"),
    [
        ("shop/other", "model.not_downloaded"),
        (f"shop/tiny@{OTHER}", "model.not_downloaded"),
        ("nothing", "model.unknown"),
        ("../allowed", "model.unknown"),
        ("/etc", "model.unknown"),
        ("", "model.unknown"),
        ("a/b/../c", "model.unknown"),
        ("shop/tiny@../..", "model.unknown"),
    ],
)
def test_what_is_not_here_is_told_apart(workspace: Workspace, model_id: str, code: str) -> None:
    downloaded(workspace)
    with pytest.raises(StudioError) as caught:
        workspace.models.get(model_id)
    assert caught.value.code == code
    assert workspace.models.get(f"shop/tiny@{SHA}").id == "shop/tiny"


def test_the_catalog_is_on_offer_with_what_is_here(workspace: Workspace) -> None:
    downloaded(workspace)
    downloaded(workspace, "Qwen/Qwen3-0.6B")
    offers = workspace.models.offers()
    here = [offer.id for offer in offers if offer.is_here]
    assert here == ["starter", "Qwen/Qwen3-0.6B", "shop/tiny"]
    assert len(offers) == 34
    assert offers[-1].entry is None


def test_a_model_on_this_disk_is_checked_without_the_hub(workspace: Workspace) -> None:
    downloaded(workspace)
    for model_id in ("starter", "shop/tiny"):
        found = workspace.model_checks.check(model_id)
        assert (found.exists, found.is_downloaded, found.problems) == (True, True, ())
        assert found.shape is not None
        assert found.has_template
        assert found.can_export


def test_a_model_of_the_hub_is_checked_before_it_is_brought(
    hub: FakeHub, workspace: Workspace
) -> None:
    sha = hub.commit(TINY, {**model_files(), "x.py": "x"}, tags=["license:mit"], safetensors={"parameters": {"BF16": 10_256}, "total": 10_256})  # fmt: skip
    found = workspace.model_checks.check("shop/tiny")
    assert (found.revision, found.licence, found.gated) == (sha, "mit", False)
    assert (found.parameters, found.architecture) == (10_256, "LlamaForCausalLM")
    assert found.bytes == found.missing_bytes == sum(map(len, model_files().values()))
    assert found.page == f"{hub.endpoint}/shop/tiny"
    assert (found.problems, found.is_downloaded, found.can_export) == ((), False, True)
    assert found.shape is not None
    assert hub.asked("/lfs/") == []


def test_what_an_earlier_try_has_brought_need_not_come_again(
    hub: FakeHub, workspace: Workspace
) -> None:
    sha = hub.commit(TINY, model_files())
    target = workspace.settings.home.models / folder_name(ModelChoice("shop/tiny", sha))
    partial_folder(target).mkdir(parents=True)
    (partial_folder(target) / "model.safetensors.partial").write_bytes(bytes(500))
    found = workspace.model_checks.check("shop/tiny")
    assert found.bytes - found.missing_bytes == 500


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        (model_files(architectures=["MambaForCausalLM"]), ["model.unsupported"]),
        ({**model_files(auto_map={"a": "b"}, architectures=["X"])}, ["model.runs_code"]),
        ({"config.json": "{}", "tokenizer.json": "{}", "pytorch_model.bin": "x"}, ["model.unreadable", "model.no_safetensors"]),
        ({"README.md": "x"}, ["hub.file_missing", "model.no_config"]),
        ({"config.json": "<html>", **{n: c for n, c in model_files().items() if n != "config.json"}}, ["hub.strange_answer"]),
    ],
)  # fmt: skip
def test_every_problem_is_told_at_once(
    hub: FakeHub, workspace: Workspace, files: dict[str, bytes | str], codes: list[str]
) -> None:
    hub.commit(TINY, files)
    found = workspace.model_checks.check("shop/tiny")
    assert [problem.code for problem in found.problems] == codes
    for lang in languages():
        assert all(translator(lang).error(problem).fix for problem in found.problems)


def test_a_gated_model_says_where_its_conditions_are(
    hub: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit("models/google/gemma-3-270m-it", model_files())
    hub.repos["models/google/gemma-3-270m-it"].guests = {KNOWN}
    hub.accounts[KNOWN] = "anna"
    found = workspace.model_checks.check("google/gemma-3-270m-it")
    assert (found.gated, [problem.code for problem in found.problems]) == (True, ["hub.gated"])
    assert found.page == f"{hub.endpoint}/google/gemma-3-270m-it"
    # What its page does not show, the catalog knows.
    assert found.shape is not None
    assert (found.shape.vocab_size, found.parameters) == (262_144, 268_098_176)
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    assert workspace.model_checks.check("google/gemma-3-270m-it").problems == ()


@pytest.mark.parametrize(
    ("model_id", "code"),
    [
        ("shop/none", "hub.not_found"),
        ("http://127.0.0.1", "hub.bad_id"),
        ("file:///etc/passwd", "hub.bad_id"),
        ("hf://../../", "hub.bad_id"),
        ("a/b/../c", "hub.bad_id"),
        ("gpt2", "hub.bad_id"),
    ],
)
def test_what_does_not_exist_is_no_error_of_the_page(
    hub: FakeHub, workspace: Workspace, model_id: str, code: str
) -> None:
    found = workspace.model_checks.check(model_id)
    assert (found.exists, [problem.code for problem in found.problems]) == (False, [code])
    assert bool(hub.seen) == (code == "hub.not_found")


def test_no_room_and_no_hub_are_problems_too(
    hub: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(TINY, model_files())
    monkeypatch.setattr("studio.domain.hub.SPARE_BYTES", 2**60)
    assert workspace.model_checks.check("shop/tiny").problems[0].code == "hub.no_room"
    hub.faults.append(Fault("/api/", status=503))
    assert workspace.model_checks.check("shop/tiny").problems[0].code == "hub.unavailable"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    found = workspace.model_checks.check("shop/tiny")
    assert (found.exists, found.problems[0].code) == (True, "hub.offline")


def test_a_search_gives_language_models(hub: FakeHub, workspace: Workspace) -> None:
    hub.commit(TINY, model_files(), downloads=5, tags=["license:mit"])
    hub.commit("models/shop/tiny-long", model_files(), downloads=9)
    hub.commit("datasets/shop/tiny-rows", {"a.csv": "a"})
    found = workspace.model_checks.search("TINY")
    assert [(one.id, one.licence) for one in found] == [
        ("shop/tiny-long", ""),
        ("shop/tiny", "mit"),
    ]
    assert "filter=safetensors" in hub.seen[-1].path


def test_a_download_that_was_removed_is_not_here(workspace: Workspace) -> None:
    shutil.rmtree(downloaded(workspace))
    assert [model.id for model in workspace.models.list()] == ["starter"]
