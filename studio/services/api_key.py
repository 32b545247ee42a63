"""The key that other programs use the models with: made here, shown once, kept as a mark that opens nothing."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

KEY_START = "studio-"
SHOWN_LETTERS = 4


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The one key of a home. While its file is there, other programs may use the models with it."""

    file: Path

    def make(self) -> str:
        """Give a new key; the one before opens nothing any more. Nobody can give this one again."""
        # 256 random bits: nobody guesses them, so one round of SHA-256 is enough.
        key = KEY_START + secrets.token_urlsafe(32)
        stored = json.dumps({"sha256": mark(key), "ends_with": key[-SHOWN_LETTERS:]})
        beside = self.file.with_name(f".{self.file.name}.{secrets.token_hex(8)}.partial")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(stored)
        beside.rename(self.file)
        return key

    def remove(self) -> None:
        """Let no other program in any more."""
        self.file.unlink(missing_ok=True)

    def ending(self) -> str | None:
        """Give the last letters of the key, to tell it from others; None: there is none."""
        stored = self._read()
        return None if stored is None else stored["ends_with"]

    def fits(self, given: str) -> bool:
        """Tell whether this is the key, in a time that says nothing about it."""
        stored = self._read()
        return stored is not None and hmac.compare_digest(mark(given), stored["sha256"])

    def _read(self) -> dict[str, str] | None:
        try:
            return json.loads(self.file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None


def mark(key: str) -> str:
    """Give what is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
