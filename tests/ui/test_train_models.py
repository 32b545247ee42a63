"""The Train tab's models: the catalog, a search of the Hub, the check before the start, the download."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.domain.recipe import parse_recipe
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.model_checks import ModelCheck
from studio.services.models import ModelLibrary
from studio.services.workspace import Workspace
from studio.ui.drafts import new_draft
from studio.ui.forms import Form
from studio.ui.model_view import check_value, models_value
from studio.ui.page import Page
from studio.ui.tabs import hub_account, train, train_model
from studio.ui.tabs.train_form import (
    CHOSEN_PATHS,
    build_advanced,
    build_basic,
    build_choice,
    make_form,
    model_choices,
)
from studio.worker.run import perform
from tests.fake_hub import FakeHub
from tests.model_folders import model_files
from tests.services.test_models import put
from tests.ui.conftest import QuietWorkspace, make_page

TINY = "shop/tiny"


@pytest.fixture
def page(workspace: Workspace) -> Page:
    """Give a page whose models are real and whose runner is not."""
    parts = {name: getattr(workspace, name) for name in Workspace.__dataclass_fields__}
    return make_page(QuietWorkspace(**parts))


@pytest.fixture
def form(page: Page) -> Form:
    with gr.Blocks():
        chosen = {path: build_choice(page.t, path) for path in CHOSEN_PATHS}
        return make_form(chosen | build_basic(page.t) | build_advanced(page.t)[0])


@pytest.fixture
def tiny(hub: FakeHub) -> FakeHub:
    hub.commit(f"models/{TINY}", model_files())
    return hub


def choose(page: Page, form: Form, model_id: str) -> tuple[Any, ...]:
    """Choose a model in a fresh form."""
    draft = new_draft(page)
    values = form.write(parse_recipe(draft["values"]))
    return train_model.choose_model(page, form, model_id, draft, values)


def bring(page: Page) -> None:
    """Do the download that waits."""
    job = page.workspace.jobs.claim(Handle(1, 1.0), "download")
    assert job is not None
    outcome = perform(job.folder)
    outcome.write(job.folder)
    page.workspace.jobs.finish(job.id, outcome)


def test_the_catalog_says_size_licence_languages_and_what_a_model_is_good_for(page: Page) -> None:
    items = train_model.tell_models(page, "starter")["items"]
    assert items[0]["id"] == "starter"
    assert items[0]["tags"] == ["on this machine"]
    small = next(item for item in items if item["id"] == "Qwen/Qwen2.5-0.5B")
    assert small["facts"] == "494 million weights · 942 MiB"
    assert small["licence"] == {
        "text": "Apache 2.0",
        "link": "https://www.apache.org/licenses/LICENSE-2.0",
    }
    assert "zh" in small["languages"]
    assert small["good_for"].startswith("Good for learning a body of text")


def test_the_models_of_a_folder_that_the_owner_allows_can_be_chosen(
    page: Page, tmp_path: Path
) -> None:
    put(tmp_path / "mine")
    models = ModelLibrary(tmp_path, page.workspace.settings.home.models)
    page = replace(page, workspace=replace(page.workspace, models=models))
    assert [model_id for _, model_id in model_choices(page, "starter")] == ["starter", "mine"]
    mine = next(i for i in train_model.tell_models(page, "mine")["items"] if i["id"] == "mine")
    assert mine["tags"] == ["on this machine"]


@pytest.mark.usefixtures("tiny")
def test_a_search_adds_what_the_hub_has(page: Page, picked: Callable[..., Any]) -> None:
    shown = train_model.search(page, picked(text="tiny"), "starter")
    assert [item["id"] for item in shown["found"]] == [TINY]
    assert shown["is_searched"]


def test_a_hub_that_cannot_be_reached_is_told(
    page: Page, picked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    shown = train_model.search(page, picked(text="tiny"), "starter")
    assert shown["problem"]["fix"]
    assert shown["items"]


@pytest.mark.usefixtures("tiny")
def test_a_model_of_the_hub_is_checked_before_the_start(page: Page, form: Form) -> None:
    found, card, draft = choose(page, form, TINY)
    assert found.problems == ()
    assert card["download"] == "Download now"
    assert card["links"][0]["link"].endswith(TINY)
    assert draft["values"]["model"]["id"] == TINY
    assert draft["goal"] == "faq"


def test_every_problem_of_a_model_is_told(page: Page, form: Form, hub: FakeHub) -> None:
    hub.commit(f"models/{TINY}", model_files(architectures=["MambaForCausalLM"]))
    _, card, _ = choose(page, form, TINY)
    assert card["problems"][0]["title"] == page.t("errors.model.unsupported.title")
    assert card["download"] == ""


def test_a_gated_model_gets_a_link_to_its_conditions(page: Page, form: Form, tiny: FakeHub) -> None:
    tiny.repos[f"models/{TINY}"].guests = set()
    _, card, _ = choose(page, form, TINY)
    assert card["problems"][0]["title"] == page.t("errors.hub.gated.title")
    assert card["links"][0]["link"] == f"{tiny.endpoint}/{TINY}"


def test_a_model_on_this_disk_needs_no_words(page: Page, form: Form) -> None:
    assert choose(page, form, "starter")[1] == {"arrived": ""}
    assert check_value(page.t, None) == {"arrived": ""}


@pytest.mark.parametrize(
    ("has_converter", "key"), [(False, "no_export"), (True, "export_by_owner")]
)
def test_a_family_that_cannot_become_gguf_is_told_before_the_training(
    page: Page, has_converter: bool, key: str
) -> None:
    stone = ModelCheck("stone", is_downloaded=True, has_converter=has_converter)
    assert check_value(page.t, stone)["note"] == page.t(f"models.{key}")
    there = check_value(page.t, replace(stone, is_downloaded=False))
    assert page.t(f"models.{key}") in there["facts"]


@pytest.mark.usefixtures("tiny")
def test_a_download_is_seen_and_the_model_is_checked_again_when_it_is_here(
    page: Page, form: Form, picked: Callable[..., Any]
) -> None:
    check = choose(page, form, TINY)[0]
    asked, card, work = train_model.download(page, picked(id=TINY), [])
    bring(page)
    after, found, told = train_model.redraw_work(page, asked, check, work, card)
    assert (card, work["items"][0]["title"]) == ({"awaited": TINY}, TINY)
    assert after["items"] == []
    assert found.is_downloaded
    assert told["arrived"]
    assert train_model.redraw_work(page, asked, found, after, told) == (gr.skip(),) * 3


@pytest.mark.usefixtures("tiny")
def test_a_model_whose_card_is_still_on_its_way_is_not_checked_again(
    page: Page, form: Form
) -> None:
    check, _, _ = choose(page, form, TINY)
    for card in (None, {}, {"arrived": ""}, {"id": "shop/other"}):
        found = train_model.redraw_work(page, [], check, {"items": []}, card)
        assert found[1:] == (gr.skip(),) * 2


@pytest.mark.usefixtures("tiny")
def test_a_download_can_be_cancelled(page: Page, picked: Callable[..., Any]) -> None:
    asked, _, work = train_model.download(page, picked(id=TINY), [])
    assert work["items"][0]["can_stop"]
    work = train_model.stop(page, asked, picked(id=asked[0]))
    assert work["items"] == []
    assert page.workspace.jobs.get(asked[0]).state == "cancelled"


def test_a_failed_download_is_told_until_it_is_closed(
    page: Page, picked: Callable[..., Any], tiny: FakeHub
) -> None:
    asked, _, _ = train_model.download(page, picked(id=TINY), [])
    tiny.repos.clear()
    bring(page)
    assert train_model.tell_work(page, asked)["items"][0]["kind"] == "error"
    asked, work = train_model.close(page, asked, picked(id=asked[0]))
    assert (asked, work["items"]) == ([], [])


def test_a_model_that_is_not_there_is_not_downloaded(
    page: Page, picked: Callable[..., Any], hub: FakeHub
) -> None:
    asked, card, _ = train_model.download(page, picked(id="shop/none"), [])
    assert asked == []
    assert card["problems"][0]["fix"]
    assert hub.seen


@pytest.mark.usefixtures("tiny")
def test_a_training_says_that_it_waits_for_its_model(page: Page) -> None:
    values = new_draft(page)["values"]
    values["model"]["id"] = TINY
    job, _ = train.start_training(page, values, None)
    assert train.redraw(page, job.id, None)[2]["stage"] == page.t("stages.model")


def test_nothing_found_is_told_apart_from_not_searched(page: Page) -> None:
    assert not models_value(page.t, (), "")["is_searched"]
    assert models_value(page.t, (), "", [])["is_searched"]


@pytest.mark.usefixtures("tiny")
def test_after_a_cancelled_download_it_is_offered_again(
    page: Page, form: Form, picked: Callable[..., Any]
) -> None:
    check = choose(page, form, TINY)[0]
    asked, card, work = train_model.download(page, picked(id=TINY), [])
    assert train_model.redraw_work(page, asked, check, work, card) == (gr.skip(),) * 3
    work = train_model.stop(page, asked, picked(id=asked[0]))
    _, again, told = train_model.redraw_work(page, asked, check, work, card)
    assert told["download"] == page.t("models.download")
    assert train_model.redraw_work(page, asked, again, work, told) == (gr.skip(),) * 3


@pytest.mark.usefixtures("tiny")
def test_a_downloaded_model_can_be_deleted_and_nothing_else(
    page: Page, picked: Callable[..., Any]
) -> None:
    train_model.download(page, picked(id=TINY), [])
    bring(page)
    listed = {item["id"]: item for item in train_model.tell_models(page, TINY)["items"]}
    assert [name for name, item in listed.items() if item["can_drop"]] == [TINY]
    shown, said = train_model.drop(page, picked(id=TINY))
    assert TINY in said["text"]
    assert TINY not in [item["id"] for item in shown["items"]]
    with pytest.raises(StudioError, match=r"model\.stays"):
        train_model.drop(page, picked(id="starter"))


def test_who_signs_in_is_named_and_the_token_leaves_the_page(page: Page, tiny: FakeHub) -> None:
    tiny.accounts["hf_" + "a" * 30] = "anna"
    token, box = hub_account.sign_in(page, " hf_" + "a" * 30 + "\n")
    assert token == ""
    assert "anna" in box.label
    assert hub_account.sign_out(page)[1].label == page.t("hub.account")
