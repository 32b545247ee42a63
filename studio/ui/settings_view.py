"""The bar above the settings: a search, and how many of them differ from the recommended ones."""

from typing import Any

import gradio as gr

from studio.domain.recipe import Recipe
from studio.i18n import Translator
from studio.ui.drawn import drawn
from studio.ui.forms import Form, control_id, value_at
from studio.ui.runs_view import value_text

WORDS = ("search", "show", "show_all", "reset", "nothing")


def settings_bar(t: Translator, elem_id: str) -> gr.HTML:
    """Give the bar; `reset` asks for the recommended settings, `open` for the folded ones."""
    return drawn("settings", bar_words(t), elem_id=elem_id)


def bar_words(t: Translator) -> dict[str, Any]:
    """Give the words of the bar with nothing to say."""
    words = {word: t(f"settings.{word}") for word in WORDS}
    return {"words": words, "told": "", "changed": [], "off": []}


def settings_value(
    t: Translator, form: Form, values: list[Any], recommended: Recipe, paths: list[str]
) -> dict[str, Any]:
    """Give which of `paths` differ, and which of the form's fields the chosen variants do not have."""
    by_path = dict(zip(form.controls, values, strict=True))
    changed = [
        {"id": control_id(path), "text": difference(t, path, value_at(recommended, path))}
        for path in form.differing(values, recommended, paths)
    ]
    off = [control_id(path) for path in form.controls if not form.is_read(path, by_path)]
    told = t("settings.differ", n=len(changed)) if changed else ""
    return {**bar_words(t), "told": told, "changed": changed, "off": off}


def difference(t: Translator, path: str, recommended: Any) -> str:
    """Give a setting's name and what is recommended for it."""
    usual = t("settings.empty") if recommended is None else value_text(t, path, recommended)
    return t("settings.usual", name=t(f"fields.{path}"), value=usual)
