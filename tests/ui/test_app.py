"""The page as a whole: it builds in every language, keeps its events to itself and its scripts to text."""

import asyncio
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from studio.i18n import languages, translator
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from studio.ui import look
from studio.ui.app import TABS, build_app
from studio.ui.tabs import data_board

SCRIPTS = sorted(path.name for path in files("studio.ui").joinpath("assets").iterdir())


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(Settings(home=Home(tmp_path_factory.mktemp("page"))))


@pytest.fixture(scope="module", params=languages())
def demo(request: pytest.FixtureRequest, opened: Workspace) -> gr.Blocks:
    return build_app(opened, translator(request.param))


def test_the_page_builds_with_every_tab(demo: gr.Blocks) -> None:
    tabs = [block for block in demo.blocks.values() if isinstance(block, gr.Tab)]
    ids = [str(tab.id) for tab in tabs]
    assert set(ids) == {name for name, _ in TABS} | {*data_board.INNER, "file", "paste", "hub"}
    assert len({tab.label for tab in tabs}) == len(ids)


def test_no_event_is_an_api(demo: gr.Blocks) -> None:
    visible = [fn.api_name for fn in demo.fns.values() if fn.api_visibility != "private"]
    assert visible == []


def test_no_event_is_in_the_queue(demo: gr.Blocks) -> None:
    """Two queued events within a moment can lose one of them (see `page.QUIET`); a walk hung for a minute on that."""
    assert [fn.name for fn in demo.fns.values() if fn.queue and fn.fn is not None] == []


def test_no_state_has_listeners_that_hear_nothing(demo: gr.Blocks) -> None:
    heard = [target for fn in demo.fns.values() for target in fn.targets if target[1] == "change"]
    assert heard
    assert not [key for key, _ in heard if isinstance(demo.blocks.get(key or -1), gr.State)]


def test_there_is_one_pulse_and_no_timer(demo: gr.Blocks) -> None:
    blocks = [*demo.blocks.values()]
    assert not any(isinstance(block, gr.Timer) for block in blocks)
    assert [getattr(block, "elem_id", None) for block in blocks].count("pulse") == 1


def test_no_event_has_its_state_written_to_every_component(demo: gr.Blocks) -> None:
    """Gradio looks for each of them in the whole page, several times an event: half of what an open page costs."""
    assert [
        fn.name for fn in demo.fns.values() if fn.fn is not None and fn.show_progress_on != []
    ] == []


def test_no_two_handlers_that_wait_for_their_turn_hear_of_the_same_event(demo: gr.Blocks) -> None:
    """One that has waited has the event repeated for all of them (Gradio 6.31), so that two would go on for ever."""
    waiting = Counter(
        target
        for fn in demo.fns.values()
        if fn.fn is not None and fn.trigger_mode == "always_last"
        for target in fn.targets
        if target[0] is not None
    )
    assert waiting
    assert [target for target, count in waiting.items() if count > 1] == []


def test_each_tab_is_kept_fresh_by_an_event_of_its_own(demo: gr.Blocks) -> None:
    pulse = next(b for b in demo.blocks.values() if getattr(b, "elem_id", None) == "pulse")
    heard = {name for fn in demo.fns.values() for key, name in fn.targets if key == pulse._id}
    assert heard == {name for name, _ in TABS}
    script = files("studio.ui").joinpath("assets", "pulse.js").read_text(encoding="utf-8")
    assert f"const TABS = {[name for name, _ in TABS]};" in script


def test_every_label_is_in_the_language_of_the_page(demo: gr.Blocks) -> None:
    labels = [str(getattr(block, "label", "") or "") for block in demo.blocks.values()]
    known = {"Tab", "Row", "Column", "Accordion", "Textbox", "Number", "Dropdown", "Button"}
    assert known.isdisjoint(labels)


def test_opening_the_page_gives_data_and_a_recipe(demo: gr.Blocks) -> None:
    opening = next(fn for fn in demo.fns.values() if fn.name == "open_page")
    shown: Any = asyncio.run(demo.process_api(opening, [], state=SessionState(demo)))
    assert len(shown["data"]) == 2


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_write_text_and_never_markup(name: str) -> None:
    source = files("studio.ui").joinpath("assets", name).read_text(encoding="utf-8")
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\{\{"
    assert not re.search(banned, source)
    assert len(SCRIPTS) > 10


def test_templates_hold_no_data(demo: gr.Blocks) -> None:
    drawn = [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]
    assert len(drawn) > 15
    assert {block.html_template for block in drawn} == {" "}


def test_the_page_fetches_nothing_from_elsewhere() -> None:
    texts = [look.css(), look.head()]
    texts += [files("studio.ui").joinpath("assets", name).read_text("utf-8") for name in SCRIPTS]
    found = re.findall(r"https?://[^\s'\"]+", " ".join(texts))
    assert [address for address in found if "www.w3.org" not in address] == []


def luminance(colour: str) -> float:
    """Give the relative luminance. Source: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("text", "page"),
        ("text", "card"),
        ("text", "accent-soft"),
        ("muted", "page"),
        ("muted", "card"),
        ("muted", "soft"),
        ("muted", "accent-soft"),
        ("accent-text", "card"),
        ("accent-text", "accent-soft"),
        ("on-act", "act"),
        ("on-act", "act-hover"),
        ("danger", "card"),
        ("danger", "danger-soft"),
        ("warn", "warn-soft"),
        ("held", "card"),
    ],
)
def test_every_pair_of_text_and_ground_is_legible(text: str, ground: str, mode: int) -> None:
    found = [re.findall(rf"--ts-{name}: (#[0-9a-f]{{6}});", look.css()) for name in (text, ground)]
    light, dark = sorted((luminance(values[mode]) for values in found), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
