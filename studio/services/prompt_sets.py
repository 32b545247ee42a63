"""Sets of prompts that are kept in the home, to be asked of all columns again and again."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from studio.domain.job import write_by_rename
from studio.errors import StudioError

MOST_SETS = 50
MOST_PROMPTS = 200
LONGEST_PROMPT_CHARACTERS = 4000
LONGEST_NAME_CHARACTERS = 60

Prompt = Annotated[str, Field(max_length=LONGEST_PROMPT_CHARACTERS)]
STORED = TypeAdapter(dict[str, list[Prompt]])


@dataclass(frozen=True, slots=True)
class PromptShelf:
    """Owns the sets of one home, by their names; they are everybody's who uses this studio, like its data sets."""

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def names(self) -> list[str]:
        """Give the names of all sets, in the order of their letters."""
        return sorted(self._read())

    def get(self, name: str) -> list[str]:
        """Give the prompts of a set.

        Raises:
            StudioError: `prompts.unknown`.
        """
        found = self._read().get(name)
        if found is None:
            raise StudioError("prompts.unknown", name=name)
        return found

    def save(self, name: str, prompts: Sequence[str]) -> str:
        """Keep a set, in the place of one with the same name; give the name as it is kept.

        Raises:
            StudioError: `prompts.no_name`, `prompts.empty`, `prompts.too_many`, `prompts.too_many_sets`.
        """
        name = " ".join(name.split())[:LONGEST_NAME_CHARACTERS]
        if not name:
            raise StudioError("prompts.no_name")
        prompts = check_prompts(prompts)
        with self._lock:
            sets = self._read()
            if name not in sets and len(sets) >= MOST_SETS:
                raise StudioError("prompts.too_many_sets", most=MOST_SETS)
            self._write({**sets, name: prompts})
        return name

    def delete(self, name: str) -> None:
        """Forget a set; one that is not there is forgotten already."""
        with self._lock:
            self._write({key: prompts for key, prompts in self._read().items() if key != name})

    def _read(self) -> dict[str, list[str]]:
        try:
            return STORED.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            raise StudioError("prompts.unreadable", file=self.file.name) from error

    def _write(self, sets: dict[str, list[str]]) -> None:
        write_by_rename(self.file, json.dumps(sets, ensure_ascii=False, indent=1), mode=0o600)


def split_prompts(text: str) -> list[str]:
    """Give the lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def check_prompts(prompts: Sequence[str]) -> list[str]:
    """Give prompts that can be asked.

    Raises:
        StudioError: `prompts.empty`, `prompts.too_many`.
    """
    if not prompts:
        raise StudioError("prompts.empty")
    if len(prompts) > MOST_PROMPTS:
        raise StudioError("prompts.too_many", prompts=len(prompts), most=MOST_PROMPTS)
    return [prompt[:LONGEST_PROMPT_CHARACTERS] for prompt in prompts]
