"""A workspace whose models are fakes of a few lines: jobs, events and data sets are the real ones."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from studio.domain.catalog import ModelInfo
from studio.domain.catalog_entries import read_catalog
from studio.domain.job import Job, JobKind, JobState, Outcome
from studio.domain.records import Row
from studio.domain.row_lengths import LengthFacts, describe_lengths
from studio.errors import StudioError
from studio.i18n import translator
from studio.services.columns import ColumnLibrary
from studio.services.datasets import DatasetLibrary
from studio.services.dialogue import Dialogue
from studio.services.jobs import Handle
from studio.services.models import ModelOffer
from studio.services.playground import Answer, Asked, Phase, Piece, Progress
from studio.services.previews import Preview, TokenSpan
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from studio.ui.page import Page
from studio.ui.tabs import playground_columns
from studio.worker.run import perform


@dataclass(frozen=True)
class FakeModels:
    """One model that needs no files."""

    home: Path

    def list(self) -> list[ModelInfo]:
        return [self.get("starter")]

    def offers(self) -> Sequence[ModelOffer]:
        return [ModelOffer("starter", read_catalog().models[0], self.get("starter"))]

    def get(self, model_id: str) -> ModelInfo:
        prompts = {"en": ["What is a fox?"], "zh-CN": ["狐狸是什么？"]}
        return ModelInfo(model_id, model_id, self.home, 4_200_000, "LlamaForCausalLM", prompts)


class FakePreviews:
    """Learns the assistant's words, ends its turns, and counts 40 tokens whatever the limit."""

    pipe = SimpleNamespace(phase="ready")

    def preview(
        self, _model_id: str, row: Row, limit: int = 512, _too_long: str = "drop", _overlap: int = 0
    ) -> Preview:
        spans = []
        for m in row.messages:
            kind: Any = "learned" if m.role == "assistant" else "read"
            spans += [
                TokenSpan(f"<|{m.role}|>\n{m.content}", kind),
                TokenSpan("<|end|>", kind, True),
            ]
        cut = max(0, 40 - limit)
        return Preview(tuple(spans), 40, 12, cut, 1, False, own_template=True, tools_as_text=None)


@dataclass
class FakeLengths:
    """Counts 20 tokens in the first row and 10 more in every next one."""

    datasets: DatasetLibrary
    measured: list[str] = field(default_factory=list)

    def known(self, _dataset_id: str, model_id: str) -> LengthFacts | None:
        return describe_lengths(np.zeros((2, 1))) if model_id in self.measured else None

    def measure(self, dataset_id: str, model_id: str) -> LengthFacts:
        self.measured.append(model_id)
        rows = self.datasets.get(dataset_id).used
        tokens = np.arange(20, 20 + 10 * rows, 10, dtype=np.uint32)
        return describe_lengths(np.stack([tokens, tokens]))


@dataclass
class FakePlayground:
    """Answers with the words of the question, one more at a time; `is_varied`: each column ends with its place."""

    columns: ColumnLibrary
    seconds_per_word: float = 0.0
    is_closed: bool = False
    is_varied: bool = False
    asked: Sequence[Asked] = ()

    def warm(self) -> None:
        return

    def stop(self, _visitor: str) -> None:
        self.is_closed = True

    def weigh(self, asked: Sequence[Asked], text: str, _visitor: str = "") -> list[list[Piece]]:
        self.asked = asked
        return [[Piece(0, len(text), 0.5, "Maybe", 0.5)] for _ in asked]

    def ask(self, asked: Sequence[Asked], _visitor: str = "") -> Iterator[Progress]:
        self.asked = asked
        answers = [Answer(prompt_tokens=7) for _ in asked]
        words = f"You asked: {asked[0].conversation[-1].content}".split()
        try:
            yield Progress(answers, Phase("loading", read_bytes=1, total_bytes=2))
            phase = Phase("answering", columns=tuple(range(len(asked))))
            for place, word in enumerate(words, 1):
                time.sleep(self.seconds_per_word)
                for answer in answers:
                    answer.text, answer.tokens = f"{answer.text} {word}".strip(), place
                    answer.first_seconds, answer.seconds = 0.1, place / 10
                yield Progress(answers, phase)
            for place, answer in enumerate(answers):
                answer.text += f" {place}" if self.is_varied else ""
                answer.reason = "end"
            yield Progress(answers, phase)
        finally:
            self.is_closed = True


class QuietWorkspace(Workspace):
    """Starts no runner."""

    def ensure_runner(self) -> None:
        return


