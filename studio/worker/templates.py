"""Chat templates: load them with their tokenizer, fill them, and find out what one can write.

Imports transformers' tokenizers only, never torch, so that the preview process stays small.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from studio.errors import StudioError

# What a model without a template of its own gets; it is saved with the adapter's tokenizer.
PLAIN = Path(__file__).with_name("templates") / "plain.jinja"
TEMPLATE_FILE = "chat_template.jinja"
LONGEST_TEMPLATE_CHARACTERS = 65_536
# What a template may make of a conversation: its own text and four times what was said.
LARGEST_RATIO = 4
# A template is a program of somebody else's; inside Jinja's sandbox it can fail in all these ways.
TEMPLATE_ERRORS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TimeoutError,
    TypeError,
    ValueError,
)
# Words that no template says by itself, to see what becomes of what it is given.
SYSTEM_PROBE, ANSWER_PROBE, RESULT_PROBE = "zqsystemzq", "zqanswerzq", "zqresultzq"
TOOL_PROBE, VALUE_PROBE = "zqtoolzq", "zqvaluezq"
# Mistral's templates want nine letters or digits.
PROBE_CALL_ID = "call00000"

Turn = dict[str, Any]
ArgumentForm = Literal["object", "text"]


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What a template can write. `end_mark` closes an answer; without a form for calls, tools are told as text."""

    knows_answers: bool
    knows_system: bool
    call_form: ArgumentForm | None
    end_mark: str
    special: re.Pattern[str]


def load_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model folder, by its own files only; one without a chat template gets ours.

    Raises:
        StudioError: `model.no_tokenizer`, `model.no_template`, `model.template_fails`.
    """
    if not (path / "tokenizer.json").exists():
        raise StudioError("model.no_tokenizer", id=path.name)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(path, local_files_only=True)
    template = tokenizer.chat_template
    if not template:
        if not tokenizer.eos_token:
            raise StudioError("model.no_template", id=path.name)
        tokenizer.chat_template = PLAIN.read_text(encoding="utf-8")
        return tokenizer
    # A tokenizer may come with several by name; transformers picks the one for tools by itself.
    texts = list(template.values()) if isinstance(template, dict) else [template]
    longest = max(len(text) if isinstance(text, str) else 0 for text in texts)
    if not 0 < longest <= LONGEST_TEMPLATE_CHARACTERS:
        raise StudioError("model.template_fails", reason=f"{longest} characters")
    return tokenizer


def has_another_template(tuned: Path, tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether what a training has left was filled with another template than its base has now (P5)."""
    stored, own = tuned / TEMPLATE_FILE, tokenizer.chat_template
    if isinstance(own, dict):
        own = own.get("default")
    # As bytes: reading text would change the ends of lines.
    return stored.exists() and stored.read_bytes().decode("utf-8") != own


def has_our_template(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether the model came without a template and uses ours."""
    return tokenizer.chat_template == PLAIN.read_text(encoding="utf-8")


def fill(
    tokenizer: PreTrainedTokenizerBase,
    turns: Sequence[Turn],
    tools: list[dict[str, Any]] | None = None,
    *,
    is_prompt: bool = False,
) -> str:
    """Fill the template; `is_prompt` adds the opening of the assistant's next turn.

    Raises:
        StudioError: `model.template_fails` where the template breaks, or makes far more text than it was given.
    """
    offered: list[Any] | None = list(tools) if tools else None
    try:
        text = str(
            tokenizer.apply_chat_template(
                list(turns), tools=offered, tokenize=False, add_generation_prompt=is_prompt
            )
        )
    except TEMPLATE_ERRORS as error:
        raise StudioError("model.template_fails", reason=str(error)[:200]) from error
    if len(text) > LONGEST_TEMPLATE_CHARACTERS:
        given = len(json.dumps([list(turns), tools], ensure_ascii=False))
        if len(text) > LONGEST_TEMPLATE_CHARACTERS + LARGEST_RATIO * given:
            raise StudioError("model.template_fails", reason=f"{len(text)} characters from {given}")
    return text


def template_facts(tokenizer: PreTrainedTokenizerBase) -> TemplateFacts:
    """Find out what a tokenizer's template can write, by looking at what it makes of probes."""
    return _facts(tokenizer, str(tokenizer.chat_template))


@lru_cache(maxsize=16)
def _facts(tokenizer: PreTrainedTokenizerBase, _template: str) -> TemplateFacts:
    marks = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    marks.update(str(mark) for mark in (tokenizer.eos_token,) if mark)
    special = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)")
    question = {"role": "user", "content": "?"}
    # A template that breaks here has no use for more probes.
    answered = fill(tokenizer, [question, {"role": "assistant", "content": ANSWER_PROBE}])
    closing = special.search(answered.rpartition(ANSWER_PROBE)[2])
    told = try_fill(tokenizer, [{"role": "system", "content": SYSTEM_PROBE}, question])
    form: ArgumentForm | None = next(
        (form for form in ("object", "text") if takes_calls(tokenizer, form)), None
    )
    return TemplateFacts(
        ANSWER_PROBE in answered,
        SYSTEM_PROBE in told,
        form,
        closing.group() if closing else "",
        special,
    )


def try_fill(
    tokenizer: PreTrainedTokenizerBase,
    turns: Sequence[Turn],
    tools: list[dict[str, Any]] | None = None,
) -> str:
    """Fill the template with probes; nothing where it breaks. One that never ends is not asked again."""
    try:
        return fill(tokenizer, turns, tools)
    except StudioError as error:
        if is_timeout(error):
            raise
        return ""


def is_timeout(error: BaseException) -> bool:
    """Tell whether a time limit made the error."""
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)


def takes_calls(tokenizer: PreTrainedTokenizerBase, form: ArgumentForm) -> bool:
    """Tell whether a template writes tools, calls and results, with arguments given in `form`."""
    arguments: Any = {"q": VALUE_PROBE}
    function = {"name": "probe", "description": TOOL_PROBE, "parameters": {"type": "object", "properties": {}}}  # fmt: skip
    called = {
        "name": "probe",
        "arguments": arguments if form == "object" else json.dumps(arguments),
    }
    turns: list[Turn] = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": PROBE_CALL_ID, "type": "function", "function": called}]},
        {"role": "tool", "name": "probe", "tool_call_id": PROBE_CALL_ID, "content": RESULT_PROBE},
        {"role": "assistant", "content": ANSWER_PROBE},
    ]  # fmt: skip
    text = try_fill(tokenizer, turns, [{"type": "function", "function": function}])
    # An object printed by Python, or JSON quoted once more, is not what the model knows.
    is_mangled = f"'{VALUE_PROBE}'" in text or f'\\"{VALUE_PROBE}' in text
    probes = (TOOL_PROBE, VALUE_PROBE, RESULT_PROBE, ANSWER_PROBE)
    return not is_mangled and all(probe in text for probe in probes)
