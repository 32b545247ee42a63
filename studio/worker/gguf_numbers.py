"""Number formats of GGUF: which tensor gets which, and the rounding, in pieces so that memory stays flat.

F16, BF16 and Q8_0 come from the `gguf` package. Formats with fewer bits come from llama.cpp's own code, in the `xllamacpp`
package, so that what is written is what everybody else's file holds.
"""

import ctypes
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType, quants

from studio.domain.export_targets import LIBRARY
from studio.errors import StudioError

LARGEST_F16 = 65_504.0
# Numbers that are rounded at a time.
PIECE_NUMBERS = 4 * 2**20
Q = GGMLQuantizationType
# What takes the place of a format whose blocks do not fit into a row. Source: llama.cpp, `tensor_type_fallback`.
FALLBACKS = {Q.Q4_K: Q.Q5_0, Q.Q5_K: Q.Q5_1, Q.Q6_K: Q.Q8_0}
LAYER = re.compile(r"^blk\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One form of GGUF: what most matrices are rounded to, and whether the important ones get more bits."""

    matrices: GGMLQuantizationType
    file_type: LlamaFileType
    is_mixed: bool = False


FORMATS = {
    "f16": NumberFormat(Q.F16, LlamaFileType.MOSTLY_F16),
    "bf16": NumberFormat(Q.BF16, LlamaFileType.MOSTLY_BF16),
    "q8_0": NumberFormat(Q.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "q4_k_m": NumberFormat(Q.Q4_K, LlamaFileType.MOSTLY_Q4_K_M, is_mixed=True),
    "q5_k_m": NumberFormat(Q.Q5_K, LlamaFileType.MOSTLY_Q5_K_M, is_mixed=True),
    "q6_k": NumberFormat(Q.Q6_K, LlamaFileType.MOSTLY_Q6_K),
}


def choose_type(
    chosen: NumberFormat, name: str, shape: tuple[int, ...], layers: int, *, is_output: bool
) -> GGMLQuantizationType:
    """Give the format of a tensor: vectors stay exact, and of a mixed form the important matrices get six bits.

    Source: what llama.cpp's own quantiser chooses for Q4_K_M and Q5_K_M (compared in tests/worker/test_gguf_numbers.py).
    """
    if len(shape) == 1:
        return Q.F32
    wanted = chosen.matrices
    if wanted in FALLBACKS and (is_output or (chosen.is_mixed and is_important(name, layers))):
        wanted = Q.Q6_K
    return fitting(wanted, shape[-1])


def is_important(name: str, layers: int) -> bool:
    """Tell whether llama.cpp spends more bits on a matrix: values and the network's way back, in chosen layers."""
    found = LAYER.match(name)
    if found is None or not re.search(r"\.(attn_v|attn_qkv|ffn_down)\.weight$", name):
        return False
    layer, eighth = int(found[1]), layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def fitting(wanted: GGMLQuantizationType, width: int) -> GGMLQuantizationType:
    """Give `wanted`, or what takes its place where rows of this width cannot be divided into its blocks."""
    for one in (wanted, FALLBACKS.get(wanted, wanted)):
        if width % GGML_QUANT_SIZES[one][0] == 0:
            return one
    return Q.F16


def stored_bytes(shape: tuple[int, ...], kind: GGMLQuantizationType) -> int:
    """Give how many bytes a tensor takes."""
    block, size = GGML_QUANT_SIZES[kind]
    return int(np.prod(shape)) // block * size


def round_pieces(
    tensor: torch.Tensor, kind: GGMLQuantizationType, name: str
) -> Iterator[np.ndarray]:
    """Give a float32 tensor as the bytes of a format, piece by piece.

    Raises:
        StudioError: `export.not_finite`; `export.too_large_for_f16` where a number has no place in 16-bit floats.
    """
    rows = tensor.reshape(-1, tensor.shape[-1])
    at_once = max(1, PIECE_NUMBERS // rows.shape[1])
    for start in range(0, rows.shape[0], at_once):
        piece = rows[start : start + at_once].contiguous().numpy()
        largest = float(np.abs(piece).max(initial=0))
        if not np.isfinite(largest):
            raise StudioError("export.not_finite", name=name)
        if kind == Q.F16 and largest > LARGEST_F16:
            raise StudioError("export.too_large_for_f16", name=name, largest=f"{largest:.0f}")
        yield round_piece(piece, kind)


def round_piece(piece: np.ndarray, kind: GGMLQuantizationType) -> np.ndarray:
    """Give rows (rows, width) of float32 in a format."""
    if kind not in FALLBACKS:
        return quants.quantize(piece, kind)
    parts = np.array_split(piece, min(len(piece), max(1, torch.get_num_threads())))
    with ThreadPoolExecutor(len(parts)) as pool:
        return np.concatenate(list(pool.map(lambda part: round_with_library(part, kind), parts)))


def round_with_library(piece: np.ndarray, kind: GGMLQuantizationType) -> np.ndarray:
    """Give rows in a format that llama.cpp alone can write."""
    rows, width = piece.shape
    source = np.ascontiguousarray(piece, dtype=np.float32)
    result = np.empty((rows, stored_bytes((width,), kind)), dtype=np.uint8)
    written = quantiser()(int(kind), source.ctypes.data, result.ctypes.data, 0, rows, width, None)
    if written != result.nbytes:
        raise ValueError(f"{written} bytes were written instead of {result.nbytes}")
    return result


@cache
def quantiser() -> Callable[..., int]:
    """Give `ggml_quantize_chunk` of the library that the package brings.

    Raises:
        StudioError: `export.library_missing`.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        raise StudioError("export.library_missing", package=LIBRARY)
    # Imported first, so that what the library itself needs is found.
    module = importlib.import_module(f"{LIBRARY}.{LIBRARY}")
    function = ctypes.CDLL(str(module.__file__)).ggml_quantize_chunk
    function.restype = ctypes.c_size_t
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    return function
