"""What this machine has to compute with, as its driver and its owner say."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.domain.recipe import parse_recipe
from studio.services.machine import (
    describe_machine,
    list_gpus,
    one_device_environment,
    usable_gpus,
)
from studio.services.workspace import Workspace

TWO_AND_A_SMALL_ONE = """
0, GPU-aaaa, NVIDIA Big, 24576
1, GPU-bbbb, NVIDIA Small, 2048
2, GPU-cccc, NVIDIA Big, 24576
"""
Driver = Callable[[str], None]


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """Give what puts a driver's tool with an answer on the path."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def answer(lines: str) -> None:
        tool = tmp_path / "bin" / "nvidia-smi"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\ncat <<'END'{lines}END\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
        describe_machine.cache_clear()

    yield answer
    describe_machine.cache_clear()


def test_gpus_of_one_kind_learn_together(driver: Driver) -> None:
    driver(TWO_AND_A_SMALL_ONE)
    machine = describe_machine()
    assert (machine.device, machine.name) == ("cuda", "NVIDIA Big")
    assert machine.memory_bytes == 24 * 2**30
    assert machine.devices == ("GPU-aaaa", "GPU-cccc")
    assert one_device_environment(machine) == {"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}


@pytest.mark.parametrize(
    ("visible", "uuids"),
    [
        (None, ["GPU-aaaa", "GPU-bbbb", "GPU-cccc"]),
        ("2,0", ["GPU-cccc", "GPU-aaaa"]),
        ("GPU-b", ["GPU-bbbb"]),
        # As CUDA does: what comes after a name that fits none, or more than one, is not seen.
        ("0,7,2", ["GPU-aaaa"]),
        ("GPU-", []),
        ("", []),
        ("-1", []),
    ],
)
def test_the_owner_says_which_gpus_may_be_used(
    driver: Driver, visible: str | None, uuids: list[str]
) -> None:
    driver(TWO_AND_A_SMALL_ONE)
    assert [gpu.uuid for gpu in usable_gpus(list_gpus(), visible)] == uuids


def test_without_a_gpu_the_processor_is_the_one_device(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver("\n")
    machine = describe_machine()
    assert (machine.device, machine.devices) == ("cpu", ("cpu",))
    assert one_device_environment(machine) == {}


def test_a_training_gets_all_devices_or_as_many_as_its_recipe_says(
    driver: Driver, workspace: Workspace
) -> None:
    driver(TWO_AND_A_SMALL_ONE)
    given = []
    for key, training in (("all", {}), ("one", {"devices": 1})):
        job = workspace.submit_training(parse_recipe({"training": training}), key)
        given.append(workspace.runs.spec(job.id)["devices"])
    assert given == [["GPU-aaaa", "GPU-cccc"], ["GPU-aaaa"]]


def test_the_plan_says_which_part_each_device_has(driver: Driver, workspace: Workspace) -> None:
    driver(TWO_AND_A_SMALL_ONE)
    plan = workspace.planner.plan(parse_recipe({"training": {"batch_rows": 8}}))
    assert (plan.devices_here, plan.part.devices, plan.part.rows) == (2, 2, 4)
    assert plan.memory_bytes == 24 * 2**30
