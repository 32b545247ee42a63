"""Every architecture that the studio knows, with small measures."""

from transformers import AutoConfig, PretrainedConfig

from studio.domain.architectures import ARCHITECTURES

MEASURES = {
    "num_hidden_layers": 3, "hidden_size": 512, "intermediate_size": 1024, "num_attention_heads": 8, "vocab_size": 1000,
    "num_key_value_heads": 4, "head_dim": 64, "layer_types": ["full_attention"] * 3,
    "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip


def small_config(name: str) -> PretrainedConfig:
    """Give the settings of an architecture with those measures that it has."""
    config = AutoConfig.for_model(ARCHITECTURES[name].model_type)
    for key in MEASURES.keys() & vars(config).keys():
        setattr(config, key, MEASURES[key])
    return config
