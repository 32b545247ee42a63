"""The model that comes with the studio, and where the model of a job is now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

STARTER = Path(__file__).parents[1] / "starter"
STARTER_ID = "starter"


def base_folder(model: Mapping[str, Any]) -> Path:
    """Give the folder of the base model that a job names (`id`, `path`); it need not be there any more.

    The starter is wherever the studio is: it moves with a new installation, and what was learned on it must not be lost by that.
    """
    return STARTER if model["id"] == STARTER_ID else Path(model["path"])
