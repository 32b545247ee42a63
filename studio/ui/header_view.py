"""The head of the page: name, device, language switch, light or dark; and the head of each tab."""

import gradio as gr

from studio.i18n import Translator, languages
from studio.services.machine import Machine
from studio.ui import amounts
from studio.ui.drawn import drawn


def page_header(t: Translator, machine: Machine) -> gr.HTML:
    """Give the header; the language link goes to the next language and keeps the open tab."""
    tags = languages()
    other = tags[(tags.index(t.lang) + 1) % len(tags)]
    value = {
        "name": t("app.name"),
        "subtitle": t("app.subtitle"),
        "device": device_text(t, machine),
        "device_name": machine.name,
        "language": other,
        "language_label": t("app.other_language"),
        "language_path": f"/{other}/",
        "theme_label": t("app.theme"),
    }
    return drawn("header", value, elem_id="header")


def device_text(t: Translator, machine: Machine) -> str:
    """Give what trainings run on, with its memory."""
    key = "app.device_cpu" if machine.device == "cpu" else "app.device_gpu"
    return t(key, name=machine.name, cores=machine.cores, memory=amounts.size(machine.memory_bytes))


def lead(t: Translator, tab: str) -> gr.HTML:
    """Give the title of a tab and the sentence below it."""
    value = {"title": t(f"{tab}.title"), "text": t(f"{tab}.lead")}
    return drawn("lead", value, elem_classes=["lead"])


def card_title(title: str, text: str = "") -> gr.HTML:
    """Give the title of a card and the sentence below it."""
    return drawn("lead", {"title": title, "text": text, "level": "h3"}, elem_classes=["card-title"])
