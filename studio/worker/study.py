"""Choose the settings of the next try: Optuna's study, kept in the folder of the search.

What the tries were stands in their own folders; the study only remembers it in its own words. A study that cannot be read is
put aside and made anew from the folders.
"""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe
from studio.domain.search import Search
from studio.domain.search_space import (
    Knob,
    Settings,
    applies,
    combine,
    own_settings,
    read_knobs,
    search_of,
)
from studio.domain.tries import Try

NAME = "search"
BROKEN_SUFFIX = ".broken"
# So many are drawn before TPE learns from them; Optuna's ten would be most of a search in minutes.
DRAWN_FIRST = 5
# Nothing is ended early before so many tries have finished, nor before this check of its own.
FEWEST_BEFORE_PRUNING = 3
FIRST_CHECK_TO_PRUNE = 2
# As many checks as a training has.
MOST_CHECKS = 10
# So many known settings in a row, and there is nothing new to be found.
MOST_REPEATS = 25
TWIN = "is_twin"
DIGITS = 3

logger = logging.getLogger(__name__)


class Study:
    """Optuna's study of one search. `was_renewed`: the stored one could not be read."""

    def __init__(self, folder: JobFolder, recipe: Recipe, tries: Sequence[Try]) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.recipe = recipe
        self.search = search_of(recipe)
        self.knobs = read_knobs(recipe)
        self.was_renewed = False
        seed = self.search.seed + len(tries)
        try:
            self.study = open_study(folder.study, self.search, seed)
            self.study.get_trials()
        except (ValueError, KeyError, TypeError, IndexError, AssertionError):
            logger.warning("the study cannot be read", exc_info=True)
            self.was_renewed = True
            folder.study.rename(folder.study.with_name(folder.study.name + BROKEN_SUFFIX))
            self.study = open_study(folder.study, self.search, seed)
        self.catch_up(tries)

    def catch_up(self, tries: Sequence[Try]) -> None:
        """Bring the study to what the folders say: what ended, and that nothing runs any more."""
        known = self.study.get_trials(deepcopy=False)
        for trial in known:
            if trial.state == TrialState.RUNNING:
                self.study.tell(trial.number, state=TrialState.FAIL)
        if not any(trial.state.is_finished() for trial in known):
            for one in tries:
                self.study.add_trial(self.as_trial(one))
        if self.search.how == "grid":
            for settings in combine(self.recipe, self.knobs):
                self.study.enqueue_trial(settings, skip_if_exists=True)
        elif not tries:
            self.study.enqueue_trial(own_settings(self.recipe, self.knobs), skip_if_exists=True)

    def as_trial(self, one: Try) -> FrozenTrial:
        """Give a stored try in Optuna's words."""
        ranges = {knob.path: distribution(knob) for knob in self.knobs}
        fitting = {
            knob.path: one.settings[knob.path]
            for knob in self.knobs
            if knob.path in one.settings and knob.allows(one.settings[knob.path])
        }
        state = state_of(one)
        return create_trial(
            state=state,
            value=one.value if state == TrialState.COMPLETE else None,
            params=fitting,
            distributions={path: ranges[path] for path in fitting},
            intermediate_values={
                check: loss for check, (_, loss) in enumerate(one.points, 1) if math.isfinite(loss)
            },
        )

    def ask(self, tries: Sequence[Try]) -> tuple[Trial, Settings] | None:
        """Give the next settings; None where all there are have been tried."""
        for _ in range(MOST_REPEATS):
            if self.search.how == "grid" and not self.study.get_trials(
                deepcopy=False, states=[TrialState.WAITING]
            ):
                return None
            trial = self.study.ask()
            settings = self.suggest(trial)
            same = next((one for one in tries if one.is_counted and one.settings == settings), None)
            if same is None or trial.user_attrs.get(TWIN):
                return trial, settings
            self.tell(trial, same)
        return None

    def suggest(self, trial: Trial) -> Settings:
        """Give the values that the sampler chooses for everything that has a meaning together."""
        settings: Settings = {}
        for knob in self.knobs:
            method = str(settings.get("method.type", self.recipe.method.type))
            if applies(knob.path, method):
                settings[knob.path] = suggest(trial, knob)
        return settings

    def repeat(self, settings: Settings) -> None:
        """Have the same settings come once more, if they are not about to."""
        waiting = self.study.get_trials(deepcopy=False, states=[TrialState.WAITING])
        if not any(trial.user_attrs.get(TWIN) for trial in waiting):
            self.study.enqueue_trial(dict(settings), user_attrs={TWIN: True})

    def again(self, settings: Settings) -> None:
        """Have settings come next whose try did not come to its end."""
        self.study.enqueue_trial(dict(settings))

    def tell(self, trial: Trial, ended: Try) -> None:
        """Tell what came of it. A try that ended early counts with what it had reached, as one that failed does not."""
        state = state_of(ended)
        value = ended.value if state == TrialState.COMPLETE else None
        self.study.tell(trial, value, state=state)


