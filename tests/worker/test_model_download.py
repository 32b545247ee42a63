"""A model of the Hub arrives whole, at its commit, without code, or not at all; every fault has its words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import read_model
from studio.domain.model_files import ModelChoice, partial_folder
from studio.domain.watching import Cancelled, Unwatched, Watch
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.worker.failures import name_error
from studio.worker.fetching import Patience
from studio.worker.models import bring_model
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault
from tests.model_folders import model_files, weights
from tests.small_disk import resize, small_disk

TINY = "models/shop/tiny"
LARGE = weights({"model.embed_tokens.weight": [1000, 300]})
KNOWN = "hf_of_anna_0123456789"
HASTY = Patience(wait_seconds=1.0, tries=3, first_pause_seconds=0.01, longest_pause_seconds=0.5)

Bring = Callable[..., Path]


class StopAt(Unwatched):
    """Calls the work off at a number of bytes."""

    def __init__(self, count: int) -> None:
        self.count, self.done = count, 0

    def progress(self, stage: str, done: int, total: int) -> None:
        self.done = done

    @property
    def is_cancelled(self) -> bool:
        return self.done >= self.count


@pytest.fixture
def bring(hub: FakeHub, tmp_path: Path) -> Bring:
    """Give a download of the shop's tiny model at its newest commit, with little patience."""
    hub.commit(TINY, {**model_files(), "model.safetensors": LARGE})

    def brought(watch: Watch | None = None, target: str = "tiny") -> Path:
        choice = ModelChoice("shop/tiny", hub.repos[TINY].refs["main"])
        bring_model(choice, tmp_path / target, watch or Unwatched(), None, HASTY)
        return tmp_path / target

    return brought


def test_a_model_comes_with_its_files_and_nothing_that_could_run(
    hub: FakeHub, bring: Bring
) -> None:
    files = {"modeling_x.py": "x", "pytorch_model.bin": "x", "onnx/config.json": "{}", "a.pkl": "x"}
    hub.commit(TINY, {**model_files(), **files, "merges.txt": "a b", "model.safetensors": LARGE})
    folder = bring()
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "merges.txt", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert (folder / "model.safetensors").read_bytes() == LARGE
    assert read_model(folder, "tiny").parameters == 300_000
    assert not [one for one in hub.seen if one.path.endswith((".py", ".bin", ".pkl"))]


def test_a_download_that_was_called_off_goes_on_where_it_stopped(
    hub: FakeHub, bring: Bring, tmp_path: Path
) -> None:
    with pytest.raises(Cancelled):
        bring(StopAt(200_000))
    assert not (tmp_path / "tiny").exists()
    there = (partial_folder(tmp_path / "tiny") / "model.safetensors.partial").stat().st_size
    assert 0 < there < len(LARGE)
    assert (bring() / "model.safetensors").read_bytes() == LARGE
    assert hub.asked("/lfs/")[-1].headers["range"] == f"bytes={there}-"


def test_what_is_here_is_not_asked_for_again(hub: FakeHub, bring: Bring) -> None:
    bring()
    asked = len(hub.seen)
    hub.commit(TINY, {"config.json": "changed"}, ref="other")
    bring()
    assert len(hub.seen) == asked


