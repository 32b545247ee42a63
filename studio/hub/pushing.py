"""Bring files to a model repository of the Hub: one commit, seen as a whole or not at all."""

import io
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import httpx2
import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError

from studio.domain.pushing import LEFT_BY_MAKING, SHORT_COMMIT, PushOrder, refusal_of, taken
from studio.errors import StudioError
from studio.hub.client import HubClient, open_hub

# A storage may take its time over a gigabyte's last byte.
WAIT_SECONDS = 60.0


class Part(io.BufferedIOBase):
    """A range of an open file as a file of its own, which tells how much of it was read."""

    def __init__(
        self, source: BinaryIO, start: int, size: int, moved: Callable[[int], None]
    ) -> None:
        self.source, self.start, self.size, self.moved = source, start, size, moved
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; see `io.IOBase.seek`."""
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}
        self._place = min(self.size, max(0, begins[whence] + offset))
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        """Give the next bytes and tell how many they were; whoever listens may raise."""
        left = self.size - self._place
        self.source.seek(self.start + self._place)
        block = self.source.read(left if size is None or size < 0 else min(size, left))
        self._place += len(block)
        self.moved(len(block))
        return block


def open_push(token_file: Path | None) -> HubClient:
    """Give a client for this process, which does nothing else: what it says stays out of its log.

    Raises:
        StudioError: `push.no_token`; `hub.bad_endpoint`, or what `read_token` refuses.
    """
    # Addresses of the storage are signed: whoever reads them may write there.
    for name in ("httpx2", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
    client = replace(open_hub(token_file), wait_seconds=WAIT_SECONDS)
    if client.token is None:
        raise StudioError("push.no_token")
    # The library waits without a limit.
    huggingface_hub.set_client_factory(
        lambda: httpx2.Client(follow_redirects=True, timeout=client.wait_seconds)
    )
    return client


@dataclass(frozen=True, slots=True)
class Place:
    """Where files go: a repository, the commit that they follow (None: whichever there is), and what they take the place of."""

    repository: str
    follows: str | None = None
    replaced: frozenset[str] = frozenset()


def make_repository(client: HubClient, order: PushOrder) -> Place:
    """Make a repository, or give the one that shall be updated; one that is there and holds nothing will do.

    Raises:
        StudioError: `push.exists`, `push.exists_public`, `push.bad_name`, `push.not_allowed`, `push.no_quota`;
            `hub.token_refused`, `hub.offline`, …
    """
    repository = order.repository
    owner, _, name = repository.partition("/")
    wanted = {
        "name": name,
        "organization": owner,
        "type": "model",
        "visibility": "private" if order.is_private else "public",
    }
    with brought(client, repository):
        try:
            answer = huggingface_hub.get_session().post(
                f"{client.endpoint}/api/repos/create",
                json=wanted,
                headers=client.headers(),
                timeout=client.wait_seconds,
            )
            huggingface_hub.utils.hf_raise_for_status(answer)
            # Whatever else answers in the Hub's name has no such word.
            _ = answer.json()["url"]
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            return find_place(client, order)
    return Place(repository)


def find_place(client: HubClient, order: PushOrder) -> Place:
    """Give a repository that exists, where it is what the order expects: empty, or at the commit that it updates.

    Raises:
        StudioError: `push.exists` or `push.exists_public` where it holds something else, or others see it than was said.
    """
    repository = order.repository
    info = client.api().model_info(repository, timeout=client.wait_seconds)
    held = frozenset(one.rfilename for one in info.siblings or ()) - LEFT_BY_MAKING
    commit, is_private = str(info.sha), bool(info.private)
    is_seen = len(order.updates) >= SHORT_COMMIT and commit.startswith(order.updates)
    is_expected = is_seen if order.updates else not held
    if not is_expected or is_private != order.is_private:
        raise taken(repository, commit, is_private=is_private)
    return Place(repository, commit, held)


def upload(client: HubClient, place: Place, files: Sequence[tuple[str, Part]], message: str) -> str:
    """Bring the files, one after the other, and commit them together; give the address of the repository's page.

    What the storage has already, from an earlier try, is not sent again. What the place held and is not among the files
    goes with the same commit, so that its page shows one model and not parts of two.

    Raises:
        StudioError: as `make_repository`; `push.changed`, `hub.cut_off`, `hub.stalled`, `hub.unavailable`.
        Whatever reading a part raises.
    """
    api, repository = client.api(), place.repository
    with brought(client, repository):
        added = [
            huggingface_hub.CommitOperationAdd(name, cast("BinaryIO", part)) for name, part in files
        ]
        left = sorted(place.replaced - {name for name, _ in files})
        removed = [huggingface_hub.CommitOperationDelete(name, is_folder=False) for name in left]
        for one in added:
            api.preupload_lfs_files(repository, [one], free_memory=False)
        api.create_commit(
            repository, [*removed, *added], commit_message=message, parent_commit=place.follows
        )
    return f"{client.endpoint}/{repository}"


@contextmanager
def brought(client: HubClient, repository: str) -> Generator[None]:
    """Turn what can go wrong on the way to a repository into an error of ours."""
    with client.told(repository), client.understood():
        try:
            yield
        except (RuntimeError, ValueError, HfHubHTTPError) as error:
            # The library wraps whatever ends the upload of one file.
            cause = (
                error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
            )
            refused = None
            if isinstance(cause, HfHubHTTPError):
                answer = cause.response
                said = f"{answer.headers.get('x-error-message', '')} {answer.text[:2000]}"
                refused = refusal_of(answer.status_code, said, repository)
            elif isinstance(cause, ValueError):
                refused = refusal_of(0, str(cause), repository)
            raise (refused or cause) from None
