"""Which part of a step each device does: the step has the same examples, and no batch is larger than planned."""

from dataclasses import replace
from itertools import product

import pytest

from studio.domain.devices import Share, share_out
from studio.domain.duration import token_rate
from studio.domain.memory import estimate_memory
from studio.domain.recipe import Recipe, Training, parse_recipe
from studio.domain.situation import Speed
from studio.domain.workload import measure_workload
from tests.situations import GPU, HALF, model_facts, situation


@pytest.mark.parametrize(
    ("rows", "gathered", "devices", "share"),
    [
        (8, 1, 1, Share(1, 8, 1)),
        (8, 1, 2, Share(2, 4, 1)),
        (8, 4, 2, Share(2, 8, 2)),
        (1, 8, 4, Share(4, 1, 2)),
        # Eight do not go into three.
        (8, 1, 3, Share(2, 4, 1)),
        (6, 5, 4, Share(3, 5, 2)),
        (1, 1, 8, Share(1, 1, 1)),
    ],
)
def test_a_step_is_divided_evenly(rows: int, gathered: int, devices: int, share: Share) -> None:
    training = Training(batch_rows=rows, accumulation_steps=gathered)
    assert share_out(training, devices) == share


def test_every_step_keeps_its_examples_and_every_batch_its_size() -> None:
    for rows, gathered, devices in product(range(1, 13), range(1, 6), range(1, 9)):
        share = share_out(Training(batch_rows=rows, accumulation_steps=gathered), devices)
        assert share.devices * share.rows == rows * gathered
        assert share.batch_rows <= rows
        assert share.devices <= devices


def test_a_recipe_may_leave_devices_out() -> None:
    assert share_out(Training(devices=2), 4).devices == 2
    assert share_out(Training(devices=4), 2).devices == 2


def test_two_devices_need_the_memory_of_half_a_batch_each() -> None:
    def needed(rows: int, devices: int) -> int:
        recipe = parse_recipe({"training": {"batch_rows": rows}})
        where = situation(model=HALF, machine=replace(GPU, devices=devices))
        largest = measure_workload(where, recipe).largest
        return estimate_memory(where.model, recipe, largest, where.machine).total_bytes

    assert needed(8, 2) == needed(4, 1) < needed(8, 1)


def test_a_speed_counts_for_as_many_devices_as_it_was_measured_with() -> None:
    speed = Speed(HALF, "qlora", model_facts(HALF).parameters, 1000.0)
    alone = situation(model=HALF, machine=GPU, speeds=(speed,))
    pair = replace(alone, machine=replace(GPU, devices=2))
    assert token_rate(alone, Recipe()) == (1000.0, "measured")
    rate, basis = token_rate(pair, Recipe())
    assert basis == "scaled"
    assert 1000 < rate < 2000
    measured = replace(pair, speeds=(replace(speed, devices=2, tokens_per_second=1900.0), speed))
    assert token_rate(measured, Recipe()) == (1900.0, "measured")
