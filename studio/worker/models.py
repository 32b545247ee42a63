"""Brings a model of the Hub: its weights and the files beside them at one commit, whole or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

from studio.domain.catalog import judge_config, read_model
from studio.domain.job import write_by_rename
from studio.domain.model_files import (
    CONFIG,
    ModelChoice,
    check_model_choice,
    partial_folder,
    pick_files,
)
from studio.domain.watching import Watch
from studio.errors import StudioError
from studio.hub.client import Repository
from studio.hub.models import describe_model, read_config
from studio.worker.fetching import Patience, bring_all, open_download
from studio.worker.prepare import TaskWatch
from studio.worker.task import Task

TOKENIZER_SETTINGS = "tokenizer_config.json"
# Gigabytes take hours, and connections have bad minutes: six tries in a row without a byte, a minute of silence in all.
PATIENCE = Patience(wait_seconds=15.0, tries=6)


def download_model(task: Task) -> dict[str, Any]:
    """Do a job of the kind `download`; what came is kept for the next try where it does not end well.

    Raises:
        Cancelled: the job was cancelled.
        StudioError: what `bring_model` raises.
    """
    spec = task.spec
    choice, token_file = ModelChoice(**spec["model"]), Path(spec["token_file"])
    bring_model(choice, Path(spec["target"]), TaskWatch(task), token_file)
    return {"model": choice.id, "revision": choice.revision}


def bring_model(
    choice: ModelChoice,
    target: Path,
    watch: Watch,
    token_file: Path | None = None,
    patience: Patience = PATIENCE,
) -> None:
    """Bring a model into the folder `target`, which is seen when it is complete and was looked through.

    Raises:
        Cancelled: the work was called off; what came is kept for the next try.
        StudioError: `hub.*`: refused, offline, stalled, cut off, damaged, no room; `model.*`: not one that can be tuned.
    """
    check_model_choice(choice)
    if target.is_dir():
        return
    client = open_download(token_file, patience)
    page = describe_model(client, choice.id, choice.revision)
    files = pick_files(page.files, choice.id)
    # Before the gigabytes; what came in their place is looked at again below.
    judge_config(read_config(client, page), choice.id)
    partial = partial_folder(target)
    partial.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = [(file, partial / file.path) for file in files]
    repository = Repository("model", choice.id, choice.revision)
    bring_all(client, repository, wanted, watch, patience)
    try:
        for name in (CONFIG, TOKENIZER_SETTINGS):
            disarm_file(partial / name)
        judge_config(json.loads((partial / CONFIG).read_text(encoding="utf-8")), choice.id)
        read_model(partial, choice.id, choice.revision)
    except (StudioError, ValueError) as error:
        # It will not get better, and must not be loaded.
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, StudioError):
            raise
        raise StudioError("model.unreadable", id=choice.id) from error
    partial.rename(target)


def disarm_file(path: Path) -> None:
    """Take the pointer to a model's own code out of a file; no code came, and an export shall not ask for it either."""
    if not path.exists():
        return
    stored = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(stored, dict) and "auto_map" in stored:
        kept = {key: value for key, value in stored.items() if key != "auto_map"}
        write_by_rename(path, json.dumps(kept, ensure_ascii=False, indent=2))
