"""A download on its way to the Hub: all of it or nothing is seen there, and whatever goes wrong is a sentence."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from studio.domain.job import Job, Outcome
from studio.domain.pushing import PushOrder, name_on_hub
from studio.errors import StudioError
from studio.hub.pushing import Part
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from studio.worker.prepare import TaskWatch
from studio.worker.run import perform
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault
from tests.worker.conftest import finish_run

# The library calls httpx2 in a way that it warns of; that is theirs to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
TOKEN = "hf_" + "A1" * 16
WEIGHTS = bytes(range(256)) * 2_000
FILES = {
    "model/config.json": b"{}",
    "model/model.safetensors": WEIGHTS,
    "model/tokenizer.json": b'{"a": 1}' * 500,
    "README.md": b"---\nlicense: mit\n---\n# Fox\n",
}


@pytest.fixture
def signed_in(workspace: Workspace, hub: FakeHub) -> Workspace:
    """Give a workspace with an account on the Hub of the tests."""
    hub.accounts[TOKEN] = "anna"
    workspace.hub.tokens.sign_in(TOKEN)
    return workspace


def packed(workspace: Workspace, folder: Path, *, is_same: bool = True) -> int:
    """Give a finished download of a whole model, without training or packing anything."""
    folder.mkdir()
    run = finish_run(workspace, "starter", folder)
    export = workspace.submit_export(run, "merged", key=f"packed-{folder.name}")
    export.folder.exports.mkdir()
    with zipfile.ZipFile(export.folder.exports / "fox.zip", "w", zipfile.ZIP_DEFLATED) as content:
        for name, data in FILES.items():
            how = zipfile.ZIP_STORED if name.endswith("safetensors") else zipfile.ZIP_DEFLATED
            content.writestr(name, data, compress_type=how)
    proof = {"is_same": is_same, "shortfalls": [] if is_same else ["answers"]}
    finish(workspace, export, Outcome("done", None, {"file": "fox.zip", "proof": proof}))
    return export.id


def finish(workspace: Workspace, job: Job, outcome: Outcome) -> None:
    assert workspace.jobs.claim(Handle(4_000_000, 1.0)) is not None
    outcome.write(job.folder)
    assert workspace.jobs.finish(job.id, outcome)


def done(workspace: Workspace, job: Job) -> Outcome:
    outcome = perform(job.folder)
    finish(workspace, job, outcome)
    return outcome


def test_a_model_lies_at_the_top_of_a_private_repository(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path
) -> None:
    export = packed(signed_in, tmp_path / "tuned")
    job = signed_in.pushes.submit(export, PushOrder("anna/fox"), "k")
    outcome = done(signed_in, job)
    assert outcome.values["page"] == f"{hub.endpoint}/anna/fox"
    repo = hub.repos["models/anna/fox"]
    assert repo.is_private
    files = hub.files("models/anna/fox", repo.refs["main"])
    assert files.pop(".gitattributes")
    assert files == {name.removeprefix("model/"): data for name, data in FILES.items()}
    said = (job.folder.path / "events.jsonl").read_text()
    assert '"uploading"' in said
    assert TOKEN not in said + job.folder.spec.read_text() + job.folder.result.read_text()


@pytest.mark.parametrize(
    ("repository", "fault", "code"),
    [
        ("anna/taken", None, "push.exists_public"),
        ("anna/fox", Fault("/commit/", status=412), "push.changed"),
        ("maria/fox", None, "push.not_allowed"),
        ("anna/fox", Fault("repos/create", status=400), "push.bad_name"),
        ("anna/fox", Fault("repos/create", status=402), "push.no_quota"),
        ("anna/fox", Fault("/put/", status=403, body=b"private storage limit"), "push.no_quota"),
        ("anna/fox", Fault("/commit/", status=403), "push.not_allowed"),
        ("anna/fox", Fault("repos/create", status=503), "hub.unavailable"),
        ("anna/fox", Fault("repos/create", body=b"<html>", status=200), "hub.strange_answer"),
    ],
)  # fmt: skip
def test_what_the_hub_refuses_is_a_sentence_and_the_file_stays(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path, repository: str, fault: Fault | None, code: str
) -> None:  # fmt: skip
    hub.commit("models/anna/taken", {"config.json": "{}"})
    hub.faults += [fault] if fault else []
    export = packed(signed_in, tmp_path / "tuned")
    outcome = done(signed_in, signed_in.pushes.submit(export, PushOrder(repository), "k"))
    assert outcome.error is not None
    assert outcome.error.code == code
    assert signed_in.export_file(export).exists()


def test_a_repository_that_holds_something_is_updated_only_when_somebody_says_so(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path
) -> None:
    old = {".gitattributes": "", "old.safetensors": "x" * 2000, "config.json": "old"}
    seen = hub.commit("models/anna/fox", old)
    hub.repos["models/anna/fox"].is_private = True
    export = packed(signed_in, tmp_path / "tuned")
    first = signed_in.pushes.submit(export, PushOrder("anna/fox"), "1")
    refused = done(signed_in, first)
    again = done(signed_in, signed_in.pushes.again(first.id, "2"))
    for outcome in (refused, again):
        assert outcome.error is not None
        assert (outcome.error.code, outcome.error.values["commit"]) == ("push.exists", seen)
    assert hub.repos["models/anna/fox"].commits == [seen]
    updated = done(signed_in, signed_in.pushes.update(first.id, "3"))
    assert updated.state == "done"
    repo = hub.repos["models/anna/fox"]
    files = hub.files("models/anna/fox", repo.refs["main"])
    assert set(files) == {".gitattributes", *(name.removeprefix("model/") for name in FILES)}
    assert len(repo.commits) == 2
    assert hub.files("models/anna/fox", seen)["config.json"] == b"old"


@pytest.mark.parametrize("change", ["a new commit", "everybody sees it"])
def test_what_is_updated_is_what_was_seen(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path, change: str
) -> None:
    hub.commit("models/anna/fox", {"config.json": "old"})
    repo = hub.repos["models/anna/fox"]
    repo.is_private = True
    export = packed(signed_in, tmp_path / "tuned")
    first = signed_in.pushes.submit(export, PushOrder("anna/fox"), "1")
    done(signed_in, first)
    if change == "a new commit":
        hub.commit("models/anna/fox", {"config.json": "newer"})
    else:
        repo.is_private = False
    asked_anew = done(signed_in, signed_in.pushes.update(signed_in.jobs.get(first.id).id, "2"))
    assert asked_anew.error is not None
    private = change == "a new commit"
    assert asked_anew.error.code == ("push.exists" if private else "push.exists_public")
    assert asked_anew.error.values["commit"] == repo.refs["main"]
    assert not hub.asked("/commit/")


def test_an_empty_repository_that_everybody_sees_is_not_taken_for_a_private_one(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path
) -> None:
    hub.commit("models/anna/fox", {".gitattributes": ""})
    export = packed(signed_in, tmp_path / "tuned")
    refused = done(signed_in, signed_in.pushes.submit(export, PushOrder("anna/fox"), "1"))
    assert refused.error is not None
    assert refused.error.code == "push.exists_public"
    # As somebody types it who has read the sentence.
    for commit, state in (("0" * 8, "failed"), (refused.error.values["commit"][:8], "done")):
        order = PushOrder("anna/fox", is_private=False, updates=commit)
        job = signed_in.pushes.submit(export, order, commit)
        assert done(signed_in, job).state == state


def test_a_token_that_was_revoked_and_a_hub_that_is_gone_are_told(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = packed(signed_in, tmp_path / "tuned")
    hub.accounts.clear()
    order = PushOrder("anna/fox")
    revoked = done(signed_in, signed_in.pushes.submit(export, order, "1"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    offline = done(signed_in, signed_in.pushes.submit(export, order, "2"))
    assert [one.error.code for one in (revoked, offline) if one.error] == [
        "hub.token_refused",
        "hub.offline",
    ]


def test_the_next_try_goes_on_where_the_first_one_ended(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path
) -> None:
    hub.faults.append(Fault("/commit/", status=403, times=1))
    export = packed(signed_in, tmp_path / "tuned")
    first = signed_in.pushes.submit(export, PushOrder("anna/fox", is_private=False), "k")
    assert done(signed_in, first).state == "failed"
    second = signed_in.pushes.again(first.id, "k2")
    assert done(signed_in, second).state == "done"
    assert not hub.repos["models/anna/fox"].is_private
    assert len(hub.asked("/put/")) == 2
    (shown,) = signed_in.pushes.of_run(second.parent)
    assert shown.id == second.id


def test_one_that_is_called_off_commits_nothing(
    signed_in: Workspace, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = packed(signed_in, tmp_path / "tuned")
    job = signed_in.pushes.submit(export, PushOrder("anna/fox"), "k")
    progress = TaskWatch.progress

    def cancel(self: TaskWatch, stage: str, at: int, total: int) -> None:
        progress(self, stage, at, total)
        # In the middle of what is sent.
        if at > total * 0.6:
            job.folder.cancel.touch()

    monkeypatch.setattr(TaskWatch, "progress", cancel)
    assert done(signed_in, job).state == "cancelled"
    assert not hub.asked("/commit/")


def test_nothing_is_brought_that_was_not_asked_for(
    workspace: Workspace, hub: FakeHub, tmp_path: Path
) -> None:
    export = packed(workspace, tmp_path / "tuned", is_same=False)
    tried = [
        (PushOrder("fox"), r"push\.bad_name"),
        (PushOrder("anna/../fox"), r"push\.bad_name"),
        (PushOrder("anna/fox"), r"push\.differs"),
        (PushOrder("anna/fox", accepts_difference=True), r"push\.no_token"),
    ]
    for order, code in tried:
        with pytest.raises(StudioError, match=code):
            workspace.pushes.submit(export, order, "k")
    assert not hub.seen


def test_a_part_of_a_file_reads_like_a_file_of_its_own() -> None:
    read: list[int] = []
    part = Part(io.BytesIO(b"..words..."), 2, 5, read.append)
    assert (part.read(2), part.read(), part.read(), read) == (b"wo", b"rds", b"", [2, 3, 0])
    assert (part.seek(-2, io.SEEK_END), part.read(99), part.tell()) == (3, b"ds", 5)


def test_what_programs_load_by_name_lies_at_the_top() -> None:
    names = ["adapter/adapter_config.json", "base/config.json", "README.md"]
    assert [name_on_hub(name, "adapter") for name in names] == ["adapter_config.json", *names[1:]]
    assert json.dumps(name_on_hub("model/", "model")) == '"model/"'
