"""The access token of the owner's Hub account: kept, replaced, forgotten; never shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import StudioError
from studio.hub.client import HubClient, read_endpoint
from studio.hub.token import check_token, read_token, token_from_environment, write_token

Source = Literal["environment", "file"]


@dataclass(frozen=True, slots=True)
class HubTokens:
    """The token file of a home; a token in the environment wins over it."""

    file: Path

    def source(self) -> Source | None:
        """Tell where the token in use comes from; None: there is none.

        Raises:
            StudioError: `hub.token_exposed`, `hub.token_malformed`.
        """
        if token_from_environment():
            return "environment"
        return "file" if read_token(self.file) else None

    def sign_in(self, token: str) -> str:
        """Keep a token and give the name of its account; one that the Hub refuses is not kept.

        Raises:
            StudioError: `hub.token_malformed`, `hub.token_refused`, `hub.offline`, …
        """
        token = check_token(token.strip())
        name = HubClient(read_endpoint(), token).account()
        write_token(self.file, token)
        return name

    def sign_out(self) -> None:
        """Forget the token in the file.

        Raises:
            StudioError: `hub.token_in_environment` where it is not ours to forget.
        """
        self.file.unlink(missing_ok=True)
        if token_from_environment():
            raise StudioError("hub.token_in_environment")
