"""What was learned, without its base, to take home: as PEFT stores it, or as a small GGUF file."""

import shutil
from typing import Any

from studio.worker.export import (
    ADAPTER_FILES,
    BASE_PATTERNS,
    LARGEST_BUNDLED_BASE_BYTES,
    Export,
    require,
)
from studio.worker.export_model import file_name, prove
from studio.worker.export_texts import ADAPTER_SCRIPT
from studio.worker.gguf_adapter import write_adapter
from studio.worker.proving import prove_adapter, prove_gguf_adapter


def export_adapter(export: Export) -> dict[str, Any]:
    """Zip adapter, tokenizer, template, recipe, model card and a script that talks to the model.

    Raises:
        StudioError: `export.adapter_missing` where the training left no complete adapter; what `prove` raises.
        Cancelled: the job was called off.
    """
    adapter, base = export.source.adapter, export.base
    require(adapter, ADAPTER_FILES)
    # What is packed is what was asked, whatever happens to the training meanwhile.
    folder = export.work / "adapter"
    shutil.copytree(adapter, folder)
    proof = prove(export, lambda run, said: prove_adapter(run, said, folder, export.watch))
    base_files = sorted({file for pattern in BASE_PATTERNS for file in base.glob(pattern)})
    is_bundled = sum(file.stat().st_size for file in base_files) <= LARGEST_BUNDLED_BASE_BYTES
    base_name = "base" if is_bundled else export.spec["model"]["id"]
    files = {f"adapter/{file.name}": file for file in sorted(folder.iterdir())}
    files |= {f"base/{file.name}": file for file in base_files if is_bundled}
    return export.pack(files, {"chat.py": ADAPTER_SCRIPT.format(base=base_name)}, proof)


def export_adapter_gguf(export: Export) -> dict[str, Any]:
    """Zip the adapter as GGUF, for who has the base as GGUF already.

    Raises:
        StudioError: `export.adapter_missing`, and what `write_adapter` and `prove` raise.
        Cancelled: the job was called off.
    """
    adapter = export.source.adapter
    require(adapter, ADAPTER_FILES)
    export.task.enter("converting")
    file = export.work / f"{file_name(export.spec['name'])}-adapter.gguf"
    write_adapter(export.spec["name"], export.base, adapter, file)
    proof = prove(export, lambda run, said: prove_gguf_adapter(run, said, file, export.watch))
    return export.pack({file.name: file}, {}, proof)
