"""When an export counts as the model that was chatted with."""

from dataclasses import replace
from typing import Any

import pytest

from studio.domain.export_targets import TARGETS
from studio.domain.proof import BARS, Proof, SecondLook

GOOD = Proof(
    questions=64,
    places=900,
    equal_answers=64,
    agreement=1.0,
    divergence=1e-7,
    has_same_template=True,
    has_same_end=True,
    llama_cpp=SecondLook(8, 8, 8),
)


def test_every_form_has_its_bars() -> None:
    assert {one.format or one.kind for one in TARGETS.values()} == set(BARS)


@pytest.mark.parametrize("form", BARS)
def test_the_same_figures_are_the_same_model(form: str) -> None:
    assert GOOD.as_dict(form)["is_same"]
    assert replace(GOOD, llama_cpp=None).shortfalls(form) == []


@pytest.mark.parametrize(
    ("form", "changed", "short"),
    [
        ("f16", {"divergence": 2e-5}, ["divergence"]),
        ("q8_0", {"divergence": 2e-5}, []),
        ("q8_0", {"agreement": 0.97}, ["agreement"]),
        ("q4_k_m", {"agreement": 0.97, "divergence": 0.04, "equal_answers": 50}, []),
        ("q4_k_m", {"divergence": 0.06}, ["divergence"]),
        ("f16", {"equal_answers": 63}, ["answers"]),
        ("q4_k_m", {"has_same_template": False}, ["template"]),
        ("q4_k_m", {"llama_cpp": SecondLook(8, 3, 7)}, ["template"]),
        ("q4_k_m", {"has_same_end": False}, ["end"]),
    ],
)
def test_what_falls_short_is_named(form: str, changed: dict[str, Any], short: list[str]) -> None:
    told = replace(GOOD, **changed).as_dict(form)
    assert (told["shortfalls"], told["is_same"]) == (short, not short)
