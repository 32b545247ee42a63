"""A service that cannot be used is told before anything is queued."""

from pathlib import Path

import pytest

from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.trackers import TRACKERS
from studio.errors import StudioError
from studio.services import tracking
from studio.services.tracking import check_tracking
from studio.services.workspace import Workspace

LOGIN = "def login(prompt=True, verify=True):\n    {}\n"


def recipe_to(service: str) -> Recipe:
    return parse_recipe({"tracking": {"to": service}})


@pytest.fixture
def wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file of a package `wandb` that this process and its children find."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv("WANDB_MODE", raising=False)
    return folder / "wandb.py"


@pytest.mark.parametrize("service", sorted(TRACKERS))
def test_a_package_that_is_not_here_is_named_and_nothing_is_queued(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    with pytest.raises(StudioError) as caught:
        workspace.submit_training(recipe_to(service), "key")
    assert caught.value.code == "tracking.not_installed"
    assert caught.value.values["package"] == TRACKERS[service].package
    assert workspace.jobs.list() == []


@pytest.mark.parametrize("answer", ["return False", "raise ValueError('a key of three letters')"])
def test_without_an_account_it_is_refused(wandb: Path, answer: str) -> None:
    wandb.write_text(LOGIN.format(answer))
    with pytest.raises(StudioError) as caught:
        check_tracking(recipe_to("wandb").tracking)
    assert caught.value.code == "tracking.not_signed_in"


def test_with_an_account_it_may_start(wandb: Path) -> None:
    wandb.write_text(LOGIN.format("return True"))
    check_tracking(recipe_to("wandb").tracking)


def test_figures_that_stay_on_this_disk_need_no_account(
    wandb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb.write_text(LOGIN.format("return False"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    check_tracking(recipe_to("wandb").tracking)


def test_most_trainings_send_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    check_tracking(Recipe().tracking)
