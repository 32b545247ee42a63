"""How much memory: what must grow and what must not; the figures themselves are in docs/measurements.md."""

from itertools import pairwise

import pytest

from studio.domain.learning import TRAINABLE, checkpoint_bytes, result_bytes
from studio.domain.memory import estimate_memory, weights_bytes
from studio.domain.method import METHODS, Freeze, Full, Ia3, Lora, Prefix, Prompt, Qlora
from studio.domain.packing import Batch
from studio.domain.recipe import Recipe, Training
from studio.domain.situation import Dtype
from studio.i18n import languages, translator
from tests.situations import GPU, HALF, LAPTOP, SEVEN, STARTER, model_facts


def total(model: str = HALF, tokens: int = 256, *, recipe: Recipe | None = None) -> int:
    recipe = recipe or Recipe()
    return estimate_memory(
        model_facts(model), recipe, full_batch(recipe, tokens), LAPTOP
    ).total_bytes


def full_batch(recipe: Recipe, tokens: int = 256) -> Batch:
    """Give a batch of examples that all have so many tokens."""
    return Batch(recipe.training.batch_rows * tokens, tokens, is_packed=False)


def test_every_method_says_how_many_weights_it_learns() -> None:
    assert TRAINABLE.keys() == METHODS.keys()


@pytest.mark.parametrize("lang", languages())
def test_every_part_and_verdict_has_a_name(lang: str) -> None:
    parts = estimate_memory(model_facts(HALF), Recipe(), full_batch(Recipe()), LAPTOP).parts_bytes
    assert all(translator(lang)(f"plan.memory_parts.{part}") for part in parts)
    assert all(translator(lang)(f"plan.verdict.{one}") for one in ("fits", "close", "not"))


@pytest.mark.parametrize(
    "recipes",
    [
        [Recipe(method=Qlora()), Recipe(method=Lora())],
        [Recipe(method=Lora(rank=rank)) for rank in (4, 16, 64)],
        [Recipe(training=Training(batch_rows=rows)) for rows in (1, 4, 16)],
        [Recipe(training=Training(gradient_checkpointing=twice)) for twice in (True, False)],
        [Recipe(method=Lora(target_modules="attention")), Recipe(method=Lora())],
        [
            Recipe(method=Lora(last_layers=2)),
            Recipe(method=Lora(last_layers=8)),
            Recipe(method=Lora()),
        ],
        [Recipe(method=Lora()), Recipe(method=Lora(use_dora=True))],
        [Recipe(method=Freeze(trained_layers=layers)) for layers in (1, 4, 16)],
        [Recipe(method=Prompt()), Recipe(method=Lora()), Recipe(method=Full())],
        [Recipe(method=Ia3()), Recipe(method=Full())],
        [Recipe(method=Prompt(num_virtual_tokens=tokens)) for tokens in (8, 64, 512)],
        [Recipe(method=Prefix(num_virtual_tokens=tokens)) for tokens in (8, 64, 512)],
    ],
    ids=[
        "precision",
        "rank",
        "batch",
        "twice",
        "matrices",
        "last layers",
        "dora",
        "freeze",
        "full",
        "ia3",
        "prompt",
        "prefix",
    ],
)
def test_what_needs_more_memory_is_estimated_higher(recipes: list[Recipe]) -> None:
    sizes = [total(recipe=recipe) for recipe in recipes]
    assert all(less < more for less, more in pairwise(sizes))


def test_longer_examples_and_larger_models_need_more() -> None:
    assert total(tokens=128) < total(tokens=256) < total(tokens=1024)
    assert total(STARTER) < total(HALF) < total(SEVEN)


def test_on_a_cpu_16_bits_take_programs_and_batches_that_are_filled_up() -> None:
    def parts(dtype: Dtype, batch: Batch) -> dict[str, int]:
        recipe = Recipe(method=Lora(), training=Training(compute_dtype=dtype))
        return estimate_memory(model_facts(STARTER), recipe, batch, LAPTOP).parts_bytes

    packed, filled = Batch(401, 80, is_packed=True), Batch(416, 80, is_packed=True)
    assert parts("bfloat16", packed) == parts("bfloat16", filled)
    assert parts("float32", packed) != parts("float32", filled)
    uneven, even = Batch(5 * 81, 81, is_packed=False), Batch(5 * 96, 96, is_packed=False)
    assert parts("bfloat16", uneven) == parts("bfloat16", even)
    assert parts("float32", packed)["program"] < parts("bfloat16", packed)["program"]


def test_what_is_faster_on_a_cpu_is_not_known_so_the_larger_format_counts() -> None:
    automatic = total(recipe=Recipe())
    settled = [Recipe(training=Training(compute_dtype=d)) for d in ("float32", "bfloat16")]
    assert automatic == max(total(recipe=recipe) for recipe in settled)


def test_gathering_batches_costs_nothing() -> None:
    gathered = Recipe(training=Training(accumulation_steps=16))
    assert total(recipe=gathered) == total()


def test_four_bits_take_a_little_more_than_half_a_byte_a_weight() -> None:
    model = model_facts(SEVEN)
    in_blocks = model.shape.layers * model.shape.layer_parameters
    tables = (model.parameters - in_blocks) * 2
    largest = model.shape.hidden_size * model.shape.intermediate_size * 2
    stored = weights_bytes(model, "qlora", "bfloat16") - tables - largest
    assert stored / in_blocks == pytest.approx(0.516, abs=0.001)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.5, "fits"), (0.79, "fits"), (0.9, "close"), (1.1, "not")]
)
def test_the_verdict_leaves_room_for_what_an_estimate_misses(share: float, verdict: str) -> None:
    estimate = estimate_memory(model_facts(HALF), Recipe(), full_batch(Recipe()), GPU)
    assert estimate.verdict(int(estimate.total_bytes / share)) == verdict


def test_a_whole_model_takes_sixteen_bytes_a_weight_and_its_own_size_on_the_disk() -> None:
    model = model_facts(HALF)
    recipe = Recipe(method=Full())
    parts = estimate_memory(model, recipe, full_batch(recipe), LAPTOP).parts_bytes
    assert parts["weights"] + parts["learned"] == 16 * model.parameters
    assert result_bytes(model, Full()) == result_bytes(model, Freeze()) == model.bytes
    assert checkpoint_bytes(model, Full()) == 12 * model.parameters
    assert (
        checkpoint_bytes(model, Lora()) < checkpoint_bytes(model, Freeze()) < 12 * model.parameters
    )
