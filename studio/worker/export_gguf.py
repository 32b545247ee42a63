"""GGUF to take home, in one form or several, written by our converter or by that of this machine's owner."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import AutoConfig

from studio.domain.export_targets import CONVERTED_FORMATS
from studio.domain.hub import check_room
from studio.errors import StudioError
from studio.worker.archive import free_bytes
from studio.worker.export import TOKENIZER_FILES, Export, require
from studio.worker.export_model import before_and_after, file_name, merge, run_of
from studio.worker.export_texts import write_modelfile
from studio.worker.gguf_file import open_model, stop_words, write_gguf
from studio.worker.gguf_numbers import FORMATS
from studio.worker.gguf_shape import context_length
from studio.worker.merging import open_weights
from studio.worker.owners_converter import convert
from studio.worker.proving import Run, Said, ask, prove_gguf
from studio.worker.proving_converted import prove_converted

BITS_PER_BYTE = 8
# Writes one form into a file.
Write = Callable[[str, Path], None]


def export_gguf(export: Export) -> dict[str, Any]:
    """Zip a GGUF file, or one per form, with what Ollama, LM Studio and llama.cpp need to run it.

    What our converter does not know goes through that of this machine's owner, where there is one.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what writing and proving raise.
        Cancelled: the job was called off.
    """
    require(export.learned or export.tuned_base, TOKENIZER_FILES)
    weights = open_weights(export.tuned_base, export.learned)
    numbers = sum(one.bytes // one.dtype.itemsize for one in weights.tensors())
    bits = sum(target.bits for target in export.targets)
    # Once as a file, once in the zip.
    check_room(round(2 * numbers * bits / BITS_PER_BYTE), free_bytes(export.work))
    try:
        return pack_forms(export, our_writer(export), is_ours=True)
    except StudioError as error:
        formats = {target.format for target in export.targets}
        is_theirs = export.task.spec.get("converter") and formats <= set(CONVERTED_FORMATS)
        if error.code != "export.gguf_unsupported" or not is_theirs:
            raise
    return pack_forms(export, their_writer(export), is_ours=False)


def our_writer(export: Export) -> Write:
    """Give what writes a form by our own converter.

    Raises:
        StudioError: `export.gguf_unsupported`.
    """
    weights = open_weights(export.tuned_base, export.learned)
    tuned = export.learned or export.tuned_base
    model = open_model(export.spec["name"], export.tuned_base, tuned, weights)
    return lambda form, file: write_gguf(model, file, FORMATS[form], export.watch)


def their_writer(export: Export) -> Write:
    """Give what writes a form by the converter of this machine's owner; it is given the whole model in a folder."""
    converter = Path(export.task.spec["converter"])
    folder = export.source.model if export.source.model.is_dir() else merge(export)
    return lambda form, file: convert(converter, folder, file, form, export.watch)


def pack_forms(export: Export, write: Write, *, is_ours: bool) -> dict[str, Any]:
    """Write every form, hold each against the run, and pack them."""
    said: Said | None = None
    files: dict[str, Path] = {}
    texts: dict[str, str] = {}
    proofs: dict[str, dict[str, Any]] = {}
    run = run_of(export)
    for form in (target.format for target in export.targets):
        export.task.enter("converting")
        file = export.work / f"{file_name(export.spec['name'])}-{form}.gguf"
        write(form, file)
        export.task.enter("proving")
        # The run is asked once, whatever is held against it.
        said = said or ask(run, export.watch)
        look = (
            prove_gguf(run, said, file, export.watch)
            if is_ours
            else prove_converted(run, said, file)
        )
        proofs[form] = look.as_dict(form)
        files[file.name] = file
        modelfile = f"Modelfile.{form}" if texts else "Modelfile"
        texts[modelfile] = modelfile_of(export, run, file)
    return export.pack(files, texts, together(proofs) | before_and_after(export))


def modelfile_of(export: Export, run: Run, file: Path) -> str:
    """Give what Ollama makes its model from."""
    config = AutoConfig.from_pretrained(run.base, local_files_only=True, trust_remote_code=False)
    context = min(export.recipe.training.max_length_tokens, context_length(config))
    return write_modelfile(file.name, stop_words(run.tokenizer), context)


def together(proofs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Give one proof for several forms: the figures of the one that is farthest from the run, and all of them by form."""
    farthest = max(proofs.values(), key=lambda proof: (not proof["is_same"], proof["divergence"]))
    return farthest if len(proofs) == 1 else {**farthest, "forms": proofs}
