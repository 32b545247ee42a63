"""Every method: the lists agree, the right weights change and no others, and what is saved answers without the studio."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from trl import SFTTrainer

from studio.domain.job import JobFolder, JobKind, read_events
from studio.domain.method import METHODS as FACTS
from studio.domain.method import AdapterMethod, Lora, Method, exclusions
from studio.domain.recipe import Recipe, barred_settings, parse_recipe
from studio.services.workspace import Workspace
from studio.worker import samples
from studio.worker.methods import METHODS, lora_config
from studio.worker.run import HANDLERS, load_handler
from tests.methods_tried import SETTINGS, load_plain
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

Hashes = dict[str, str]
IDS = torch.arange(3, 40).unsqueeze(0)
"""(1, 37) token ids that every model of the tests knows."""


def hashes(model: torch.nn.Module) -> Hashes:
    """Give the SHA-256 of every parameter."""
    return {
        name: hashlib.sha256(p.detach().cpu().contiguous().view(torch.uint8).numpy()).hexdigest()
        for name, p in model.named_parameters()
    }


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Watch a training: `before` and `after` are hashes by parameter, `learned` those that may change, `model` the last one."""
    seen: dict[str, Any] = {}
    learn: Callable[..., Any] = SFTTrainer.train

    def watch(self: SFTTrainer, *given: Any, **named: Any) -> Any:
        model: Any = self.model
        seen["before"] = hashes(model)
        seen["learned"] = {name for name, p in model.named_parameters() if p.requires_grad}
        result = learn(self, *given, **named)
        seen["after"], seen["model"] = hashes(model), model
        return result

    monkeypatch.setattr(SFTTrainer, "train", watch)
    return seen


def method_names() -> set[str]:
    """Give every value that `method.type` may have."""
    union = get_args(Method)[0]
    return {variant.model_fields["type"].default for variant in get_args(union)}


def test_every_method_of_the_recipe_is_done_by_the_worker_and_has_its_facts() -> None:
    assert set(METHODS) == set(FACTS) == method_names()
    assert {str(settings["type"]) for settings, _ in SETTINGS.values()} == method_names()


def test_every_kind_of_job_is_done_by_the_worker() -> None:
    assert set(HANDLERS) == set(get_args(JobKind))
    assert all(callable(load_handler(kind)) for kind in HANDLERS)


