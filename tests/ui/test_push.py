"""To the Hub: what the page offers, asks and shows."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.domain.job import Outcome
from studio.domain.pushing import taken
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.ui.page import Page
from studio.ui.tabs import export, export_push
from tests.fake_hub import FakeHub

TOKEN = "hf_" + "B2" * 16


@pytest.fixture
def ready(page: Page, work: Any, hub: FakeHub) -> tuple[int, int]:
    """Give a training and its finished download, with an account on the Hub of the tests."""
    hub.accounts[TOKEN] = "anna"
    page.workspace.hub.tokens.sign_in(TOKEN)
    run = work.start(step=1)
    work.end(run)
    packing = export.submit_export(page, run.id)
    work.pack(packing)
    return run.id, packing.id


def end(page: Page, outcome: Outcome) -> None:
    job = page.workspace.jobs.claim(Handle(1, 1.0), "push")
    assert job is not None
    outcome.write(job.folder)
    page.workspace.jobs.finish(job.id, outcome)


def test_a_finished_download_offers_the_hub_with_the_licence_of_its_base(
    page: Page, ready: tuple[int, int], picked: Callable[..., Any]
) -> None:
    run, packing = ready
    forms, _ = export.redraw(page, run, None, None)
    offered = next(item for item in forms["items"] if item["id"] == "adapter")
    assert (offered["push"], offered["job"]) == (page.t("push.offer"), packing)
    box, chosen, what, accepts, _ = export_push.open_push(page, run, picked(job=packing))
    assert (box.visible, chosen, accepts.visible) == (True, packing, False)
    assert what["licence"]["text"] == "Apache 2.0"


@pytest.mark.parametrize(
    "name",
    ["", "fox", "../x", "..\\x", "/abs", "C:\\x", "anna/x\0y", "anna/" + "a" * 300, "anna/..", "~", "-rf", "anna/%2e%2e/fox",
     "anna/../fox", "http://127.0.0.1/x", "hf://../../x", "anna/fox/tail", "<img src=x onerror=alert(1)>/fox"],
)  # fmt: skip
def test_what_is_no_name_goes_nowhere(
    page: Page, ready: tuple[int, int], hub: FakeHub, name: str
) -> None:
    run, packing = ready
    asked = len(hub.seen)
    with pytest.raises(StudioError, match=r"push\.bad_name"):
        export_push.push_download(page, run, packing, name, True, False)
    assert page.workspace.pushes.of_run(run) == []
    assert len(hub.seen) == asked


def test_what_did_not_arrive_says_why_and_can_be_tried_again(
    page: Page, ready: tuple[int, int], picked: Callable[..., Any]
) -> None:
    run, packing = ready
    _, shown = export_push.push_download(page, run, packing, " anna/fox ", True, False)
    assert shown["items"][0]["told"] == page.t("export.stage.waiting")
    end(page, Outcome("failed", StudioError("push.changed", id="anna/fox"), {}))
    (failed,) = export.redraw(page, run, None, None)[1]["items"]
    assert "anna/fox has changed" in failed["problem"]
    assert "also" not in failed
    again = export_push.push_again(page, run, picked(form=failed["id"]))
    assert len(again["items"]) == 1
    end(page, Outcome("done", None, {"page": "https://hub.example/anna/fox"}))
    (arrived,) = export.redraw(page, run, None, None)[1]["items"]
    assert (arrived["title"], arrived["size"]) == ("anna/fox", page.t("push.private"))
    assert arrived["page"]["link"] == "https://hub.example/anna/fox"


def test_a_repository_that_holds_something_can_be_updated_with_a_press_of_its_own(
    page: Page, ready: tuple[int, int], picked: Callable[..., Any]
) -> None:
    run, packing = ready
    export_push.push_download(page, run, packing, "anna/fox", True, False)
    end(page, Outcome("failed", taken("anna/fox", "ab" * 20, is_private=False), {}))
    (failed,) = export.redraw(page, run, None, None)[1]["items"]
    assert "everybody can see" in failed["problem"]
    assert failed["also"] == {"text": page.t("push.update"), "does": "update"}
    (updating,) = export_push.update_repository(page, run, picked(form=failed["id"]))["items"]
    assert updating["size"] == page.t("push.public")
    (job,) = page.workspace.pushes.of_run(run)
    assert page.workspace.pushes.asked(job)["updates"] == "ab" * 20


def test_a_refusal_of_an_earlier_version_is_still_told(
    page: Page, ready: tuple[int, int], picked: Callable[..., Any]
) -> None:
    run, packing = ready
    export_push.push_download(page, run, packing, "anna/fox", True, False)
    # It knew no commit.
    end(page, Outcome("failed", StudioError("push.exists", id="anna/fox"), {}))
    (failed,) = export.redraw(page, run, None, None)[1]["items"]
    assert "also" not in failed
    (again,) = export_push.update_repository(page, run, picked(form=failed["id"]))["items"]
    assert again["told"] == page.t("export.stage.waiting")


def test_one_on_its_way_can_be_called_off(
    page: Page, ready: tuple[int, int], picked: Callable[..., Any]
) -> None:
    run, packing = ready
    export_push.push_download(page, run, packing, "anna/fox", False, False)
    (job,) = page.workspace.pushes.of_run(run)
    shown = export_push.stop_push(page, run, picked(job=job.id))
    assert (shown["items"][0]["action"], shown["items"][0]["size"]) == (
        page.t("export.again"),
        page.t("push.public"),
    )
