"""Who speaks: every spelling of a role that files use."""

from typing import Literal

from studio.domain.records import Role

Speaker = Role | Literal["call"]
"""A role, or "call": a turn of the assistant's that only calls functions."""

# Compared in lower case without spaces, dashes and underscores.
NAMES_BY_SPEAKER: dict[Speaker, tuple[str, ...]] = {
    "user": ("user", "human", "customer", "client", "prompter", "usr", "question", "instruction", "patient", "student",
             "用户", "人类", "客户"),
    "assistant": ("assistant", "gpt", "bot", "model", "chatgpt", "ai", "agent", "chatbot", "bing", "bard", "claude", "llm",
                  "answer", "response", "doctor", "teacher", "gpt4", "modelanswer", "助手", "助理", "客服", "机器人"),
    "system": ("system", "developer", "sys", "系统"),
    "tool": ("tool", "function", "observation", "functionresponse", "functionresult", "functionoutput", "toolresponse",
             "toolresult", "tooloutput", "ipython", "environment", "api"),
    "call": ("functioncall", "toolcall", "toolcalls", "functioncalls", "action"),
}  # fmt: skip
SPEAKER_BY_NAME: dict[str, Speaker] = {
    name: speaker for speaker, names in NAMES_BY_SPEAKER.items() for name in names
}
BETWEEN_WORDS = str.maketrans("", "", " _-:：")


def find_speaker(name: object) -> Speaker | None:
    """Give who a name stands for, or None where nobody knows."""
    if not isinstance(name, str):
        return None
    known = SPEAKER_BY_NAME.get(name)
    return known or SPEAKER_BY_NAME.get(name.strip().casefold().translate(BETWEEN_WORDS))
