"""Every method as it is and as it can be set, and what it leaves, loaded without the studio."""

import json
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel

# Each method as it is and as it can be set, and which parameters may change (part of their names).
SETTINGS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "qlora": ({"type": "qlora"}, ("lora_",)),
    "qlora dora": ({"type": "qlora", "use_dora": True}, ("lora_",)),
    "lora": ({"type": "lora"}, ("lora_",)),
    "lora rs": ({"type": "lora", "use_rslora": True, "rank": 64}, ("lora_",)),
    "lora dora": ({"type": "lora", "use_dora": True}, ("lora_",)),
    "lora attention": ({"type": "lora", "target_modules": "attention"}, ("self_attn",)),
    "lora last": ({"type": "lora", "last_layers": 1}, ("layers.1.",)),
    "full": ({"type": "full"}, ("",)),
    "freeze": ({"type": "freeze", "trained_layers": 1}, ("layers.1.",)),
    "prefix": ({"type": "prefix"}, ("prompt_encoder",)),
    "prompt": ({"type": "prompt"}, ("prompt_encoder",)),
    "ia3": ({"type": "ia3"}, ("ia3_l",)),
}


def load_plain(folder: Path, base: Path) -> PreTrainedModel | PeftModel:
    """Load what was saved as anybody would who never heard of the studio."""
    if (folder / "adapter_config.json").exists():
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        assert config["base_model_name_or_path"] == base.name
        return PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)
    return AutoModelForCausalLM.from_pretrained(folder)
