"""Answers for other programs: where they end, and that what was told never has to be taken back."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from studio.domain.column import Column
from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.api_key import ApiKey
from studio.services.completing import Said, complete, settled
from studio.services.playground import Answer, Asked, Phase, Playground, Progress
from studio.settings import Home

ASKED = Asked(Column("starter"), [Message("user", "Hi")])


class Told:
    """A playground that says these texts one after the other, and how it ends."""

    def __init__(self, texts: Sequence[str], reason: str | None = "end", problem: Any = None):
        self.texts, self.reason, self.problem = texts, reason, problem
        self.is_closed = False

    def ask(self, _asked: Sequence[Asked], _visitor: str) -> Iterator[Progress]:
        try:
            for count, text in enumerate(self.texts, 1):
                is_last = count == len(self.texts)
                answer = Answer(text, count, self.reason if is_last else None, prompt_tokens=9)
                answer.problem = self.problem if is_last else None
                yield Progress([answer], Phase("answering"))
        finally:
            self.is_closed = True

    def complete(self, *stops: str) -> list[Said]:
        return list(complete(cast(Playground, self), ASKED, stops, "api"))


def test_an_answer_ends_as_its_model_does() -> None:
    *_, last = Told(["One", "One two"]).complete()
    assert last == Said("One two", 2, 9, "stop")
    *_, last = Told(["One", "One two"], "length").complete()
    assert last.reason == "length"


def test_an_answer_ends_before_the_first_of_its_stops_and_the_model_with_it() -> None:
    told = Told(["One", "One; two. three", "One; two. three. four"])
    *before, last = told.complete(".", ";", "four")
    assert [said.text for said in before] == ["One"]
    assert last == Said("One", 2, 9, "stop")
    assert told.is_closed


def test_what_may_become_a_stop_is_told_only_when_it_did_not() -> None:
    told = Told(["a", "a<", "a</", "a</b", "a</b>"]).complete("</s>")
    assert [said.text for said in told] == ["a", "a", "a", "a</b", "a</b>"]


def test_half_a_letter_is_not_told() -> None:
    told = Told(["a\ufffd", "a\ufffd\ufffd", "aé"]).complete()
    assert [said.text for said in told] == ["a", "a", "aé"]


@pytest.mark.parametrize(
    ("text", "stops", "kept"),
    [
        ("abc", (), "abc"),
        ("abc", ("cd",), "ab"),
        ("abc", ("bcd", "c!"), "a"),
        ("abc", ("abcd",), ""),
        ("aaa", ("aaaa",), ""),
        ("abc", ("x",), "abc"),
    ],
)
def test_the_part_that_stays(text: str, stops: tuple[str, ...], kept: str) -> None:
    assert settled(text, stops) == kept


def test_what_a_model_cannot_do_is_raised_and_so_is_an_end_without_a_reason() -> None:
    with pytest.raises(StudioError, match=r"chat\.too_long"):
        Told([""], "failed", StudioError("chat.too_long", tokens=9, most=8)).complete()
    with pytest.raises(StudioError, match=r"chat\.died"):
        Told(["One"], None).complete()


def test_a_key_is_shown_once_and_only_its_mark_is_kept(home: Home) -> None:
    key = ApiKey(home.api_key)
    assert (key.ending(), key.fits("")) == (None, False)
    made = key.make()
    assert key.fits(made)
    assert made.endswith(str(key.ending()))
    assert made not in home.api_key.read_text()
    assert home.api_key.stat().st_mode & 0o077 == 0
    assert [path.name for path in home.root.iterdir() if "api_key" in path.name] == ["api_key.json"]


def test_a_new_key_ends_the_old_one_and_without_a_key_nothing_fits(home: Home) -> None:
    key = ApiKey(home.api_key)
    first, second = key.make(), key.make()
    assert (key.fits(first), key.fits(second), key.fits(second + "x")) == (False, True, False)
    assert not key.fits("\udcff")
    key.remove()
    key.remove()
    assert not key.fits(second)
