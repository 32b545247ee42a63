"""The base models of this installation: the starter, the downloaded ones, and the folders that its owner allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.domain.catalog import ModelInfo, read_model
from studio.domain.catalog_entries import CatalogEntry, read_catalog
from studio.domain.hub import COMMIT, is_id
from studio.domain.model_files import is_hub_id, read_folder_name
from studio.domain.starter import STARTER, STARTER_ID
from studio.errors import StudioError

LONGEST_SHOWN_ID = 80
# How Hugging Face's own cache names the folder of a model.
CACHE_START = "models--"


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """A folder that may hold a model. `revision` is the commit that it was downloaded at; empty where nobody knows."""

    id: str
    path: Path
    revision: str = ""


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model to choose: what the catalog says of it, what is on this disk, or both."""

    id: str
    entry: CatalogEntry | None
    model: ModelInfo | None

    @property
    def is_here(self) -> bool:
        return self.model is not None


@dataclass(frozen=True, slots=True)
class ModelLibrary:
    """Finds models by id: `starter`, `owner/name` of the Hub, or the name of a folder below `allowed`; never a path.

    `owner/name@commit` means that very download, `owner/name` the newest.
    """

    allowed: Path | None
    downloaded: Path | None = None

    def offers(self) -> list[ModelOffer]:
        """Give all that can be chosen: the catalog, the starter first, then what else is on this disk."""
        here = {model.id: model for model in self.list()}
        known = [
            ModelOffer(entry.id, entry, here.pop(entry.id, None)) for entry in read_catalog().models
        ]
        return known + [ModelOffer(model.id, None, model) for model in here.values()]

    def get(self, model_id: str) -> ModelInfo:
        """Give one model.

        Raises:
            StudioError: `model.unknown`, `model.not_downloaded` for an id of the Hub, or what `read_model` refuses.
        """
        name, _, revision = model_id.partition("@")
        for place in self._places():
            if place.id == model_id or (place.id, place.revision) == (name, revision):
                return read_model(place.path, place.id, place.revision)
        if is_hub_id(name) and (not revision or COMMIT.fullmatch(revision)):
            raise StudioError("model.not_downloaded", id=model_id)
        raise StudioError("model.unknown", id=model_id[:LONGEST_SHOWN_ID])

    def embedder(self) -> Path | None:
        """Give the first of the allowed folders with an embedding model, as sentence-transformers writes one."""
        folders = sorted(self.allowed.iterdir()) if self.allowed and self.allowed.is_dir() else []
        return next((folder for folder in folders if is_embedder(folder)), None)

    def _places(self) -> Iterator[ModelPlace]:
        """Give every folder that may hold a model, the preferred one of an id first."""
        yield ModelPlace(STARTER_ID, STARTER)
        if self.downloaded and self.downloaded.is_dir():
            yield from downloads_in(self.downloaded)
        if self.allowed and self.allowed.is_dir():
            for folder in sorted(self.allowed.iterdir()):
                if folder.is_dir():
                    yield read_cache(folder) or ModelPlace(folder.name, folder)

    def list(self) -> list[ModelInfo]:
        """Give what can be used at once: the starter, the downloads, then the allowed folders with a usable model."""
        by_id: dict[str, ModelInfo] = {}
        for place in self._places():
            if place.id in by_id:
                continue
            try:
                by_id[place.id] = read_model(place.path, place.id, place.revision)
            except StudioError:
                # Not a model, or one that must not be loaded: it is no choice. `get` says why when it is asked for.
                continue
        return list(by_id.values())


def is_embedder(folder: Path) -> bool:
    """Tell whether a folder holds an embedding model that can be loaded without running its code."""
    names = ("modules.json", "config.json", "tokenizer.json", "model.safetensors")
    return all((folder / name).is_file() for name in names)


def downloads_in(folder: Path) -> list[ModelPlace]:
    """Give the complete downloads in a folder, by id; of one id the newest first."""
    found = []
    for path in folder.iterdir():
        choice = read_folder_name(path.name)
        if choice is not None and path.is_dir():
            found.append((choice.id, -path.stat().st_mtime, path, choice.revision))
    return [ModelPlace(model_id, path, revision) for model_id, _, path, revision in sorted(found)]


def read_cache(folder: Path) -> ModelPlace | None:
    """Give the model in a folder of Hugging Face's own cache, at the commit that its `main` names; else None."""
    model_id = folder.name.removeprefix(CACHE_START).replace("--", "/")
    head = folder / "refs" / "main"
    if not (folder.name.startswith(CACHE_START) and is_id(model_id) and head.is_file()):
        return None
    revision = head.read_text(encoding="utf-8", errors="replace")[:41].strip()
    path = folder / "snapshots" / revision
    is_there = COMMIT.fullmatch(revision) is not None and path.is_dir()
    return ModelPlace(model_id, path, revision) if is_there else None
