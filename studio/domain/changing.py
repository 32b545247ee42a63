"""Change a data set: each step makes a version of the one before, and nothing that is there is altered."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from studio.domain.changes import NEW_ROW, Change
from studio.domain.dataset_folder import DatasetFolder, Step, Version, read_lines
from studio.domain.importing import TRAIN
from studio.domain.next_version import store
from studio.domain.records import Skipped, check_row, row_from_line
from studio.domain.row_files import RowsFile
from studio.domain.shapes import MENDABLE_REASONS
from studio.domain.steps import STEPS
from studio.domain.watching import Watch, report
from studio.domain.whole_steps import WHOLE_STEPS
from studio.errors import StudioError

ROWS_PER_REPORT = 1_000
# A person wrote these rows just now: what is wrong with them is told, not skipped.
WRITTEN_BY_HAND = frozenset({"edit_row", "add_row"})


@dataclass(slots=True)
class Rework:
    """The changes of one step while they are written: which rows went, and behind which place new ones stand."""

    rows_file: RowsFile
    total: int
    gone: set[int] = field(default_factory=set)
    stands_at: "array[int]" = field(default_factory=lambda: array("q"))
    dropped: list[Skipped] = field(default_factory=list)
    changed_rows: int = 0

    def add(self, change: Change, part: int) -> None:
        """Write the rows that come; those that cannot be learned from any more are dropped, and say why."""
        self.changed_rows += 1
        if change.place != NEW_ROW:
            self.gone.add(change.place)
        for row in change.rows:
            if reason := check_row(row):
                self.dropped.append(Skipped(row.line, reason, row.source))
                continue
            self.rows_file.add(row, part)
            self.stands_at.append(self.total if change.place == NEW_ROW else change.place)

    def merge(self, old: np.ndarray, fresh: np.ndarray) -> np.ndarray:
        """Give a value per row of the new version from those of the old rows and of the new ones."""
        kept = np.setdiff1d(np.arange(self.total), np.fromiter(self.gone, np.int64, len(self.gone)))
        places = np.concatenate([kept, np.array(self.stands_at, np.int64)])
        return np.concatenate([old[kept], fresh])[np.argsort(places, kind="stable")]


def apply_step(folder: DatasetFolder, step: Step, watch: Watch) -> Version:
    """Do a step on the version that holds; the new one holds then. On any failure the old one does.

    Raises:
        StudioError: `data.unknown_step`, `data.nothing_to_change`, `data.nothing_left`, `data.row_unusable`,
            `data.changed_meanwhile`, and what the step itself raises.
        Cancelled: the work was called off.
    """
    base = folder.head()
    if step.code in WHOLE_STEPS:
        return WHOLE_STEPS[step.code](folder, base, step, watch)
    if step.code not in STEPS:
        raise StudioError("data.unknown_step", name=step.code[:40])
    return rework(folder, base, step, watch)


def rework(folder: DatasetFolder, base: Version, step: Step, watch: Watch) -> Version:
    """Do a step that changes single rows."""
    facts, index = base.facts(), np.array(base.index())
    rows_file = RowsFile(folder.path, folder.next_number(), [*facts.labels])
    work = Rework(rows_file, len(index))
    try:
        for change in STEPS[step.code](base, step.values):
            work.add(change, TRAIN if change.place == NEW_ROW else int(index["part"][change.place]))
            if work.changed_rows % ROWS_PER_REPORT == 0:
                report(watch, "changing", work.changed_rows, len(index))
        check_work(work, step)
        report(watch, "saving", len(index), len(index))
        rows_file.close()
    except BaseException:
        rows_file.discard()
        raise
    mended = mended_rows(folder.path, work, step)
    return store(
        folder,
        base,
        work.merge(index, rows_file.index()),
        work.merge(base.keys(), rows_file.keys()),
        replace(
            facts,
            step=step,
            changed_rows=work.changed_rows,
            skipped=tuple(
                [one for one in facts.skipped if (one.source, one.line) not in mended]
                + work.dropped
            ),
            skipped_rows=facts.skipped_rows - len(mended) + len(work.dropped),
            reasons=reasons_after(facts.reasons, len(mended), work.dropped),
            labels=dict.fromkeys(rows_file.labels, 0),
            placeholders=tuple({*facts.placeholders, *rows_file.placeholders}),
        ),
    )


def reasons_after(
    reasons: Mapping[str, int], mended: int, dropped: Sequence[Skipped]
) -> dict[str, int]:
    """Give why rows are skipped after some were mended, whatever made them so, and others dropped."""
    left = Counter(reasons)
    for reason in MENDABLE_REASONS:
        taken = min(mended, left[reason])
        left[reason] -= taken
        mended -= taken
    return dict(+left + Counter(one.reason for one in dropped))


def check_work(work: Rework, step: Step) -> None:
    """Refuse a step that does nothing, leaves nothing, or writes a row that nobody can learn from."""
    if work.dropped and step.code in WRITTEN_BY_HAND:
        raise StudioError("data.row_unusable", reason=work.dropped[0].reason)
    if not work.changed_rows:
        raise StudioError("data.nothing_to_change")
    if len(work.gone) == work.total and not len(work.rows_file):
        raise StudioError("data.nothing_left")


def mended_rows(dataset: Path, work: Rework, step: Step) -> set[tuple[int, int]]:
    """Give source and line of rows that were skipped before and are used now."""
    if step.code != "merge_turns":
        return set()
    fresh = read_lines(dataset, work.rows_file.index())
    added = (place == work.total for place in work.stands_at)
    rows = (row_from_line(line) for line, is_new in zip(fresh, added, strict=True) if is_new)
    return {(row.source, row.line) for row in rows}
