"""The Hub of the tests is one: the real client finds, lists and downloads there, models too, and sees its refusals."""

from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.fake_hub import FakeHub
from tests.faulty_server import Fault

TALK = "datasets/shop/talk"
KNOWN = "hf_of_anna_0123456789"
LARGE = b"weights " * 50_000


@pytest.fixture
def api(hub: FakeHub) -> huggingface_hub.HfApi:
    """Give the real client, told about this Hub."""
    hub.accounts[KNOWN] = "anna"
    return huggingface_hub.HfApi(endpoint=hub.endpoint, token=False)


def test_a_data_set_is_found_and_described(hub: FakeHub, api: huggingface_hub.HfApi) -> None:
    sha = hub.commit(TALK, {"train.jsonl": "{}", "big.parquet": LARGE}, tags=["license:mit"])
    assert [one.id for one in api.list_datasets(search="TALK", limit=5)] == ["shop/talk"]
    info = api.dataset_info("shop/talk", files_metadata=True)
    assert (info.sha, info.tags, info.gated) == (sha, ["license:mit"], False)
    assert [(one.rfilename, one.size, one.lfs is not None) for one in info.siblings or []] == [
        ("train.jsonl", 2, False),
        ("big.parquet", len(LARGE), True),
    ]


def test_trees_paths_and_refs_are_listed(hub: FakeHub, api: huggingface_hub.HfApi) -> None:
    sha = hub.commit(TALK, {"en/0.csv": "a"}, ref="refs/convert/parquet")
    assert api.list_repo_refs("shop/talk", repo_type="dataset").converts[0].target_commit == sha
    tree = api.list_repo_tree(
        "shop/talk", "en", repo_type="dataset", revision="refs/convert/parquet", recursive=True
    )
    assert [one.path for one in tree] == ["en/0.csv"]
    named = api.get_paths_info("shop/talk", ["en/0.csv"], repo_type="dataset", revision=sha)
    assert [one.path for one in named] == ["en/0.csv"]


def test_a_model_is_downloaded_whole(
    hub: FakeHub, api: huggingface_hub.HfApi, tmp_path: Path
) -> None:
    files = {"config.json": b"{}", "model.safetensors": LARGE}
    hub.commit("models/shop/tiny", files)
    folder = Path(api.snapshot_download("shop/tiny", local_dir=tmp_path / "model"))
    assert {name: (folder / name).read_bytes() for name in files} == files


def test_a_cut_download_is_resumed_by_the_real_client(
    hub: FakeHub, api: huggingface_hub.HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.commit("models/shop/tiny", {"model.safetensors": LARGE})
    hub.faults.append(Fault("/lfs/", cut_after=100_000, times=1))
    path = api.hf_hub_download("shop/tiny", "model.safetensors", local_dir=tmp_path / "model")
    assert Path(path).read_bytes() == LARGE
    assert [one.headers.get("range") for one in hub.asked("/lfs/")] == [None, "bytes=100000-"]


def test_refusals_are_the_ones_that_the_real_client_knows(
    hub: FakeHub, api: huggingface_hub.HfApi
) -> None:
    hub.commit(TALK, {"train.csv": "a"})
    hub.commit("datasets/shop/gated", {"train.csv": "a"})
    hub.repos["datasets/shop/gated"].guests = set()
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info("shop/nothing")
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info("shop/talk", revision="v9")
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("shop/talk", "no.csv", repo_type="dataset")
    with pytest.raises(GatedRepoError):
        api.auth_check("shop/gated", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        api.whoami(token=KNOWN[:-1])


def test_an_account_is_known_by_its_token(hub: FakeHub, api: huggingface_hub.HfApi) -> None:
    assert api.whoami(token=KNOWN)["name"] == "anna"
