"""What a try of a search has kept: which files there were, and whether they are still whole."""

from pathlib import Path

from studio.domain.job import JobFolder

# In the values of a try's outcome.
FILES = "files"


def describe_files(folder: JobFolder) -> dict[str, int]:
    """Give the sizes of the files that were learned, by their paths in the folder of the try."""
    learned = folder.tuned
    files = sorted(path for path in learned.rglob("*") if path.is_file()) if learned else []
    return {str(path.relative_to(folder.path)): path.stat().st_size for path in files}


def find_learned(folder: JobFolder) -> Path | None:
    """Give what an ended try has kept, None where it kept nothing, or any of it is missing or of another size."""
    outcome = folder.outcome()
    if outcome is None or folder.tuned is None:
        return None
    described = outcome.values.get(FILES, {})
    return folder.tuned if described.items() <= describe_files(folder).items() else None
