"""Rows that were left out because their turns are out of order, and how to put the turns in order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from studio.domain.dataset_folder import DatasetFolder, Version
from studio.domain.records import Message, Row, check_row, read_rows

READS_SOURCES = frozenset(("import", "columns"))


def is_mendable(version: Version) -> bool:
    """Tell whether the import kept rows for mending, and none were mended since."""
    folder = DatasetFolder(version.dataset)
    if not folder.mendable.is_file():
        return False
    for earlier in reversed([one for one in folder.versions() if one.number <= version.number]):
        code = earlier.facts().step.code
        if code == "merge_turns" or code in READS_SOURCES:
            return code in READS_SOURCES
    return True


def mended_rows(version: Version) -> Iterator[Row]:
    """Give the left out rows that can be learned from once their turns are in order."""
    if is_mendable(version):
        for row in read_rows(DatasetFolder(version.dataset).mendable):
            mended = replace(row, messages=in_turns(row.messages))
            if mended.messages and not check_row(mended):
                yield mended


def in_turns(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give the turns in order.

    Instructions come first, as one; turns of one speaker in a row become one; what the assistant says before the first
    question goes, and so does a last question without an answer.
    """
    standing = [message for message in messages if message.role == "system"]
    spoken = [message for message in messages if message.role != "system"]
    while spoken and spoken[0].role != "user":
        spoken.pop(0)
    while spoken and spoken[-1].role != "assistant":
        spoken.pop()
    merged: list[Message] = []
    for message in (*standing, *spoken):
        if merged and merged[-1].role == message.role != "tool":
            message = joined(merged.pop(), message)
        merged.append(message)
    return tuple(merged)


def joined(one: Message, other: Message) -> Message:
    """Give two turns of one speaker as one."""
    content = "\n\n".join(text for text in (one.content, other.content) if text)
    return Message(one.role, content, (*one.tool_calls, *other.tool_calls))
