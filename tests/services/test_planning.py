"""Plans: what a training will do, from the data and the models of a home; and what earlier ones have shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.goal import GOALS
from studio.domain.model_shape import ModelShape
from studio.domain.recipe import Data, Model, Recipe, Training
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.services.machine import Machine, container_free_bytes, free_memory_bytes
from studio.services.model_checks import ModelCheck
from studio.services.workspace import Workspace

FAR = "Qwen/Qwen3-0.6B"
UNKNOWN = "someone/something"
SHAPE = ModelShape(4, 64, 128, 4, 4, 16, 1000)


def test_a_plan_says_what_the_training_will_do(workspace: Workspace) -> None:
    plan = workspace.planner.plan(Recipe())
    assert (plan.examples, plan.held_out, plan.left_out) == (407, 60, 0)
    assert plan.steps == 3 * 51
    assert plan.examples_seen == 3 * 407
    assert (plan.verdict, plan.disk_verdict, plan.download_bytes) == ("fits", "fits", 0)
    assert plan.seconds > 0


def test_a_plan_is_exact_once_the_lengths_are_counted(workspace: Workspace) -> None:
    recipe = Recipe(training=Training(max_length_tokens=48))
    assert not workspace.planner.plan(recipe).is_measured
    facts = workspace.lengths.measure("quickstart", "starter")
    plan = workspace.planner.plan(recipe)
    version = workspace.datasets.folder("quickstart").head()
    assert plan.is_measured
    assert plan.left_out == (facts.lengths[version.places("train")] > 48).sum()


def test_a_model_of_the_catalog_is_planned_with_its_download(workspace: Workspace) -> None:
    plan = workspace.planner.plan(Recipe(model=Model(id=FAR)))
    assert plan.download_bytes > 10**9
    assert plan.disk_bytes > plan.download_bytes
    assert not plan.is_measured


def test_a_model_of_the_hub_is_planned_from_its_check(workspace: Workspace) -> None:
    recipe = Recipe(model=Model(id=UNKNOWN))
    with pytest.raises(StudioError, match=r"model\.not_downloaded"):
        workspace.planner.plan(recipe)
    check = ModelCheck(UNKNOWN, bytes=5_000, missing_bytes=2_000, parameters=10**6, shape=SHAPE)
    assert workspace.planner.plan(recipe, check).download_bytes == 2_000


def test_a_plan_moves_with_the_controls(workspace: Workspace) -> None:
    small, large = (
        workspace.planner.plan(Recipe(training=Training(batch_rows=rows, epochs=epochs)))
        for rows, epochs in ((4, 1), (16, 8))
    )
    assert small.memory.total_bytes < large.memory.total_bytes
    assert small.seconds < large.seconds
    assert small.examples_seen < large.examples_seen


def test_a_mix_is_planned_as_it_will_be_trained(workspace: Workspace) -> None:
    recipe = Recipe(data=Data(mix={"ticket-routing": 50}))
    parts = workspace.describe_mix(recipe)
    assert workspace.planner.plan(recipe).examples == sum(part.rows for part in parts)


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_can_be_proposed_for_what_is_here(workspace: Workspace, goal: str) -> None:
    proposal = workspace.planner.propose(goal, Recipe(data=Data(id="ticket-routing")))
    assert proposal.fits
    assert proposal.recipe.data.id == "ticket-routing"
    assert workspace.planner.plan(proposal.recipe).verdict == "fits"


def test_an_unknown_goal_is_named_with_those_there_are(workspace: Workspace) -> None:
    with pytest.raises(StudioError) as caught:
        workspace.planner.propose("fame", Recipe())
    assert caught.value.code == "goal.unknown"
    assert "quick" in caught.value.values["names"]


@pytest.mark.parametrize(
    ("dataset", "goal"), [("quickstart", "faq"), ("ticket-routing", "categories")]
)
def test_the_samples_suggest_their_goals(workspace: Workspace, dataset: str, goal: str) -> None:
    assert workspace.planner.suggest_goal(Recipe(data=Data(id=dataset))) == goal


def test_a_text_suggests_to_be_learned_as_one(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("\n\n".join(f"Chapter {n} tells a story." * 200 for n in range(20)))
    dataset = workspace.datasets.add_file(path, path.name)
    assert workspace.planner.suggest_goal(Recipe(data=Data(id=dataset.id))) == "text"


def test_make_it_fit_leaves_alone_what_fits(workspace: Workspace) -> None:
    fitted = workspace.planner.make_it_fit(Recipe())
    assert (fitted.fits, fitted.changes) == (True, ())


@pytest.mark.parametrize("lang", languages())
def test_every_word_on_the_card_is_there(workspace: Workspace, lang: str) -> None:
    plan, t = workspace.planner.plan(Recipe()), translator(lang)
    assert t(f"plan.basis.{plan.basis}")
    assert t(f"plan.disk_verdict.{plan.disk_verdict}")
    assert t("plan.examples", n=plan.examples)
    assert t("plan.seen", seen=plan.examples_seen, steps=plan.steps)


def test_a_gpu_counts_as_a_whole() -> None:
    assert free_memory_bytes(Machine("cuda", "GPU", 4, 24 * 2**30)) == 24 * 2**30


def test_what_a_running_training_holds_will_be_free(workspace: Workspace) -> None:
    machine = replace(workspace.machine(), device="cpu")
    assert free_memory_bytes(machine) <= free_memory_bytes(machine, [1, 2**22 + 1]) + 2**30


@pytest.mark.parametrize(("limit", "free"), [("1000", 1000 - 700 + 200), ("max", None), ("100", 0)])
def test_the_limit_of_a_container_counts(tmp_path: Path, limit: str, free: int | None) -> None:
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    found = container_free_bytes(tmp_path)
    assert found == free if free is not None else found > 2**60


def test_without_a_container_there_is_no_limit(tmp_path: Path) -> None:
    assert container_free_bytes(tmp_path / "none") > 2**60


def test_speeds_are_kept_as_json(workspace: Workspace) -> None:
    workspace.settings.home.speeds.write_text(json.dumps({}))
    assert workspace.planner.speeds.known(workspace.machine()) == ()
