"""A client of the Hub at the address that the owner chose (`HF_ENDPOINT`), built on huggingface_hub.

Addresses, tokens and time limits are always given: the library reads its own settings only once, at its import, waits
without a limit where none is given, and would use any token that it finds on this machine.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2
import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from studio import __version__
from studio.domain.hub import (
    COMMIT,
    HubDataset,
    HubDetails,
    HubFile,
    check_id,
    check_revision,
    group_files,
    is_id,
)
from studio.errors import StudioError
from studio.hub.refusal import raise_refusal
from studio.hub.token import read_token

PUBLIC_HUB = "https://huggingface.co"
CONVERTED_REVISION = "refs/convert/parquet"
WAIT_SECONDS = 10.0
MAX_RESULTS = 20
MAX_SEARCH_LETTERS = 100
NO_SUCH_RANGE = 416
# Nothing of this machine: the library would add the versions of Python and torch.
USER_AGENT = {"user-agent": f"tuning-studio/{__version__}"}
TRUE_WORDS = ("1", "ON", "YES", "TRUE")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of the Hub at one commit."""

    kind: Literal["dataset", "model"]
    id: str
    revision: str


@dataclass(frozen=True, slots=True)
class HubClient:
    """Asks one Hub, as one account or as nobody; the token is never shown."""

    endpoint: str
    token: str | None = field(default=None, repr=False)
    wait_seconds: float = WAIT_SECONDS

    @property
    def host(self) -> str:
        return httpx2.URL(self.endpoint).host

    def search(self, text: str) -> list[HubDataset]:
        """Give the data sets that match, the most downloaded first; of no text the most downloaded of all.

        Raises:
            StudioError: `hub.offline`, `hub.stalled`, `hub.too_many`, `hub.unavailable`, …
        """
        asked: dict[str, str | int] = {"sort": "downloads", "limit": MAX_RESULTS}
        if wanted := text.strip()[:MAX_SEARCH_LETTERS]:
            asked["search"] = wanted
        with self.told(wanted), self.understood():
            listed = self.ask("/api/datasets", wanted, asked)[:MAX_RESULTS]
            found = [huggingface_hub.DatasetInfo(**one) for one in listed]
            return [name_dataset(one) for one in found if not one.disabled and is_id(one.id)]

    def describe(self, dataset_id: str, revision: str | None = None) -> HubDetails:
        """Give what a data set holds at one commit: of its Parquet copy where there is one, else of its own files.

        A branch, tag or commit in `revision` is looked at as it is.

        Raises:
            StudioError: `hub.bad_id`, `hub.bad_revision`, `hub.not_found`, `hub.revision_missing`, `hub.offline`, …
        """
        check_id(dataset_id)
        if revision is not None:
            info = self._info(dataset_id, check_revision(revision), has_sizes=True)
            return name_details(dataset_id, info, info)
        info = self._info(dataset_id, None, has_sizes=False)
        try:
            shown = self._info(dataset_id, CONVERTED_REVISION, has_sizes=True)
        except StudioError as error:
            if error.code != "hub.revision_missing":
                raise
            shown = self._info(dataset_id, info.sha, has_sizes=True)
        return name_details(dataset_id, info, shown)

    def account(self) -> str:
        """Give the name of the account that the token belongs to.

        Raises:
            StudioError: `hub.token_refused`, `hub.offline`, …
        """
        with self.told(""), self.understood():
            return str(self.ask("/api/whoami-v2", "")["name"])[:100]

    def ask(self, path: str, wanted: str, asked: dict[str, str | int] | None = None) -> Any:
        """Give what the Hub answers to a question; to be asked within `told` and `understood`."""
        answer = huggingface_hub.get_session().get(
            f"{self.endpoint}{path}",
            params=asked,
            headers=self.headers(),
            timeout=self.wait_seconds,
        )
        self.check(answer, wanted)
        return answer.json()

    @contextmanager
    def open_file(
        self, repository: Repository, path: str, start: int = 0
    ) -> Generator[httpx2.Response]:
        """Give the answer to a request for a file from byte `start` on; its body is read inside the `with`.

        A redirect to another host is followed without the token.

        Raises:
            StudioError: as `describe`; `hub.cut_off` where the connection ends early, `hub.file_missing`.
        """
        url = huggingface_hub.hf_hub_url(
            repository.id,
            path,
            repo_type=repository.kind,
            revision=repository.revision,
            endpoint=self.endpoint,
        )
        # Packed on the way, neither lengths nor ranges would count the file's own bytes.
        headers = {**self.headers(), "accept-encoding": "identity"}
        if start:
            headers["range"] = f"bytes={start}-"
        session = huggingface_hub.get_session()
        with (
            self.told(repository.id, repository.revision),
            session.stream("GET", url, headers=headers, timeout=self.wait_seconds) as answer,
        ):
            if answer.status_code == NO_SUCH_RANGE:
                # The storage has less than the Hub promised, and no more than we have.
                raise StudioError("hub.cut_off", host=self.host)
            self.check(answer, repository.id, repository.revision)
            yield answer

    def headers(self) -> dict[str, str]:
        """Give what is said with every question: who asks, and as which account."""
        account = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {**USER_AGENT, **account}

    def _info(
        self, dataset_id: str, revision: str | None, *, has_sizes: bool
    ) -> huggingface_hub.DatasetInfo:
        with self.told(dataset_id, revision or "main"), self.understood():
            info = self.api().dataset_info(
                dataset_id,
                revision=revision,
                timeout=self.wait_seconds,
                files_metadata=has_sizes,
            )
        self.check_commit(info.sha)
        return info

    def api(self) -> huggingface_hub.HfApi:
        """Give the library's own client, for this Hub and this account only."""
        return huggingface_hub.HfApi(
            endpoint=self.endpoint, token=self.token or False, headers=dict(USER_AGENT)
        )

    def check_commit(self, revision: str | None) -> str:
        """Give the commit back that an answer is of.

        Raises:
            StudioError: `hub.strange_answer`.
        """
        if not COMMIT.fullmatch(revision or ""):
            raise StudioError("hub.strange_answer", host=self.host)
        return str(revision)

    def check(self, answer: httpx2.Response, wanted: str, revision: str = "") -> None:
        """Raise what an answer of 400 or more means; see `raise_refusal`."""
        raise_refusal(
            answer.status_code,
            answer.headers,
            wanted,
            revision=revision,
            has_token=self.token is not None,
        )

    @contextmanager
    def told(self, wanted: str, revision: str = "") -> Generator[None]:
        """Turn what a connection can do into an error of ours; the library's own words hold signed addresses."""
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE_WORDS:
            raise StudioError("hub.switched_off")
        try:
            yield
        except HfHubHTTPError as error:
            refused = error.response
        except OfflineModeIsEnabled:
            raise StudioError("hub.switched_off") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError):
            raise StudioError("hub.offline", host=self.host) from None
        except httpx2.TimeoutException:
            seconds = round(self.wait_seconds)
            raise StudioError("hub.stalled", host=self.host, seconds=seconds) from None
        except httpx2.RequestError:
            raise StudioError("hub.cut_off", host=self.host) from None
        else:
            return
        self.check(refused, wanted, revision)
        raise StudioError("hub.strange_answer", host=self.host)

    @contextmanager
    def understood(self) -> Generator[None]:
        """Turn an answer that no Hub gives (the sign-in page of a hotel, say) into an error of ours."""
        try:
            yield
        except HfHubHTTPError:
            # Some of them are a ValueError too; `told` has better words.
            raise
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StudioError("hub.strange_answer", host=self.host) from None


