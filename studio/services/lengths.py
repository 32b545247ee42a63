"""How long the examples of a data set are for a model, in its own tokens."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from studio.domain.dataset_folder import Version
from studio.domain.row_lengths import (
    LengthFacts,
    describe_lengths,
    load_facts,
    places_to_measure,
    store_lengths,
    tokenizer_key,
)
from studio.errors import StudioError
from studio.services.datasets import DatasetLibrary
from studio.services.models import ModelLibrary
from studio.services.pipes import WorkerPipe
from studio.services.previews import replies

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Lengths:
    """Measures in a process of its own, so that previews never wait for it; one data set after the other."""

    models: ModelLibrary
    datasets: DatasetLibrary
    pipe: WorkerPipe
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def known(self, dataset_id: str, model_id: str) -> LengthFacts | None:
        """Give what was measured before, None where nothing was."""
        version = self.datasets.folder(dataset_id).head()
        return load_facts(version, tokenizer_key(self.models.get(model_id).path))

    def measure(self, dataset_id: str, model_id: str, tell: Tell | None = None) -> LengthFacts:
        """Give the lengths of a data set as it is now; see `measure_version`."""
        return self.measure_version(self.datasets.folder(dataset_id).head(), model_id, tell)

    def measure_version(
        self, version: Version, model_id: str, tell: Tell | None = None
    ) -> LengthFacts:
        """Give the lengths of a version: of all rows up to 20,000, else of a sample of as many; measured once.

        `tell` is called with the rows done and the rows to do.

        Raises:
            StudioError: `model.*`, also where no row at all fits the model's chat template.
        """
        path = self.models.get(model_id).path
        key = tokenizer_key(path)
        with self._lock:
            facts = load_facts(version, key)
            if facts is not None:
                return facts
            rows = len(version.index())
            places = places_to_measure(rows)
            measured = np.zeros((2, rows), dtype=np.uint32)
            done, failure = 0, None
            for reply in replies(
                self.pipe,
                op="lengths",
                path=str(path),
                dataset=str(version.dataset),
                version=version.number,
                places=places.tolist(),
            ):
                batch = places[done : done + len(reply.get("lengths", []))]
                if len(batch):
                    measured[:, batch] = reply["lengths"], reply["endings"]
                    done += len(batch)
                if tell is not None:
                    tell(done, len(places))
                failure = reply.get("failure")
            if failure and not measured.any():
                raise StudioError.from_dict(failure)
            store_lengths(version, key, measured)
            return describe_lengths(measured)
