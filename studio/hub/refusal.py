"""What a Hub means by an answer of 400 or more: its status and two headers, as an error of ours."""

from collections.abc import Mapping

from studio.errors import StudioError

DEFAULT_PAUSE_SECONDS = 60
LONGEST_PAUSE_DIGITS = 5


def raise_refusal(
    status: int, headers: Mapping[str, str], wanted: str, *, revision: str = "", has_token: bool
) -> None:
    """Raise what a status of 400 or more means; give nothing below.

    401 stands for three things: a wrong token, a private data set, and one that does not exist.

    Source: `hf_raise_for_status` of huggingface_hub, utils/_http.py.

    Raises:
        StudioError: `hub.gated`, `hub.token_refused`, `hub.not_found`, `hub.revision_missing`, `hub.file_missing`,
            `hub.forbidden`, `hub.too_many`, `hub.unavailable`, `hub.refused`.
    """
    if status < 400:
        return
    if status == 429:
        raise StudioError("hub.too_many", seconds=pause_seconds(headers))
    if status >= 500 or status == 408:
        raise StudioError("hub.unavailable", status=status)
    by_code = {
        "GatedRepo": StudioError("hub.gated", id=wanted),
        "RepoNotFound": StudioError("hub.not_found", id=wanted),
        "RevisionNotFound": StudioError("hub.revision_missing", id=wanted, revision=revision),
        "EntryNotFound": StudioError("hub.file_missing", id=wanted),
    }
    if named := by_code.get(headers.get("x-error-code", "")):
        raise named
    is_wrong_token = "Invalid credentials" in headers.get("x-error-message", "")
    if status == 401 and (has_token or is_wrong_token):
        raise StudioError("hub.token_refused")
    by_status = {
        401: StudioError("hub.not_found", id=wanted),
        404: StudioError("hub.not_found", id=wanted),
        403: StudioError("hub.forbidden", id=wanted),
    }
    raise by_status.get(status, StudioError("hub.refused", status=status))


def pause_seconds(headers: Mapping[str, str]) -> int:
    """Give how long the Hub wants to be left alone; a minute where it does not say it in seconds."""
    asked = headers.get("retry-after", "").strip()
    is_number = asked.isdecimal() and asked.isascii() and len(asked) <= LONGEST_PAUSE_DIGITS
    return int(asked) if is_number else DEFAULT_PAUSE_SECONDS
