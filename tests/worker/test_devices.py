"""Several devices learn together: two processes on the CPU, this one and a real partner."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psutil
import pytest
import torch
import yaml
from safetensors.torch import load_file

from studio.domain.checkpoint_files import newest_step
from studio.domain.job import Job, JobFolder
from studio.services.workspace import Workspace
from tests.worker import forked
from tests.worker.conftest import Train
from tests.worker.forked import Forked
from tests.worker.test_memory_faults import halvings, little_memory
from tests.worker.test_resuming import LONG, break_at, finish, go_on, notes, stop, told

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
CURVES = (
    ("log", "loss"),
    ("log", "token_accuracy"),
    ("log", "grad_norm"),
    ("eval", "held_out_loss"),
    ("eval", "token_accuracy"),
)
LORA = {"type": "lora"}
Together = Callable[..., list[Forked]]


@pytest.fixture(scope="module", autouse=True)
def imports() -> None:
    forked.prepare()


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Iterator[Together]:
    """Give what has partners start at once, with a fault if need be; none of them is left behind."""
    started: list[Forked] = []

    def use(fault: Callable[[], None] | None = None) -> list[Forked]:
        monkeypatch.setattr(
            "studio.worker.partners.start", lambda _: started.append(Forked(fault)) or started[-1]
        )
        return started

    yield use
    assert not [partner.pid for partner in started if psutil.pid_exists(partner.pid)]


def drop_a_row(folder: JobFolder) -> None:
    """Leave 21 of 22 rows, so that a round does not come out even on two devices."""
    lines = folder.train_rows.read_text().splitlines(keepends=True)
    folder.train_rows.write_text("".join(lines[:-1]))


def on_two(folder: JobFolder) -> None:
    drop_a_row(folder)
    spec = yaml.safe_load(folder.spec.read_text())
    folder.spec.write_text(yaml.safe_dump({**spec, "devices": ["cpu", "cpu"]}))


def weights(folder: JobFolder) -> dict[str, torch.Tensor]:
    return load_file(folder.adapter / "adapter_model.safetensors")


def assert_alike(ours: Job, theirs: Job, tolerance: float = 1e-4) -> None:
    """Hold the curves and what was learned against each other."""
    for kind, value in CURVES:
        expected = dict(told(theirs.folder, kind, value))
        assert dict(told(ours.folder, kind, value)) == pytest.approx(expected, rel=tolerance)
    learned = weights(theirs.folder)
    assert all(
        torch.allclose(tensor, learned[name], atol=tolerance)
        for name, tensor in weights(ours.folder).items()
    )


# What the second device has learned, left by it in the job's folder.
SECOND = "second.pt"


def leave_what_it_learned() -> None:
    from studio.worker import train  # noqa: PLC0415  in the partner's process

    learn = train.learn

    def learn_and_leave(trainer: Any, checkpoints: Any, *rest: Any) -> None:
        learn(trainer, checkpoints, *rest)
        learned = {n: p.data for n, p in trainer.model.named_parameters() if p.requires_grad}
        torch.save(learned, checkpoints.task.folder.path / SECOND)

    setattr(train, "learn", learn_and_leave)  # noqa: B010  a plain assignment is a type error


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_two_devices_learn_what_one_does(train: Train, together: Together, method: str) -> None:
    started = together(leave_what_it_learned)
    one, _ = train(drop_a_row, training=LONG, method={"type": method})
    two, outcome = train(on_two, training=LONG, method={"type": method})
    assert (outcome.state, outcome.values["steps"], len(started)) == ("done", 12, 1)
    assert_alike(two, one)
    assert notes(two.folder)["devices_together"] == {"devices": 2, "rows": 2}
    second = torch.load(two.folder.path / SECOND)
    first = weights(two.folder)
    assert len(second) == len(first)
    assert all(torch.equal(t, first[n.replace(".default", "")]) for n, t in second.items())


def test_a_stop_stops_all_devices_in_the_same_step_and_goes_on_from_it(
    train: Train, tiny_workspace: Workspace, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    together()
    whole, _ = train(on_two, training=LONG, method={**LORA, "dropout": 0.2})
    tiny_workspace.jobs.request_cancel(whole.id)
    break_at(monkeypatch, 7, stop)
    stopped, outcome = train(on_two, training=LONG, method={**LORA, "dropout": 0.2})
    assert (outcome.state, outcome.values["steps"]) == ("cancelled", 8)
    finish(tiny_workspace, stopped, outcome)
    monkeypatch.setattr(Workspace, "devices", lambda *_: ["cpu", "cpu"])
    again, outcome = go_on(tiny_workspace, stopped)
    assert (outcome.state, outcome.values["steps"]) == ("done", 12)
    assert_alike(again, whole, tolerance=1e-6)


def short_of_memory() -> None:
    little_memory(pytest.MonkeyPatch(), 1, from_call=8)


def test_one_device_without_memory_halves_the_batches_of_all(
    train: Train, together: Together
) -> None:
    one, _ = train(drop_a_row, training=LONG, method=LORA)
    together(short_of_memory)
    two, outcome = train(on_two, training=LONG, method=LORA)
    assert outcome.state == "done"
    assert halvings(two.folder) == [{"step": 8, "rows": 1, "batches": 2}]
    assert_alike(two, one)


def in_step(step: int, act: Callable[[Any], None]) -> None:
    """Have something happen in a step of a partner."""
    from studio.worker.sharing import SharedTrainer  # noqa: PLC0415  in the partner's process

    learn = SharedTrainer.training_step

    def broken(self: Any, *given: Any, **named: Any) -> torch.Tensor:
        if self.state.global_step == step - 1:
            act(self)
        return learn(self, *given, **named)

    setattr(SharedTrainer, "training_step", broken)  # noqa: B010  a plain assignment is a type error


def poison(trainer: Any) -> None:
    next(p for p in trainer.model.parameters() if p.requires_grad).data.fill_(float("nan"))


def fall_out(_: Any) -> None:
    raise KeyError("the card fell out")


def test_numbers_that_run_away_on_one_device_end_the_training_of_all(
    train: Train, together: Together
) -> None:
    together(partial(in_step, 8, poison))
    job, outcome = train(on_two, training=LONG, method=LORA)
    assert outcome.error is not None
    assert outcome.error.as_dict() == {
        "code": "train.diverged_kept", "values": {"step": 8, "good_step": 6},
    }  # fmt: skip
    assert all(tensor.isfinite().all() for tensor in weights(job.folder).values())


def test_a_device_that_fails_ends_the_training_with_its_own_reason(
    train: Train, together: Together
) -> None:
    together(partial(in_step, 5, fall_out))
    job, outcome = train(on_two, training=LONG, method=LORA)
    assert outcome.error is not None
    assert outcome.error.code == "worker.unexpected"
    assert "the card fell out" in outcome.error.values["reason"]
    assert newest_step(job.folder) == 3
