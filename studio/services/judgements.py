"""What people say about answers: kept with the training that it is about, counted, and made into data sets.

`judgements.jsonl` in the folder of a training holds what was said about it; where several were compared, the newest has it, and
what is about base models alone lies in the home. One line each, only ever appended, and only by the one web server of a home.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from studio.domain.column import Column, parse_column
from studio.domain.csv_text import write_csv
from studio.domain.dataset_folder import Step
from studio.domain.importing import ImportOrder, Source
from studio.domain.judging import CRITERIA, Judgement, judgement_from_json, judgement_to_json
from studio.domain.records import Row, check_row, message_to_json, row_to_json
from studio.domain.scores import Score, count_score
from studio.errors import StudioError
from studio.services.data_jobs import DataJobs
from studio.services.jobs import JobQueue
from studio.services.shelf import About
from studio.settings import Home

CORRECTIONS_ID = "corrections"
CORRECTIONS_NAME = "corrections.jsonl"
VOTES_NAME = "votes.jsonl"
CSV_HEADS = (
    "number",
    "time",
    "kind",
    "column",
    "name",
    "question",
    "answer",
    "result",
    *CRITERIA,
    "right_answer",
)


@dataclass(frozen=True, slots=True)
class Means:
    """The ratings of a column: how many, and the mean of each criterion that was rated."""

    ratings: int
    means: dict[str, float]


@dataclass(frozen=True, slots=True)
class Judgements:
    """Keeps and counts what people say about answers."""

    home: Home
    jobs: JobQueue
    data_jobs: DataJobs
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, judgement: Judgement) -> None:
        """Keep a judgement; a correction also goes into the data set of corrections.

        Raises:
            StudioError: `job.unknown` where the training is gone, `judge.unusable` where nothing can be learned from a correction.
        """
        lesson = judgement.lesson()
        if lesson is not None and (reason := check_row(lesson)) is not None:
            raise StudioError("judge.unusable", reason=reason)
        path = self._file(judgement)
        with self._lock:
            append_line(path, json.dumps(judgement_to_json(judgement), ensure_ascii=False))
            if lesson is not None:
                self._collect(lesson, judgement.time)

    def score(self, first: Column, second: Column) -> Score:
        """Give the votes between two columns."""
        results = (result for one in self.list() for result in one.results())
        return count_score(results, first.key, second.key)

    def means(self, column: Column) -> Means:
        """Give the ratings of a column."""
        given = [
            one.scores
            for one in self.list()
            if one.kind == "rating" and one.candidates[0].key == column.key
        ]
        by_criterion = {name: [s[name] for s in given if name in s] for name in CRITERIA}
        means = {name: sum(all_) / len(all_) for name, all_ in by_criterion.items() if all_}
        return Means(len(given), means)

    def csv(self, run_id: int | None = None) -> str:
        """Give what was said as a table, a row for each answer that was judged."""
        rows = (
            row for number, one in enumerate(self.list(run_id), 1) for row in csv_rows(number, one)
        )
        return write_csv(CSV_HEADS, rows)

    def preferences(self, run_id: int | None = None) -> list[Row]:
        """Give the better and worse answers that can be learned from, each pair once."""
        rows = (row for one in self.list(run_id) for row in one.preferences())
        return [*dict.fromkeys(row for row in rows if check_row(row) is None)]

    def votes_dataset(self, run_id: int | None = None) -> str:
        """Make a data set of the better and worse answers, and give its id.

        Raises:
            StudioError: `judge.nothing_to_learn`.
        """
        rows = self.preferences(run_id)
        if not rows:
            raise StudioError("judge.nothing_to_learn")
        with tempfile.TemporaryDirectory(dir=self.home.root) as folder:
            path = Path(folder) / VOTES_NAME
            lines = (json.dumps(preference_to_json(row), ensure_ascii=False) for row in rows)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return self.data_jobs.datasets.add_file(path, VOTES_NAME).id

    def list(self, run_id: int | None = None) -> list[Judgement]:
        """Give what was said, the oldest first: all, or what is about one training and its checkpoints."""
        found = [judgement for path in self._files() for judgement in read_judgements(path)]
        if run_id is not None:
            found = [one for one in found if run_id in run_ids(one)]
        return sorted(found, key=lambda one: one.time)

    def _collect(self, lesson: Row, now: float) -> None:
        """Put what a correction teaches into the data set of corrections, which the first one makes."""
        shelf = self.data_jobs.datasets.shelf
        if shelf.has(CORRECTIONS_ID):
            step = Step("add_row", {"row": row_to_json(lesson)})
            self.data_jobs.change(CORRECTIONS_ID, step, f"{CORRECTIONS_ID}-{time.time_ns()}")
            return
        with tempfile.TemporaryDirectory(dir=self.home.root) as folder:
            path = Path(folder) / CORRECTIONS_NAME
            turns = {"messages": [message_to_json(turn) for turn in lesson.messages]}
            path.write_text(json.dumps(turns, ensure_ascii=False) + "\n", encoding="utf-8")
            order = ImportOrder((Source(path, CORRECTIONS_NAME),))
            shelf.add(About(CORRECTIONS_ID, CORRECTIONS_NAME, now), order)

    def _file(self, judgement: Judgement) -> Path:
        newest = max(run_ids(judgement), default=None)
        return self.home.judgements if newest is None else self.jobs.get(newest).folder.judgements

    def _files(self) -> Iterator[Path]:
        yield self.home.judgements
        for job in self.jobs.list("train"):
            yield job.folder.judgements


def run_ids(judgement: Judgement) -> set[int]:
    """Give the trainings that a judgement is about."""
    columns = (parse_column(candidate.key) for candidate in judgement.candidates)
    return {column.run_id for column in columns if column.run_id is not None}


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, on a line of its own whatever a power cut has torn before it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        lead = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(lead + line.encode("utf-8", "replace") + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_judgements(path: Path) -> Iterator[Judgement]:
    """Read whole lines; what a power cut has torn is passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            stored = json.loads(line)
        except ValueError:
            continue
        yield judgement_from_json(stored)


def csv_rows(number: int, judgement: Judgement) -> Iterator[Sequence[str]]:
    """Give a row for each answer that a judgement is about."""
    when = datetime.fromtimestamp(judgement.time, UTC).isoformat(timespec="seconds")
    for place, candidate in enumerate(judgement.candidates):
        is_named = judgement.place == place
        result = judgement.verdict or ""
        yield (
            str(number),
            when,
            judgement.kind,
            candidate.key,
            candidate.name,
            candidate.question,
            candidate.text,
            result if is_named or result == "tie" else "",
            *(str(judgement.scores.get(name, "")) for name in CRITERIA),
            judgement.right,
        )


def preference_to_json(row: Row) -> dict[str, object]:
    """Give a better and a worse answer in the usual form of such files."""
    *prompt, chosen = (message_to_json(turn) for turn in row.messages)
    rejected = [message_to_json(turn) for turn in row.rejected]
    return {"prompt": prompt, "chosen": [chosen], "rejected": rejected}
