"""Repeat the steps of a recipe on data that was brought anew."""

from collections.abc import Sequence

from studio.domain.changing import apply_step
from studio.domain.dataset_folder import DatasetFolder, Step
from studio.domain.watching import Unwatched
from studio.errors import StudioError

# The page offered these steps where there was something to do; the same step on other data may find nothing.
MAY_DO_NOTHING = "data.nothing_to_change"


def repeat_steps(folder: DatasetFolder, steps: Sequence[Step]) -> None:
    """Do the steps one after the other; one that finds nothing to change is passed over.

    Raises:
        StudioError: `data.step_needs_file`, and what `apply_step` raises.
    """
    for step in steps:
        if step.code == "hold_out_file":
            raise StudioError("data.step_needs_file", name=step.values.get("name", "?"))
        try:
            apply_step(folder, step, Unwatched())
        except StudioError as error:
            if error.code != MAY_DO_NOTHING:
                raise