@pytest.mark.parametrize("modules", ["all-linear", "attention"])
def test_the_recipes_words_become_pefts(tiny_model: Path, modules: str) -> None:
    method = Lora.model_validate({
        "rank": 4, "alpha": 8, "dropout": 0.1, "target_modules": modules, "use_rslora": True,
    })  # fmt: skip
    config = lora_config(method, AutoModelForCausalLM.from_pretrained(tiny_model))
    assert (config.r, config.lora_alpha, config.lora_dropout) == (4, 8, 0.1)
    assert (config.use_rslora, config.use_dora) == (True, False)
    assert config.target_modules == (
        "all-linear" if modules == "all-linear" else {"q_proj", "k_proj", "v_proj", "o_proj"}
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_a_method_changes_what_it_learns_and_nothing_else(
    train: Train, tiny_model: Path, watched: dict[str, Any], name: str
) -> None:
    settings, parts = SETTINGS[name]
    stored = hashlib.sha256((tiny_model / "model.safetensors").read_bytes()).hexdigest()
    _, outcome = train(method=settings)
    assert (outcome.state, outcome.values["steps"]) == ("done", 4)
    changed = {n for n, digest in watched["after"].items() if watched["before"][n] != digest}
    assert changed == watched["learned"]
    assert changed
    assert all(any(part in name for part in parts) for name in changed)
    if parts != ("",):
        assert len(changed) < len(watched["after"])
    assert hashlib.sha256((tiny_model / "model.safetensors").read_bytes()).hexdigest() == stored


@pytest.mark.parametrize("name", [name for name in SETTINGS if not name.startswith("qlora")])
def test_what_is_saved_answers_in_plain_libraries_as_the_trained_model_did(
    train: Train, tiny_model: Path, watched: dict[str, Any], name: str
) -> None:
    job, outcome = train(method=SETTINGS[name][0])
    folder = job.folder.path / outcome.values["saved"]
    assert job.folder.tuned == folder
    with torch.inference_mode():
        expected = watched["model"].eval()(input_ids=IDS).logits
        found = load_plain(folder, tiny_model).eval()(input_ids=IDS).logits
        untrained = AutoModelForCausalLM.from_pretrained(tiny_model).eval()(input_ids=IDS).logits
    assert torch.allclose(found, expected, atol=1e-5)
    # Virtual tokens of a prompt have logits of their own in front.
    assert not torch.allclose(found[:, -IDS.shape[1] :], untrained, atol=1e-3)


@pytest.mark.parametrize("method", ["full", "freeze"])
def test_a_whole_model_is_stored_as_its_base_is_and_complete(
    train: Train, tiny_model: Path, method: str
) -> None:
    settings = {"type": method} | ({"trained_layers": 1} if method == "freeze" else {})
    job, _ = train(method=settings)
    names = {file.name for file in job.folder.model.iterdir()}
    assert {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "chat_template.jinja",
        "generation_config.json",
    } <= names
    base, tuned = (load_file(f / "model.safetensors") for f in (tiny_model, job.folder.model))
    assert base.keys() == tuned.keys()
    assert {t.dtype for t in tuned.values()} == {t.dtype for t in base.values()}
    ends = json.loads((job.folder.model / "generation_config.json").read_text())["eos_token_id"]
    assert 2 in ends
    assert str(Path.home()) not in (job.folder.model / "config.json").read_text()


def test_a_model_stored_in_16_bits_is_learned_in_32_and_stored_in_16(
    train: Train, tiny_model: Path, watched: dict[str, Any]
) -> None:
    file, config = tiny_model / "model.safetensors", tiny_model / "config.json"
    kept = file.read_bytes(), config.read_bytes()
    try:
        AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.bfloat16).save_pretrained(
            tiny_model
        )
        job, outcome = train(method={"type": "full"})
    finally:
        file.write_bytes(kept[0])
        config.write_bytes(kept[1])
    assert outcome.state == "done"
    tensors = load_file(job.folder.model / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    assert json.loads((job.folder.model / "config.json").read_text())["dtype"] == "bfloat16"


def allowed(settings: dict[str, Any]) -> list[bool]:
    """Give the values that gradient checkpointing may have with a method."""
    barred = barred_settings(parse_recipe({"method": settings}).method)
    return [False] if "training.gradient_checkpointing" in barred else [False, True]


@pytest.fixture
def dataset_id(tiny_workspace: Workspace, tmp_path: Path) -> str:
    """Give a data set of 24 examples of very different lengths, 2 of them held out."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"prompt": f"What is {i}?", "completion": f"It is {'x' * (i % 8) * 5}."} for i in range(24)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tiny_workspace.datasets.add_file(path, path.name).id


def rehearse(train: Train, name: str, **training: Any) -> JobFolder:
    """Train two steps with a method."""
    # An adapter's first half has no gradient until its second half has left zero.
    steps = {"max_steps": 2, "warmup_steps": 0, "eval_every_steps": 2}
    job, outcome = train(method=SETTINGS[name][0], training={**steps, **training})
    assert (outcome.state, outcome.values["steps"]) == ("done", 2)
    return job.folder


@pytest.mark.parametrize(
    ("name", "is_twice"), [(n, twice) for n in SETTINGS for twice in allowed(SETTINGS[n][0])]
)
def test_every_allowed_combination_trains_and_packing_changes_nothing_that_is_told(
    train: Train,
    watched: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    is_twice: bool,
) -> None:
    monkeypatch.setattr(samples, "MOST_NEW_TOKENS", 8)
    filled = rehearse(train, name, gradient_checkpointing=is_twice, packing="never")
    folder = rehearse(train, name, gradient_checkpointing=is_twice, watch_prompts=2)
    assert told(folder, "sample", "step")[-1] == 2
    changed = {n for n, digest in watched["after"].items() if watched["before"][n] != digest}
    assert changed == watched["learned"]
    assert all(norm > 0 for norm in told(folder, "log", "grad_norm"))
    for kind, value in (("log", "loss"), ("log", "token_accuracy"), ("eval", "held_out_loss")):
        assert told(folder, kind, value) == pytest.approx(told(filled, kind, value), rel=1e-4)
    may_pack = "packing" not in exclusions(parse_recipe({"method": SETTINGS[name][0]}).method)
    assert ("examples_packed" in told(folder, "note", "code")) is may_pack


def told(folder: JobFolder, kind: str, value: str) -> list[Any]:
    """Give a value of every event of a kind."""
    return [e.values[value] for e in read_events(folder.events, 0)[0] if e.kind == kind]


def test_calculating_twice_changes_no_loss(train: Train) -> None:
    for name in ("lora", "full", "freeze", "prompt", "ia3"):
        losses = [
            told(rehearse(train, name, gradient_checkpointing=is_twice), "log", "loss")
            for is_twice in (False, True)
        ]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5), name


@pytest.mark.parametrize("settings", [
    {"type": "freeze", "trained_layers": 3}, {"type": "lora", "last_layers": 3},
])  # fmt: skip
def test_more_layers_than_there_are_is_a_mistake(train: Train, settings: dict[str, Any]) -> None:
    _, outcome = train(method=settings)
    assert outcome.error is not None
    assert outcome.error.as_dict() == {
        "code": "method.too_many_layers", "values": {"layers": 3, "most": 2},
    }  # fmt: skip


def test_all_adapter_methods_share_their_settings() -> None:
    adapters = [type(Recipe().method), Lora]
    assert all(issubclass(adapter, AdapterMethod) for adapter in adapters)
