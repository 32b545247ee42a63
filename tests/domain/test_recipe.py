"""Recipes: every mistake at once, YAML's traps, and a dump that reads back."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.domain.dataset_folder import Step
from studio.domain.method import Lora, Qlora
from studio.domain.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from studio.errors import StudioError


def load(tmp_path: Path, text: str, *changes: str) -> Recipe:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, changes)


def test_a_number_that_yaml_takes_for_text_is_a_number(tmp_path: Path) -> None:
    assert load(tmp_path, "training: {learning_rate: 3e-4}").training.learning_rate == 0.0003


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        load(tmp_path, "", "training.learning_rate=-1", "training.no_such_field=3", "method.rank=0")
    paths = {text.split(" = ")[0] for text in caught.value.values["settings"].split(", ")}
    assert paths == {"training.learning_rate", "training.no_such_field", "method.rank"}


def test_a_change_of_method_keeps_what_both_share(tmp_path: Path) -> None:
    text = "method: {type: qlora, rank: 4}"
    assert load(tmp_path, text).method == Qlora(rank=4)
    assert load(tmp_path, text, "method.type=lora").method == Lora(rank=4)


@pytest.mark.parametrize(
    "change", ["learning_rate=3", "training.=3", "training.epochs", "=", "training.epochs={"]
)
def test_an_unclear_change_is_refused(tmp_path: Path, change: str) -> None:
    with pytest.raises(StudioError, match=r"recipe\.change_unclear"):
        load(tmp_path, "", change)


@pytest.mark.parametrize("text", ["- a", "training: 3", "a: [", "\x00"])
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudioError, match=r"recipe\.unreadable"):
        load(tmp_path, text)


def test_a_dump_reads_back_as_the_same_recipe() -> None:
    recipe = parse_recipe({"method": {"type": "lora", "rank": 3}, "training": {"max_steps": 7}})
    assert parse_recipe(yaml.safe_load(dump_recipe(recipe))) == recipe


def test_a_mix_and_the_steps_of_a_data_set_read_back_from_a_dump() -> None:
    steps = [{"code": "drop_rows", "values": {"finding": "duplicate, 重复" * 20}}]
    recipe = parse_recipe({"data": {"mix": {"other-1": 30, "more": 20.5}, "steps": steps}})
    assert recipe.data.steps == (Step("drop_rows", {"finding": "duplicate, 重复" * 20}),)
    assert parse_recipe(yaml.safe_load(dump_recipe(recipe))) == recipe


@pytest.mark.parametrize(
    "data",
    [
        {"mix": {"a": 60, "b": 40}},
        {"mix": {"a": -1}},
        {"mix": ["a"]},
        {"steps": [{"code": "drop_rows", "what": 1}]},
        {"steps": [{"values": {}}]},
    ],
)
def test_a_mix_that_leaves_nothing_and_a_step_that_is_none_are_mistakes(
    data: dict[str, Any],
) -> None:
    with pytest.raises(StudioError, match=r"recipe\.invalid"):
        parse_recipe({"data": data})


def test_every_field_has_its_help() -> None:
    text = dump_recipe(Recipe())
    fields = [
        line for line in text.splitlines() if line.startswith("  ") and not line.startswith("  #")
    ]
    helps = [line for line in text.splitlines() if line.startswith("  #")]
    # `type` is explained by its section.
    assert len(helps) == len([line for line in fields if not line.startswith("  type:")])
