"""What the page asks of the Hub: search, details, the account; every refusal is an error with words."""

import socket
from pathlib import Path

import pytest

from studio.domain.hub import HubChoice
from studio.errors import StudioError
from studio.hub import client as hub_client
from studio.i18n import languages, translator
from studio.services.hub import HubLibrary
from studio.services.hub_tokens import HubTokens
from studio.settings import Home
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault

TALK = "datasets/shop/talk"
KNOWN = "hf_of_anna_0123456789"
ROWS = '{"question": "a", "answer": "b"}\n' * 100


@pytest.fixture
def library(home: Home, hub: FakeHub) -> HubLibrary:
    """Give the library of the test's home; the Hub knows Anna."""
    home.create()
    hub.accounts[KNOWN] = "anna"
    return HubLibrary(HubTokens(home.hub_token))


def test_a_search_gives_what_matches_the_most_downloaded_first(
    hub: FakeHub, library: HubLibrary
) -> None:
    hub.commit(TALK, {"a.csv": "a"}, downloads=5, tags=["license:mit", "size_categories:n<1K"])
    hub.commit("datasets/shop/talk-long", {"a.csv": "a"}, downloads=9, description="Long\n talks")
    hub.commit("datasets/other/thing", {"a.csv": "a"})
    hub.commit("models/shop/talk", {"config.json": "{}"})
    first, second = library.search(" TALK ")
    assert (first.id, first.description) == ("shop/talk-long", "Long talks")
    assert (second.licence, second.size, second.downloads) == ("mit", "n<1K", 5)
    assert len(library.search("")) == 3


def test_a_data_set_is_described_at_the_commit_of_its_parquet_copy(
    hub: FakeHub, library: HubLibrary
) -> None:
    hub.commit(TALK, {"load.py": "print()", "README.md": "", "raw.txt": "x"}, tags=["license:mit"])
    files = {"en/train/0000.parquet": b"PAR1" * 9, "de/partial-train/0000.parquet": b"PAR1"}
    sha = hub.commit(TALK, files, ref="refs/convert/parquet")
    details = library.describe("shop/talk")
    assert (details.revision, details.licence, details.gated) == (sha, "mit", False)
    assert details.subsets["en"]["train"].bytes == 36
    assert details.subsets["de"]["train"].is_partial
    assert library.describe("shop/talk", sha).subsets == details.subsets


def test_without_a_copy_its_own_data_files_are_on_offer(hub: FakeHub, library: HubLibrary) -> None:
    sha = hub.commit(TALK, {"train.jsonl": ROWS, "test.csv": "a", "load.py": "", "README.md": ""})
    details = library.describe("shop/talk")
    assert (details.revision, details.left_out) == (sha, 2)
    assert {split: part.bytes for split, part in details.subsets["default"].items()} == {
        "test": 1,
        "train": len(ROWS),
    }
    choice = library.choose(details, "default", "train")
    assert choice == HubChoice("shop/talk", sha, "default", "train")
    with pytest.raises(StudioError, match=r"hub\.no_split"):
        library.choose(details, "default", "validation")


