"""The recipes that ship with the studio."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import studio
from studio.domain.recipe import Recipe, load_recipe
from studio.errors import StudioError

PACKAGE = Path(studio.__file__).parent
# Installed from a wheel they lie inside the package; in a checkout beside it.
RECIPES = PACKAGE / "recipes" if (PACKAGE / "recipes").is_dir() else PACKAGE.parent / "recipes"


@dataclass(frozen=True, slots=True)
class RecipeLibrary:
    """Finds recipes by name."""

    folder: Path = RECIPES

    def names(self) -> list[str]:
        """Give the names, the quick start first."""
        names = sorted(path.stem for path in self.folder.glob("*.yaml"))
        return sorted(names, key=lambda name: (name != "quickstart", name))

    def load(self, name: str, changes: Sequence[str] = ()) -> Recipe:
        """Give a recipe with `section.field=value` changes applied.

        Raises:
            StudioError: `recipe.unknown`, or what `load_recipe` raises.
        """
        if name not in self.names():
            raise StudioError("recipe.unknown", name=name[:80], names=", ".join(self.names()))
        return load_recipe(self.folder / f"{name}.yaml", changes)
