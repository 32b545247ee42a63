"""Texts: every language says the same things, and everything that can be said has words."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import studio
from studio.domain.recipe import Recipe
from studio.domain.search import Search
from studio.errors import StudioError
from studio.i18n import languages, read_texts, translator
from studio.ui.forms import list_fields

PACKAGE = Path(studio.__file__).parent
# Help texts of recipe fields are in `domain/recipe.py` for English, and in the locale file for every other language.
HELP = "recipe."
FIELDS = [*list_fields(Recipe), *list_fields(Search, "search.")]
OTHERS = [lang for lang in languages() if lang != "en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def raised() -> list[tuple[str, set[str]]]:
    """Give every error that the code base makes: its code and the names of its values."""
    found = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_error = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StudioError"
            if is_error and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
                names = {str(keyword.arg) for keyword in node.keywords}
                found.append((str(node.args[0].value), names))
    return found


@pytest.mark.parametrize("lang", OTHERS)
def test_every_language_has_the_keys_of_english(lang: str) -> None:
    mine = {key for key in read_texts(lang) if not key.startswith(HELP)}
    english = {key for key in read_texts("en") if not key.startswith(HELP)}
    assert len(english) > 200
    assert mine == english


@pytest.mark.parametrize("lang", OTHERS)
def test_every_language_fills_in_the_same_values(lang: str) -> None:
    english, mine = read_texts("en"), read_texts(lang)
    wrong = [key for key in english if placeholders(english[key]) != placeholders(mine[key])]
    assert wrong == []


@pytest.mark.parametrize("lang", languages())
def test_every_error_that_the_code_raises_has_three_texts_that_its_values_fill(lang: str) -> None:
    errors, texts = raised(), read_texts(lang)
    assert len({code for code, _ in errors}) > 30
    wanted = [
        (f"errors.{code}.{part}", names)
        for code, names in errors
        for part in ("title", "what", "fix")
    ]
    assert [key for key, _ in wanted if key not in texts] == []
    assert [key for key, names in wanted if not placeholders(texts[key]) <= names] == []


@pytest.mark.parametrize("lang", languages())
def test_every_field_of_a_recipe_has_its_name_its_help_and_its_choices(lang: str) -> None:
    t = translator(lang)
    assert len(FIELDS) > 15
    for field in FIELDS:
        assert t(f"fields.{field.path}")
        assert t.help(field.path), field.path
        assert all(t(f"choices.{field.path}.{choice}") for choice in field.choices)


@pytest.mark.parametrize("lang", OTHERS)
def test_other_languages_explain_the_fields_in_their_own_words(lang: str) -> None:
    own = {key.removeprefix(HELP) for key in read_texts(lang) if key.startswith(HELP)}
    assert {field.path for field in FIELDS} <= own


def test_an_error_is_told_with_its_values() -> None:
    text = translator("en").error(StudioError("data.not_text", line=7))
    assert "Line 7" in text.what
    assert text.title
    assert text.fix


def test_an_error_without_words_still_says_its_code() -> None:
    assert "x.y" in translator("en").error(StudioError("x.y")).what


def test_a_text_with_two_forms_counts() -> None:
    t = translator("en")
    assert t("data.examples", n=1) == "1 example"
    assert t("data.examples", n=1200) == "1,200 examples"


def test_an_unknown_key_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        translator("en")("no.such.text")
