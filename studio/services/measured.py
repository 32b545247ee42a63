"""What was measured on machines before, for estimates: a file with {machine: [entry, …]}, the newest entry first."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.job import write_by_rename
from studio.services.machine import Machine

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """Keeps entries by machine; only the runner writes."""

    path: Path

    def of(self, machine: Machine) -> list[Entry]:
        """Give the entries of a machine."""
        return self._read().get(machine_key(machine), [])

    def put(self, machine: Machine, entry: Entry, is_older: Callable[[Entry], bool]) -> None:
        """Keep an entry; those that it takes the place of go."""
        stored_by_machine, key = self._read(), machine_key(machine)
        others = [stored for stored in stored_by_machine.get(key, []) if not is_older(stored)]
        stored_by_machine[key] = [entry, *others]
        write_by_rename(self.path, json.dumps(stored_by_machine, indent=1))

    def _read(self) -> dict[str, list[Entry]]:
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}


def machine_key(machine: Machine) -> str:
    """Give the name under which a machine's figures are kept."""
    return f"{machine.device} {machine.name} {machine.cores}"
