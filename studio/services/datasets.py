"""The data sets: the samples that ship with the studio, and what people brought."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import DatasetFolder, Facts, Skipped, Step
from studio.domain.findings import Health
from studio.domain.formats import Notice
from studio.domain.importing import DEFAULT_HELD_OUT_PERCENT, ImportOrder, Source
from studio.domain.inspecting import Inspection, inspect_file
from studio.domain.records import Row
from studio.domain.row_lengths import measured_tokens, token_lengths, tokenizer_key
from studio.domain.topic_map import Topics
from studio.domain.whole_steps import stored_order
from studio.errors import StudioError
from studio.services.models import ModelLibrary
from studio.services.row_views import Choices, RowView
from studio.services.samples import bring_samples
from studio.services.shelf import About, Shelf, clean_name, new_id
from studio.settings import Home


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is known of a data set in its version that holds. `rows` were read, `used` of them can be learned from."""

    id: str
    name: str
    title: dict[str, str]
    is_sample: bool
    created: float
    version: int
    step: Step
    format: str
    shape: str
    rows: int
    used: int
    skipped_rows: int
    skipped: tuple[Skipped, ...]
    notices: tuple[Notice, ...]
    train_rows: int
    held_out_rows: int
    held_out_percent: float | None
    labels: dict[str, int]
    placeholders: tuple[str, ...]
    changed_rows: int
    reasons: dict[str, int]

    @classmethod
    def of(cls, about: About, version: int, facts: Facts) -> "Dataset":
        """Put together what the folder says."""
        known = {name: getattr(facts, name) for name in Facts.__dataclass_fields__}
        return cls(
            id=about.id,
            name=about.name,
            title=about.title,
            is_sample=about.is_sample,
            created=about.created,
            version=version,
            **known,
        )


@dataclass(frozen=True, slots=True)
class DatasetLibrary:
    """Lists, reads and removes data sets. Their rows never change once they are there; steps make versions of them."""

    home: Home
    models: ModelLibrary = field(default_factory=lambda: ModelLibrary(None))
    _choices: Choices = field(default_factory=Choices)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.home)

    def add_file(
        self, path: Path, name: str, held_out_percent: float = DEFAULT_HELD_OUT_PERCENT
    ) -> Dataset:
        """Import a file here and now; on any mistake nothing is kept.

        Raises:
            StudioError: see `import_files`.
        """
        about = About(new_id(clean_name(name)), clean_name(name), time.time())
        order = ImportOrder((Source(path, name),), held_out_percent=held_out_percent)
        self.shelf.add(about, order)
        return self.get(about.id)

    def bring_samples(self) -> None:
        """Put the samples there that are missing or have changed."""
        bring_samples(self.shelf)

    def get(self, dataset_id: str) -> Dataset:
        """Give one data set.

        Raises:
            StudioError: `data.unknown`.
        """
        head = self.folder(dataset_id).head()
        return Dataset.of(self.shelf.about(dataset_id), head.number, head.facts())

    def steps(self, dataset_id: str) -> tuple[Step, ...]:
        """Give what was changed in a data set since it was brought, in order.

        Raises:
            StudioError: `data.unknown`.
        """
        versions = self.folder(dataset_id).versions()
        return tuple(version.facts().step for version in versions)[1:]

    def folder(self, dataset_id: str) -> DatasetFolder:
        """Give the folder of a data set.

        Raises:
            StudioError: `data.unknown`.
        """
        return self.shelf.folder(dataset_id)

    def select(self, dataset_id: str, view: RowView) -> np.ndarray:
        """Give the places of the examples that a view shows, in its order.

        Raises:
            StudioError: `data.unknown`, `model.*` where the view names a model that is not there.
        """
        head = self.folder(dataset_id).head()
        lengths = None
        if view.model_id is not None:
            lengths = token_lengths(head, tokenizer_key(self.models.get(view.model_id).path))
        return self._choices.choose(head, view, lengths)

    def tokens(
        self, dataset_id: str, model_id: str | None, places: Sequence[int]
    ) -> dict[int, int]:
        """Give the tokens of those rows at `places` that were measured for a model, by place.

        Raises:
            StudioError: `data.unknown`, `model.*`.
        """
        if model_id is None:
            return {}
        key = tokenizer_key(self.models.get(model_id).path)
        return measured_tokens(self.folder(dataset_id).head(), key, places)

    def health(self, dataset_id: str) -> Health | None:
        """Give what the health check found, or None while nobody has looked."""
        stored = self.folder(dataset_id).head().health
        return Health.from_json(json.loads(stored.read_text("utf-8"))) if stored.exists() else None

    def topics(self, dataset_id: str) -> Topics | None:
        """Give what the data is about, or None while nobody has looked."""
        stored = self.folder(dataset_id).head().topics
        return Topics.from_json(json.loads(stored.read_text("utf-8"))) if stored.exists() else None

    def inspect(self, source: Source, mapping: dict[str, str] | None = None) -> Inspection:
        """Look at a file's first rows before it is imported; see `inspect_file`."""
        return inspect_file(source, mapping)

    def first_source(self, dataset_id: str) -> Source | None:
        """Give the file that a data set was made of, the first of several; None for a sample."""
        if self.shelf.about(dataset_id).is_sample:
            return None
        return stored_order(self.folder(dataset_id)).sources[0]

    def mapping(self, dataset_id: str) -> dict[str, str] | None:
        """Give the roles that somebody gave the columns of a data set's files; None where they were recognised."""
        return stored_order(self.folder(dataset_id)).mapping

    def source_names(self, dataset_id: str) -> list[str]:
        """Give the names of the files that a data set was made of, the held-out one last; none for a sample."""
        if self.shelf.about(dataset_id).is_sample:
            return []
        order = stored_order(self.folder(dataset_id))
        own = order.held_out_source
        return [source.name for source in (*order.sources, *([own] if own else []))]

    def rows(self, dataset_id: str, places: Sequence[int] | np.ndarray) -> list[Row]:
        """Give the examples at these places of the version that holds."""
        return [*self.folder(dataset_id).head().rows(places)]

    def delete(self, dataset_id: str) -> None:
        """Remove what somebody brought.

        Raises:
            StudioError: `data.unknown`, `data.is_sample`.
        """
        if self.shelf.about(dataset_id).is_sample:
            raise StudioError("data.is_sample")
        self.shelf.remove(dataset_id)

    def undo(self, dataset_id: str) -> Dataset:
        """Make the version before the last step hold again; the first one stays.

        Raises:
            StudioError: `data.unknown`, `data.nothing_to_undo`.
        """
        folder = self.folder(dataset_id)
        history = folder.history()
        if len(history) == 1:
            raise StudioError("data.nothing_to_undo")
        folder.set_history(history[:-1])
        return self.get(dataset_id)

    def list(self) -> list[Dataset]:
        """Give the samples, then what people brought, newest first."""
        return sorted(
            (self.get(dataset_id) for dataset_id in self.shelf.ids()),
            key=lambda d: (not d.is_sample, d.id != "quickstart", -d.created, d.id),
        )
