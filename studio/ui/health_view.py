"""What the health check found, the steps taken so far, and the names that wait for words."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Facts, Step
from studio.domain.findings import Finding, Health
from studio.domain.records import Row
from studio.i18n import Translator
from studio.ui.drawn import drawn
from studio.ui.examples_view import finding_title, row_answer, shorten

EXAMPLE_CHARACTERS = 110


def health_cards(elem_id: str) -> gr.HTML:
    """Give an empty list of findings; `fix`, `show` and `open` carry what was pressed."""
    return drawn("health", {}, elem_id=elem_id)


def steps_list(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty list of steps; `undo` takes the last one back."""
    return drawn("history", {"empty": t("check.no_steps")}, elem_id=elem_id)


def blanks_form(elem_id: str) -> gr.HTML:
    """Give a form for the names that wait for words, empty at first."""
    return drawn("blanks", {}, elem_id=elem_id)


def health_value(
    t: Translator, health: Health | None, rows: Mapping[int, Row], *, is_checking: bool
) -> dict[str, Any]:
    """Give a card per finding; `rows` are the examples by place."""
    if health is None:
        name = "checking" if is_checking else "unchecked"
        told = {"title": t(f"check.{name}"), "text": t(f"check.{name}_text")}
        return {**told, "kind": "info", "is_checking": is_checking}
    warnings = sum(finding.severity == "warning" for finding in health.findings)
    if health.findings:
        title, kind = t("check.found", n=len(health.findings)), "warn" if warnings else "info"
    else:
        title, kind = t("check.fine"), "ok"
    key = "check.all" if health.checked_rows >= health.total_rows else "check.some"
    return {
        "kind": kind,
        "title": title,
        "text": t(key, checked=health.checked_rows, total=health.total_rows),
        "open_label": t("check.open"),
        "findings": [finding_value(t, finding, rows) for finding in health.findings],
    }


def finding_value(t: Translator, finding: Finding, rows: Mapping[int, Row]) -> dict[str, Any]:
    """Give one finding with its examples and its fix."""
    values = {**finding.values, "n": finding.rows, "rows": finding.rows}
    return {
        "code": finding.code,
        "severity": finding.severity,
        "title": finding_title(t, finding.code),
        "count": t("data.examples", n=finding.rows) if finding.rows else "",
        "what": t(f"health.{finding.code}.what", **values),
        "why": t(f"health.{finding.code}.why", **values),
        "examples": [
            {"place": place, "text": example_text(rows[place])}
            for place in finding.places
            if place in rows
        ]
        + [{"place": None, "text": said} for said in finding.said if said],
        "can_show": bool(finding.places),
        "show": t("check.show"),
        "fix": fix_text(t, finding.fix) if finding.fix else None,
    }


def fix_text(t: Translator, step: Step) -> str:
    """Give what the button of a fix says."""
    key = f"fixes.{step.code}"
    return t(key) if t.has(key) else t("fixes.other")


def example_text(row: Row) -> str:
    """Give an example on one line."""
    answer = shorten(row_answer(row), EXAMPLE_CHARACTERS)
    question = shorten(row.question(), EXAMPLE_CHARACTERS)
    return f"{question} → {answer}" if answer else question


def history_value(t: Translator, facts: Sequence[Facts]) -> dict[str, Any]:
    """Give the steps from the import on; all but the import can be taken back."""
    return {
        "steps": [{"text": step_text(t, one.step), "count": changed_text(t, one)} for one in facts],
        "undo": t("check.undo") if len(facts) > 1 else None,
        "empty": t("check.no_steps"),
    }


def step_text(t: Translator, step: Step) -> str:
    """Give a step in words; one that drops what was found names the finding."""
    if step.code == "drop_rows":
        return t("steps.drop_rows", finding=finding_title(t, str(step.values.get("finding", ""))))
    key = f"steps.{step.code}"
    if not t.has(key):
        return step.code
    plain = {name: value for name, value in step.values.items() if not isinstance(value, dict)}
    return t(key, **plain) if plain else t(key)


def changed_text(t: Translator, facts: Facts) -> str:
    """Give how many examples a step touched, and how many there are since."""
    now = t("data.examples", n=facts.used)
    if facts.step.code == "import":
        return now
    return f"{t('check.changed', n=facts.changed_rows)} · {now}"


def blanks_value(t: Translator, names: Sequence[str]) -> dict[str, Any]:
    """Give a field per name such as `name` of `{{name}}`."""
    return {
        "names": list(names),
        "labels": [t("blanks.ask", name=f"{{{{{name}}}}}") for name in names],
        "title": t("blanks.title", n=len(names)),
        "text": t("blanks.text"),
        "save": t("blanks.save"),
    }
