"""Everything that page and command line may ask for, in one place."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.domain.checkpoint_files import hand_over
from studio.domain.dataset_folder import Step
from studio.domain.full_disk import is_disk_full
from studio.domain.hub import HubChoice
from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Job, JobFolder, JobKind
from studio.domain.recipe import Recipe
from studio.errors import StudioError
from studio.services.api_key import ApiKey
from studio.services.columns import ColumnLibrary
from studio.services.continuing import find_start, put_start
from studio.services.daemon import ensure_runner
from studio.services.data_facts import FactGatherer
from studio.services.data_jobs import DataJobs, Progress
from studio.services.database import migrate
from studio.services.datasets import DatasetLibrary
from studio.services.deliveries import Deliveries
from studio.services.document_shelf import DocumentShelf
from studio.services.downloads import Downloads
from studio.services.export_times import ExportTimes
from studio.services.exports import Exports
from studio.services.hub import HubLibrary
from studio.services.hub_tokens import HubTokens
from studio.services.jobs import JobQueue
from studio.services.judgements import Judgements
from studio.services.lengths import Lengths
from studio.services.machine import Machine, describe_machine
from studio.services.mixing import MixPart, describe_mix, portion_data, put_rows
from studio.services.model_checks import ModelChecks
from studio.services.models import ModelLibrary
from studio.services.pipes import WorkerPipe
from studio.services.planning import Planner
from studio.services.playground import Playground
from studio.services.previews import Previews
from studio.services.prompt_sets import PromptShelf
from studio.services.pushes import Pushes
from studio.services.recipes import RecipeLibrary
from studio.services.runs import RunReader, can_resume
from studio.services.searches import Searches, hand_over_search
from studio.services.speeds import Speeds
from studio.services.tracking import check_tracking
from studio.settings import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """The services of one home."""

    settings: Settings
    datasets: DatasetLibrary
    models: ModelLibrary
    model_checks: ModelChecks
    downloads: Downloads
    hub: HubLibrary
    recipes: RecipeLibrary
    jobs: JobQueue
    data_jobs: DataJobs
    runs: RunReader
    searches: Searches
    exports: Exports
    pushes: Pushes
    previews: Previews
    lengths: Lengths
    planner: Planner
    playground: Playground
    prompts: PromptShelf
    documents: DocumentShelf
    deliveries: Deliveries
    api_key: ApiKey
    judgements: Judgements

    def submit_training(self, recipe: Recipe, key: str, name: str | None = None) -> Job:
        """Queue a training, or the search that the recipe asks for; its job carries the complete recipe and its own examples. The same `key`, the same job.

        A model of the Hub that is not here is downloaded first, by a job that the training waits for.

        Raises:
            StudioError: `model.*` or `data.unknown` where the recipe names what is not there; `hub.*` where the Hub
                has to be asked; `continue.*` where the training to go on from does not fit; `tracking.*`.
        """
        check_tracking(recipe.tracking)
        put = put_start(find_start(self.jobs, self.runs, recipe))
        dataset = self.datasets.get(recipe.data.id)
        base, parent = self.downloads.find_or_start(recipe.model.id, key)
        portions = portion_data(self.datasets, recipe.data)

        def fill(folder: JobFolder) -> None:
            put_rows(portions, folder.train_rows.parent)
            put(folder)

        data = recipe.data.model_copy(update={"steps": self.datasets.steps(dataset.id)})
        recipe = recipe.model_copy(update={"data": data})
        spec = {
            "recipe": recipe.model_dump(mode="json"),
            "model": asdict(base),
            "data": {"id": dataset.id, "name": dataset.name},
            "tracking_folder": str(self.settings.home.tracking),
            "devices": self.devices(recipe),
        }
        title = name or Path(dataset.name).stem
        kind: JobKind = "train" if recipe.search is None else "search"
        return self.jobs.submit(kind, title, spec, key=key, parent=parent, fill=fill)

    def submit_resume(self, run_id: int, key: str, changes: Sequence[str] = ()) -> Job:
        """Queue a training that goes on where another one stopped or failed, with the same recipe and examples.

        A search goes on with what it has tried, however it ended; `changes` give it other limits.

        Raises:
            StudioError: `job.unknown`, `job.cannot_resume`; `model.*` and `hub.*` where the model is gone; `tracking.*`;
                `search.other_change`, `recipe.*`.
        """
        run = self.jobs.get(run_id)
        if run.kind == "search" and run.is_final:
            return self._go_on_searching(run, key, changes)
        if not can_resume(run) or changes:
            raise StudioError("job.cannot_resume", id=run_id)
        stored = self.runs.spec(run_id)
        recipe = self.runs.recipe(run_id)
        check_tracking(recipe.tracking)
        base, parent = self.downloads.find_or_start(recipe.model.id, key)
        again = {"model": asdict(base), "devices": self.devices(recipe), "resume": {"run": run_id}}

        def fill(folder: JobFolder) -> None:
            hand_over(run.folder, folder)

        spec = {**stored, **again}
        return self.jobs.submit("train", run.name, spec, key=key, parent=parent, fill=fill)

    def _go_on_searching(self, run: Job, key: str, changes: Sequence[str]) -> Job:
        recipe = self.searches.changed(self.runs.recipe(run.id), changes)
        base, parent = self.downloads.find_or_start(recipe.model.id, key)
        spec = {
            **self.runs.spec(run.id),
            "recipe": recipe.model_dump(mode="json"),
            "model": asdict(base),
            "devices": self.devices(recipe),
            "resume": {"run": run.id},
        }
        fill = hand_over_search(run.folder)
        return self.jobs.submit("search", run.name, spec, key=key, parent=parent, fill=fill)

    def devices(self, recipe: Recipe) -> list[str]:
        """Give the devices that a training may have, by their names."""
        return [*self.machine().devices[: recipe.training.devices]]

    def submit_download(self, model_id: str, key: str) -> Job:
        """Queue the download of a model of the Hub; see `Downloads.start`."""
        return self.downloads.start(model_id, key)

    def submit_import(self, order: ImportOrder, name: str, key: str) -> Job:
        """Queue the import of files; see `DataJobs.import_files`."""
        return self.data_jobs.import_files(order, name, key)

    def submit_hub_import(self, choice: HubChoice, key: str) -> Job:
        """Queue the import of a data set of the Hub."""
        return self.data_jobs.import_from_hub(choice, ImportOrder(()), key)

    def submit_change(self, dataset_id: str, step: Step, key: str) -> Job:
        """Queue a step on a data set; see `DataJobs.change`."""
        return self.data_jobs.change(dataset_id, step, key)

    def submit_held_out_file(self, dataset_id: str, source: Source, key: str) -> Job:
        """Queue that a file's examples are held out; see `DataJobs.hold_out_file`."""
        return self.data_jobs.hold_out_file(dataset_id, source, key)

    def submit_check(self, dataset_id: str) -> Job | None:
        """Queue the health check where it is missing; see `DataJobs.check`."""
        return self.data_jobs.check(dataset_id)

    def progress(self, job: Job) -> Progress | None:
        """Give how far an import or a change is."""
        return self.data_jobs.progress(job)

    def delete_dataset(self, dataset_id: str) -> None:
        """Remove what somebody brought; see `DataJobs.delete`."""
        self.data_jobs.delete(dataset_id)

    def describe_mix(self, recipe: Recipe) -> list[MixPart]:
        """Tell what a training would learn from, and in which shares."""
        return describe_mix(self.datasets, recipe.data)

    def delete_run(self, run_id: int) -> None:
        """Remove an ended training with everything that it left, its packed downloads included: all or nothing.

        Raises:
            StudioError: `job.unknown`, `job.busy` while it, or the packing of it, goes on.
        """
        run = self.jobs.get(run_id)
        self.jobs.delete([run.id, *(job.id for job in self.jobs.children(run.id))])

    def submit_export(self, run_id: int, target: str | None, key: str) -> Job:
        """Queue a download of a finished training; see `Exports.submit`."""
        return self.exports.submit(run_id, target, key)

    def export_file(self, job_id: int) -> Path:
        """Give the finished file of a download; see `Exports.file`."""
        return self.exports.file(job_id)

    def ensure_runner(self) -> None:
        """See to it that somebody does the jobs."""
        ensure_runner(self.settings.home)

    def machine(self) -> Machine:
        """Give the hardware that trainings run on."""
        return describe_machine()

    def close(self) -> None:
        """End the helper processes of this workspace; jobs go on."""
        self.previews.pipe.close()
        self.lengths.pipe.close()
        self.playground.pipe.close()


