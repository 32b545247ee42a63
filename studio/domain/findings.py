"""What the health check tells: findings with a count, two examples and, where there is one, the step that mends them.

Light: the page and the services import this module, the checks themselves run in a worker (`health.py`).
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from studio.domain.dataset_folder import Step

# Every code that a finding can have; its place is its bit in `flags.npy` (so new codes go to the end).
FINDINGS: tuple[str, ...] = (
    "duplicate",
    "near_duplicate",
    "short_answer",
    "answer_is_question",
    "same_answer",
    "mixed_language",
    "control_characters",
    "template_marker",
    "personal_mail",
    "personal_phone",
    "personal_card",
    "personal_id",
    "overlap",
    "different_labels",
    "very_long",
    "unbalanced_labels",
    "too_few",
    "roles_out_of_order",
    "no_assistant",
    "empty_answer",
)
Severity = Literal["warning", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `values` fill its texts (`health.<code>.title`, `.what`, `.why`)."""

    code: str
    rows: int
    """Rows that it is about; a fix by `drop_rows` drops just these."""
    severity: Severity
    places: tuple[int, ...] = ()
    """Two examples, as places in the version's index; of a copy first the row that it copies."""
    values: dict[str, Any] = field(default_factory=dict)
    fix: Step | None = None
    """The step that mends it, a code of `steps.STEPS`."""
    said: tuple[str, ...] = ()
    """Two examples in words, of rows that are in no version because they were left out."""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Finding":
        """Give what `asdict` and JSON made of it."""
        values: dict[str, Any] = dict(stored)
        values["places"] = tuple(stored["places"])
        values["said"] = tuple(stored.get("said", ()))
        values["fix"] = Step(**stored["fix"]) if stored["fix"] else None
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Health:
    """What was found in a version, the weightiest first. Copies are searched in all rows, all else in `checked_rows`."""

    findings: tuple[Finding, ...]
    checked_rows: int
    total_rows: int

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Health":
        """Give what `to_json` made of it."""
        findings = tuple(Finding.from_json(one) for one in stored["findings"])
        return cls(findings, stored["checked_rows"], stored["total_rows"])


def flag(code: str) -> int:
    """Give the bit of a finding in the flags of a row."""
    return 1 << FINDINGS.index(code)


def flagged(flags: np.ndarray, code: str | None = None) -> np.ndarray:
    """Give the places of the rows with a finding, or of those with any."""
    return np.flatnonzero(flags if code is None else flags & np.uint32(flag(code)))
