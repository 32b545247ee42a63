"""What a look at a file's beginning promises is what the import makes of it."""

from pathlib import Path

import pytest

from studio.domain.dataset_folder import DatasetFolder
from studio.domain.importing import ImportOrder, Source, import_files
from studio.domain.inspecting import inspect_file
from studio.domain.shapes import MOST_NAMED_LABELS, SHAPE_SAMPLE_ROWS
from studio.domain.watching import Unwatched


@pytest.mark.parametrize("labels", [3, MOST_NAMED_LABELS + 1])
def test_the_first_example_names_the_categories_of_the_whole_file(
    tmp_path: Path, labels: int
) -> None:
    rows = [f"My parcel {row} is late,late" for row in range(SHAPE_SAMPLE_ROWS)]
    rows += [f"My parcel {row} is lost,kind {row}" for row in range(1, labels)]
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join(["text,category", *rows]), encoding="utf-8")
    source = Source(path, path.name)
    version = import_files(DatasetFolder(tmp_path), ImportOrder((source,)), Unwatched())
    assert inspect_file(source).examples[0] == next(iter(version.rows([0])))
