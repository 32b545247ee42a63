"""Checkpoints on the disk: what belongs to one, and whether it is whole.

checkpoints/checkpoint-40/      what the trainer writes: learned weights, optimizer, schedule, random numbers, its own state
    MANIFEST.json               written last, by rename: {"step": 40, "files": {name: {"size", "sha256"}}}

Without its manifest a checkpoint is what an interrupted save left behind. Weights that are no numbers are looked for in
`worker/checkpoints.py`, which can read them.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Literal

from studio.domain.job import JobFolder, write_by_rename

MANIFEST = "MANIFEST.json"
PREFIX = "checkpoint-"
# Without these the trainer would go on with a fresh optimizer or schedule, and say nothing (P13).
NEEDED = ("optimizer.pt", "scheduler.pt", "trainer_state.json")
WEIGHTS_SUFFIX = ".safetensors"
Damage = Literal["unfinished", "incomplete", "changed", "wrong_step", "unreadable", "not_finite"]


def step_of(folder: Path) -> int | None:
    """Give the step that a folder's name says, or None where it is no checkpoint's name."""
    number = folder.name.removeprefix(PREFIX)
    return int(number) if folder.name.startswith(PREFIX) and number.isdecimal() else None


def list_checkpoints(checkpoints: Path) -> list[Path]:
    """Give the folders that are called checkpoints, newest first, whole or not."""
    if not checkpoints.is_dir():
        return []
    found = [path for path in checkpoints.iterdir() if step_of(path) is not None]
    return sorted(found, key=lambda path: step_of(path) or 0, reverse=True)


def write_manifest(folder: Path, step: int) -> None:
    """Declare a checkpoint complete: every file with its size and hash, after all of them are on the disk."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    for path in files:
        sync(path)
    described = {path.name: {"size": path.stat().st_size, "sha256": sha256(path)} for path in files}
    write_by_rename(folder / MANIFEST, json.dumps({"step": step, "files": described}, indent=1))
    sync(folder)


def find_damage(folder: Path) -> Damage | None:
    """Give what is wrong with a checkpoint's files, or None where they are what was written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        step, files = manifest["step"], manifest["files"]
    except FileNotFoundError:
        return "unfinished"
    except (ValueError, KeyError, TypeError):
        return "unreadable"
    if step != step_of(folder) or stored_step(folder) not in (None, step):
        return "wrong_step"
    has_weights = any(name.endswith(WEIGHTS_SUFFIX) for name in files)
    missing = [
        name for name in (*NEEDED, *files) if name not in files or not (folder / name).is_file()
    ]
    if missing or not has_weights:
        return "incomplete"
    is_as_written = all(
        (folder / name).stat().st_size == described["size"]
        and sha256(folder / name) == described["sha256"]
        for name, described in files.items()
    )
    return None if is_as_written else "changed"


def stored_step(folder: Path) -> int | None:
    """Give the step that the trainer's own state says, or None where it cannot be read."""
    try:
        state = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
        return int(state["global_step"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def newest_step(job: JobFolder) -> int | None:
    """Give the step of the newest checkpoint that was completed, or None; quick, its files are not read."""
    complete = [path for path in list_checkpoints(job.checkpoints) if (path / MANIFEST).exists()]
    return step_of(complete[0]) if complete and not job.discard.exists() else None


def hand_over(source: JobFolder, target: JobFolder) -> None:
    """Give a job what another one has reached: rows, events and checkpoints, without taking the space twice.

    The files are never changed once they are complete, so both folders may name the same ones.
    """
    for path in (source.train_rows, source.held_out_rows):
        if path.exists():
            link(path, target.train_rows.parent / path.name)
    # It may still be looked at while its last line is being written; a copy stays as it is.
    shutil.copyfile(source.events, target.earlier_events)
    for folder in list_checkpoints(source.checkpoints):
        if (folder / MANIFEST).exists():
            for path in folder.iterdir():
                link(path, target.checkpoints / folder.name / path.name)


def link(source: Path, target: Path) -> None:
    """Give a file a second name; a copy where the disk cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sha256(path: Path) -> str:
    """Give the hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
