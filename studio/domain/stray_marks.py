"""Signs in a text that no reader sees or that a chat template would take for its own."""

import re

# Controls but tab and line ends, zero-width space, byte order mark, overriding direction, annotations.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202d\u202e\ufeff\ufff9-\ufffb]")
# Marks of ChatML, Llama, Mistral, Gemma, Phi, DeepSeek and others.
MARKS = (
    r"<[|｜][\w▁-]{2,40}[|｜]>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>|<(?:start|end)_of_turn>|<[be]os>"
)
MARKER = re.compile(MARKS)
# `<s>` and `</s>` close turns where they stand outside or beside another mark. In HTML they strike words out.
WITH_TURN_ENDS = re.compile(
    MARKS + r"|\A\s*<s>|<s>(?=\s*\[INST\])|</s>(?=\s*(?:<s>|\[INST\]))|</s>\s*\Z"
)
STRUCK_OUT = re.compile(r"(?<=\S)(?<!</s>)[ \t]*<s>(?!\s*\[INST\])")


def has_control(text: str) -> bool:
    """Tell whether a text holds signs that nobody sees."""
    return CONTROL.search(text) is not None


def has_marker(text: str) -> bool:
    """Tell whether a text holds marks of a chat template."""
    return marker_of(text).search(text) is not None


def marker_of(text: str) -> re.Pattern[str]:
    """Give what counts as a mark in a text: in HTML less."""
    return MARKER if "s>" not in text or STRUCK_OUT.search(text) else WITH_TURN_ENDS


def clean(text: str) -> str:
    """Give the text without unseen signs and outer space, its marks broken by spaces so that no template reads them."""
    return marker_of(text).sub(broken, CONTROL.sub("", text)).strip()


def broken(match: re.Match[str]) -> str:
    """Give a mark with a space inside its brackets."""
    mark = match[0].strip()
    return f"{mark[0]} {mark[1:-1]} {mark[-1]}"
