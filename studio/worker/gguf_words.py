"""What a GGUF file says of a tokenizer: its words, how text is cut into them, the marks, and the chat template.

llama.cpp does not read `tokenizer.json`; it knows ways to cut text by name. Which one a tokenizer uses is told here by the
regular expressions in it, so a tokenizer that was extended or trained anew is known, too. What is not known is refused.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, TokenType
from transformers import PreTrainedTokenizerBase

from studio.worker.gguf_shape import refuse
from studio.worker.templates import fill, template_facts

SPACE_MARK = "\u2581"
# llama.cpp wants at least one pair; no text in UTF-8 has this byte.
NO_MERGE = "ÿ ÿ"
BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
# The parts that the expressions have in common: contractions of English, and what follows words and numbers.
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TAIL_SLASH = TAIL.replace(r"[\r\n]*|", r"[\r\n/]*|", 1)
LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
LOWER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
# By the expression that splits text; the second name is for tokenizers that merge words they know as a whole, too.
CUTS = {
    rf"{SHORT}|{LETTERS}|\p{{N}}{{1,3}}|{TAIL}": ("llama-bpe", "smaug-bpe"),
    rf"{SHORT}|{LETTERS}|\p{{N}}|{TAIL}": ("qwen2", "qwen2"),
    rf"{UPPER}|{LOWER}|\p{{N}}|{TAIL_SLASH}": ("tekken", ""),
    rf"{UPPER}{SHORT}?|{LOWER}{SHORT}?|\p{{N}}{{1,3}}|{TAIL_SLASH}": ("gpt-4o", "gpt-4o"),
}
# Jinja of transformers' own, which marks what is learned; comments cut white space as it does.
GENERATION = re.compile(r"\{%([-+]?)\s*(?:end)?generation\s*([-+]?)%\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A vocabulary as GGUF lists it. `kind` is `gpt2` (bytes) or `llama` (spaces are marked, bytes are a last resort)."""

    kind: str
    cut: str
    tokens: list[str]
    types: list[TokenType]
    swallows_space: bool = False
    """Marks take the white space behind them along."""
    merges: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    adds_space: bool = False


def read_words(folder: Path, rows: int) -> Words:
    """Give the vocabulary of a tokenizer, filled up to the `rows` that the model has for it.

    Raises:
        StudioError: `export.gguf_unsupported` where llama.cpp would cut text in another way.
    """
    stored = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model = stored["model"]
    if model["type"] != "BPE":
        raise refuse(f"tokenizer {model['type']}")
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    tokens, types = list_tokens(stored, rows)
    swallows = any(one["rstrip"] or one["lstrip"] for one in stored.get("added_tokens", []))
    if model.get("byte_fallback"):
        ranks: dict[str, int] = {}
        for rank, (left, right) in enumerate(merges):
            ranks.setdefault(left + right, rank)
        scores = [-float(ranks.get(token, len(merges))) for token in tokens]
        return Words(
            "llama",
            "default",
            tokens,
            types,
            swallows,
            scores=scores,
            adds_space=adds_space(stored),
        )
    joined = [f"{left} {right}" for left, right in merges]
    return Words("gpt2", name_cut(stored), tokens, types, swallows, merges=joined)


def list_tokens(stored: dict[str, Any], rows: int) -> tuple[list[str], list[TokenType]]:
    """Give each row's word and what kind it is; rows that no word belongs to are never said."""
    model = stored["model"]
    words = {place: token for token, place in model["vocab"].items()}
    added = {one["id"]: one for one in stored.get("added_tokens", [])}
    if max([*words, *added], default=-1) >= rows:
        raise refuse("vocab_size")
    tokens, types = [], []
    for place in range(rows):
        if place in added:
            token = added[place]["content"]
            kind = TokenType.CONTROL if added[place]["special"] else TokenType.USER_DEFINED
        elif place in words:
            token, kind = words[place], TokenType.NORMAL
            if model.get("byte_fallback") and BYTE_TOKEN.fullmatch(token):
                kind = TokenType.BYTE
        else:
            token, kind = f"[PAD{place}]", TokenType.UNUSED
        tokens.append(token)
        types.append(TokenType.UNKNOWN if token == model.get("unk_token") else kind)
    return tokens, types


def parts_of(step: dict[str, Any] | None, inside: str) -> list[dict[str, Any]]:
    """Give the single steps of a normaliser or a pre-tokeniser."""
    if step is None:
        return []
    if step["type"] != "Sequence":
        return [step]
    return [part for one in step[inside] for part in parts_of(one, inside)]


