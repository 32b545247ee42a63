"""What a tuned model can be taken home as, and what stands against it."""

from dataclasses import dataclass
from typing import Literal

from studio.domain.architectures import ARCHITECTURES
from studio.domain.method import METHODS, Method
from studio.errors import StudioError

TargetKind = Literal["adapter", "merged", "gguf"]
# Brings llama.cpp: its rounding to fewer than eight bits, and a second look at every GGUF file.
LIBRARY = "xllamacpp"


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One form to take a model home in. `kind` says how it is made; a GGUF has a number format and bits per weight."""

    name: str
    kind: TargetKind
    format: str = ""
    bits: float = 0.0
    needs_library: bool = False


# Bits per weight of the mixed forms: what llama.cpp's quantiser prints for Llama 3 8B.
TARGETS: dict[str, ExportTarget] = {
    target.name: target
    for target in (
        ExportTarget("adapter", "adapter"),
        ExportTarget("merged", "merged"),
        ExportTarget("gguf-q4_k_m", "gguf", "q4_k_m", 4.9, needs_library=True),
        ExportTarget("gguf-q5_k_m", "gguf", "q5_k_m", 5.7, needs_library=True),
        ExportTarget("gguf-q6_k", "gguf", "q6_k", 6.6, needs_library=True),
        ExportTarget("gguf-q8_0", "gguf", "q8_0", 8.5),
        ExportTarget("gguf-f16", "gguf", "f16", 16.0),
        ExportTarget("gguf-bf16", "gguf", "bf16", 16.0),
    )
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides about a form: the training's method, its base's architecture, and whether `LIBRARY` is installed."""

    method: Method
    architecture: str
    has_library: bool


def obstacle(target: ExportTarget, here: Situation) -> StudioError | None:
    """Give why a training cannot be taken home as `target`; None where it can."""
    facts, method = METHODS[here.method.type], here.method.type
    if target.kind == "adapter" and facts.result != "adapter":
        return StudioError("export.no_adapter", method=method)
    if target.kind != "adapter" and "merging" in facts.excludes:
        return StudioError("export.no_merging", method=method)
    if target.kind == "gguf":
        known = ARCHITECTURES.get(here.architecture)
        if known is None or not known.can_export:
            return StudioError("export.no_gguf", architecture=here.architecture)
        if target.needs_library and not here.has_library:
            return StudioError("export.library_missing", package=LIBRARY)
    return None
