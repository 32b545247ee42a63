"""A workspace whose models are fakes of a few lines: jobs, events and data sets are the real ones."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.catalog import ModelInfo
from studio.domain.job import Job, Outcome
from studio.domain.records import Message
from studio.services.jobs import Handle
from studio.services.playground import Answer, AskOptions, Column
from studio.services.previews import Preview, TokenSpan
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings

CSV = "question,answer\nWhen do you open?,At nine.\nDo you ship?,\nWhere are you?,At the harbour.\n"


@dataclass(frozen=True)
class FakeModels:
    """One model that needs no files."""

    home: Path

    def list(self) -> list[ModelInfo]:
        return [self.get("starter")]

    def get(self, model_id: str) -> ModelInfo:
        prompts = {"en": ["What is a fox?"], "zh-CN": ["狐狸是什么？"]}
        return ModelInfo(model_id, model_id, self.home, 4_200_000, "LlamaForCausalLM", prompts)


class FakePreviews:
    """Learns the assistant's words, and counts words as tokens."""

    def preview(self, _model_id: str, messages: Sequence[Message]) -> Preview:
        spans = [
            TokenSpan(f"<|{m.role}|>\n{m.content}\n", "learned" if m.role == "assistant" else "read")
            for m in messages
        ]
        return Preview(tuple(spans), 40, 12)


@dataclass
class FakePlayground:
    """Answers with the words of the question, one more at a time."""

    seconds_per_word: float = 0.0
    is_closed: bool = False

    def warm(self) -> None:
        return

    def phase(self) -> str:
        return "loading"

    def columns(self, run_id: int) -> list[Column]:
        return [Column(None, "starter"), Column(run_id, "quickstart")]

    def ask(
        self, _run_id: int, talk: Sequence[Sequence[Message]], _options: AskOptions
    ) -> Iterator[list[Answer]]:
        answers = [Answer() for _ in talk]
        words = f"You asked: {talk[0][-1].content}".split()
        try:
            yield answers
            for place, word in enumerate(words, 1):
                time.sleep(self.seconds_per_word)
                for answer in answers:
                    answer.text, answer.tokens = f"{answer.text} {word}".strip(), place
                    answer.first_seconds, answer.seconds = 0.1, place / 10
                yield answers
            for answer in answers:
                answer.reason = "end"
            yield answers
        finally:
            self.is_closed = True


def fake_workspace(folder: Path) -> Workspace:
    """Give a workspace at `folder` that starts no process and loads no model."""
    real = open_workspace(Settings(home=Home(folder)))
    fakes: dict[str, Any] = {
        "models": FakeModels(folder),
        "previews": FakePreviews(),
        "playground": FakePlayground(),
    }
    parts = {name: getattr(real, name) for name in ("settings", "datasets", "recipes", "jobs", "runs")}
    return QuietWorkspace(**parts, **fakes)


class QuietWorkspace(Workspace):
    """Starts no runner."""

    def ensure_runner(self) -> None:
        return


def emit(job: Job, seq: int, kind: str, **values: Any) -> None:
    """Write one event as a worker would."""
    line = {"seq": seq, "time": time.time(), "kind": kind, **values}
    with job.folder.events.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def run_until(workspace: Workspace, job: Job, step: int, total: int = 60) -> None:
    """Claim a training and write its events up to `step`."""
    workspace.jobs.claim(Handle(1, 1.0))
    emit(job, 0, "note", code="dtype_cpu_float32", values={"gain": 1.1})
    emit(job, 1, "stage", stage="training", total_steps=total)
    for at in range(1, step + 1):
        write_step(job, 2 * at, at, total)


def write_step(job: Job, seq: int, at: int, total: int) -> None:
    """Write the events of one step: a loss that falls and jitters, a held-out loss now and then."""
    loss = 3.2 * 0.96**at + 0.3 + (0.12 if at % 3 else -0.1)
    emit(job, seq, "log", step=at, loss=round(loss, 4), learning_rate=0.01, tokens_per_second=2400.0, memory_bytes=700 << 20)
    if at % max(1, total // 10) == 0:
        emit(job, seq + 1, "eval", step=at, held_out_loss=round(3.3 * 0.965**at + 0.5, 4))


def finish(workspace: Workspace, job: Job, state: Any = "done") -> None:
    """End a training with an adapter."""
    job.folder.adapter.mkdir(exist_ok=True)
    outcome = Outcome(state, None, {})
    outcome.write(job.folder)
    workspace.jobs.finish(job.id, outcome)
