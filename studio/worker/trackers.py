"""The services that figures go to: how each is opened and closed. transformers' own integrations do what is in between.

Nothing but figures and settings is sent: no output of the worker, no source code, no name of a file or of the machine.
"""

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from transformers import TrainerCallback
from transformers.integrations.integration_utils import (
    MLflowCallback,
    TensorBoardCallback,
    TrackioCallback,
    WandbCallback,
)

Ending = Literal["done", "failed", "cancelled"]
# A service that does not answer is given up after this, at the start and at the end.
CONNECT_SECONDS, CLOSE_SECONDS = 15, 60
MLFLOW_STATUS: dict[Ending, str] = {
    "done": "FINISHED",
    "failed": "FAILED",
    "cancelled": "KILLED",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the figures of a training go within a service; `folder` is for what the service keeps on this disk."""

    project: str
    run: str
    folder: Path
    earlier: str | None = None
    """What the service called the training that this one goes on with."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What transformers' callback is, and what is told about where the figures are: a code with values."""

    callback: TrainerCallback
    told: str | None = None
    values: dict[str, Any] | None = None
    id: str | None = None
    """What the service calls this training."""


class Service(Protocol):
    """One service. `close` is called once, however the training ended."""

    def open(self, place: Place) -> Opened: ...

    def close(self, ending: Ending) -> None: ...


class TensorBoard:
    """Files in the training's own folder; nobody has to be asked."""

    def __init__(self) -> None:
        self.callback = TensorBoardCallback()

    def open(self, place: Place) -> Opened:
        """Name the folder; the integration makes it with the first figure."""
        self.callback.logging_dir = str(place.folder)
        return Opened(self.callback)

    def close(self, ending: Ending) -> None:
        """Write what is left."""
        if self.callback.tb_writer is not None:
            self.callback.tb_writer.close()


class Wandb:
    """Weights & Biases. Without a connection its figures stay on this disk, from where `wandb sync` sends them."""

    def __init__(self) -> None:
        self.package: Any = import_module("wandb")

    def open(self, place: Place) -> Opened:
        """Begin a run."""
        settings = self.package.Settings(
            console="off",
            disable_git=True,
            save_code=False,
            # Else it names the program, its folder and the machine.
            x_disable_machine_info=True,
            init_timeout=CONNECT_SECONDS,
            finish_timeout=CLOSE_SECONDS,
        )
        options = {"project": place.project, "name": place.run, "dir": str(place.folder)}
        try:
            run = self.package.init(**options, settings=settings)
        except self.package.errors.CommError:
            run = self.package.init(**options, settings=settings, mode="offline")
        if run.offline:
            values = {"folder": Path(run.dir).parent.name, "project": place.project}
            return Opened(WandbCallback(), "tracked_wandb_offline", values, run.id)
        return Opened(WandbCallback(), "tracked_wandb", {"url": run.url}, run.id)

    def close(self, ending: Ending) -> None:
        """Send what is left, for as long as it is worth waiting."""
        self.package.finish(exit_code=int(ending == "failed"))


class Mlflow:
    """MLflow: the server that `MLFLOW_TRACKING_URI` names, else a database in the home."""

    def __init__(self) -> None:
        # Else a server that does not answer is asked for many minutes.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(CONNECT_SECONDS))
        self.package: Any = import_module("mlflow")

    def open(self, place: Place) -> Opened:
        """Begin a run; of a training that was killed in the middle of one, that one is ended, too."""
        if not self.package.is_tracking_uri_set():
            self.package.set_tracking_uri(f"sqlite:///{place.folder / 'mlflow.db'}")
        self.package.set_experiment(place.project)
        if place.earlier is not None:
            self._end(place.earlier)
        run = self.package.start_run(run_name=place.run)
        address = urlsplit(self.package.get_tracking_uri())
        values = {"where": address.hostname or Path(address.path).name, "project": place.project}
        return Opened(MLflowCallback(), "tracked_mlflow", values, run.info.run_id)

    def _end(self, run_id: str) -> None:
        client = self.package.MlflowClient()
        if client.get_run(run_id).info.status == "RUNNING":
            client.set_terminated(run_id, MLFLOW_STATUS["cancelled"])

    def close(self, ending: Ending) -> None:
        """Write what is left and how it ended."""
        self.package.flush_async_logging()
        self.package.end_run(MLFLOW_STATUS[ending])


class Trackio:
    """Trackio: its own database on this machine, shown by `trackio show`."""

    def __init__(self) -> None:
        self.package: Any = import_module("trackio")

    def open(self, place: Place) -> Opened:
        """Leave the beginning to the integration, which takes project and name from the trainer."""
        values = {"project": place.project}
        return Opened(TrackioCallback(), "tracked_trackio", values, place.run)

    def close(self, ending: Ending) -> None:
        """Write what is left."""
        self.package.finish()


SERVICES: dict[str, type[Service]] = {"wandb": Wandb, "mlflow": Mlflow, "trackio": Trackio}
