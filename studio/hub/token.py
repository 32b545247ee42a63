"""The access token of a Hub account: from the environment, or from a file that only its owner may read.

It is sent to the Hub and nowhere else: never an argument of a process, never in a job, a log or the page.
"""

import os
import stat
from pathlib import Path

from studio.errors import StudioError

TOKEN_VARIABLE = "HF_TOKEN"  # noqa: S105  the name of a variable
SHORTEST_LETTERS = 8
LONGEST_LETTERS = 4096


def token_from_environment() -> str | None:
    """Give the token that the owner put into the environment.

    Raises:
        StudioError: `hub.token_malformed`.
    """
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    return check_token(token) if token else None


def read_token(token_file: Path | None) -> str | None:
    """Give the token from the environment, else from the file, else None.

    Raises:
        StudioError: `hub.token_exposed` where others may read the file, `hub.token_malformed`.
    """
    if (token := token_from_environment()) or token_file is None:
        return token
    try:
        descriptor = os.open(token_file, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise StudioError("hub.token_exposed", file=str(token_file))
        return check_token(file.read(LONGEST_LETTERS + 2).strip())


def write_token(token_file: Path, token: str) -> None:
    """Store a token so that only the owner of this home can read it, at no moment anybody else.

    Raises:
        StudioError: `hub.token_malformed`.
    """
    beside = token_file.with_name(f".{token_file.name}.{os.getpid()}.partial")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(check_token(token.strip()))
    beside.rename(token_file)


def check_token(token: str) -> str:
    """Give the token back if it can be one: letters, digits and signs without a space.

    Raises:
        StudioError: `hub.token_malformed`.
    """
    is_printable = token.isascii() and token.isprintable() and " " not in token
    if not is_printable or not SHORTEST_LETTERS <= len(token) <= LONGEST_LETTERS:
        raise StudioError("hub.token_malformed")
    return token
