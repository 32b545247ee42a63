"""A conversation as the model reads it: as tokens, with as many passages of documents before its question as fit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from studio.domain.passages import Passage, split_paragraph, with_passages
from studio.domain.records import message_from_json
from studio.worker.generating import Choice
from studio.worker.rendering import encode_prompt
from studio.worker.shared_base import SharedBase
from studio.worker.templates import template_facts

# More of them bury the one that helps.
MOST_PASSAGES = 6
# An answer is always left this share of what the model can read.
ANSWER_RATIO = 0.25
# Of a passage that does not fit, less is given until it does; a few words help nobody.
FEWEST_CHARACTERS = 60

Conversation = Sequence[dict[str, Any]]


def prompt_tokens(base: SharedBase, conversation: Conversation) -> list[int]:
    """Give a conversation as the tokens that ask for the next answer."""
    return encode_prompt(base.tokenizer, [message_from_json(turn) for turn in conversation])


def give_passages(
    base: SharedBase, conversation: Conversation, found: Sequence[Passage], choice: Choice
) -> tuple[Conversation, list[Passage]]:
    """Give the conversation with the first of `found` that fit before its question, and those passages.

    Room for the answer stays free. Of a first passage that does not fit its beginning is given.
    """
    most = base.most_tokens - min(choice.max_new_tokens, int(base.most_tokens * ANSWER_RATIO))
    given: list[Passage] = []
    for passage in found[:MOST_PASSAGES]:
        if fits(base, conversation, [*given, passage], most):
            given.append(passage)
        elif not given:
            given = beginning(base, conversation, passage, most)
            break
    return put(base, conversation, given), given


def beginning(
    base: SharedBase, conversation: Conversation, passage: Passage, most: int
) -> list[Passage]:
    """Give as much of a passage as fits; nothing where that is too little to help."""
    characters = len(passage.text)
    while characters > FEWEST_CHARACTERS:
        characters = characters * 3 // 4
        text = next(split_paragraph(passage.text[:characters]), "")
        less = replace(passage, text=text, is_cut=True)
        if text and fits(base, conversation, [less], most):
            return [less]
    return []


def fits(
    base: SharedBase, conversation: Conversation, passages: Sequence[Passage], most: int
) -> bool:
    """Tell whether a conversation with passages is short enough."""
    return len(prompt_tokens(base, put(base, conversation, passages))) <= most


def put(base: SharedBase, conversation: Conversation, passages: Sequence[Passage]) -> Conversation:
    """Give the conversation with passages before its last question."""
    *before, last = conversation
    shown = [
        replace(p, document=plain(base, p.document), text=plain(base, p.text)) for p in passages
    ]
    return [*before, {**last, "content": with_passages(str(last["content"]), shown)}]


def plain(base: SharedBase, text: str) -> str:
    """Give a text whose words open and close no turn: what looks like a mark of the template is taken apart."""
    special = template_facts(base.tokenizer).special
    return special.sub(lambda found: " ".join((found.group()[:1], found.group()[1:])), text)
