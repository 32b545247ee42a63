"""Where the figures also go: TensorBoard files always, and services that can neither disturb a training nor be left open."""

import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboardX.proto import event_pb2
from transformers import TrainerCallback

from studio.domain.job import JobFolder, read_events
from studio.services import workspace as workspace_module
from studio.services.workspace import Workspace
from studio.worker import trackers
from studio.worker.task import Task
from studio.worker.templates import load_tokenizer
from studio.worker.trackers import Ending, Opened, Place
from studio.worker.train import Lesson, training_arguments
from tests.worker.conftest import Train
from tests.worker.test_memory_faults import little_memory
from tests.worker.test_resuming import LONG, break_at, finish, go_on, told

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
TO_WANDB = {"tracking": {"to": "wandb", "project": "mine"}}
KEY = "0123456789-of-the-owner"


def scalars(folder: JobFolder, tag: str) -> list[tuple[int, float]]:
    """Read a curve from TensorBoard's files: records of (length, its check, an event, its check)."""
    found = []
    for path in sorted(folder.tensorboard.iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack("<Q", data[at : at + 8])
            # Its classes are made when it is imported, so no type checker sees them.
            event = getattr(event_pb2, "Event").FromString(data[at + 12 : at + 12 + length])  # noqa: B009
            at += 12 + length + 4
            found += [(event.step, v.simple_value) for v in event.summary.value if v.tag == tag]
    return found


def test_the_tensorboard_files_hold_the_curve_that_the_page_shows(train: Train) -> None:
    job, _ = train(training={"eval_every_steps": 2})
    assert scalars(job.folder, "train/loss") == told(job.folder, "log", "loss")
    assert scalars(job.folder, "eval/loss") == told(job.folder, "eval", "held_out_loss")
    assert [step for step, _ in scalars(job.folder, "eval/mean_token_accuracy")] == [2, 4]


def test_a_resumed_curve_is_whole_and_that_of_the_failed_training_is_closed(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("somebody stumbled over the cable")

    break_at(monkeypatch, 7, fail)
    job, outcome = train(training=LONG)
    assert outcome.state == "failed"
    assert [step for step, _ in scalars(job.folder, "train/loss")] == list(range(1, 8))
    finish(tiny_workspace, job, outcome)
    again, _ = go_on(tiny_workspace, job)
    assert [step for step, _ in scalars(again.folder, "train/loss")] == list(range(1, 13))
    assert scalars(again.folder, "train/loss")[:6] == scalars(job.folder, "train/loss")[:6]


class FakeService(TrainerCallback):
    """A service that remembers what it is told, and stumbles where it is asked to."""

    stumbles_at = ""

    def __init__(self) -> None:
        OPENED.append(self)
        self.steps: list[int] = []
        self.places: list[Place] = []
        self.config: dict[str, Any] = {}
        self.endings: list[Ending] = []

    def stumble(self, at: str) -> None:
        if self.stumbles_at == at:
            raise ConnectionError(f"https://user:{KEY}@example.org does not answer")

    def open(self, place: Place) -> Opened:
        self.stumble("open")
        self.places.append(place)
        return Opened(self, "tracked_trackio", {"project": place.project}, "id-1")

    def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self.config = {**rest["model"].config.to_dict(), **args.to_dict()}

    def on_log(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self.stumble("log")
        if "loss" in rest["logs"]:
            self.steps.append(state.global_step)

    def close(self, ending: Ending) -> None:
        self.stumble("close")
        self.endings.append(ending)


OPENED: list[FakeService] = []


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> list[FakeService]:
    """Put a fake service in the place of a real one, whose package is not here."""
    OPENED.clear()
    monkeypatch.setattr(FakeService, "stumbles_at", "")
    monkeypatch.setitem(trackers.SERVICES, "wandb", FakeService)
    monkeypatch.setattr(workspace_module, "check_tracking", lambda _: None)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    return OPENED


def notes(folder: JobFolder) -> list[str]:
    return [e.values["code"] for e in read_events(folder.events, 0)[0] if e.kind == "note"]


def test_a_service_gets_every_step_and_the_recipe_and_is_closed_once(
    train: Train, service: list[FakeService], tiny_workspace: Workspace
) -> None:
    job, _ = train(method={"type": "lora", "rank": 4}, **TO_WANDB)
    (opened,) = service
    assert (opened.steps, opened.endings) == ([1, 2, 3, 4], ["done"])
    assert opened.places[0].project == "mine"
    assert opened.places[0].folder == tiny_workspace.settings.home.tracking
    assert (opened.config["method.rank"], opened.config["learning_rate"]) == (4, 0.01)
    assert str(tiny_workspace.settings.home.root) not in str(opened.config)
    assert "tracked_trackio" in notes(job.folder)


@pytest.mark.parametrize("at", ["open", "log", "close"])
def test_a_service_that_fails_ends_no_training_and_is_told_once(
    train: Train, service: list[FakeService], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(FakeService, "stumbles_at", at)
    job, outcome = train(**TO_WANDB)
    assert (outcome.state, outcome.values["steps"]) == ("done", 4)
    assert notes(job.folder).count("tracking_failed") == 1
    assert service[0].steps == ([1, 2, 3, 4] if at == "close" else [])


def test_no_secret_gets_into_a_job(
    train: Train, service: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeService, "stumbles_at", "open")
    job, _ = train(**TO_WANDB)
    files = [path for path in job.folder.path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_service_is_closed_with_how_the_training_ended(
    train: Train, service: list[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(before=lambda folder: folder.cancel.touch(), training={"max_steps": 50}, **TO_WANDB)
    little_memory(monkeypatch, 2)
    train(**TO_WANDB)
    break_at(monkeypatch, 2, lambda *_, **__: (_ for _ in ()).throw(RuntimeError("no")))
    train(**TO_WANDB)
    assert [each.endings for each in service] == [["cancelled"], ["done"], ["failed"]]
    assert all(len(each.places) == 1 for each in service)


def test_a_resumed_training_knows_what_the_service_called_the_one_before(
    train: Train,
    service: list[FakeService],
    tiny_workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_at(monkeypatch, 7, lambda *_, **__: (_ for _ in ()).throw(RuntimeError("no")))
    job, outcome = train(training=LONG, **TO_WANDB)
    finish(tiny_workspace, job, outcome)
    go_on(tiny_workspace, job)
    first, second = service
    assert (first.places[0].earlier, second.places[0].earlier) == (None, "id-1")
    assert second.steps == list(range(1, 13))
    assert first.places[0].run != second.places[0].run


def test_trackio_finds_project_and_name_in_the_arguments(train: Train, tiny_model: Path) -> None:
    job, _ = train(tracking={"project": "mine"})
    task = Task.open(job.folder.path)
    lesson = Lesson(load_tokenizer(tiny_model), [{"input_ids": [1], "labels": [1]}], [])
    arguments = training_arguments(task, lesson, torch.float32)
    task.close()
    assert (arguments.project, arguments.report_to) == ("mine", [])
    assert str(arguments.run_name).startswith(f"rows-{job.folder.path.name}-")
