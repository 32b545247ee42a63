"""Everything that page and command line may ask for, in one place."""

from dataclasses import dataclass
from pathlib import Path

from studio.domain.job import Job, JobFolder
from studio.domain.recipe import Recipe
from studio.errors import StudioError
from studio.services.daemon import ensure_runner
from studio.services.database import migrate
from studio.services.datasets import DatasetLibrary
from studio.services.jobs import JobQueue
from studio.services.machine import Machine, describe_machine
from studio.services.models import ModelLibrary
from studio.services.pipes import WorkerPipe
from studio.services.playground import Playground
from studio.services.previews import Previews
from studio.services.recipes import RecipeLibrary
from studio.services.runs import RunReader
from studio.settings import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """The services of one home."""

    settings: Settings
    datasets: DatasetLibrary
    models: ModelLibrary
    recipes: RecipeLibrary
    jobs: JobQueue
    runs: RunReader
    previews: Previews
    playground: Playground

    def submit_training(self, recipe: Recipe, key: str, name: str | None = None) -> Job:
        """Queue a training; its job carries the complete recipe and its own examples. The same `key`, the same job.

        Raises:
            StudioError: `model.*` or `data.unknown` where the recipe names what is not there.
        """
        model = self.models.get(recipe.model.id)
        dataset = self.datasets.get(recipe.data.id)

        def fill(folder: JobFolder) -> None:
            self.datasets.put_rows(
                dataset.id, folder.train_rows.parent, recipe.data.held_out_percent
            )

        spec = {
            "recipe": recipe.model_dump(mode="json"),
            "model": {"id": model.id, "path": str(model.path)},
            "data": {"id": dataset.id, "name": dataset.name},
        }
        return self.jobs.submit("train", name or Path(dataset.name).stem, spec, key=key, fill=fill)

    def submit_export(self, run_id: int, target: str, key: str) -> Job:
        """Queue a download of a finished training.

        Raises:
            StudioError: `job.unknown`, `export.not_finished`.
        """
        run = self.jobs.get(run_id)
        if run.kind != "train" or not run.is_final or not run.folder.adapter.is_dir():
            raise StudioError("export.not_finished", run=run_id)
        spec = {"target": target, "source": str(run.folder.path)}
        return self.jobs.submit("export", run.name, spec, key=key, parent=run_id)

    def export_file(self, job_id: int) -> Path:
        """Give the finished file of an export.

        Raises:
            StudioError: `job.unknown`, `export.unknown`.
        """
        job = self.jobs.get(job_id)
        outcome = job.folder.outcome() if job.kind == "export" else None
        if job.state != "done" or outcome is None:
            raise StudioError("export.unknown", id=job_id)
        return job.folder.exports / outcome.values["file"]

    def ensure_runner(self) -> None:
        """See to it that somebody does the jobs."""
        ensure_runner(self.settings.home)

    def machine(self) -> Machine:
        """Give the hardware that trainings run on."""
        return describe_machine()

    def close(self) -> None:
        """End the helper processes of this workspace; jobs go on."""
        self.previews.pipe.close()
        self.playground.pipe.close()


def open_workspace(settings: Settings) -> Workspace:
    """Open the home of `settings`, making it where it is missing.

    Raises:
        StudioError: `home.not_writable`.
    """
    home = settings.home
    try:
        home.create()
        migrate(home.database)
    except PermissionError as error:
        raise StudioError("home.not_writable", folder=str(home.root)) from error
    jobs, models = JobQueue(home), ModelLibrary(settings.models)
    runs = RunReader(jobs)
    return Workspace(
        settings=settings,
        datasets=DatasetLibrary(home),
        models=models,
        recipes=RecipeLibrary(),
        jobs=jobs,
        runs=runs,
        previews=Previews(models, WorkerPipe("studio.worker.preview", home.root / "preview.log")),
        playground=Playground(jobs, runs, WorkerPipe("studio.worker.chat", home.root / "chat.log")),
    )
