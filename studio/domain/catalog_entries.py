"""The catalog: models that the studio knows and offers, as `studio/catalog.yaml` lists them."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from studio.domain.architectures import ARCHITECTURES
from studio.domain.model_shape import ModelShape
from studio.domain.yaml_text import parse_yaml

CATALOG = Path(__file__).parent.parent / "catalog.yaml"


class Part(BaseModel):
    """A part of the catalog: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Part):
    """Under which conditions a model may be used, and where they are written."""

    name: str
    link: str = Field(pattern="^https://")


class CatalogEntry(Part):
    """A model on offer. `bytes` are those of its weights, in safetensors files; a download brings a little more."""

    id: str
    architecture: str
    parameters: int = Field(gt=0)
    bytes: int = Field(gt=0)
    licence: str
    gated: bool = False
    languages: tuple[str, ...]
    has_more_languages: bool = False
    has_template: bool = True
    good_for: tuple[str, ...]
    shape: ModelShape

    @property
    def can_export(self) -> bool:
        """Tell whether it can be written as GGUF, once it is tuned."""
        return ARCHITECTURES[self.architecture].can_export


class Catalog(Part):
    """All models on offer, the starter first, then from small to large; and the licences that they name."""

    licences: dict[str, Licence]
    models: tuple[CatalogEntry, ...]

    def find(self, model_id: str) -> CatalogEntry | None:
        """Give the entry of a model, or None."""
        return next((entry for entry in self.models if entry.id == model_id), None)


@cache
def read_catalog() -> Catalog:
    """Give the catalog that ships with the studio."""
    return Catalog.model_validate(parse_yaml(CATALOG.read_text(encoding="utf-8")))
