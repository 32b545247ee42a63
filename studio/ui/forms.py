"""A form from a pydantic model: one control per field, its limits and its help from the field itself.

`bool` becomes a checkbox, `Literal` a dropdown, a number a number field, text a text field; a union by `type` a radio plus
the fields of its variants, each once, of which only those of the chosen one are read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import gradio as gr
from gradio.components import FormComponent
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from studio.i18n import Translator

# The class of a control whose value does not fit.
WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf of a model: where it is, what it takes, and which variants of a union have it (none: all)."""

    path: str
    spec: FieldInfo
    choices: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether it takes whole numbers only."""
        return int in _types(self.spec) and float not in _types(self.spec)

    @property
    def is_optional(self) -> bool:
        """Tell whether it may be left empty."""
        return type(None) in _types(self.spec)


@dataclass(frozen=True, slots=True)
class Form:
    """Controls by path, in the order in which Gradio passes their values."""

    section: type[BaseModel]
    fields: dict[str, Field]
    controls: dict[str, FormComponent]

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """Give the nested values of the controls; fields of variants that are not chosen are left out."""
        by_path = dict(zip(self.controls, values, strict=True))
        nested: dict[str, Any] = {}
        for path, value in by_path.items():
            if self.is_read(path, by_path):
                *sections, name = path.split(".")
                place = nested
                for section in sections:
                    place = place.setdefault(section, {})
                place[name] = self._clean(path, value)
        return nested

    def write(self, model: BaseModel) -> list[Any]:
        """Give one value per control, taken from `model`."""
        return [value_at(model, path) for path in self.controls]

    def mistakes(self, t: Translator, values: Sequence[Any]) -> dict[str, str]:
        """Give a sentence per path for everything that is wrong with `values`, all at once."""
        try:
            self.section.model_validate(self.read(values))
        except ValidationError as error:
            return dict(_sentences(t, error, self.controls))
        return {}

    def tell(
        self, t: Translator, mistakes: dict[str, str], notes: dict[str, str] | None = None
    ) -> list[Any]:
        """Give one update per control: at a mistake its sentence and a mark, elsewhere the explanation.

        `notes` by path say more than the usual one.

        Gradio's own validators do not last: the next event of the page, such as its pulse's, wipes them away.
        """
        explained = {path: t.help(path) for path in self.controls} | (notes or {}) | mistakes
        return [
            gr.update(info=explained[path], elem_classes=[WRONG] * (path in mistakes))
            for path in self.controls
        ]

    def differing(self, values: Sequence[Any], model: BaseModel, paths: Iterable[str]) -> list[str]:
        """Give those of `paths` whose value differs from `model`'s; fields of other variants do not count."""
        by_path = {p: self._clean(p, v) for p, v in zip(self.controls, values, strict=True)}
        return [
            path
            for path in paths
            if self.is_read(path, by_path) and by_path[path] != value_at(model, path)
        ]

    def is_read(self, path: str, by_path: dict[str, Any]) -> bool:
        """Tell whether the chosen variant has the field."""
        variants = self.fields[path].variants
        return not variants or by_path[f"{path.rpartition('.')[0]}.type"] in variants

    def _clean(self, path: str, value: Any) -> Any:
        if value == "" and self.fields[path].is_optional:
            return None
        is_whole = isinstance(value, float) and value.is_integer() and self.fields[path].is_whole
        return int(value) if is_whole else value


def chooser(label: str, elem_id: str, **options: Any) -> gr.Dropdown:
    """Give a dropdown whose choices come later and change while the page is open.

    Gradio refuses what was not a choice when the page was built wherever it has no session: in validators of a mounted
    page, and after a restart of the server. Whoever reads the value looks it up and refuses what is not there.
    """
    dropdown = gr.Dropdown([], label=label, elem_id=elem_id, **options)
    dropdown.preprocess = lambda payload: payload
    return dropdown


def control_id(path: str) -> str:
    """Give the element of a field's control."""
    return f"field-{path.replace('.', '-')}"


