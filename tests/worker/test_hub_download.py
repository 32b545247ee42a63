"""Files of the Hub arrive whole or not at all, at the commit that was chosen, and only data; every fault has its words."""

import json
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from studio.domain import hub as hub_names
from studio.domain.hub import HubChoice
from studio.domain.watching import Cancelled, Unwatched
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.worker import hub as hub_download
from studio.worker.fetching import Patience
from studio.worker.hub import download
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault

TALK = "datasets/shop/talk"
KNOWN = "hf_of_anna_0123456789"
CANARY = "canary-7f3a"
ROWS = b"".join(b'{"question": "q%d", "answer": "a%d"}\n' % (n, n) for n in range(20_000))
HASTY = Patience(wait_seconds=1.0, tries=3, first_pause_seconds=0.01, longest_pause_seconds=0.5)


@dataclass(slots=True)
class Listener:
    """Hears how far the download is and calls it off at a number of bytes."""

    stop_at: int | None = None
    heard: list[tuple[str, int, int]] = field(default_factory=list)

    def progress(self, stage: str, done: int, total: int) -> None:
        self.heard.append((stage, done, total))

    @property
    def is_cancelled(self) -> bool:
        return self.stop_at is not None and bool(self.heard) and self.heard[-1][1] >= self.stop_at


@pytest.fixture
def bring(hub: FakeHub, tmp_path: Path) -> Callable[..., list[Path]]:
    """Give a download of `train` at the newest commit of the shop's talk, with little patience."""

    def brought(watch: Listener | Unwatched | None = None, **words: str) -> list[Path]:
        wanted = {"id": "shop/talk", "subset": "default", "split": "train", **words}
        choice = HubChoice(**{"revision": hub.repos[TALK].refs["main"], **wanted})
        return download(choice, tmp_path / "in", watch or Unwatched(), None, HASTY)

    return brought


def test_the_files_of_a_split_come_in_order_under_our_own_names(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path
) -> None:
    hub.commit(
        TALK, {"data/train-00001.jsonl": ROWS, "data/train-00000.jsonl": b"{}", "test.csv": ""}
    )
    listener = Listener()
    small, large = bring(listener)
    assert (small.read_bytes(), large.read_bytes()) == (b"{}", ROWS)
    assert [path.name[:4] + path.suffix for path in (small, large)] == ["000-.jsonl", "001-.jsonl"]
    assert listener.heard[-1] == ("downloading", len(ROWS) + 2, len(ROWS) + 2)
    assert large.stat().st_mode & 0o777 == 0o600
    assert sorted((tmp_path / "in").iterdir()) == [small, large]


def test_the_commit_that_was_chosen_is_the_one_that_comes(
    hub: FakeHub, bring: Callable[..., list[Path]]
) -> None:
    chosen = hub.commit(TALK, {"train.csv": "old"})
    hub.commit(TALK, {"train.csv": "new"})
    assert [path.read_text() for path in bring(revision=chosen)] == ["old"]


