"""Small models as files: a configuration, a tokenizer and weights whose header is real and whose numbers are zeros."""

import json
from typing import Any

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 32,
    "tie_word_embeddings": True,
    "max_position_embeddings": 128,
}
TENSORS = {"model.embed_tokens.weight": [32, 8], "model.layers.0.mlp.up_proj.weight": [100, 100]}


def weights(tensors: dict[str, list[int]] | None = None, dtype: str = "BF16") -> bytes:
    """Give a safetensors file."""
    header, start = {}, 0
    for name, (rows, columns) in (tensors or TENSORS).items():
        end = start + 2 * rows * columns
        header[name] = {"dtype": dtype, "shape": [rows, columns], "data_offsets": [start, end]}
        start = end
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(start)


def model_files(**config: Any) -> dict[str, bytes | str]:
    """Give the files of a model; `config` replaces what its configuration says."""
    return {
        "config.json": json.dumps({**CONFIG, **config}),
        "tokenizer.json": "{}",
        "tokenizer_config.json": json.dumps({"chat_template": "{{ messages }}"}),
        "model.safetensors": weights(),
    }
