"""How long a training takes: from the speed that this machine has shown before, else from the arithmetic in it."""

import math
from dataclasses import dataclass
from typing import Literal

from studio.domain.devices import share_out
from studio.domain.learning import learning_layers
from studio.domain.method import METHODS, AdapterMethod, Method
from studio.domain.model_shape import ModelShape
from studio.domain.packing import filled_share, is_packed
from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.situation import Situation, Speed
from studio.domain.workload import Workload, sequence_lengths

Basis = Literal["measured", "scaled", "guessed"]
# Multiplications and additions per weight and token: one way there and one back to the adapters, each a product and a sum.
FLOPS_PER_WEIGHT = 4
# The weights' own gradients, or a second way there, cost as much again as the way there.
FLOPS_AGAIN = 2
# DoRA works the changed weights out anew for each step; measured (docs/measurements.md, "Methods").
DORA_FLOPS = 2
# Unpacking 4 bits takes about this much longer.
FOUR_BIT_FACTOR = 1.3
# A first guess of what a machine reaches in training, not of what its data sheet says.
CPU_CORE_FLOPS = 20e9
GPU_FLOPS = 40e12
# What a further device adds of its own speed; the rest of the time it waits for the others.
FURTHER_DEVICE_GAIN = 0.85
# Checking is a third of learning: only the way there.
CHECK_SHARE = 1 / 3
LOAD_BYTES_PER_SECOND = 500e6
START_SECONDS = 4.0
# Python and the trainer's own work around each step.
STEP_SECONDS = {"cpu": 0.03, "cuda": 0.05}


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds from the start to the end. `basis`: measured with this model, scaled from another one, or guessed."""

    seconds: float
    basis: Basis


def estimate_duration(situation: Situation, recipe: Recipe, work: Workload) -> Duration:
    """Give the time of a training, from the first file that is read to the last that is written."""
    learning = learning_duration(situation, recipe, work)
    return Duration(load_seconds(situation) + learning.seconds, learning.basis)


def load_seconds(situation: Situation) -> float:
    """Give the time until a model is there to learn."""
    return START_SECONDS + situation.model.bytes / LOAD_BYTES_PER_SECOND


def learning_duration(situation: Situation, recipe: Recipe, work: Workload) -> Duration:
    """Give the time that learning and the checks take, once the model is there."""
    rate, basis = token_rate(situation, recipe)
    learned = work.calculated(work.tokens_seen) / rate
    checked = work.calculated(work.checks * work.held_out_tokens) / rate * CHECK_SHARE
    # What was measured holds the work around each step.
    around = 0.0 if basis == "measured" else work.steps * STEP_SECONDS[situation.machine.device]
    return Duration(learned + checked + around, basis)


def token_rate(situation: Situation, recipe: Recipe) -> tuple[float, Basis]:
    """Give calculated tokens per second, and where that is from."""
    method, model, machine = recipe.method.type, situation.model, situation.machine
    devices = share_out(recipe.training, machine.devices).devices
    for speed in situation.speeds:
        if speed.setting == (model.id, method, devices):
            return rate_with(speed, situation, recipe), "measured"
    needed = model.parameters * work_factor(recipe.method, model.shape)
    if situation.speeds:
        # The same work per second and device, with the model that is nearest in size.
        nearest = min(
            situation.speeds, key=lambda s: abs(math.log(s.parameters / model.parameters))
        )
        done = nearest.parameters * work_factor(usual_method(nearest.method), model.shape)
        gain = together(devices) / together(nearest.devices)
        return nearest.tokens_per_second * gain * done / needed, "scaled"
    flops = GPU_FLOPS if machine.device == "cuda" else CPU_CORE_FLOPS * machine.cores
    again = FLOPS_AGAIN if recipe.training.gradient_checkpointing else 0
    return together(devices) * flops / (needed * (FLOPS_PER_WEIGHT + again)), "guessed"


def rate_with(speed: Speed, situation: Situation, recipe: Recipe) -> float:
    """Give the tokens per second of a recipe's batches, from those of the batches that a speed was measured with."""
    lengths = sequence_lengths(situation.data, recipe)
    if not speed.batch_tokens or not len(lengths):
        return speed.tokens_per_second
    rows, around = recipe.training.batch_rows, STEP_SECONDS[situation.machine.device]
    packed = is_packed(recipe, situation.model.shape, lengths)
    tokens = rows * float(lengths.mean()) / (1 - (0.0 if packed else filled_share(lengths, rows)))
    took = speed.batch_tokens / speed.tokens_per_second
    # The work around a batch is the same for every size of it, and never all of the time.
    per_token = max(took - around, took / 2) / speed.batch_tokens
    return tokens / (took - per_token * speed.batch_tokens + per_token * tokens)


def together(devices: int) -> float:
    """Give how many times as fast so many devices are as one."""
    return 1 + (devices - 1) * FURTHER_DEVICE_GAIN


def work_factor(method: Method, shape: ModelShape) -> float:
    """Give how much longer a method takes than LoRA for the same tokens.

    Of `FLOPS_PER_WEIGHT` half is the way there, through all layers; the way back ends at the first layer that learns.
    """
    there = FLOPS_PER_WEIGHT / 2
    per_layer = there
    if METHODS[method.type].result == "model":
        # The gradients of the weights themselves.
        per_layer += there
    if isinstance(method, AdapterMethod) and method.use_dora:
        per_layer += DORA_FLOPS
    back = per_layer * learning_layers(method, shape) / shape.layers
    four_bit = FOUR_BIT_FACTOR if method.type == "qlora" else 1.0
    return four_bit * (there + back) / FLOPS_PER_WEIGHT


def usual_method(kind: str) -> Method:
    """Give a method as it is usually set."""
    return parse_recipe({"method": {"type": kind}}).method
