"""What a training will do before it is started: the card beside the form, the goals, and "Make it fit"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studio.domain import goals, make_fit
from studio.domain.catalog_entries import read_catalog
from studio.domain.devices import Share, share_out
from studio.domain.duration import Basis, estimate_duration
from studio.domain.goal import GOALS
from studio.domain.learning import stored_bytes
from studio.domain.memory import MemoryEstimate, Verdict, estimate_memory
from studio.domain.recipe import Recipe
from studio.domain.row_lengths import tokenizer_key
from studio.domain.search_plan import SearchPlan, plan_rest, plan_search
from studio.domain.situation import MachineFacts, ModelFacts, Situation
from studio.domain.tries import Try
from studio.domain.workload import measure_workload
from studio.errors import StudioError
from studio.services.data_facts import FactGatherer
from studio.services.jobs import JobQueue
from studio.services.machine import describe_machine, free_disk_bytes, free_memory_bytes
from studio.services.model_checks import ModelCheck
from studio.services.models import ModelLibrary
from studio.services.speeds import Speeds
from studio.settings import Home

DiskVerdict = Literal["fits", "not"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen. `memory_bytes` can be had; `verdict` says whether `memory` fits into it."""

    model: str
    data: str
    device: str
    part: Share
    """What each device does of a step; `devices_here` could learn together."""
    devices_here: int
    examples: int
    held_out: int
    left_out: int
    shortened: int
    is_measured: bool
    """The lengths are those of the model's own tokenizer; else everything below is a guess from the file's size."""
    examples_seen: int
    steps: int
    memory: MemoryEstimate
    memory_bytes: int
    verdict: Verdict
    seconds: float
    basis: Basis
    download_bytes: int
    disk_bytes: int
    free_disk_bytes: int
    disk_verdict: DiskVerdict


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans trainings without loading anything."""

    home: Home
    models: ModelLibrary
    speeds: Speeds
    jobs: JobQueue
    gatherer: FactGatherer

    def situation(self, recipe: Recipe, check: ModelCheck | None = None) -> Situation:
        """Give what a training with this recipe would meet; `check` tells of a model that is not here.

        Raises:
            StudioError: `data.unknown`, `model.*` where nothing is known of the model.
        """
        machine = describe_machine()
        # A training that runs now will have given its memory back by then.
        pids = [handle.pid for _, handle in self.jobs.running()]
        memory = free_memory_bytes(machine, pids)
        device: Literal["cpu", "cuda"] = "cuda" if machine.device == "cuda" else "cpu"
        model, tokenizer = self.model_facts(recipe.model.id, check)
        return Situation(
            self.gatherer.gather(recipe.data, tokenizer),
            model,
            MachineFacts(device, machine.name, machine.cores, memory, len(machine.devices)),
            self.speeds.known(machine),
        )

    def plan(self, recipe: Recipe, check: ModelCheck | None = None) -> Plan:
        """Give what a training with this recipe will do.

        Raises:
            StudioError: see `situation`.
        """
        return self.plan_in(self.situation(recipe, check), recipe)

    def plan_in(self, situation: Situation, recipe: Recipe) -> Plan:
        """Give the plan in a situation that is known."""
        data, model, machine = situation.data, situation.model, situation.machine
        work = measure_workload(situation, recipe)
        memory = estimate_memory(model, recipe, work.largest, machine)
        duration = estimate_duration(situation, recipe, work)
        disk_bytes = model.download_bytes + stored_bytes(model, recipe.method)
        free_bytes = free_disk_bytes(self.home.root)
        return Plan(
            model=model.id,
            data=recipe.data.id,
            device=machine.device,
            part=share_out(recipe.training, machine.devices),
            devices_here=machine.devices,
            examples=data.train_rows - work.rows_left_out,
            held_out=data.held_out_rows,
            left_out=work.rows_left_out,
            shortened=work.rows_shortened,
            is_measured=data.is_measured,
            examples_seen=work.sequences_seen,
            steps=work.steps,
            memory=memory,
            memory_bytes=machine.memory_bytes,
            verdict=memory.verdict(machine.memory_bytes),
            seconds=duration.seconds,
            basis=duration.basis,
            download_bytes=model.download_bytes,
            disk_bytes=disk_bytes,
            free_disk_bytes=free_bytes,
            disk_verdict="fits" if disk_bytes <= free_bytes else "not",
        )

    def plan_search(
        self, recipe: Recipe, check: ModelCheck | None = None, tries: Sequence[Try] = ()
    ) -> SearchPlan:
        """Give what a search comes to; with its `tries` so far, what is still to come of it.

        Raises:
            StudioError: see `situation`.
        """
        rest = plan_rest(recipe, tries, len(describe_machine().devices)) if tries else None
        return rest or plan_search(self.situation(recipe, check), recipe)

    def make_it_fit(self, recipe: Recipe, check: ModelCheck | None = None) -> make_fit.Fitted:
        """Change the least harmful settings until the plan fits; see `make_fit.make_it_fit`.

        Raises:
            StudioError: see `situation`.
        """
        return make_fit.make_it_fit(recipe, self.situation(recipe, check))

    def propose(
        self,
        goal: str,
        recipe: Recipe,
        check: ModelCheck | None = None,
        method_type: str | None = None,
    ) -> goals.Proposal:
        """Give the recipe for a goal, on the model and the data of `recipe`; `method_type` is what somebody has chosen.

        Raises:
            StudioError: see `situation`; `goal.unknown`.
        """
        if goal not in GOALS:
            raise StudioError("goal.unknown", name=goal[:80], names=", ".join(GOALS))
        return goals.propose(goal, self.situation(recipe, check), recipe.data, method_type)

    def suggest_goal(self, recipe: Recipe, check: ModelCheck | None = None) -> str:
        """Give the goal that the data looks like."""
        return goals.suggest_goal(self.situation(recipe, check))

    def model_facts(self, model_id: str, check: ModelCheck | None) -> tuple[ModelFacts, str]:
        """Give what is known of a model and the key of its tokenizer: from this disk, the check, else the catalog.

        Of a model that is not here the tokenizer is not known, so its key is empty.

        Raises:
            StudioError: what `ModelLibrary.get` raises, where none of them knows it.
        """
        try:
            model = self.models.get(model_id)
        except StudioError:
            return facts_from_afar(model_id, check), ""
        if model.shape is None:
            raise StudioError("model.unreadable", id=model_id)
        facts = ModelFacts(model_id, model.parameters, model.shape, model.bytes)
        return facts, tokenizer_key(model.path)


def facts_from_afar(model_id: str, check: ModelCheck | None) -> ModelFacts:
    """Give what the check or the catalog says of a model that is not here.

    Raises:
        StudioError: `model.not_downloaded`.
    """
    if check is not None and check.shape is not None:
        # Not every page on the Hub counts its weights.
        parameters = check.parameters or check.shape.parameters
        return ModelFacts(check.id, parameters, check.shape, check.bytes, check.missing_bytes)
    entry = read_catalog().find(model_id.partition("@")[0])
    if entry is None:
        raise StudioError("model.not_downloaded", id=model_id)
    return ModelFacts(entry.id, entry.parameters, entry.shape, entry.bytes, entry.bytes)
