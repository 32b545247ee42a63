"""Numbers that run away at step 3, from the worker to the page: what is told, what is kept, and what is offered."""

from typing import Any

import pytest

from studio.domain.checkpoint_files import newest_step
from studio.i18n import languages
from studio.services.workspace import Workspace
from studio.ui.acts_view import acts_value
from studio.ui.status_view import status_value
from tests.ui.conftest import make_page
from tests.worker.conftest import Train
from tests.worker.test_resuming import break_at, finish

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def poison(_: Any, **rest: Any) -> None:
    next(p for p in rest["model"].parameters() if p.requires_grad).data.fill_(float("nan"))


def test_a_training_that_diverges_at_step_three_offers_its_last_good_state(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 2, poison)
    job, outcome = train(training={"eval_every_steps": 1, "max_steps": 6})
    assert outcome.error is not None
    assert (outcome.state, outcome.error.code) == ("failed", "train.diverged_kept")
    assert outcome.error.values == {"step": 3, "good_step": 2}
    assert newest_step(job.folder) == 2
    finish(tiny_workspace, job, outcome)
    for lang in languages():
        t = make_page(tiny_workspace, lang).t
        snapshot = tiny_workspace.runs.snapshot(job.id)
        told = status_value(t, snapshot)["problem"]
        assert told["text"] == t("errors.train.diverged_kept.what", step=3, good_step=2)
        value = acts_value(t, snapshot)
        # The same settings would lead to the same step, so what was good is offered and not the way there.
        assert [act["id"] for act in value["acts"]] == ["compare", "take", "further", "again"]
        assert value["hint"] == t("acts.hint.diverged")