def test_shards_come_all_and_are_those_that_the_index_names(hub: FakeHub, bring: Bring) -> None:
    names = [f"model-0000{place}-of-00002.safetensors" for place in (1, 2)]
    index = {"weight_map": {name: name for name in names}}
    files = {**model_files(), "model.safetensors.index.json": json.dumps(index)}
    del files["model.safetensors"]
    hub.commit(TINY, {**files, **{name: weights({name: [40, 40]}) for name in names}})
    assert read_model(bring(), "tiny").parameters == 2 * 1600


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("/lfs/", cut_after=90_000, times=1)],
        [Fault("/lfs/", stall_after=90_000, times=1)],
        [Fault("/lfs/", status=503, times=2)],
        [Fault("/lfs/", cut_after=90_000, times=1), Fault("/lfs/", knows_no_ranges=True)],
    ],
    ids=["cut", "stall", "unavailable", "no ranges"],
)
def test_what_passes_by_itself_is_waited_out(
    hub: FakeHub, bring: Bring, faults: list[Fault]
) -> None:
    hub.faults.extend(faults)
    assert (bring() / "model.safetensors").read_bytes() == LARGE


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("/lfs/", stall_after=0), "hub.stalled"),
        (Fault("/lfs/", is_damaged=True), "hub.damaged"),
        (Fault("/lfs/", status=403), "hub.forbidden"),
        (Fault("/resolve/", status=429, headers={"Retry-After": "3600"}), "hub.too_many"),
        (Fault("/api/models", status=401), "hub.not_found"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_pass_is_told_and_no_model_appears(
    hub: FakeHub, bring: Bring, tmp_path: Path, fault: Fault, code: str
) -> None:
    hub.faults.append(fault)
    with pytest.raises(StudioError) as raised:
        bring()
    assert raised.value.code == code
    assert all(translator(lang).error(raised.value).fix for lang in languages())
    assert not (tmp_path / "tiny").exists()


def test_a_gated_model_wants_a_token_that_was_let_in(
    hub: FakeHub, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos[TINY].guests = guests = set[str]()
    hub.accounts[KNOWN] = "anna"
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    with pytest.raises(StudioError, match=r"hub\.gated"):
        bring()
    guests.add(KNOWN)
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    assert read_model(bring(), "tiny").parameters > 0
    assert {"authorization" in one.headers for one in hub.asked("/lfs/")} == {False}


HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"config.json": json.dumps({"architectures": ["X"], "auto_map": {"AutoConfig": "x.X"}})}, "model.runs_code"),
    (model_files(_attn_implementation_internal="evil/kernel"), "model.runs_code"),
    (model_files(architectures=["MambaForCausalLM"]), "model.unsupported"),
    (model_files(quantization_config={"quant_method": "gptq"}), "model.is_quantised"),
    ({"model.safetensors": b"not weights" * 200}, "model.unreadable"),
    ({"tokenizer_config.json": json.dumps({"chat_template": [{"name": "../../evil", "template": "x"}]})}, "model.unreadable"),
    ({"tokenizer_config.json": "not json"}, "model.unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "code"), HOSTILE, ids=[code for _, code in HOSTILE])
def test_a_hostile_model_is_refused_and_nothing_of_it_stays(
    hub: FakeHub, bring: Bring, tmp_path: Path, files: dict[str, bytes | str], code: str
) -> None:
    texts = {"tokenizer_config.json": "{}", "modeling_x.py": "open('canary', 'w')"}
    hub.commit(TINY, {**model_files(), **texts, **files})
    with pytest.raises(StudioError) as raised:
        bring()
    assert raised.value.code == code
    assert not (tmp_path / "tiny").exists()
    assert not partial_folder(tmp_path / "tiny").exists()
    assert not hub.asked("modeling_x.py")


def test_an_index_that_leads_out_of_the_folder_is_refused(
    hub: FakeHub, bring: Bring, tmp_path: Path
) -> None:
    files = {**model_files(), "model-00001-of-00001.safetensors": weights()}
    del files["model.safetensors"]
    index = json.dumps({"weight_map": {"a": "../../secret"}})
    hub.commit(TINY, {**files, "model.safetensors.index.json": index})
    with pytest.raises(StudioError, match=r"model\.unreadable"):
        bring()
    assert not partial_folder(tmp_path / "tiny").exists()


def test_a_pointer_to_code_that_is_not_needed_is_dropped(hub: FakeHub, bring: Bring) -> None:
    pointer = {"AutoModelForCausalLM": "modeling_phi3.Phi3"}
    files = model_files(architectures=["Phi3ForCausalLM"], auto_map=pointer)
    settings = json.dumps({"chat_template": "{{ x }}", "auto_map": {"AutoTokenizer": "x.X"}})
    hub.commit(TINY, {**files, "tokenizer_config.json": settings, "modeling_phi3.py": "x"})
    folder = bring()
    assert "auto_map" not in (folder / "config.json").read_text()
    assert json.loads((folder / "tokenizer_config.json").read_text()) == {
        "chat_template": "{{ x }}"
    }
    assert read_model(folder, "tiny").architecture == "Phi3ForCausalLM"


def test_no_room_is_told_before_anything_is_brought(
    hub: FakeHub, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.domain.hub.SPARE_BYTES", 2**60)
    with pytest.raises(StudioError, match=r"hub\.no_room"):
        bring()
    assert hub.asked("/lfs/") == []


def test_a_disk_that_fills_up_leaves_a_download_to_go_on_with(
    hub: FakeHub, bring: Bring, tmp_path: Path
) -> None:
    class Shrink(Unwatched):
        def progress(self, stage: str, done: int, total: int) -> None:
            resize(disk, kib=400)

    with small_disk(tmp_path / "models", kib=2**19) as disk:
        with pytest.raises(OSError, match="No space") as raised:
            bring(Shrink(), target="models/tiny")
        assert name_error(raised.value).code == "worker.disk_full"
        assert not (disk.folder / "tiny").exists()
        resize(disk, kib=2**19)
        assert (bring(target="models/tiny") / "model.safetensors").read_bytes() == LARGE
        assert "range" in hub.asked("/lfs/")[-1].headers