def name_cut(stored: dict[str, Any]) -> str:
    """Give llama.cpp's name for how a tokenizer of bytes cuts text.

    Raises:
        StudioError: `export.gguf_unsupported`.
    """
    # NFC is Qwen's; llama.cpp leaves it out, which changes only text that is not composed.
    if any(one["type"] != "NFC" for one in parts_of(stored.get("normalizer"), "normalizers")):
        raise refuse("normalizer")
    steps = parts_of(stored.get("pre_tokenizer"), "pretokenizers")
    kinds = [one["type"] for one in steps]
    if kinds == ["ByteLevel"] and steps[0].get("use_regex", True):
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and steps[0]["individual_digits"] and steps[1]["use_regex"]:
        return "smollm"
    if kinds == ["Split", "ByteLevel"] and not steps[1].get("use_regex", True):
        whole, apart = CUTS.get(steps[0]["pattern"].get("Regex", ""), ("", ""))
        name = whole if stored["model"].get("ignore_merges") else apart
        # Only these two take known words as a whole; for the others it makes no difference to name them so.
        if name:
            return name
    raise refuse("pre_tokenizer")


def adds_space(stored: dict[str, Any]) -> bool:
    """Tell whether a space is put in front of a text, by a tokenizer that marks spaces.

    Raises:
        StudioError: `export.gguf_unsupported` where it does anything else to the text.
    """
    found = False
    for one in parts_of(stored.get("normalizer"), "normalizers"):
        if one["type"] == "Prepend" and one["prepend"] == SPACE_MARK:
            found = True
        elif one != {"type": "Replace", "pattern": {"String": " "}, "content": SPACE_MARK}:
            raise refuse("normalizer")
    for one in parts_of(stored.get("pre_tokenizer"), "pretokenizers"):
        if one["type"] == "Metaspace" and one["replacement"] == SPACE_MARK:
            found = found or one.get("prepend_scheme", "always") != "never"
        elif one["type"] != "Split" or one["pattern"] != {"String": " "}:
            raise refuse("pre_tokenizer")
    return found


def write_words(
    writer: GGUFWriter, words: Words, tokenizer: PreTrainedTokenizerBase, stop_ids: list[int]
) -> None:
    """Write the vocabulary, the marks that begin and end, and the chat template."""
    writer.add_tokenizer_model(words.kind)
    writer.add_tokenizer_pre(words.cut)
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.types)
    if words.kind == "gpt2":
        writer.add_token_merges(words.merges or [NO_MERGE])
    else:
        writer.add_token_scores(words.scores)
        writer.add_add_space_prefix(words.adds_space)
    template = plain_template(tokenizer)
    writer.add_chat_template(template)
    # The chat itself says whether it begins with the mark; what the tokenizer does to a bare text does not count here.
    writer.add_add_bos_token(begins_with_mark(tokenizer))
    writer.add_add_eos_token(False)
    write_marks(writer, tokenizer, stop_ids)


def write_marks(
    writer: GGUFWriter, tokenizer: PreTrainedTokenizerBase, stop_ids: list[int]
) -> None:
    """Write which tokens begin and end: a model whose end of a turn is not named would never stop."""
    for name, add in (
        ("bos_token_id", writer.add_bos_token_id),
        ("unk_token_id", writer.add_unk_token_id),
        ("pad_token_id", writer.add_pad_token_id),
    ):
        if getattr(tokenizer, name) is not None:
            add(getattr(tokenizer, name))
    mark = template_facts(tokenizer).end_mark
    turn = tokenizer.convert_tokens_to_ids(mark) if mark else None
    eos = tokenizer.eos_token_id
    turn_id = turn if isinstance(turn, int) else eos
    if turn_id is None:
        raise refuse("eos_token")
    writer.add_eos_token_id(eos if isinstance(eos, int) else turn_id)
    writer.add_eot_token_id(turn_id)
    for other in [one for one in stop_ids if one not in (eos, turn_id)][:1]:
        writer.add_eom_token_id(other)


def plain_template(tokenizer: PreTrainedTokenizerBase) -> str:
    """Give the chat template in plain Jinja.

    Raises:
        StudioError: `export.gguf_unsupported` where a tokenizer brings several.
    """
    template = tokenizer.chat_template
    if not isinstance(template, str):
        raise refuse("chat_template")
    return GENERATION.sub(lambda found: f"{{#{found[1]} {found[2]}#}}", template)


def begins_with_mark(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether a filled template begins with the tokenizer's beginning mark."""
    text = fill(tokenizer, [{"role": "user", "content": "?"}], is_prompt=True)
    return bool(tokenizer.bos_token) and text.startswith(str(tokenizer.bos_token))
