"""How fast this machine was: tokens per second of earlier trainings, one figure per model and method.

speeds.json     {machine: [Speed, …]}, written by the runner when a training has ended
"""

import statistics
from dataclasses import asdict, dataclass

from studio.domain.catalog import read_model
from studio.domain.devices import TOGETHER
from studio.domain.job import Job, JobFolder, read_events
from studio.domain.recipe import Recipe
from studio.domain.situation import Speed
from studio.domain.starter import base_folder
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.machine import Machine, describe_machine
from studio.services.measured import Entry, MeasuredFile
from studio.settings import Home

# The first steps are slower than the rest; a training with fewer has no speed worth keeping.
FIRST_STEPS = 2
FEWEST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Speeds:
    """Learns from trainings that ended, and tells what it knows of a machine."""

    home: Home

    def known(self, machine: Machine) -> tuple[Speed, ...]:
        """Give what was measured on `machine`, the newest first."""
        return tuple(Speed(**stored) for stored in self._file.of(machine))

    def learn(self, job: Job, machine: Machine | None = None) -> Speed | None:
        """Keep the speed of a training that has ended; None where it was too short to tell."""
        if job.kind not in ("train", "search"):
            return None
        learned, where = None, machine or describe_machine()
        # Of a search the newest tries say it, as many trainings after one another would.
        for folder in sorted(job.folder.tries.glob("[0-9]*")) or [job.folder.path]:
            speed = measured_speed(JobFolder(folder))
            if speed is not None:
                learned = speed
                self._store(where, speed)
        return learned

    def _store(self, machine: Machine, speed: Speed) -> None:
        def is_older(stored: Entry) -> bool:
            return Speed(**stored).setting == speed.setting

        self._file.put(machine, asdict(speed), is_older)

    @property
    def _file(self) -> MeasuredFile:
        return MeasuredFile(self.home.speeds)


def devices_of(folder: JobFolder) -> int:
    """Give how many devices learned together, as the training told."""
    events, _ = read_events(folder.events, 0)
    notes = (event.values for event in events if event.kind == "note")
    return max((n["values"]["devices"] for n in notes if n["code"] == TOGETHER), default=1)


def measured_speed(folder: JobFolder) -> Speed | None:
    """Give the speed that a training has shown; None where it was too short to tell, or its model is gone."""
    rate, outcome = measured_rate(folder), folder.outcome()
    # What a try that ended early filled up is not told.
    has_ended_early = outcome is not None and outcome.values.get("state", "done") != "done"
    if rate is None or has_ended_early:
        return None
    spec = parse_yaml(folder.spec.read_text(encoding="utf-8"))
    recipe = Recipe.model_validate(spec["recipe"])
    try:
        model = read_model(base_folder(spec["model"]), recipe.model.id)
    except StudioError:
        # The model has been removed meanwhile: nobody will ask for its speed.
        return None
    step_tokens = rate * (step_seconds(folder) or 0.0)
    return Speed(
        recipe.model.id,
        recipe.method.type,
        model.parameters,
        rate,
        devices_of(folder),
        round(step_tokens / recipe.training.accumulation_steps, 1),
    )


def step_seconds(folder: JobFolder) -> float | None:
    """Give the usual time from one step to the next, None where no two came without something in between."""
    events, _ = read_events(folder.events, 0)
    pairs = zip(events[FIRST_STEPS:], events[FIRST_STEPS + 1 :], strict=False)
    times = [b.time - a.time for a, b in pairs if a.kind == b.kind == "log"]
    return statistics.median(times) if times else None


def measured_rate(folder: JobFolder) -> float | None:
    """Give the median of the tokens per second that a training told, and of those that only filled up."""
    events, _ = read_events(folder.events, 0)
    told = [event.values.get("tokens_per_second") for event in events if event.kind == "log"]
    rates = [rate for rate in told[FIRST_STEPS:] if rate]
    if len(rates) < FEWEST_STEPS:
        return None
    outcome = folder.outcome()
    filled_share = outcome.values.get("filled_share", 0.0) if outcome else 0.0
    return round(statistics.median(rates) / (1 - filled_share), 1)
