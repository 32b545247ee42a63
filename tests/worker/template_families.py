"""Chat templates of the families that people tune, each with a tokenizer that has its marks.

Some are those that TRL ships, as the models have them; the others are written here in the same form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from studio.worker.templates import PLAIN

TRL = find_spec("trl")
SHIPPED = (
    Path(next(iter(TRL.submodule_search_locations or ()))) / "chat_templates" if TRL else Path()
)

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SMOLLM = (
    "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}"
    + CHATML
)
PHI_4 = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '<|im_sep|>' + m.content + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
# Says who it is and what day it was made on, where nobody else does.
GRANITE = (
    "{% if messages[0].role != 'system' %}{{ '<|start_of_role|>system<|end_of_role|>You are Granite.<|end_of_text|>\n' }}{% endif %}"
    "{% for m in messages %}{{ '<|start_of_role|>' + m.role + '<|end_of_role|>' + m.content + '<|end_of_text|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}"
)
ZEPHYR = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
LLAMA_2 = (
    "{% if messages[0].role == 'system' %}{% set rest = messages[1:] %}{% set told = messages[0].content %}"
    "{% else %}{% set rest = messages %}{% set told = false %}{% endif %}"
    "{% for m in rest %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m.role == 'user' %}{{ bos_token + '[INST] ' }}"
    "{% if loop.first and told %}{{ '<<SYS>>\n' + told + '\n<</SYS>>\n\n' }}{% endif %}{{ m.content.strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
# Writes the tools before the last question only, so a conversation of several turns is rewritten as it goes on.
MISTRAL = (
    "{{ bos_token }}{% set asked = messages | selectattr('role', 'equalto', 'user') | list %}{% for m in messages %}"
    "{% if m.role == 'user' %}{% if tools and m == asked[-1] %}{{ '[AVAILABLE_TOOLS]' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}{% endif %}"
    "{{ '[INST]' + m.content + '[/INST]' }}"
    "{% elif m.tool_calls %}{{ '[TOOL_CALLS][' }}{% for c in m.tool_calls %}"
    "{% if c.id | length != 9 %}{{ raise_exception('an id has nine characters') }}{% endif %}{{ c.function | tojson }}{% endfor %}{{ ']' + eos_token }}"
    "{% elif m.role == 'assistant' %}{{ ' ' + m.content + eos_token }}"
    "{% elif m.role == 'tool' %}{{ '[TOOL_RESULTS]' + m.tool_call_id + m.content + '[/TOOL_RESULTS]' }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)
# Wants the arguments as text, as DeepSeek's do.
TEXT_ARGUMENTS = CHATML.replace(
    "m.content + '<|im_end|>'",
    "m.content + (m.tool_calls[0].function.name + ' ' + m.tool_calls[0].function.arguments if m.tool_calls else '')"
    " + (tools[0].function.description if tools and loop.first else '') + '<|im_end|>'",
)
THINKS = "<think>\n\n</think>\n\n"


@dataclass(frozen=True)
class Family:
    """A template, the marks of its tokenizer, and what an answer looks like in it."""

    template: str
    end: str
    marks: tuple[str, ...] = ()
    bos: str = ""
    eos: str = ""
    says: Callable[[str], str] = str
    is_metaspace: bool = False

    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Make a tokenizer of single letters; as Llama 2's (spaces become marks, one in front) or as GPT-2's."""
        eos = self.eos or self.end
        special = list(
            dict.fromkeys(mark for mark in (self.bos, eos, *self.marks, self.end) if mark)
        )
        inner = metaspace(special) if self.is_metaspace else byte_level(special)
        made = PreTrainedTokenizerFast(
            tokenizer_object=inner,
            eos_token=eos,
            bos_token=self.bos or None,
            additional_special_tokens=special,
        )
        made.chat_template = self.template
        return made


def byte_level(special: list[str]) -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: i for i, token in enumerate(special + letters)}
    inner = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return inner


def metaspace(special: list[str]) -> Tokenizer:
    letters = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *"abxy"]
    vocab = {token: i for i, token in enumerate(special + letters)}
    inner = Tokenizer(models.BPE(vocab=vocab, merges=[], byte_fallback=True, unk_token="<unk>"))  # noqa: S106  a token of text
    inner.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    inner.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return inner


def shipped(name: str) -> str:
    return (SHIPPED / f"{name}.jinja").read_text(encoding="utf-8")


IM = ("<|im_start|>", "<|im_end|>")
HEADERS = ("<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>")
FAMILIES = {
    "chatml": Family(CHATML, "<|im_end|>", IM),
    "smollm": Family(SMOLLM, "<|im_end|>", IM),
    "qwen2.5": Family(shipped("qwen2_5"), "<|im_end|>", IM),
    "qwen3": Family(shipped("qwen3"), "<|im_end|>", IM, says=lambda said: THINKS + said.lstrip("\n")),
    "qwen3-instruct": Family(shipped("qwen3_instruct_2507"), "<|im_end|>", IM),
    "llama-2": Family(LLAMA_2, "</s>", bos="<s>", says=lambda said: f" {said.strip()} ", is_metaspace=True),
    "llama-3": Family(shipped("llama3"), "<|eot_id|>", HEADERS, "<|begin_of_text|>", says=str.strip),
    "llama-3.1": Family(shipped("llama3_1"), "<|eot_id|>", HEADERS, "<|begin_of_text|>", says=str.strip),
    "mistral": Family(MISTRAL, "</s>", bos="<s>", says=lambda said: f" {said}", is_metaspace=True),
    "gemma": Family(shipped("gemma"), "<end_of_turn>", ("<start_of_turn>",), "<bos>", "<eos>", str.strip, is_metaspace=True),
    "llama-3.2": Family(shipped("llama3_2"), "<|eot_id|>", HEADERS, "<|begin_of_text|>", says=str.strip),
    "gemma-3": Family(shipped("gemma3"), "<end_of_turn>", ("<start_of_turn>",), "<bos>", "<eos>", str.strip, is_metaspace=True),
    "phi-3.5": Family(shipped("phi3_5"), "<|end|>", ("<|user|>", "<|assistant|>", "<|system|>"), eos="<|endoftext|>"),
    "phi-4": Family(PHI_4, "<|im_end|>", (*IM, "<|im_sep|>")),
    "granite": Family(GRANITE, "<|end_of_text|>", ("<|start_of_role|>", "<|end_of_role|>")),
    "phi-3": Family(shipped("phi3"), "<|end|>", ("<|user|>", "<|assistant|>"), eos="<|endoftext|>"),
    "zephyr": Family(ZEPHYR, "</s>", is_metaspace=True),
    "cohere": Family(
        shipped("cohere"), "<|END_OF_TURN_TOKEN|>", ("<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>"), "<BOS_TOKEN>", says=str.strip
    ),
    "text arguments": Family(TEXT_ARGUMENTS, "<|im_end|>", IM),
    "ours": Family(PLAIN.read_text(encoding="utf-8"), "</s>", bos="<s>"),
}  # fmt: skip
