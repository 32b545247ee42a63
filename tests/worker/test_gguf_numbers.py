"""Number formats: llama.cpp's own rounding, the same important tensors, and rows that do not fit."""

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, dequantize

from studio.errors import StudioError
from studio.worker import gguf_numbers
from studio.worker.gguf_numbers import FORMATS, choose_type, fitting, round_pieces, stored_bytes

Q = GGMLQuantizationType
pytestmark = [pytest.mark.train]


@pytest.mark.parametrize(
    ("kind", "largest_error"), [(Q.Q4_K, 0.09), (Q.Q5_K, 0.045), (Q.Q6_K, 0.03), (Q.Q8_0, 0.01)]
)
def test_rounding_in_pieces_is_close_and_of_the_announced_length(
    kind: Q, largest_error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind != Q.Q8_0:
        pytest.importorskip("xllamacpp")
    monkeypatch.setattr(gguf_numbers, "PIECE_NUMBERS", 2 * 512)
    torch.manual_seed(0)
    tensor = torch.randn(7, 512) / 3
    pieces = list(round_pieces(tensor, kind, "a"))
    assert [len(piece) for piece in pieces] == [2, 2, 2, 1]
    whole = np.concatenate(pieces)
    assert whole.nbytes == stored_bytes((7, 512), kind)
    error = np.sqrt(np.mean((dequantize(whole, kind) - tensor.numpy()) ** 2))
    assert error < largest_error / 3


def test_important_tensors_get_more_bits_in_the_layers_that_llama_cpp_chooses() -> None:
    chosen = [
        layer
        for layer in range(16)
        if choose_type(
            FORMATS["q4_k_m"], f"blk.{layer}.attn_v.weight", (512, 512), 16, is_output=False
        )
        == Q.Q6_K
    ]
    # The first and the last eighth, and of the others every third.
    assert chosen == [0, 1, 4, 7, 10, 13, 14, 15]


@pytest.mark.parametrize(
    ("form", "name", "shape", "is_output", "kind"),
    [
        ("q4_k_m", "blk.5.attn_q.weight", (512, 512), False, Q.Q4_K),
        ("q4_k_m", "blk.5.attn_norm.weight", (512,), False, Q.F32),
        ("q4_k_m", "token_embd.weight", (999, 512), True, Q.Q6_K),
        ("q4_k_m", "token_embd.weight", (999, 512), False, Q.Q4_K),
        ("q4_k_m", "blk.0.ffn_down.weight", (512, 288), False, Q.Q8_0),
        ("q4_k_m", "blk.5.ffn_up.weight", (512, 288), False, Q.Q5_0),
        ("q6_k", "blk.0.attn_v.weight", (512, 512), False, Q.Q6_K),
        ("q8_0", "output.weight", (512, 512), True, Q.Q8_0),
        ("f16", "output.weight", (512, 512), True, Q.F16),
    ],
)
def test_a_tensor_has_the_format_that_llama_cpp_gives_it(
    form: str, name: str, shape: tuple[int, ...], is_output: bool, kind: Q
) -> None:
    assert choose_type(FORMATS[form], name, shape, 16, is_output=is_output) == kind


def test_rows_that_no_block_divides_stay_in_16_bits() -> None:
    assert fitting(Q.Q8_0, 100) == Q.F16
    assert fitting(Q.Q4_K, 100) == Q.F16


def test_without_the_library_fewer_bits_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gguf_numbers, "LIBRARY", "no_such_package")
    gguf_numbers.quantiser.cache_clear()
    with pytest.raises(StudioError, match=r"export\.library_missing"):
        next(round_pieces(torch.ones(1, 256), Q.Q4_K, "a"))
    gguf_numbers.quantiser.cache_clear()


def test_a_number_that_is_none_is_told() -> None:
    with pytest.raises(StudioError, match=r"export\.not_finite"):
        next(round_pieces(torch.tensor([[1.0, float("nan")]]), Q.F16, "a"))
