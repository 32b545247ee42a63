"""The base models that this installation can tune: the starter, and the folders that its owner allowed."""

from dataclasses import dataclass
from pathlib import Path

import studio
from studio.domain.catalog import ModelInfo, read_model
from studio.errors import StudioError

STARTER = Path(studio.__file__).parent / "starter"


@dataclass(frozen=True, slots=True)
class ModelLibrary:
    """Finds models by id; an id is the name of a folder below `allowed`, never a path."""

    allowed: Path | None

    def list(self) -> list[ModelInfo]:
        """Give the starter first, then the folders that hold a usable model."""
        found = [self.get("starter")]
        folders = sorted(self.allowed.iterdir()) if self.allowed and self.allowed.is_dir() else []
        for folder in folders:
            try:
                found.append(read_model(folder, folder.name))
            except StudioError:
                # Not a model, or one that must not be loaded: it is no choice. `get` says why when it is asked for.
                continue
        return found

    def get(self, model_id: str) -> ModelInfo:
        """Give one model.

        Raises:
            StudioError: `model.unknown`, or what `read_model` refuses.
        """
        if model_id == "starter":
            return read_model(STARTER, model_id)
        is_name = Path(model_id).name == model_id and model_id not in ("", ".", "..")
        if not (is_name and self.allowed and (self.allowed / model_id).is_dir()):
            raise StudioError("model.unknown", id=model_id[:80])
        return read_model(self.allowed / model_id, model_id)
