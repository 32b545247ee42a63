"""What a training can be taken home as: one entry per form, with what it is for and how it stands."""

from collections.abc import Iterator
from typing import Any

from studio.domain.catalog_entries import read_catalog
from studio.domain.export_targets import parse_targets
from studio.domain.job import Job
from studio.i18n import Translator
from studio.services.exports import Choice, Exports, target_of
from studio.ui import amounts

# What most people want; the other forms are folded away.
FIRST = ("gguf-q4_k_m", "merged", "adapter")
ENDED_BADLY = ("failed", "cancelled")


def exports_value(t: Translator, exports: Exports, run_id: int | None) -> dict[str, Any]:
    """Give every form that a training can be taken home in."""
    if run_id is None:
        return {"items": []}
    jobs = exports.newest(run_id)
    choices = {choice.target.name: choice for choice in exports.choices(run_id)}
    names = [*FIRST, *(name for name in choices if name not in FIRST)]
    several = [job for name, job in jobs.items() if "," in name]
    return {
        "items": [
            *(
                entry_value(t, exports, choices[name], jobs.get(name))
                | {"is_more": name not in FIRST}
                for name in names
            ),
            *(several_value(t, exports, job) for job in several),
        ],
        "more": t("export.more"),
        "licence": licence_value(t, exports.model_id(run_id)),
    }


def licence_value(t: Translator, model_id: str) -> dict[str, str]:
    """Give whose conditions hold for what is taken home, with a link to them."""
    catalog = read_catalog()
    entry = catalog.find(model_id)
    if entry is None:
        link = f"https://huggingface.co/{model_id}" if "/" in model_id else ""
        return {"before": t("export.licence_unknown"), "text": model_id, "link": link}
    licence = catalog.licences[entry.licence]
    before = t("export.licence", model=model_id)
    return {"before": before, "text": licence.name, "link": licence.link}


def entry_value(t: Translator, exports: Exports, choice: Choice, job: Job | None) -> dict[str, Any]:
    """Give one form: its words, and what can be done about it now."""
    name = choice.target.name
    told = {
        "id": name,
        "title": t(f"export.target.{name}.title"),
        "text": t(f"export.target.{name}.text"),
        "size": about(t, choice),
    }
    if choice.obstacle is not None:
        return {**told, "size": "", "problem": t.error(choice.obstacle).what}
    return {**told, **state_value(t, exports, job)}


def about(t: Translator, choice: Choice) -> str:
    """Give about how large a form will be, and how long it takes where that was measured."""
    size = [t("export.about", size=amounts.size(choice.bytes))] if choice.bytes else []
    if choice.seconds is None:
        return " · ".join([*size, t("export.no_time")])
    time = amounts.duration(t, max(1.0, choice.seconds))
    return " · ".join([*size, t("export.takes", time=time)])


def several_value(t: Translator, exports: Exports, job: Job) -> dict[str, Any]:
    """Give several forms of GGUF that were asked for together."""
    name = target_of(job)
    told = {
        "id": name,
        "title": title_of(t, name),
        "text": t("export.several_text"),
        "size": "",
        "is_more": True,
    }
    return {**told, **state_value(t, exports, job)}


def title_of(t: Translator, name: str) -> str:
    """Give the title of a form, or of several."""
    if "," not in name:
        return t(f"export.target.{name}.title")
    forms = ", ".join(target.format.upper() for target in parse_targets(name))
    return t("export.several_title", forms=forms)


def state_value(t: Translator, exports: Exports, job: Job | None) -> dict[str, Any]:
    """Give what can be done about a form now."""
    if job is None or job.state in ENDED_BADLY:
        action = t("export.prepare") if job is None else t("export.again")
        return {"action": action, "does": "take", "problem": problem(t, job)}
    if job.state == "done":
        return ready_value(t, exports, job)
    return working_value(t, exports, job)


def problem(t: Translator, job: Job | None) -> str:
    """Give why a packing did not end well; nothing where there was none, or somebody called it off."""
    if job is None or job.error is None:
        return ""
    error = t.error(job.error)
    return f"{error.title}. {error.what} {error.fix}"


def ready_value(t: Translator, exports: Exports, job: Job) -> dict[str, Any]:
    """Give the link to a finished download, its exact size and the mark to check it by."""
    values = exports.outcome(job.id)
    size = amounts.size(exports.file(job.id).stat().st_size)
    return {
        "size": size,
        "href": f"/files/exports/{job.id}",
        "file": values["file"],
        "action": t("export.download"),
        "push": t("push.offer"),
        "job": job.id,
        "told": " · ".join(told_of(t, values)),
        "verdict": verdict_value(t, values.get("proof")),
    }


def told_of(t: Translator, values: dict[str, Any]) -> Iterator[str]:
    """Give what else there is to say of a finished download."""
    if "sha256" in values:
        yield f"SHA-256 {values['sha256']}"
    if values.get("has_script") is False:
        yield t("export.no_script")


def verdict_value(t: Translator, proof: dict[str, Any] | None) -> dict[str, str] | None:
    """Give whether a download is the model that was chatted with, in figures; nothing where it was not asked."""
    if proof is None:
        return None
    is_same, second = proof["is_same"], proof.get("llama_cpp")
    figures = {"equal": proof["equal_answers"], "n": proof["questions"]}
    # 99.96 % are not all of them.
    percent = f"{int(proof['agreement'] * 1000) / 10:g}"
    text = t(f"export.verdict.{'same' if is_same else 'differs'}", percent=percent, **figures)
    if second:
        told = {"equal": second["equal_answers"], "n": second["chats"]}
        text = f"{text} {t('export.verdict.llama_cpp', **told)}"
    if merges := proof.get("merges"):
        losses = {name: f"{merges[name]:.3f}" for name in ("original", "exact")}
        advice = t(f"export.verdict.{merges['better']}_is_better", **losses)
        text = f"{text} {advice}"
    return {"kind": "good" if is_same else "warn", "text": text}


def working_value(t: Translator, exports: Exports, job: Job) -> dict[str, Any]:
    """Give how far a packing is, and the way to call it off."""
    stage, share = exports.share(job)
    is_stopping = job.folder.cancel.exists()
    key = f"export.stage.{'stopping' if is_stopping else 'waiting' if job.state == 'queued' else stage}"
    return {
        "job": job.id,
        "share": None if share is None else round(share, 2),
        "told": t(key if t.has(key) else "export.stage.starting"),
        "action": "" if is_stopping else t("export.stop"),
        "does": "stop",
    }
