"""What a tuned model can be taken home as, and what stands against it."""

from dataclasses import dataclass
from typing import Literal

from studio.domain.method import METHODS, Method
from studio.errors import StudioError

TargetKind = Literal["adapter", "merged"]


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One form to take a model home in. `kind` says how it is made."""

    name: str
    kind: TargetKind


TARGETS: dict[str, ExportTarget] = {
    target.name: target
    for target in (
        ExportTarget("adapter", "adapter"),
        ExportTarget("merged", "merged"),
    )
}


def obstacle(target: ExportTarget, method: Method) -> StudioError | None:
    """Give why a training with `method` cannot be taken home as `target`; None where it can."""
    facts = METHODS[method.type]
    if target.kind == "adapter" and facts.result != "adapter":
        return StudioError("export.no_adapter", method=method.type)
    if target.kind == "merged" and "merging" in facts.excludes:
        return StudioError("export.no_merging", method=method.type)
    return None
