"""Sentences for people: a key and its values become text of one language.

All texts live in `locales/<language>.yaml`. A text may name its values (`{name}`, `{rows:,}`); a text with the two
forms `one` and `other` is chosen by the value `n`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from studio.domain.method import Method
from studio.domain.recipe import Recipe
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError

LANGUAGES = ("en", "zh-CN")


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What is said about an error: its name, what happened with the numbers, and one thing to do."""

    title: str
    what: str
    fix: str


class Translator:
    """Gives the texts of one language; an unknown key is a mistake of the program (`KeyError`)."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._texts = read_texts(lang)

    def __call__(self, key: str, **values: Any) -> str:
        """Give the text of `key` with `values` filled in."""
        text = self._texts.get(key)
        if text is None:
            text = self._texts[f"{key}.{'one' if values.get('n') == 1 else 'other'}"]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Say whether `key` has a text of its own."""
        return key in self._texts

    def error(self, error: StudioError) -> ErrorText:
        """Give the three parts of an error's text."""
        known = error.code if self.has(f"errors.{error.code}.title") else "unknown"
        values = {**error.values, "code": error.code}
        if self.has(f"reasons.{values.get('reason')}"):
            values["reason"] = self.reason(values["reason"])
        parts = (self(f"errors.{known}.{part}", **values) for part in ("title", "what", "fix"))
        return ErrorText(*parts)

    def reason(self, code: str) -> str:
        """Give in words why a row was skipped."""
        return self(f"reasons.{code}" if self.has(f"reasons.{code}") else "reasons.other")

    def help(self, path: str) -> str:
        """Give the sentence that explains a recipe field, English where the language has none."""
        return self._texts.get(f"recipe.{path}") or help_by_path().get(path, "")

    def method(self, kind: str) -> str:
        """Give the sentence that explains a method, English where the language has none."""
        return self._texts.get(f"recipe.method_types.{kind}") or method_help()[kind]


@cache
def method_help() -> dict[str, str]:
    """Give the English sentence of every method: the docstring of its section in `domain/method.py`."""
    variants = get_args(get_args(Method)[0])
    return {str(v.model_fields["type"].default): v.__doc__ or "" for v in variants}


def languages() -> tuple[str, ...]:
    """Give the tags of the languages there are, the first one is the fallback."""
    return LANGUAGES


@cache
def translator(lang: str) -> Translator:
    """Give the translator of `lang`, one per language."""
    return Translator(lang)


@cache
def read_texts(lang: str) -> dict[str, str]:
    """Read a locale file into texts by dotted key."""
    stored = files("studio").joinpath("locales", f"{lang}.yaml").read_text(encoding="utf-8")
    return dict(flatten(parse_yaml(stored), ""))


def flatten(node: object, prefix: str) -> Iterator[tuple[str, str]]:
    """Give every text below `node` with its dotted key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from flatten(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, str(node)


@cache
def help_by_path() -> dict[str, str]:
    """Give the English help of every recipe field: the string under it in `domain/recipe.py`."""
    return {path: field.description or "" for path, field in walk_fields(Recipe, "")}


def walk_fields(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    """Give every leaf field below `section` with its dotted path; variants of a union share their fields."""
    seen: set[str] = set()
    for name, field in section.model_fields.items():
        path = f"{prefix}{name}"
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                for leaf, spec in walk_fields(part, f"{path}."):
                    if leaf not in seen:
                        yield leaf, spec
                    seen.add(leaf)
        if not any(leaf.startswith(f"{path}.") for leaf in seen):
            yield path, field