def build_field(t: Translator, field: Field, **options: Any) -> FormComponent:
    """Give the control of one field with its label and its sentence."""
    common: dict[str, Any] = {
        "label": t(f"fields.{field.path}"),
        "info": t.help(field.path),
        "value": field.spec.get_default(call_default_factory=True),
        "elem_id": control_id(field.path),
        "interactive": True,
        **options,
    }
    kinds = _types(field.spec)
    if field.choices:
        named = [(t(f"choices.{field.path}.{choice}"), choice) for choice in field.choices]
        chosen_from: Any = gr.Radio if field.path.endswith(".type") else gr.Dropdown
        return chosen_from(named, **common)
    if bool in kinds:
        return gr.Checkbox(**common)
    if int in kinds or float in kinds:
        # No limits here: the model checks them, so that every mistake is shown at once and in the page's language.
        return gr.Number(precision=None, **common)
    return gr.Textbox(**common)


def list_fields(section: type[BaseModel], prefix: str = "") -> Iterator[Field]:
    """Give every leaf below `section`; a union by `type` gives its `type` and then each field once.

    Tables and lists have no control, nor has a section that may be missing.
    """
    for name, spec in section.model_fields.items():
        path = f"{prefix}{name}"
        variants = [
            part for part in _types(spec) if isinstance(part, type) and issubclass(part, BaseModel)
        ]
        if variants and type(None) in _types(spec):
            continue
        if len(variants) == 1:
            yield from list_fields(variants[0], f"{path}.")
        elif variants:
            yield from _union_fields(variants, spec, path)
        elif len(_literals(spec)) != 1 and get_origin(spec.annotation) not in (dict, tuple):
            yield Field(path, spec, tuple(str(choice) for choice in _literals(spec)))


def _union_fields(variants: list[type[BaseModel]], spec: FieldInfo, path: str) -> Iterator[Field]:
    names = {str(_literals(variant.model_fields["type"])[0]): variant for variant in variants}
    default = spec.get_default(call_default_factory=True)
    chosen = FieldInfo(annotation=str, default=getattr(default, "type", next(iter(names))))
    yield Field(f"{path}.type", chosen, tuple(names))
    found: dict[str, list[str]] = {}
    leaves: dict[str, Field] = {}
    for kind, variant in names.items():
        for leaf in list_fields(variant, f"{path}."):
            found.setdefault(leaf.path, []).append(kind)
            leaves.setdefault(leaf.path, leaf)
    for leaf_path, leaf in leaves.items():
        kinds = found[leaf_path]
        is_shared = len(kinds) == len(names)
        yield Field(leaf_path, leaf.spec, leaf.choices, () if is_shared else tuple(kinds))


def _types(spec: FieldInfo) -> tuple[Any, ...]:
    annotation = spec.annotation
    if isinstance(annotation, type) or get_origin(annotation) is Literal:
        return (annotation,)
    return get_args(annotation)


def _literals(spec: FieldInfo) -> tuple[Any, ...]:
    return next((get_args(part) for part in _types(spec) if get_origin(part) is Literal), ())


def value_at(model: BaseModel, path: str) -> Any:
    """Give the value at a dotted path, None where the model's variant has no such field."""
    value: Any = model
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _sentences(
    t: Translator, error: ValidationError, paths: Iterable[str]
) -> Iterator[tuple[str, str]]:
    known = list(paths)
    for detail in error.errors():
        names = [str(part) for part in detail["loc"]]
        # A union puts the variant's name into the location: method.qlora.rank -> method.rank
        path = next(
            (p for p in (".".join(names), ".".join(names[:-2] + names[-1:])) if p in known), None
        )
        if path is not None:
            key = f"mistakes.{detail['type']}"
            limits = {
                name: f"{limit:g}"
                for name, limit in detail.get("ctx", {}).items()
                if isinstance(limit, int | float)
            }
            yield path, t(key, **limits) if t.has(key) else t("mistakes.other")
