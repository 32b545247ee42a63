"""The job table: who wants what done, in which order, and how it ended."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from studio.domain.job import TRANSITIONS, Job, JobFolder, JobKind, JobState, Outcome
from studio.errors import StudioError
from studio.services.database import connect, transaction
from studio.services.processes import Handle
from studio.settings import Home

# How the folder of a job is called while it is being deleted.
TRASH = ".trash-"
UNFINISHED = (
    """SELECT * FROM job_in_queue WHERE kind = ? AND state IN ('queued', 'running') ORDER BY id"""
)
NEWEST = "SELECT * FROM job_in_queue WHERE ? IS NULL OR kind = ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class JobQueue:
    """Submits, claims and finishes jobs. Every change of state is one compare-and-set statement."""

    home: Home

    def submit(
        self,
        kind: JobKind,
        name: str,
        spec: dict[str, Any],
        *,
        key: str,
        parent: int | None = None,
        fill: Callable[[JobFolder], None] | None = None,
    ) -> Job:
        """Add a job; its folder is complete before anybody can see the row. The same `key` gives the same job.

        Jobs for the same thing (`dataset` or `subject` in the spec) run one after the other; one that runs is told to
        hurry. A job with a `parent` waits until that is finished, well or not.
        """
        subject = spec.get("dataset") or spec.get("subject")
        with transaction(self.home.database) as connection:
            known = connection.execute("SELECT id FROM job WHERE key = ?", (key,)).fetchone()
            if known is None:
                cursor = connection.execute(
                    """INSERT INTO job (key, kind, state, name, parent, subject, created)
                        VALUES (?, ?, 'queued', ?, ?, ?, ?)""",
                    (key, kind, name, parent, subject, time.time()),
                )
                folder = self._make_folder(cursor)
                if fill is not None:
                    fill(folder)
                text = yaml.safe_dump(
                    {"kind": kind, "name": name, **spec}, allow_unicode=True, sort_keys=False
                )
                folder.spec.write_text(text, encoding="utf-8")
        with connect(self.home.database) as connection:
            row = connection.execute("SELECT id FROM job WHERE key = ?", (key,)).fetchone()
            before = (
                []
                if known
                else connection.execute(
                    "SELECT id FROM job WHERE subject = ? AND state = 'running'", (subject,)
                ).fetchall()
            )
        for running in before:
            self.folder(running["id"]).hurry.touch()
        return self.get(row["id"])

    def find(self, key: str) -> Job | None:
        """Give the job that was submitted with this key."""
        with connect(self.home.database) as connection:
            row = connection.execute("SELECT id FROM job WHERE key = ?", (key,)).fetchone()
        return self.get(row["id"]) if row else None

    def folder(self, job_id: int) -> JobFolder:
        """Give the folder that belongs to a job number."""
        return JobFolder(self.home.jobs / f"{job_id:06d}")

    def get(self, job_id: int) -> Job:
        """Give one job.

        Raises:
            StudioError: `job.unknown`.
        """
        with connect(self.home.database) as connection:
            row = connection.execute(
                "SELECT * FROM job_in_queue WHERE id = ?", (job_id,)
            ).fetchone()
        if row is None:
            raise StudioError("job.unknown", id=job_id)
        return self._job(row)

    def running(self) -> list[tuple[Job, Handle]]:
        """Give the running jobs with the processes that do them."""
        with connect(self.home.database) as connection:
            rows = connection.execute(
                "SELECT * FROM job_in_queue WHERE state = 'running' ORDER BY id"
            ).fetchall()
        return [
            (self._job(row), Handle(row["pid"], row["born"], row["boot"] or "")) for row in rows
        ]

    def has_work(self) -> bool:
        """Tell whether any job is not finished."""
        with connect(self.home.database) as connection:
            row = connection.execute(
                "SELECT 1 FROM job WHERE state IN ('queued', 'running') LIMIT 1"
            ).fetchone()
        return row is not None

    def has_work_on(self, subject: str) -> bool:
        """Tell whether a job for `subject` is not finished."""
        return self.work_on(subject) is not None

    def work_on(self, subject: str) -> Job | None:
        """Give the first job for `subject` that is not finished."""
        with connect(self.home.database) as connection:
            row = connection.execute(
                """SELECT id FROM job WHERE subject = ? AND state IN ('queued', 'running')
                    ORDER BY id LIMIT 1""",
                (subject,),
            ).fetchone()
        return self.get(row["id"]) if row else None

    def unfinished(self, kind: JobKind) -> list[Job]:
        """Give the jobs of a kind that are not finished, the oldest first."""
        return self._select(UNFINISHED, kind)

    def children(self, parent: int) -> list[Job]:
        """Give the jobs that belong to another one, such as the exports of a training."""
        return self._select("SELECT * FROM job_in_queue WHERE parent = ? ORDER BY id", parent)

    def _select(self, query: str, *values: Any) -> list[Job]:
        with connect(self.home.database) as connection:
            rows = connection.execute(query, values).fetchall()
        return [self._job(row) for row in rows]

    def subjects(self) -> set[str]:
        """Give what unfinished jobs work on."""
        with connect(self.home.database) as connection:
            rows = connection.execute(
                "SELECT subject FROM job WHERE subject IS NOT NULL AND state IN ('queued', 'running')"
            ).fetchall()
        return {row["subject"] for row in rows}

    def next_kind(self) -> JobKind | None:
        """Give the kind of the oldest job that may run now, or None."""
        with connect(self.home.database) as connection:
            row = connection.execute("SELECT kind FROM startable_job LIMIT 1").fetchone()
        return row["kind"] if row else None

    def claim(self, handle: Handle, kind: JobKind | None = None) -> Job | None:
        """Give the oldest job (of that kind) that may run now to the process `handle`, or None.

        No two callers get the same one.
        """
        with connect(self.home.database) as connection:
            row = connection.execute(
                """UPDATE job SET state = 'running', started = ?, pid = ?, born = ?, boot = ?
                    WHERE id = (SELECT id FROM startable_job WHERE ? IS NULL OR kind = ? LIMIT 1)
                    AND state = 'queued' RETURNING id""",
                (time.time(), handle.pid, handle.born, handle.boot, kind, kind),
            ).fetchone()
        return self.get(row["id"]) if row else None

    def finish(self, job_id: int, outcome: Outcome) -> bool:
        """Store how a running job ended; False where it had ended before (a final state never changes)."""
        return self._move(job_id, "running", outcome.state, outcome.error)

    def requeue(self, job_id: int) -> bool:
        """Have a running job whose worker is gone done by another one; its folder holds what was reached."""
        with connect(self.home.database) as connection:
            cursor = connection.execute(
                "UPDATE job SET state = 'queued' WHERE id = ? AND state = 'running'", (job_id,)
            )
        return cursor.rowcount == 1

    def adopt(self, name: str, key: str, fill: Callable[[JobFolder], None]) -> Job:
        """Add a training that another job has done already. The same `key` gives the same job."""
        if (known := self.find(key)) is not None:
            return known
        with transaction(self.home.database) as connection:
            now = time.time()
            cursor = connection.execute(
                """INSERT INTO job (key, kind, state, name, created, started, finished)
                    VALUES (?, 'train', 'done', ?, ?, ?, ?)""",
                (key, name, now, now, now),
            )
            fill(self._make_folder(cursor))
        return self.get(int(cursor.lastrowid or 0))

    def _make_folder(self, cursor: sqlite3.Cursor) -> JobFolder:
        """Make the folder of the row that was just added."""
        folder = self.folder(int(cursor.lastrowid or 0))
        # A folder without a row is what a crash in this transaction left behind.
        shutil.rmtree(folder.path, ignore_errors=True)
        folder.path.mkdir(mode=0o700, parents=True)
        return folder

    def request_cancel(self, job_id: int, *, discard: bool = False) -> Job:
        """Ask a job to stop: at once while it waits, at its next step while it runs. Finished jobs stay as they are.

        With `discard` it keeps nothing of what it has learned.
        """
        if not self._move(job_id, "queued", "cancelled", None):
            job = self.get(job_id)
            if job.state == "running":
                if discard and not job.folder.cancel.exists():
                    job.folder.discard.touch()
                job.folder.cancel.touch()
        return self.get(job_id)

    def _move(self, job_id: int, old: JobState, new: JobState, error: StudioError | None) -> bool:
        if new not in TRANSITIONS[old]:
            raise StudioError("job.bad_transition", old=old, new=new)
        stored = json.dumps(error.as_dict(), ensure_ascii=False) if error else None
        with connect(self.home.database) as connection:
            cursor = connection.execute(
                "UPDATE job SET state = ?, finished = ?, error = ? WHERE id = ? AND state = ?",
                (new, time.time(), stored, job_id, old),
            )
        return cursor.rowcount == 1

    def _job(self, row: sqlite3.Row) -> Job:
        return Job(
            id=row["id"],
            kind=row["kind"],
            state=row["state"],
            name=row["name"],
            folder=self.folder(row["id"]),
            parent=row["parent"],
            created=row["created"],
            started=row["started"],
            finished=row["finished"],
            error=StudioError.from_dict(json.loads(row["error"])) if row["error"] else None,
            queue_place=row["queue_place"] if row["state"] == "queued" else None,
        )

    def delete(self, job_ids: Collection[int]) -> None:
        """Remove ended jobs, rows and folders: all of them or none, whatever happens in between.

        A folder gets another name while its row goes; `remove_leftovers` settles what a killed process left between the two.

        Raises:
            StudioError: `job.busy` where one of them has not ended.
        """
        moved: list[tuple[Path, Path]] = []
        try:
            with transaction(self.home.database) as connection:
                for job_id in job_ids:
                    cursor = connection.execute(
                        "DELETE FROM job WHERE id = ? AND state NOT IN ('queued', 'running')",
                        (job_id,),
                    )
                    if cursor.rowcount != 1:
                        raise StudioError("job.busy", id=job_id)
                    place, trash = self.folder(job_id).path, self.trash(job_id)
                    if place.exists():
                        place.rename(trash)
                        moved.append((place, trash))
        except BaseException:
            for place, trash in moved:
                trash.rename(place)
            raise
        for _, trash in moved:
            shutil.rmtree(trash, ignore_errors=True)

    def trash(self, job_id: int) -> Path:
        """Give the name under which a job's folder is on its way out."""
        return self.home.jobs / f"{TRASH}{job_id:06d}"

    def remove_leftovers(self) -> None:
        """Finish or take back what a killed process had begun to delete: a job whose row is there is there."""
        left = list(self.home.jobs.glob(f"{TRASH}*"))
        if not left:
            return
        # As the only writer: nobody is in the middle of it.
        with transaction(self.home.database) as connection:
            kept = {row["id"] for row in connection.execute("SELECT id FROM job")}
            for trash in left:
                job_id = int(trash.name.removeprefix(TRASH))
                if job_id in kept:
                    trash.rename(self.folder(job_id).path)
        for trash in left:
            shutil.rmtree(trash, ignore_errors=True)

    def list(self, kind: JobKind | None = None, limit: int = 100) -> list[Job]:
        """Give the newest jobs first."""
        return self._select(NEWEST, kind, kind, limit)
