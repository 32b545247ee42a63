"""Steps that concern a data set as a whole: other columns, another held-out part."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import DatasetFolder, Step, Version
from studio.domain.importing import (
    HELD_OUT,
    TRAIN,
    ImportOrder,
    Source,
    Tally,
    import_files,
    open_source,
    take,
)
from studio.domain.next_version import store
from studio.domain.row_files import RowsFile
from studio.domain.splits import split_places
from studio.domain.watching import Watch, report

WholeStep = Callable[[DatasetFolder, Version, Step, Watch], Version]


def stored_order(folder: DatasetFolder) -> ImportOrder:
    """Give the import that would read the sources again, with the columns as they were chosen last."""
    steps = [version.facts().step for version in folder.versions()]
    values = steps[0].values
    mappings = [values["mapping"]] + [s.values["mapping"] for s in steps if s.code == "columns"]
    own = values["held_out_file"]
    return ImportOrder(
        sources=tuple(
            Source(folder.source_file(place), name) for place, name in enumerate(values["files"])
        ),
        mapping=mappings[-1],
        held_out_percent=values["held_out_percent"],
        held_out_source=Source(folder.held_out_source, own) if own else None,
        seed=values["seed"],
    )


def choose_columns(folder: DatasetFolder, base: Version, step: Step, watch: Watch) -> Version:
    """Read the sources again with other columns. Values: `mapping`, the roles by column."""
    order = replace(stored_order(folder), mapping=dict(step.values["mapping"]))
    return import_files(folder, order, watch, step)


def hold_out(folder: DatasetFolder, base: Version, step: Step, watch: Watch) -> Version:
    """Choose the held-out rows anew. Values: `percent`, `seed`."""
    percent, seed = float(step.values["percent"]), int(step.values.get("seed", 0))
    index, keys = np.array(base.index()), base.keys()
    report(watch, "splitting", 0, len(index))
    parts = split_places(keys, index["label"], percent, seed)
    changed_rows = int(np.count_nonzero(parts != index["part"]))
    index["part"] = parts
    facts = replace(base.facts(), step=step, held_out_percent=percent, changed_rows=changed_rows)
    return store(folder, base, index, keys, facts)


def hold_out_file(folder: DatasetFolder, base: Version, step: Step, watch: Watch) -> Version:
    """Hold out the rows of the user's own file and learn all others. Values: `file` (in `source/`), `name`.

    Held-out rows that came with a file before go; rows that were held out by chance are learned.
    """
    facts, index, order = base.facts(), np.array(base.index()), stored_order(folder)
    source = Source(folder.source / Path(step.values["file"]).name, step.values["name"])
    rows_file, tally = RowsFile(folder.path, folder.next_number(), [*facts.labels]), Tally()
    try:
        labels = sorted(facts.labels, key=lambda label: (label.casefold(), label))
        opened = open_source(source, order.mapping, labels, len(order.sources))
        take(opened, rows_file, tally, watch, HELD_OUT)
        tally.check_used(len(rows_file))
        rows_file.close()
    except BaseException:
        rows_file.discard()
        raise
    is_kept = (
        index["part"] == TRAIN if facts.held_out_percent is None else np.ones(len(index), bool)
    )
    kept = index[is_kept]
    kept["part"] = TRAIN
    return store(
        folder,
        base,
        np.concatenate([kept, rows_file.index()]),
        np.concatenate([base.keys()[is_kept], rows_file.keys()]),
        replace(
            facts,
            step=step,
            held_out_percent=None,
            changed_rows=len(rows_file),
            skipped=(*facts.skipped, *tally.skipped),
            reasons=dict(Counter(facts.reasons) + tally.reasons),
            skipped_rows=facts.skipped_rows + tally.skipped_rows,
            labels=dict.fromkeys(rows_file.labels, 0),
            placeholders=tuple({*facts.placeholders, *rows_file.placeholders}),
        ),
    )


WHOLE_STEPS: dict[str, WholeStep] = {
    "columns": choose_columns,
    "hold_out": hold_out,
    "hold_out_file": hold_out_file,
}
