"""How long downloads took to make on this machine: one figure per form and base model.

export_times.json     {machine: [ExportTime, …]}, written by the runner when a download is there
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from studio.domain.catalog import ModelInfo, read_model
from studio.domain.job import Job, JobFolder
from studio.domain.starter import base_folder
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.machine import Machine, describe_machine
from studio.services.measured import MeasuredFile
from studio.settings import Home

# From a model of another size one may conclude only so far: what does not grow with it takes seconds, too.
MOST_TIMES_AS_LARGE = 2.0


@dataclass(frozen=True, slots=True)
class ExportTime:
    """The seconds that a form of a model with so many parameters took, from its start to the finished file."""

    target: str
    model: str
    parameters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportTimes:
    """Learns from downloads that were made, and tells what it knows of this machine."""

    home: Home

    def learn(self, job: Job, machine: Machine | None = None) -> ExportTime | None:
        """Keep how long a download took; None where the job was none, did not end well, or made several forms."""
        if job.kind != "export" or job.state != "done" or job.started is None:
            return None
        asked = parse_yaml(job.folder.spec.read_text(encoding="utf-8"))
        target = str(asked["target"])
        if "," in target or job.finished is None:
            return None
        try:
            spec = parse_yaml(JobFolder(Path(asked["source"])).spec.read_text(encoding="utf-8"))
            model = read_model(base_folder(spec["model"]), spec["model"]["id"])
        except (FileNotFoundError, StudioError):
            # The training or its model has been removed meanwhile.
            return None
        seconds = round(job.finished - job.started, 1)
        time = ExportTime(target, model.id, model.parameters, seconds)
        self._file.put(
            machine or describe_machine(),
            asdict(time),
            lambda stored: (stored["target"], stored["model"]) == (target, model.id),
        )
        return time

    def about(self, target: str, model: ModelInfo, machine: Machine | None = None) -> float | None:
        """Give about how many seconds a form of a model will take; None where nothing near it was measured."""
        entries = self._file.of(machine or describe_machine())
        known = [time for stored in entries if (time := ExportTime(**stored)).target == target]
        for time in known:
            if time.model == model.id:
                return time.seconds
        growth = {time: model.parameters / time.parameters for time in known}
        near = {
            time: factor
            for time, factor in growth.items()
            if 1 / MOST_TIMES_AS_LARGE <= factor <= MOST_TIMES_AS_LARGE
        }
        # Of several the nearest in size.
        nearest = min(near, key=lambda time: max(near[time], 1 / near[time]), default=None)
        return None if nearest is None else nearest.seconds * max(1.0, near[nearest])

    @property
    def _file(self) -> MeasuredFile:
        return MeasuredFile(self.home.export_times)
