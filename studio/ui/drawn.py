"""Small components of our own: a JSON value, drawn in the browser by a script of `assets/`.

Gradio compiles an HTML template into JavaScript, so data inside a template would be code. Our templates are empty;
every script builds its elements with `textContent` (`assets/dom.js`), where text stays text.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import gradio as gr


def drawn(name: str, value: Any = None, **options: Any) -> gr.HTML:
    """Give a component that `assets/<name>.js` draws from its JSON value."""
    options["elem_classes"] = ["drawn", *options.pop("elem_classes", [])]
    return gr.HTML(
        value,
        html_template=" ",
        js_on_load=script(name),
        apply_default_css=False,
        **options,
    )


@cache
def script(name: str) -> str:
    """Give the drawing script with the element builders in front of it."""
    folder = files("studio.ui").joinpath("assets")
    parts = (folder.joinpath(f"{part}.js").read_text(encoding="utf-8") for part in ("dom", name))
    return "\n".join(parts)
