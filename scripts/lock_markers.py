"""Give the lines of a lock with the conditions of pyproject.toml: on which machines a package is wanted at all.

pip freeze | python scripts/lock_markers.py
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def with_markers(lines: Iterable[str], project: Path = PROJECT) -> Iterator[str]:
    """Give each line `name==version`, with the marker that the project has for this package, where it has one."""
    described = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in described["dependencies"]]
    markers = {canonicalize_name(one.name): one.marker for one in wanted if one.marker}
    for line in lines:
        marker = markers.get(canonicalize_name(line.partition("==")[0]))
        yield f"{line} ; {marker}" if marker else line


if __name__ == "__main__":
    for line in with_markers(sys.stdin.read().splitlines()):
        sys.stdout.write(f"{line}\n")
