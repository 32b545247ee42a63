"""The words of the recipe and what the worker can do are the same list."""

from typing import Any, get_args

import pytest

from studio.domain.job import JobKind
from studio.domain.recipe import Recipe, parse_recipe
from studio.worker.methods import METHODS, lora_config
from studio.worker.run import HANDLERS, load_handler


def method_names() -> set[str]:
    """Give every value that `method.type` may have."""
    union: Any = Recipe.model_fields["method"].annotation
    return {variant.model_fields["type"].default for variant in get_args(union)}


def test_every_method_of_the_recipe_is_done_by_the_worker() -> None:
    assert set(METHODS) == method_names()


def test_every_kind_of_job_is_done_by_the_worker() -> None:
    assert set(HANDLERS) == set(get_args(JobKind))
    assert all(callable(load_handler(kind)) for kind in HANDLERS)


@pytest.mark.parametrize("modules", ["all-linear", "attention"])
def test_the_recipes_words_become_pefts(modules: str) -> None:
    method = parse_recipe(
        {"method": {"rank": 4, "alpha": 8, "dropout": 0.1, "target_modules": modules}}
    ).method
    config = lora_config(method)
    assert (config.r, config.lora_alpha, config.lora_dropout) == (4, 8, 0.1)
    assert config.target_modules == (
        "all-linear" if modules == "all-linear" else {"q_proj", "k_proj", "v_proj", "o_proj"}
    )
