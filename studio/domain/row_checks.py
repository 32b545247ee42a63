"""What can be found in one example by itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio.domain.findings import flag
from studio.domain.languages import is_latin, language_of, speaks_of_language
from studio.domain.personal_data import find_personal
from studio.domain.records import Message, Row
from studio.domain.stray_marks import has_control, has_marker
from studio.domain.wording import UNSPACED, answered, asked, bare, content_hash, words_of

# A longer side is compared as a whole: equal or not. It bounds the memory for comparing many.
COMPARED_LETTERS = 4_000
# A word in scripts without spaces has mostly two letters.
LETTERS_OF_A_WORD = 2
LONGEST_WORD = 60
BITS_BY_PERSONAL_KIND = {kind: flag(f"personal_{kind}") for kind in ("mail", "phone", "card", "id")}


@dataclass(frozen=True, slots=True)
class Looked:
    """What is kept of a row for comparing it with others."""

    flags: int
    asked: str
    answered: str
    is_short: bool
    """The answer is one word."""
    languages: tuple[str | None, str | None]
    """Of the question and of the answer; both None where the row itself speaks of languages."""
    is_latin: bool
    """The question is in Latin letters, whatever the language."""


def look_at(row: Row) -> Looked:
    """Check one row by itself and keep what comparing it with others needs."""
    question, answer = asked(row), answered(row)
    return Looked(
        flags=text_flags(row) | (flag("answer_is_question") if repeats_question(row) else 0),
        asked=comparable(question),
        answered=comparable(answer),
        is_short=is_short_answer(row),
        languages=languages_of(row, question),
        is_latin=is_latin(question),
    )


def texts_of(row: Row) -> Iterator[str]:
    """Give every text of a row that a model reads or learns."""
    for message in (*row.messages, *row.rejected):
        yield message.content
        for call in message.tool_calls:
            yield call.arguments
    if row.text:
        yield row.text


def text_flags(row: Row) -> int:
    """Give the flags of what stands in the texts of a row."""
    bits = 0
    for text in texts_of(row):
        if has_control(text):
            bits |= flag("control_characters")
        if has_marker(text):
            bits |= flag("template_marker")
        for place in find_personal(text):
            bits |= BITS_BY_PERSONAL_KIND[place.kind]
    return bits


def repeats_question(row: Row) -> bool:
    """Tell whether an answer says just what the turn before it said."""
    before: Message | None = None
    for message in row.messages:
        if before and (before.role, message.role) == ("user", "assistant"):
            said = bare(message.content)
            if said and said == bare(before.content):
                return True
        before = message
    return False


def is_short_answer(row: Row) -> bool:
    """Tell whether the last answer is one word; numbers, functions and a choice among named ones are meant so."""
    if row.kind == "text" or row.label is not None:
        return False
    last = row.messages[-1]
    if last.role != "assistant" or last.tool_calls or len(last.content) > LONGEST_WORD:
        return False
    words = words_of(bare(last.content))
    if not words:
        return False
    if any(sign.isdecimal() for word in words for sign in word):
        return False
    if f" {' '.join(words)} " in f" {' '.join(words_of(bare(asked(row))))} ":
        return False
    is_unspaced = all(UNSPACED.match(word) for word in words)
    return len(words) <= (LETTERS_OF_A_WORD if is_unspaced else 1)


def languages_of(row: Row, question: str) -> tuple[str | None, str | None]:
    """Give the languages of the question and of what the assistant says."""
    standing = [message.content for message in row.messages if message.role == "system"]
    if any(speaks_of_language(text) for text in (question, *standing)):
        return None, None
    said = "\n".join(m.content for m in row.messages if m.role == "assistant")
    return language_of(question), language_of(said)


def comparable(text: str) -> str:
    """Give the `bare` text, of a long one a name that only an equal text has."""
    plain = bare(text)
    return plain if len(plain) <= COMPARED_LETTERS else f"#{content_hash(plain)}"
