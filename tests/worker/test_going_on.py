"""A training that goes on from what an earlier one has learned, and what cannot be gone on with."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
# Too little to be seen: what the training has in the end is what it began with.
STANDING_STILL = {"learning_rate": 1e-9, "max_steps": 1, "eval_every_steps": 1}


def finish(workspace: Workspace, job: Job, outcome: Outcome) -> None:
    assert workspace.jobs.claim(Handle(4_000_000, 1.0)) is not None
    assert workspace.jobs.finish(job.id, outcome)


def learned(job: Job) -> dict[str, torch.Tensor]:
    """Give what a training has left."""
    assert job.folder.tuned is not None
    return {
        f"{file.name} {name}": tensor
        for file in sorted(Path(job.folder.tuned).glob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("lora", "lora"),
        ("lora", "qlora"),
        ("prefix", "prefix"),
        ("prompt", "prompt"),
        ("ia3", "ia3"),
        ("freeze", "full"),
    ],
)
def test_it_begins_with_what_was_learned_and_leaves_it_as_it_is(
    train: Train, tiny_workspace: Workspace, first: str, then: str
) -> None:
    earlier, outcome = train(method={"type": first})
    finish(tiny_workspace, earlier, outcome)
    before = learned(earlier)
    go_on = {"model": {"continue_from": earlier.id}, "method": {"type": then}}
    further, outcome = train(**go_on, training=STANDING_STILL)
    assert outcome.state == "done"
    now = learned(further)
    assert now.keys() == before.keys()
    assert all(torch.allclose(now[name], before[name], atol=1e-6) for name in before)
    assert all(torch.equal(tensor, before[name]) for name, tensor in learned(earlier).items())


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ({"model": {"continue_from": 99}}, "continue.unknown"),
        ({"method": {"type": "ia3"}}, "continue.other_method"),
        ({"method": {"type": "lora", "rank": 7}}, "continue.other_method"),
        ({"model": {"id": "starter"}}, "continue.other_model"),
    ],
)
def test_what_does_not_match_is_refused_before_anything_is_queued(
    train: Train, tiny_workspace: Workspace, sections: dict[str, Any], code: str
) -> None:
    earlier, outcome = train(method={"type": "lora"}, training={"max_steps": 1})
    finish(tiny_workspace, earlier, outcome)
    wanted = {"method": {"type": "lora"}, **sections}
    wanted["model"] = {"continue_from": earlier.id, **sections.get("model", {})}
    with pytest.raises(StudioError) as caught:
        train(**wanted)
    assert caught.value.code == code
    assert [job.id for job in tiny_workspace.jobs.list("train")] == [earlier.id]
