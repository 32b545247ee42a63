"""What a tuned model can be taken home as, and what stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studio.domain.architectures import ARCHITECTURES
from studio.domain.method import METHODS, AdapterMethod, Method
from studio.errors import StudioError

TargetKind = Literal["adapter", "merged", "gguf", "adapter_gguf"]
# Brings llama.cpp: its rounding to fewer than eight bits, and a second look at every GGUF file.
LIBRARY = "xllamacpp"
# What llama.cpp's `convert_hf_to_gguf.py` writes by itself.
CONVERTED_FORMATS = ("f16", "bf16", "q8_0")


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One form to take a model home in. `kind` says how it is made; a GGUF has a number format and bits per weight."""

    name: str
    kind: TargetKind
    format: str = ""
    bits: float = 0.0
    needs_library: bool = False
    is_exact: bool = False
    """Merged into the weights that a 4-bit training has seen, and not into the original ones."""


# Bits per weight of the mixed forms: what llama.cpp's quantiser prints for Llama 3 8B.
TARGETS: dict[str, ExportTarget] = {
    target.name: target
    for target in (
        ExportTarget("adapter", "adapter"),
        ExportTarget("merged", "merged"),
        ExportTarget("merged-exact", "merged", is_exact=True),
        ExportTarget("gguf-q4_k_m", "gguf", "q4_k_m", 4.9, needs_library=True),
        ExportTarget("gguf-q5_k_m", "gguf", "q5_k_m", 5.7, needs_library=True),
        ExportTarget("gguf-q6_k", "gguf", "q6_k", 6.6, needs_library=True),
        ExportTarget("gguf-q8_0", "gguf", "q8_0", 8.5),
        ExportTarget("gguf-f16", "gguf", "f16", 16.0),
        ExportTarget("gguf-bf16", "gguf", "bf16", 16.0),
        ExportTarget("gguf-adapter", "adapter_gguf"),
    )
}


def parse_targets(text: str) -> tuple[ExportTarget, ...]:
    """Give the forms that a text names: one, or several of GGUF with commas between them, in the table's order.

    Raises:
        StudioError: `export.unknown_target`, `export.not_together`.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in TARGETS:
            known = ", ".join(TARGETS)
            raise StudioError("export.unknown_target", target=name[:80], known=known)
    found = tuple(target for name, target in TARGETS.items() if name in names)
    if len(found) > 1 and any(target.kind != "gguf" for target in found):
        raise StudioError("export.not_together")
    return found


def name_targets(targets: Sequence[ExportTarget]) -> str:
    """Give the text that names forms."""
    return ",".join(target.name for target in targets)


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides about a form: the training's method, its base's architecture, whether `LIBRARY` is installed.

    `has_converter`: the owner of this machine has named a converter for families that ours does not know.
    """

    method: Method
    architecture: str
    has_library: bool
    has_converter: bool = False


def is_plain_lora(method: Method) -> bool:
    """Tell whether a method learns what llama.cpp can put on a base: two thin matrices per weight, and nothing else."""
    return isinstance(method, AdapterMethod) and not method.use_dora


def obstacle(target: ExportTarget, here: Situation) -> StudioError | None:
    """Give why a training cannot be taken home as `target`; None where it can."""
    return of_method(target, here.method) or of_gguf(target, here)


def of_method(target: ExportTarget, method: Method) -> StudioError | None:
    """Give what stands against a form in what was learned."""
    facts, name, kind = METHODS[method.type], method.type, target.kind
    if kind in ("adapter", "adapter_gguf") and facts.result != "adapter":
        return StudioError("export.no_adapter", method=name)
    if kind == "adapter_gguf" and not is_plain_lora(method):
        return StudioError("export.no_gguf_adapter", method=name)
    if kind in ("merged", "gguf") and "merging" in facts.excludes:
        return StudioError("export.no_merging", method=name)
    return (
        StudioError("export.not_4_bit", method=name)
        if target.is_exact and name != "qlora"
        else None
    )


def of_gguf(target: ExportTarget, here: Situation) -> StudioError | None:
    """Give what stands against GGUF."""
    if target.kind not in ("gguf", "adapter_gguf"):
        return None
    if not is_known(here.architecture):
        return of_converter(target, here)
    is_missing = target.needs_library and not here.has_library
    return StudioError("export.library_missing", package=LIBRARY) if is_missing else None


def is_known(architecture: str) -> bool:
    """Tell whether our own converter knows a family."""
    known = ARCHITECTURES.get(architecture)
    return known is not None and known.can_export


def of_converter(target: ExportTarget, here: Situation) -> StudioError | None:
    """Give what stands against GGUF of a family that only the converter of this machine's owner may know."""
    if not here.has_converter:
        return StudioError("export.no_gguf", architecture=here.architecture)
    if target.format not in CONVERTED_FORMATS:
        forms = ", ".join(form.upper() for form in CONVERTED_FORMATS)
        return StudioError("export.converter_form", architecture=here.architecture, forms=forms)
    # Only llama.cpp itself can tell whether such a file is right.
    return None if here.has_library else StudioError("export.unproven", package=LIBRARY)
