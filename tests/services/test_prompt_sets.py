"""Sets of prompts, kept over a restart and checked."""

from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.services.prompt_sets import MOST_PROMPTS, MOST_SETS, PromptShelf, split_prompts


@pytest.fixture
def shelf(tmp_path: Path) -> PromptShelf:
    return PromptShelf(tmp_path / "prompts.json")


def test_a_set_is_kept_and_replaced_and_forgotten(shelf: PromptShelf) -> None:
    assert shelf.names() == []
    assert shelf.save("  My   shop ", ["When?", "Where?"]) == "My shop"
    shelf.save("Another", ["Who?"])
    shelf.save("My shop", ["Why?"])
    again = PromptShelf(shelf.file)
    assert again.names() == ["Another", "My shop"]
    assert again.get("My shop") == ["Why?"]
    again.delete("My shop")
    again.delete("My shop")
    assert shelf.names() == ["Another"]
    assert (shelf.file.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize(
    ("name", "prompts", "code"),
    [
        (" ", ["Hi"], "prompts.no_name"),
        ("Set", [], "prompts.empty"),
        ("Set", ["Hi"] * (MOST_PROMPTS + 1), "prompts.too_many"),
    ],
)
def test_what_cannot_be_kept_is_told(
    shelf: PromptShelf, name: str, prompts: list[str], code: str
) -> None:
    with pytest.raises(StudioError, match=code):
        shelf.save(name, prompts)
    assert shelf.names() == []


def test_there_are_only_so_many_sets(shelf: PromptShelf) -> None:
    for number in range(MOST_SETS):
        shelf.save(f"Set {number}", ["Hi"])
    shelf.save("Set 1", ["Ho"])
    with pytest.raises(StudioError, match=r"prompts\.too_many_sets"):
        shelf.save("One more", ["Hi"])


def test_what_is_not_there_or_cannot_be_read_is_told(shelf: PromptShelf) -> None:
    with pytest.raises(StudioError, match=r"prompts\.unknown"):
        shelf.get("None")
    shelf.file.write_text("[1, 2]")
    with pytest.raises(StudioError, match=r"prompts\.unreadable"):
        shelf.names()


def test_prompts_are_the_lines_that_say_something() -> None:
    assert split_prompts(" When? \n\n\tWhere?\n") == ["When?", "Where?"]
