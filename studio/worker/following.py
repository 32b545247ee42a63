"""Where the figures also go: TensorBoard files in the training's folder always, a service where the recipe asks for one.

A follower passes on what the trainer tells. What goes wrong in a service is told once, and ends the following, never the training.
"""

import copy
import json
import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.job import Event, read_events
from studio.domain.recipe import Recipe
from studio.worker.task import Task
from studio.worker.trackers import SERVICES, Ending, Opened, Place, Service, TensorBoard

# What an event of ours is called in the words of TRL's log.
TRL_NAMES: dict[str, dict[str, str]] = {
    "log": {
        "loss": "loss",
        "grad_norm": "grad_norm",
        "learning_rate": "learning_rate",
        "token_accuracy": "mean_token_accuracy",
    },
    "eval": {"held_out_loss": "eval_loss", "token_accuracy": "eval_mean_token_accuracy"},
}

logger = logging.getLogger(__name__)


class Described:
    """Stands where the integrations look for the model: its settings are the recipe's, and no path of this machine."""

    def __init__(self, recipe: Recipe) -> None:
        self.config = self
        self.words = {
            f"{section}.{name}": value
            for section, values in recipe.model_dump(mode="json").items()
            for name, value in values.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Give every setting by its path."""
        return self.words

    def to_json_string(self) -> str:
        """Give every setting by its path, as JSON."""
        return json.dumps(self.words, ensure_ascii=False, indent=1)


class Follower(TrainerCallback):
    """Passes everything on to one service. `earlier` is told first: the curve of the training that this one goes on with."""

    def __init__(
        self,
        task: Task,
        make: Callable[[], Service],
        place: Place,
        earlier: Sequence[Event],
    ) -> None:
        self.task = task
        self.make = make
        self.place = place
        self.earlier = earlier
        self.service: Service | None = None
        self.opened: Opened | None = None
        self.has_failed = False

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # With less memory a training begins more than once.
        if not state.is_world_process_zero or self.opened or self.has_failed:
            return
        args = copy.copy(args)
        args.output_dir = self.place.run
        model = Described(self.task.recipe)
        with self._shielded():
            self.service = self.make()
            opened = self.service.open(self.place)
            opened.callback.on_train_begin(args, state, control, model=model)
            for step, logs in in_trl_words(self.earlier):
                then = copy.copy(state)
                then.global_step = step
                opened.callback.on_log(args, then, control, logs=logs)
            self.opened = opened
            if opened.told is not None:
                self.task.note(opened.told, **(opened.values or {}))
                self.task.emit("tracking", id=opened.id)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if self.opened and not self.has_failed:
            with self._shielded():
                self.opened.callback.on_log(args, state, control, logs=dict(logs or {}))

    def close(self, ending: Ending) -> None:
        """Write what is left and how the training ended."""
        if self.service is not None:
            with self._shielded():
                self.service.close(ending)

    @contextmanager
    def _shielded(self) -> Generator[None]:
        """Keep the training from what goes wrong in a service, which may be anything."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  an edge: somebody else's service must not end a training
            logger.warning("the figures are no longer sent: %s", type(error).__name__)
            if not self.has_failed:
                self.task.note("tracking_failed", name=type(error).__name__)
            self.has_failed = True


def make_followers(task: Task, earlier: Sequence[Event]) -> list[Follower]:
    """Give who follows a training: TensorBoard, and the service that the recipe asks for."""
    tracking = task.recipe.tracking
    name = run_name(task)
    files = Place(tracking.project, name, task.folder.tensorboard)
    followers = [Follower(task, TensorBoard, files, earlier)]
    if tracking.to != "none":
        folder = Path(task.spec["tracking_folder"])
        folder.mkdir(parents=True, exist_ok=True)
        place = Place(tracking.project, name, folder, earlier_id(task))
        followers.append(Follower(task, SERVICES[tracking.to], place, earlier))
    return followers


def run_name(task: Task) -> str:
    """Give what a service calls this training: its data, its number, and when it was asked for.

    Another home may count from one again, and Trackio joins what has the same name.
    """
    asked = time.strftime("%m%d-%H%M", time.localtime(task.folder.spec.stat().st_mtime))
    return f"{Path(task.spec['data']['name']).stem}-{task.folder.path.name}-{asked}"


def earlier_id(task: Task) -> str | None:
    """Give what the service called the training that this one goes on with."""
    told, _ = read_events(task.folder.earlier_events, 0)
    return next((event.values["id"] for event in reversed(told) if event.kind == "tracking"), None)


def in_trl_words(events: Sequence[Event]) -> Iterator[tuple[int, dict[str, float]]]:
    """Give what was told before, step by step, as TRL logs it."""
    for event in events:
        names = TRL_NAMES.get(event.kind, {})
        logs = {
            theirs: event.values[ours]
            for ours, theirs in names.items()
            if event.values.get(ours) is not None
        }
        if logs:
            yield event.values["step"], logs


@contextmanager
def followed(followers: Sequence[Follower], task: Task) -> Generator[None]:
    """Have the training in the `with` block followed; afterwards every service is closed, however it ended."""
    ending: Ending = "failed"
    try:
        yield
        ending = "cancelled" if task.is_cancelled else "done"
    finally:
        for follower in followers:
            follower.close(ending)