def open_hub(token_file: Path | None) -> HubClient:
    """Give a client as the environment and the token's file say at this moment.

    Raises:
        StudioError: `hub.bad_endpoint`, or what `read_token` refuses.
    """
    return HubClient(read_endpoint(), read_token(token_file))


def read_endpoint() -> str:
    """Give the address of the Hub: the owner's choice, else the public one.

    Raises:
        StudioError: `hub.bad_endpoint`.
    """
    endpoint = (os.environ.get("HF_ENDPOINT") or PUBLIC_HUB).rstrip("/")
    try:
        url = httpx2.URL(endpoint)
    except httpx2.InvalidURL:
        raise StudioError("hub.bad_endpoint") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise StudioError("hub.bad_endpoint")
    return endpoint


def name_dataset(info: huggingface_hub.DatasetInfo) -> HubDataset:
    """Give a result of a search in our words."""
    return HubDataset(
        id=info.id,
        downloads=int(info.downloads or 0),
        likes=int(info.likes or 0),
        licence=tag(info, "license"),
        gated=bool(info.gated),
        size=tag(info, "size_categories"),
        description=" ".join(str(info.description or "").split())[:300],
    )


def name_details(
    dataset_id: str, info: huggingface_hub.DatasetInfo, shown: huggingface_hub.DatasetInfo
) -> HubDetails:
    """Give a data set in our words: `info` is its own page, `shown` the commit whose files are on offer."""
    files = name_files(shown)
    subsets = group_files(files)
    taken = sum(len(split.files) for splits in subsets.values() for split in splits.values())
    return HubDetails(
        id=dataset_id,
        revision=str(shown.sha),
        licence=tag(info, "license"),
        gated=bool(info.gated),
        subsets=subsets,
        left_out=len(files) - taken,
    )


def name_files(info: huggingface_hub.DatasetInfo | huggingface_hub.ModelInfo) -> list[HubFile]:
    """Give the files of a repository with the lengths and hashes that the Hub promises."""
    return [
        HubFile(one.rfilename, int(one.size or 0), one.lfs.sha256 if one.lfs else "")
        for one in info.siblings or []
    ]


def tag(info: huggingface_hub.DatasetInfo | huggingface_hub.ModelInfo, name: str) -> str:
    """Give the value of a tag such as `license:mit`; empty where there is none."""
    pairs = [str(one).partition(":") for one in info.tags or []]
    return next((value[:80] for key, _, value in pairs if key == name), "")
