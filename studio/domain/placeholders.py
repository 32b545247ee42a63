"""Placeholders such as `{{name}}` in the examples: found, and filled with what the user says."""

import re
from collections.abc import Mapping
from dataclasses import replace

from studio.domain.records import Message, Row

# Names only: what computes, calls or quotes, such as {{7*7}} or {{ f(x) }}, is somebody's text.
PLACEHOLDER = re.compile(r"\{\{[ \t]*([^\W\d][\w-]{0,39})[ \t]*\}\}")


def find_placeholders(row: Row) -> set[str]:
    """Give the names of all placeholders in an example."""
    if row.text:
        return set(PLACEHOLDER.findall(row.text))
    found: set[str] = set()
    for message in (*row.messages, *row.rejected):
        if "{{" in message.content:
            found.update(PLACEHOLDER.findall(message.content))
    return found


def fill_placeholders(row: Row, values: Mapping[str, str]) -> Row:
    """Give an example with its placeholders filled; names without a value stay as they are."""

    def fill(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    def fill_all(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(replace(message, content=fill(message.content)) for message in messages)

    return replace(
        row, text=fill(row.text), messages=fill_all(row.messages), rejected=fill_all(row.rejected)
    )