@pytest.mark.parametrize("dataset_id", ["http://127.0.0.1", "file://x", "hf://../../", "a/b/../c"])
def test_what_is_no_id_is_refused_before_anybody_is_asked(
    hub: FakeHub, library: HubLibrary, dataset_id: str
) -> None:
    with pytest.raises(StudioError, match=r"hub\.bad_id"):
        library.describe(dataset_id)
    assert hub.seen == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("/api/", status=401), "hub.not_found"),
        (Fault("/api/", status=404), "hub.not_found"),
        (Fault("/api/", status=403), "hub.forbidden"),
        (Fault("/api/", status=403, headers={"X-Error-Code": "GatedRepo"}), "hub.gated"),
        (Fault("/api/", status=429, headers={"Retry-After": "7"}), "hub.too_many"),
        (Fault("/api/", status=400), "hub.refused"),
        (Fault("/api/", status=503), "hub.unavailable"),
        (Fault("/api/", status=200, body=b"<html>Sign in</html>"), "hub.strange_answer"),
        (Fault("/api/", status=200, body=b"[7]"), "hub.strange_answer"),
        (Fault("/api/", status=200, body=b'{"id": "shop/talk"}'), "hub.strange_answer"),
        (Fault("/api/", stall_after=0), "hub.stalled"),
        (Fault("/api/", cut_after=3), "hub.cut_off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_way_to_fail_has_its_code(hub: FakeHub, fault: Fault, code: str) -> None:
    hub.commit(TALK, {"train.csv": "a"})
    hub.faults.append(fault)
    client = hub_client.HubClient(hub.endpoint, wait_seconds=1.0)
    with pytest.raises(StudioError) as raised:
        client.describe("shop/talk")
    assert raised.value.code == code
    for lang in languages():
        assert translator(lang).error(raised.value).fix


def test_a_search_fails_with_words_too(hub: FakeHub, library: HubLibrary) -> None:
    hub.faults.append(Fault("/api/datasets", status=429, headers={"Retry-After": "7"}))
    with pytest.raises(StudioError) as raised:
        library.search("talk")
    assert raised.value.as_dict() == {"code": "hub.too_many", "values": {"seconds": 7}}
    assert len(hub.seen) == 1


def test_what_does_not_exist_and_what_is_private_look_alike(
    hub: FakeHub, library: HubLibrary
) -> None:
    hub.commit("datasets/shop/secret", {"train.csv": "a"})
    hub.repos["datasets/shop/secret"].is_private = True
    for name in ("shop/nothing", "shop/secret"):
        with pytest.raises(StudioError, match=r"hub\.not_found"):
            library.describe(name)
    library.tokens.sign_in(KNOWN)
    assert library.describe("shop/secret").subsets["default"]["train"].bytes == 1


def test_a_version_that_is_not_there_is_told(hub: FakeHub, library: HubLibrary) -> None:
    hub.commit(TALK, {"train.csv": "a"})
    with pytest.raises(StudioError) as raised:
        library.describe("shop/talk", "v9")
    assert raised.value.values == {"id": "shop/talk", "revision": "v9"}


def test_without_a_network_it_says_so_at_once(
    library: HubLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    for ask in (lambda: library.search("x"), lambda: library.describe("shop/talk")):
        with pytest.raises(StudioError, match=r"hub\.offline"):
            ask()


def test_the_owner_can_switch_the_hub_off(
    hub: FakeHub, library: HubLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(StudioError, match=r"hub\.switched_off"):
        library.search("talk")
    assert hub.seen == []


@pytest.mark.parametrize(
    "address", ["huggingface.co", "file:///etc", "http://", "ftp://x", "http://[::1"]
)
def test_an_address_that_is_none_is_told(
    library: HubLibrary, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(StudioError, match=r"hub\.bad_endpoint"):
        library.search("talk")


def test_a_token_is_kept_for_its_owner_only_and_sent_to_the_hub(
    hub: FakeHub, library: HubLibrary, home: Home
) -> None:
    hub.commit(TALK, {"train.csv": "a"})
    assert library.tokens.source() is None
    assert library.tokens.sign_in(f" {KNOWN}\n") == "anna"
    assert home.hub_token.stat().st_mode & 0o777 == 0o600
    assert library.tokens.source() == "file"
    library.describe("shop/talk")
    assert {one.headers["authorization"] for one in hub.seen} == {f"Bearer {KNOWN}"}
    library.tokens.sign_out()
    assert library.tokens.source() is None


def test_a_token_that_the_hub_does_not_know_is_not_kept(library: HubLibrary, home: Home) -> None:
    with pytest.raises(StudioError, match=r"hub\.token_refused"):
        library.tokens.sign_in("hf_somebody_else")
    assert not home.hub_token.exists()


@pytest.mark.parametrize(
    "token", ["", "short", "two words here", "line\nbreak_in_it", "schlüssel", "x" * 4097]
)
def test_what_cannot_be_a_token_is_never_sent(
    hub: FakeHub, library: HubLibrary, token: str
) -> None:
    with pytest.raises(StudioError, match=r"hub\.token_malformed"):
        library.tokens.sign_in(token)
    assert hub.seen == []


def test_the_environments_token_wins_and_is_not_ours_to_forget(
    library: HubLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    assert library.tokens.source() == "environment"
    with pytest.raises(StudioError, match=r"hub\.token_in_environment"):
        library.tokens.sign_out()


def test_a_token_that_others_can_read_is_not_used(library: HubLibrary, home: Home) -> None:
    home.hub_token.write_text(KNOWN, encoding="utf-8")
    home.hub_token.chmod(0o644)
    with pytest.raises(StudioError, match=r"hub\.token_exposed"):
        library.search("talk")


def test_no_other_token_of_this_machine_is_used(
    hub: FakeHub, library: HubLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("hf_of_another_program", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    hub.commit(TALK, {"train.csv": "a"})
    library.search("")
    library.describe("shop/talk")
    assert [one for one in hub.seen if "authorization" in one.headers] == []


def test_the_token_is_not_shown_with_its_client(hub: FakeHub) -> None:
    assert KNOWN not in repr(hub_client.HubClient(hub.endpoint, KNOWN))
