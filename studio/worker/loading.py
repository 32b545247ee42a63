"""Load a base model and choose how this machine computes with it; every choice comes with its reason."""

import ctypes
import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from bitsandbytes.nn import Linear4bit, Params4bit
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from studio.domain.catalog import read_model
from studio.domain.memory import TIGHT_FROM_PARAMETERS
from studio.worker.templates import template_facts
from studio.worker.threads import use_threads

PROBE_SIZE = 512
PROBE_REPEATS = 3
# bf16 must be clearly faster to be worth its 8 bits of mantissa.
BF16_GAIN = 1.3
# Room for activations and the generation cache beside the weights.
WEIGHTS_SHARE_OF_MEMORY = 0.6
# Source: malloc.h of the GNU C library.
M_MMAP_THRESHOLD = -3
SMALLEST_RETURNED_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    """The number format to compute in, and why (a code with values)."""

    dtype: torch.dtype
    reason: str
    values: dict[str, Any]

    @property
    def name(self) -> str:
        """Give what a recipe calls the format."""
        return str(self.dtype).removeprefix("torch.")


def pick_device() -> torch.device:
    """Give the device to compute on: the first GPU, else the CPU."""
    return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")


def choose_dtype(device: torch.device, wanted: str) -> DtypeChoice:
    """Choose the number format: what the recipe asks for, else the fastest that this device does well.

    bfloat16 has float32's range, so it needs no loss scaling; cards before Ampere only emulate it. CPUs differ so
    much that a quarter of a second of measuring decides.
    """
    if wanted != "auto":
        return DtypeChoice(getattr(torch, wanted), "dtype_asked", {"dtype": wanted})
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return DtypeChoice(torch.bfloat16, "dtype_gpu_bf16", {"device": name})
        return DtypeChoice(torch.float32, "dtype_gpu_float32", {"device": name})
    gain = matmul_seconds(torch.float32) / matmul_seconds(torch.bfloat16)
    is_faster = gain >= BF16_GAIN
    code = "dtype_cpu_bf16" if is_faster else "dtype_cpu_float32"
    return DtypeChoice(
        torch.bfloat16 if is_faster else torch.float32, code, {"gain": f"{gain:.2g}"}
    )


def matmul_seconds(dtype: torch.dtype) -> float:
    """Give the shortest time of one square matrix product on the CPU."""
    left = torch.ones(PROBE_SIZE, PROBE_SIZE, dtype=dtype)
    best = float("inf")
    for _ in range(PROBE_REPEATS):
        started = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - started)
    return best


def load_model(
    path: Path, device: torch.device, dtype: torch.dtype, *, in_4_bits: bool = False
) -> PreTrainedModel:
    """Load a base model from its safetensors, its code never run; with `in_4_bits` as NF4, doubly quantised.

    Raises:
        StudioError: what `read_model` refuses (`model.runs_code`, `model.no_safetensors`, `model.unreadable`).
    """
    parameters = read_model(path, path.name).parameters
    return_freed_memory(parameters)
    use_threads(parameters)
    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    model = AutoModelForCausalLM.from_pretrained(
        path,
        dtype=dtype,
        quantization_config=quantization if in_4_bits else None,
        device_map={"": device},
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    guard_4_bit_gradients(model)
    if in_4_bits and device.type == "cpu":
        let_go_of_the_file(model)
    return model


def let_go_of_the_file(model: torch.nn.Module) -> None:
    """Copy what is still read from the mapped file: the few tensors that stay as stored keep the whole file in memory.

    A bfloat16 model of 387 M weights, held in 4 bits to learn in bfloat16, took 0.78 GB more for its table of words.
    """
    for parameter in model.parameters():
        if not isinstance(parameter, Params4bit):
            parameter.data = parameter.data.clone()


def guard_4_bit_gradients(model: torch.nn.Module) -> None:
    """Keep bitsandbytes from repacking 4-bit weights for a CPU kernel that has no backward pass.

    Without this, one generation or evaluation makes all later gradients wrong, silently (04-training-pitfalls P21):
    bitsandbytes 0.50 repacks on CPUs with AVX512-BF16 and never unpacks.
    """
    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False


def fits_unquantised(path: Path, device: torch.device, dtype: torch.dtype) -> bool:
    """Tell whether the model's weights fit this device's free memory in `dtype`, with room to answer."""
    needed_bytes = read_model(path, path.name).parameters * dtype.itemsize
    free_bytes = (
        torch.cuda.mem_get_info(device)[0]
        if device.type == "cuda"
        else psutil.virtual_memory().available
    )
    return needed_bytes <= free_bytes * WEIGHTS_SHARE_OF_MEMORY


def return_freed_memory(parameters: int) -> None:
    """Have freed tensors of 4 MiB and more go back to the system, for models that are large enough to gain by it.

    The C library keeps them in its heap, whose holes took 2.3 times the memory of the tensors (387 M parameters, QLoRA,
    gradient checkpointing). Small models would only pay for asking the system anew (a tenth and more of a step).
    """
    if parameters < TIGHT_FROM_PARAMETERS:
        return
    library = ctypes.CDLL(None)
    # Only glibc has it; elsewhere the heap is not the same either.
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, SMALLEST_RETURNED_BYTES)


def free_memory() -> None:
    """Give the system back what nobody holds any more; the C library would keep it (0.9 of 1.5 GB after a failed step)."""
    gc.collect()
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def end_of_turn_ids(
    model: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase
) -> list[int]:
    """Give every token id that ends an answer: the tokenizer's, the template's and those of the generation settings."""
    stored = model.generation_config.eos_token_id if model.generation_config else None
    listed = stored if isinstance(stored, list) else [stored]
    mark = template_facts(tokenizer).end_mark
    closing = tokenizer.convert_tokens_to_ids(mark) if mark else None
    return sorted(
        {
            int(token)
            for token in [*listed, tokenizer.eos_token_id, closing]
            if isinstance(token, int)
        }
    )


def memory_bytes(device: torch.device) -> int:
    """Give the memory in use: the peak on the GPU, or what this process holds."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return int(psutil.Process().memory_info().rss)
