"""Use elsewhere: a key that is shown once, and code that asks the model on the page."""

import ast
import json
from typing import Any

from studio.domain.column import Column
from studio.services.dialogue import Dialogue, Lineup
from studio.ui.page import Page
from studio.ui.tabs.playground_elsewhere import code, make_key, remove_key, show_elsewhere


def lineup(*columns: Column) -> Dialogue:
    return Dialogue(lineup=Lineup(columns))


def test_a_key_is_shown_when_it_is_made_and_never_again(page: Page) -> None:
    dialogue = lineup(Column("starter"), Column(run_id=3))
    before = show_elsewhere(page, dialogue)
    assert (before["is_on"], before["key"]) == (False, "")
    made = make_key(page, dialogue)
    assert page.workspace.api_key.fits(made["key"])
    assert made["key"] in made["code"]
    after = show_elsewhere(page, dialogue)
    assert after["is_on"] is True
    assert made["key"] not in json.dumps(after)
    assert str(page.workspace.api_key.ending()) in after["state"]
    assert remove_key(page, dialogue)["is_on"] is False
    assert not page.workspace.api_key.fits(made["key"])


def test_the_code_asks_the_first_training_on_the_page(page: Page) -> None:
    shown = show_elsewhere(page, lineup(Column("starter"), Column(run_id=3, step=40)))
    assert 'model="3@40"' in shown["code"]
    assert 'model="starter"' in show_elsewhere(page, lineup())["code"]


def test_whatever_a_model_is_called_the_code_is_three_lines_of_python() -> None:
    nasty = 'a"); import os; os.system("x\n${y}'
    lines = code(nasty, nasty).splitlines()
    assert len(lines) == 3
    tree = ast.parse("\n".join(lines))
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert nasty in literals
    calls: list[Any] = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) == 3
