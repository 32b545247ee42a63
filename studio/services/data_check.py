"""What the studio would make of a file, without keeping anything: for the command line."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from studio.domain.dataset_folder import DatasetFolder, Facts
from studio.domain.findings import Health
from studio.domain.health import check_health
from studio.domain.importing import ImportOrder, Source, import_files
from studio.domain.row_lengths import LengthFacts
from studio.domain.watching import Unwatched
from studio.errors import StudioError
from studio.services.lengths import Lengths


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What was found in a file."""

    facts: Facts
    health: Health
    lengths: LengthFacts


def check_file(path: Path, model_id: str, lengths: Lengths) -> CheckedFile:
    """Import a file into a folder that goes again, and look at what came out.

    Raises:
        StudioError: `data.no_file`, and what `import_files` and `Lengths.measure_version` raise.
    """
    if not path.is_file():
        raise StudioError("data.no_file", name=path.name)
    with tempfile.TemporaryDirectory(prefix="studio-check-") as folder:
        order = ImportOrder((Source(path, path.name),))
        version = import_files(DatasetFolder(Path(folder)), order, Unwatched())
        health, _ = check_health(version, Unwatched())
        return CheckedFile(version.facts(), health, lengths.measure_version(version, model_id))