def open_workspace(settings: Settings) -> Workspace:
    """Open the home of `settings`, making it where it is missing.

    Raises:
        StudioError: `home.not_writable`, `home.disk_full`.
    """
    home = settings.home
    try:
        home.create()
        migrate(home.database)
    except OSError as error:
        if is_disk_full(error):
            raise StudioError("home.disk_full") from error
        raise StudioError("home.not_writable", folder=str(home.root)) from error
    # What lies on a disk that has become read-only can still be read up to here.
    if not os.access(home.root, os.W_OK):
        raise StudioError("home.not_writable", folder=str(home.root))
    jobs, models = JobQueue(home), ModelLibrary(settings.models, home.models)
    exports = Exports(jobs, ExportTimes(home), settings.gguf_converter)
    tokens = HubTokens(home.hub_token)
    model_checks = ModelChecks(home, models, settings.gguf_converter is not None)
    downloads = Downloads(home, jobs, models, model_checks)
    jobs.remove_leftovers()
    downloads.remove_leftovers()
    datasets = DatasetLibrary(home, models)
    datasets.shelf.remove_leftovers(jobs.subjects)
    datasets.bring_samples()
    runs, data_jobs = RunReader(jobs), DataJobs(home, jobs, datasets)
    documents = DocumentShelf(home.documents)
    return Workspace(
        settings=settings,
        datasets=datasets,
        models=models,
        model_checks=model_checks,
        downloads=downloads,
        hub=HubLibrary(tokens),
        recipes=RecipeLibrary(),
        jobs=jobs,
        data_jobs=data_jobs,
        runs=runs,
        searches=Searches(jobs),
        exports=exports,
        pushes=Pushes(jobs, exports, tokens),
        previews=Previews(models, WorkerPipe("studio.worker.preview", home.root / "preview.log")),
        lengths=Lengths(
            models, datasets, WorkerPipe("studio.worker.preview", home.root / "lengths.log")
        ),
        planner=Planner(home, models, Speeds(home), jobs, FactGatherer(datasets)),
        playground=Playground(
            ColumnLibrary(jobs, runs, models, documents),
            WorkerPipe("studio.worker.chat", home.root / "chat.log"),
        ),
        prompts=PromptShelf(home.prompts),
        documents=documents,
        deliveries=Deliveries(),
        api_key=ApiKey(home.api_key),
        judgements=Judgements(home, jobs, data_jobs),
    )
