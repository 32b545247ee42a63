"""The form that grows out of a model."""

from typing import Annotated, Any, Literal

import gradio as gr
import pytest
import yaml
from pydantic import BaseModel, Field

from studio.domain.method import Lora
from studio.domain.recipe import Recipe
from studio.i18n import translator
from studio.ui.forms import Form, build_field, chooser, list_fields


class Thick(BaseModel):
    type: Literal["thick"] = "thick"
    shared: int = 1
    width: float = 2.0


class Thin(BaseModel):
    type: Literal["thin"] = "thin"
    shared: int = 1


class Brush(BaseModel):
    kind: Annotated[Thick | Thin, Field(discriminator="type")] = Thick()
    colour: Literal["red", "blue"] = "red"


@pytest.fixture
def form() -> Form:
    fields = {field.path: field for field in list_fields(Recipe)}
    t = translator("en")
    with gr.Blocks():
        return Form(Recipe, fields, {path: build_field(t, field) for path, field in fields.items()})


def changed(form: Form, **values: Any) -> list[Any]:
    """Give the usual values with some changed; `__` stands for the dot of a path."""
    wanted = {name.replace("__", "."): value for name, value in values.items()}
    return [
        wanted.get(path, value)
        for path, value in zip(form.controls, form.write(Recipe()), strict=True)
    ]


def test_what_is_written_is_read_back(form: Form) -> None:
    recipe = Recipe(method=Lora(rank=4))
    assert Recipe.model_validate(form.read(form.write(recipe))) == recipe


def test_a_number_field_gives_whole_numbers_where_they_are_meant(form: Form) -> None:
    read = form.read(changed(form, method__rank=8.0, training__epochs=2.5))
    assert read["method"]["rank"] == 8
    assert isinstance(read["method"]["rank"], int)
    assert read["training"]["epochs"] == 2.5


def test_all_mistakes_are_told_at_once_each_at_its_field(form: Form) -> None:
    values = changed(form, method__rank=0, training__learning_rate=7, training__batch_rows=None)
    found = form.mistakes(translator("en"), values)
    assert set(found) == {"method.rank", "training.learning_rate", "training.batch_rows"}
    assert found["method.rank"] == "Must be 1 or more."


def test_a_mistake_stands_at_its_field_and_nowhere_else(form: Form) -> None:
    t = translator("en")
    told = dict(
        zip(form.controls, form.tell(t, {"method.rank": "Must be 1 or more."}), strict=True)
    )
    assert told["method.rank"]["info"] == "Must be 1 or more."
    assert told["method.rank"]["elem_classes"] == ["wrong"]
    assert told["method.alpha"] == gr.update(info=t.help("method.alpha"), elem_classes=[])


def test_mistakes_are_told_in_the_language_of_the_page(form: Form) -> None:
    found = form.mistakes(translator("zh-CN"), changed(form, method__rank=1.5))
    assert found == {"method.rank": "请输入整数。"}


def test_an_empty_optional_field_is_no_mistake(form: Form) -> None:
    assert form.mistakes(translator("en"), changed(form, training__max_steps=None)) == {}


def test_a_choice_that_came_after_the_page_was_built_is_taken() -> None:
    assert chooser("Data", "data").preprocess("my-file-1a2b3c") == "my-file-1a2b3c"


def test_differences_are_named(form: Form) -> None:
    values = changed(form, method__rank=8, training__seed=1)
    assert form.differing(values, Recipe(), form.controls) == ["method.rank", "training.seed"]


def test_a_union_gives_its_type_and_every_field_once() -> None:
    fields = {field.path: field for field in list_fields(Brush)}
    assert list(fields) == ["kind.type", "kind.shared", "kind.width", "colour"]
    assert fields["kind.shared"].variants == ()
    assert fields["kind.width"].variants == ("thick",)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("thick", {"type": "thick", "shared": 1, "width": 2.0}),
        ("thin", {"type": "thin", "shared": 1}),
    ],
)
def test_only_the_chosen_variant_is_read(kind: str, expected: dict[str, Any]) -> None:
    fields = {field.path: field for field in list_fields(Brush)}
    controls: dict[str, Any] = dict.fromkeys(fields)
    assert Form(Brush, fields, controls).read([kind, 1, 2.0, "red"])["kind"] == expected


def test_every_choice_can_be_written_in_yaml_without_quotes() -> None:
    for field in list_fields(Recipe):
        for choice in field.choices:
            assert yaml.safe_load(choice) == choice, f"{field.path}: {choice}"