def fake_workspace(folder: Path) -> Workspace:
    """Give a workspace at `folder` that starts no process and loads no model."""
    real = open_workspace(Settings(home=Home(folder)))
    models = FakeModels(folder)
    datasets = replace(real.datasets, models=models)
    fakes: dict[str, Any] = {
        "models": models,
        "datasets": datasets,
        "previews": FakePreviews(),
        "lengths": FakeLengths(datasets),
        "playground": FakePlayground(real.playground.columns),
    }
    parts = {each.name: getattr(real, each.name) for each in fields(real)}
    return QuietWorkspace(**{**parts, **fakes})


def do_light_jobs(workspace: Workspace) -> None:
    """Do the imports and changes that wait, here and now, as their worker does them."""
    kinds: tuple[JobKind, ...] = ("import", "change")
    for kind in kinds:
        while (job := workspace.jobs.claim(Handle(1, 1.0), kind)) is not None:
            outcome = perform(job.folder)
            outcome.write(job.folder)
            workspace.jobs.finish(job.id, outcome)


@dataclass
class FakeWork:
    """Does trainings the way a worker does: by events and results in the job's folder."""

    workspace: Workspace

    def start(self, step: int = 0, total: int = 60) -> Job:
        """Queue and claim the quick start, and write its events up to `step`."""
        recipe = self.workspace.recipes.load("quickstart")
        job = self.workspace.submit_training(recipe, f"key-{time.time_ns()}")
        self.claim(job, step, total)
        return job

    def claim(self, job: Job, step: int, total: int = 60) -> None:
        """Claim a queued training and write its events up to `step`."""
        self.workspace.jobs.claim(Handle(1, 1.0))
        emit(job, 0, "note", code="dtype_cpu_float32", values={"gain": 0.5})
        emit(job, 1, "stage", stage="training", total_steps=total)
        for at in range(1, step + 1):
            self.step(job, at, total)

    def step(self, job: Job, at: int, total: int = 60) -> None:
        """Write a step: a loss that falls and jitters, a held-out loss now and then."""
        loss = 3.2 * 0.96**at + 0.3 + (0.12 if at % 3 else -0.1)
        figures = {"learning_rate": 0.01, "tokens_per_second": 2400.0, "memory_bytes": 700 << 20}
        figures["token_accuracy"] = round(1 - 0.9 * 0.97**at, 4)
        emit(job, 2 * at, "log", step=at, loss=round(loss, 4), **figures)
        if at % max(1, total // 10) == 0:
            held_out = round(3.3 * 0.965**at + 0.5, 4)
            emit(job, 2 * at + 1, "eval", step=at, held_out_loss=held_out)

    def end(self, job: Job, state: JobState = "done", error: StudioError | None = None) -> None:
        """End a training; one that did not fail leaves an adapter."""
        if error is None:
            job.folder.adapter.mkdir(exist_ok=True)
        outcome = Outcome(state, error, {})
        outcome.write(job.folder)
        self.workspace.jobs.finish(job.id, outcome)

    def pack(self, job: Job) -> None:
        """Do an export."""
        self.workspace.jobs.claim(Handle(1, 1.0))
        job.folder.exports.mkdir()
        (job.folder.exports / "model.zip").write_bytes(b"0" * 2_345_678)
        outcome = Outcome(
            "done", None, {"file": "model.zip", "target": "adapter", "sha256": "ab" * 32}
        )
        outcome.write(job.folder)
        self.workspace.jobs.finish(job.id, outcome)


def emit(job: Job, seq: int, kind: str, **values: Any) -> None:
    """Write one event as a worker would."""
    line = {"seq": seq, "time": time.time(), "kind": kind, **values}
    with job.folder.events.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def make_page(workspace: Workspace, lang: str = "en") -> Page:
    """Give a page around `workspace`; its components stand for nothing here."""
    names = ("tabs", "dataset", "draft", "wanted", "recipe", "run", "search", "tuned", "said")
    parts: dict[str, Any] = dict.fromkeys(names)
    return Page(workspace, translator(lang), **parts)


@pytest.fixture
def faked(home: Home) -> Workspace:
    return fake_workspace(home.root)


@pytest.fixture
def work(faked: Workspace) -> FakeWork:
    return FakeWork(faked)


@pytest.fixture
def page(faked: Workspace) -> Page:
    return make_page(faked)


@pytest.fixture
def dialogue(page: Page, work: FakeWork) -> Dialogue:
    """Give what a visitor finds who opens the Playground after a training."""
    job = work.start(step=1)
    work.end(job)
    dialogue = Dialogue()
    playground_columns.open_playground(page, dialogue, job.id)
    return dialogue


class Picked:
    """What a component's own event carries."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


@pytest.fixture
def picked() -> Callable[..., Any]:
    """Make the data of an event."""
    return Picked


@pytest.fixture(autouse=True)
def no_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of an event there is nobody to show a toast to."""
    monkeypatch.setattr(gr, "Info", lambda *_args, **_options: None)
