"""Services that can also get the figures of a training: how they are called, and which package of Python speaks to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tracker:
    """A service by its own name; `module` is imported, `package` is what somebody installs to have it."""

    title: str
    module: str
    package: str


TRACKERS: dict[str, Tracker] = {
    "wandb": Tracker("Weights & Biases", "wandb", "wandb"),
    # The whole of `mlflow` is also the server and wants an older pyarrow than data sets do; this is its client.
    "mlflow": Tracker("MLflow", "mlflow", "mlflow-skinny"),
    "trackio": Tracker("Trackio", "trackio", "trackio"),
}
"""By the value of `tracking.to` in a recipe; the extras of pyproject.toml are called the same."""