def state_of(one: Try) -> TrialState:
    """Give Optuna's word for how a try ended."""
    if one.value is None:
        return TrialState.FAIL
    return {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED}.get(
        one.state, TrialState.FAIL
    )


def open_study(path: Path, search: Search, seed: int) -> optuna.Study:
    """Open what is stored, or begin it. This process is its only writer."""
    mend_tail(path)
    for lock in path.parent.glob(f"{path.name}.lock*"):
        # Of a worker that was killed while it wrote.
        lock.unlink()
    storage = JournalStorage(JournalFileBackend(str(path)))
    return optuna.create_study(
        storage=storage,
        study_name=NAME,
        sampler=make_sampler(search, seed),
        pruner=make_pruner(search),
        load_if_exists=True,
    )


def mend_tail(path: Path) -> None:
    """Cut off a line that a killed worker has not written to its end: the next one would go on with it."""
    if not path.exists():
        return
    whole = path.read_bytes()
    end = whole.rfind(b"\n") + 1
    if end < len(whole):
        with path.open("r+b") as file:
            file.truncate(end)


def make_sampler(search: Search, seed: int) -> optuna.samplers.BaseSampler:
    """Give what draws the settings."""
    if search.how == "smart":
        return optuna.samplers.TPESampler(n_startup_trials=DRAWN_FIRST, seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def make_pruner(search: Search) -> optuna.pruners.BasePruner:
    """Give what decides whether a try goes on."""
    if search.end_early == "median":
        return optuna.pruners.MedianPruner(
            n_startup_trials=FEWEST_BEFORE_PRUNING, n_warmup_steps=FIRST_CHECK_TO_PRUNE
        )
    if search.end_early == "hyperband":
        return optuna.pruners.HyperbandPruner(max_resource=MOST_CHECKS)
    return optuna.pruners.NopPruner()


def distribution(knob: Knob) -> BaseDistribution:
    """Give Optuna's words for the possible values of a setting."""
    if knob.choices:
        return CategoricalDistribution(knob.choices)
    if knob.is_whole:
        return IntDistribution(int(knob.low), int(knob.high), log=knob.is_log)
    return FloatDistribution(knob.low, knob.high, log=knob.is_log)


def suggest(trial: Trial, knob: Knob) -> Any:
    """Give the sampler's value for a setting."""
    if knob.choices:
        return trial.suggest_categorical(knob.path, knob.choices)
    if knob.is_whole:
        return trial.suggest_int(knob.path, int(knob.low), int(knob.high), log=knob.is_log)
    drawn = trial.suggest_float(knob.path, knob.low, knob.high, log=knob.is_log)
    # What people read, write down and give to somebody else.
    return min(max(float(f"{drawn:.{DIGITS}g}"), knob.low), knob.high)
