"""Which part of a step each device does, where a machine has several: every step has the same examples on any number of them."""

from dataclasses import dataclass

from studio.domain.recipe import Recipe, Training

# What a training says when it learns on several: {"devices", "rows"}, the rows of a step on each.
TOGETHER = "devices_together"


@dataclass(frozen=True, slots=True)
class Share:
    """What one of `devices` does of a step: batches of `batch_rows`, so many of them gathered."""

    devices: int
    batch_rows: int
    accumulation_steps: int

    @property
    def rows(self) -> int:
        """Give the examples that one device learns in a step."""
        return self.batch_rows * self.accumulation_steps


def share_out(training: Training, available: int) -> Share:
    """Divide a step evenly among as many of the `available` devices as it can be; batches never get larger.

    Devices that would have fewer examples than the others would only wait, so a step of 8 takes 2 of 3 devices.
    """
    step_rows = training.batch_rows * training.accumulation_steps
    most = max(1, min(available, training.devices or available))
    devices = next(n for n in range(most, 0, -1) if step_rows % n == 0)
    rows = step_rows // devices
    batch_rows = next(n for n in range(min(rows, training.batch_rows), 0, -1) if rows % n == 0)
    return Share(devices, batch_rows, rows // batch_rows)


def part_of(recipe: Recipe, available: int) -> Recipe:
    """Give the recipe as one of the devices follows it."""
    share = share_out(recipe.training, available)
    own = {"batch_rows": share.batch_rows, "accumulation_steps": share.accumulation_steps}
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=own)})