def test_a_download_that_was_called_off_goes_on_where_it_stopped(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    with pytest.raises(Cancelled):
        bring(Listener(stop_at=100_000))
    (partial,) = (tmp_path / "in").iterdir()
    there = partial.stat().st_size
    assert 100_000 <= there < len(ROWS)
    assert bring()[0].read_bytes() == ROWS
    assert hub.asked("/lfs/")[-1].headers["range"] == f"bytes={there}-"


def test_what_is_there_is_not_asked_for_again(
    hub: FakeHub, bring: Callable[..., list[Path]]
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    first, again = bring(), bring()
    assert first == again
    assert len(hub.asked("/lfs/")) == 1


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("/lfs/", cut_after=90_000, times=1)],
        [Fault("/lfs/", stall_after=90_000, times=1)],
        [Fault("/lfs/", cut_after=90_000, times=5)],
        [Fault("/lfs/", status=503, times=2)],
        [Fault("/lfs/", status=429, headers={"Retry-After": "0"}, times=2)],
        [Fault("/lfs/", cut_after=90_000, times=1), Fault("/lfs/", knows_no_ranges=True)],
    ],
    ids=["cut", "stall", "cut five times", "unavailable", "too many", "no ranges"],
)
def test_what_passes_by_itself_is_waited_out(
    hub: FakeHub, bring: Callable[..., list[Path]], faults: list[Fault]
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.faults.extend(faults)
    listener = Listener()
    assert bring(listener)[0].read_bytes() == ROWS
    assert listener.heard[-1][1] == len(ROWS)
    assert len(hub.asked("/lfs/")) > 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("/lfs/", stall_after=0), "hub.stalled"),
        (Fault("/lfs/", cut_after=0), "hub.cut_off"),
        (Fault("/lfs/", status=500), "hub.unavailable"),
        (Fault("/lfs/", status=403), "hub.forbidden"),
        (Fault("/lfs/", is_damaged=True), "hub.damaged"),
        (Fault("/lfs/", status=200, body=ROWS + ROWS), "hub.damaged"),
        (Fault("/lfs/", status=200, body=ROWS[:9]), "hub.cut_off"),
        (Fault("/resolve/", status=429, headers={"Retry-After": "3600"}), "hub.too_many"),
        (Fault("/resolve/", status=404, headers={"X-Error-Code": "EntryNotFound"}), "hub.file_missing"),
        (Fault("/resolve/", status=401), "hub.not_found"),
        (Fault("/api/", status=404, headers={"X-Error-Code": "RevisionNotFound"}), "hub.revision_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_does_not_pass_is_told(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path, fault: Fault, code: str
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.faults.append(fault)
    with pytest.raises(StudioError) as raised:
        bring()
    assert raised.value.code == code
    assert all(translator(lang).error(raised.value).what for lang in languages())
    assert not list((tmp_path / "in").glob("*.jsonl"))


def test_a_gated_data_set_wants_a_token_that_was_let_in(
    hub: FakeHub, bring: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.repos[TALK].guests = guests = set[str]()
    hub.accounts[KNOWN] = "anna"
    for token in ("", KNOWN):
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(StudioError, match=r"hub\.gated"):
            bring()
    guests.add(KNOWN)
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    assert bring()[0].read_bytes() == ROWS


def test_the_token_goes_to_the_hub_only_and_leaves_the_environment(
    hub: FakeHub,
    bring: Callable[..., list[Path]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="studio")
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.accounts[KNOWN] = "anna"
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    bring()
    assert "HF_TOKEN" not in os.environ
    assert {"authorization" in one.headers for one in hub.seen if one.address == hub.endpoint} == {
        True
    }
    assert {"authorization" in one.headers for one in hub.seen if one.address == hub.storage} == {
        False
    }
    assert KNOWN not in caplog.text
    assert "SECRET" not in caplog.text


def test_a_signed_address_is_in_no_error(hub: FakeHub, bring: Callable[..., list[Path]]) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.faults.append(Fault("/lfs/", status=403))
    with pytest.raises(StudioError) as raised:
        bring()
    assert "SECRET" not in json.dumps(raised.value.as_dict())
    assert raised.value.__cause__ is None


def test_a_hub_that_is_gone_is_told(
    hub: FakeHub, bring: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(StudioError, match=r"hub\.offline"):
        bring()


@pytest.mark.parametrize(
    ("module", "limit", "code"),
    [
        (hub_download, ("LARGEST_FILE_BYTES", 1), "too_large"),
        (hub_names, ("SPARE_BYTES", 2**60), "no_room"),
    ],
    ids=["too large", "no room"],
)
def test_what_does_not_fit_is_refused_before_it_is_brought(
    hub: FakeHub,
    bring: Callable[..., list[Path]],
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    limit: tuple[str, int],
    code: str,
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    monkeypatch.setattr(module, *limit)
    with pytest.raises(StudioError, match=rf"hub\.{code}"):
        bring()
    assert hub.asked("/resolve/") == []


def hostile_repo(folder: Path, secret: Path) -> Path:
    """Make a repository that tries to have a file of this machine read, or its own code run (05-security.md, G10)."""
    readme = f"---\nconfigs:\n- config_name: default\n  data_files: {secret}\n---\n"
    (folder / "inner").mkdir(parents=True)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "talk.py").write_text(f"open({str(secret)!r} + '.ran', 'w')", encoding="utf-8")
    (folder / "train.csv").symlink_to(secret)
    (folder / "inner" / "train.csv").write_text("question,answer\na,b\n", encoding="utf-8")
    return folder


def test_nothing_of_this_machine_is_read_and_no_code_is_run(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(CANARY, encoding="utf-8")
    hub.commit(TALK, hostile_repo(tmp_path / "repo", secret))
    (linked,) = bring()
    (inner,) = bring(subset="inner")
    assert linked.read_text(encoding="utf-8") == str(secret)
    assert inner.read_text(encoding="utf-8") == "question,answer\na,b\n"
    assert not (tmp_path / "secret.csv.ran").exists()
    assert {path.suffix for path in (tmp_path / "in").iterdir()} == {".csv"}
    assert hub.asked("README") == []
    assert hub.asked("talk.py") == []


@pytest.mark.parametrize(
    "name",
    ["../train.csv", "a/../../train.csv", "/etc/train.csv", "train.csv\0", "file:///train.csv"],
)
def test_a_file_with_a_hostile_name_is_never_asked_for(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path, name: str
) -> None:
    hub.commit(TALK, {name: "x", "test.csv": "y"})
    with pytest.raises(StudioError, match=r"hub\.no_split"):
        bring()
    assert hub.asked("/resolve/") == []
    assert not (tmp_path / "in").exists()


def test_a_link_in_the_way_is_not_followed(
    hub: FakeHub, bring: Callable[..., list[Path]], tmp_path: Path
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    with pytest.raises(Cancelled):
        bring(Listener(stop_at=1))
    (partial,) = (tmp_path / "in").iterdir()
    precious = partial.rename(tmp_path / "precious")
    before = precious.read_bytes()
    partial.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic"):
        bring()
    assert precious.read_bytes() == before
