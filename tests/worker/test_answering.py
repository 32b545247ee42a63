"""How columns answer: stopped at once, each in its own way, and what one cannot do keeps no other from speaking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.playground import Asked, AskOptions
from studio.services.workspace import Workspace
from studio.worker import residents
from studio.worker.answering import Answerer, Column
from studio.worker.generating import Choice
from studio.worker.residents import Voice
from studio.worker.templates import load_tokenizer
from tests.made_results import make_result
from tests.worker.conftest import finish_run

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
Updates = list[dict[str, Any]]


def ask(
    answerer: Answerer,
    columns: list[tuple[Voice, str, Choice]],
    is_stopped: Callable[[], bool] = lambda: False,
) -> Updates:
    """Give everything that is told while columns answer."""
    updates: Updates = []
    asked = [
        Column(place, voice, [{"role": "user", "content": said}], choice)
        for place, (voice, said, choice) in enumerate(columns)
    ]
    answerer.answer(asked, lambda **update: updates.append(update), is_stopped)
    return updates


def ends(updates: Updates) -> dict[int, dict[str, Any]]:
    return {update["column"]: update for update in updates if update.get("reason")}


def test_an_answer_stops_within_the_step_in_which_it_is_told_to(tiny_model: Path) -> None:
    calls = iter([False] * 60)
    column = (Voice(tiny_model, None), "Hello", Choice(max_new_tokens=300))
    updates = ask(Answerer(), [column], lambda: next(calls, True))
    assert ends(updates)[0]["reason"] == "stopped"
    assert ends(updates)[0]["tokens"] <= 10


def test_a_column_alone_says_what_it_says_among_others_with_other_settings(
    tiny_model: Path,
) -> None:
    voice, answerer = Voice(tiny_model, None), Answerer()
    columns = [
        (voice, "Hello", Choice(temperature=1.2, top_p=0.9, seed=3, max_new_tokens=9)),
        (voice, "Hello", Choice(max_new_tokens=4)),
        (voice, "What is this?", Choice(temperature=0.8, seed=5, max_new_tokens=7)),
    ]
    together = ends(ask(answerer, columns))
    alone = [ends(ask(answerer, [column]))[0] for column in columns]
    assert [together[place]["text"] for place in range(3)] == [one["text"] for one in alone]
    assert [together[place]["tokens"] for place in range(3)] == [9, 4, 7]


def test_what_one_column_cannot_do_keeps_no_other_from_answering(
    tiny_model: Path, tmp_path: Path
) -> None:
    columns = [
        (Voice(tiny_model, tmp_path / "gone"), "Hello", Choice(max_new_tokens=3)),
        (Voice(tiny_model, None), "x" * 600, Choice(max_new_tokens=3)),
        (Voice(tiny_model, None), "Hello", Choice(max_new_tokens=3)),
    ]
    told = ends(ask(Answerer(), columns))
    assert told[0]["problem"]["code"] == "chat.adapter_missing"
    assert told[1]["problem"]["code"] == "chat.too_long"
    assert told[2]["reason"] == "length"


def test_three_adapters_load_the_base_once_and_tell_its_bytes(
    tiny_model: Path, tmp_path: Path
) -> None:
    answerer, choice = Answerer(), Choice(max_new_tokens=2)
    folders = [make_result(tmp_path / str(seed), tiny_model, "lora", seed) for seed in (1, 2, 3)]
    updates = [
        update
        for folder in [*folders, folders[0]]
        for update in ask(answerer, [(Voice(tiny_model, folder), "Hello", choice)])
    ]
    assert answerer.residents.loads == 1
    bytes_told = [update["read_bytes"] for update in updates if update.get("phase") == "loading"]
    assert bytes_told == sorted(bytes_told)
    assert 0.9 < bytes_told[-1] / (tiny_model / "model.safetensors").stat().st_size <= 1


def test_where_memory_is_short_the_model_used_longest_ago_leaves(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_result(tmp_path, tiny_model, "full")
    answerer, choice = Answerer(), Choice(max_new_tokens=2)
    monkeypatch.setattr(residents, "fits_unquantised", lambda *_: not answerer.residents.bases)
    columns = [(Voice(tiny_model, folder), "Hello", choice) for folder in (None, other)]
    updates = ask(answerer, columns)
    assert all(end["reason"] in ("length", "end") for end in ends(updates).values())
    assert list(answerer.residents.bases) == [other]
    assert answerer.residents.loads == 2


def test_a_model_that_does_not_even_fit_in_4_bits_is_refused_with_its_figures(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residents, "fits_unquantised", lambda *_: False)
    monkeypatch.setattr(residents, "free_memory_bytes", lambda _: 0)
    with pytest.raises(StudioError, match=r"chat\.no_memory"):
        residents.load_base(tiny_model, torch.device("cpu"), torch.float32)


def test_anything_strange_in_an_adapter_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    folder = make_result(tmp_path, tiny_model, "lora")
    config = folder / "adapter_config.json"
    config.write_text(config.read_text().replace('"layer_replication": null', '"layer_replication": [[0, 1]]'))  # fmt: skip
    told = ends(ask(Answerer(), [(Voice(tiny_model, folder), "Hello", Choice())]))
    assert told[0]["problem"]["code"] == "chat.adapter_unknown"


def test_a_training_with_another_template_than_its_base_has_now_does_not_answer(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = make_result(tmp_path, tiny_model, "lora")
    base, tuned = Voice(tiny_model, None), Voice(tiny_model, folder)
    choice = Choice(max_new_tokens=2)
    template = load_tokenizer(tiny_model).chat_template
    (folder / "chat_template.jinja").write_text(str(template), encoding="utf-8")
    assert ends(ask(Answerer(), [(tuned, "Hello", choice)]))[0]["reason"] != "failed"
    (folder / "chat_template.jinja").write_text(f"{template} ", encoding="utf-8")
    told = ends(ask(Answerer(), [(base, "Hello", choice), (tuned, "Hello", choice)]))
    assert told[0]["reason"] != "failed"
    assert told[1]["problem"]["code"] == "chat.template_changed"


def test_a_new_question_of_a_visitor_ends_the_one_before(
    tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path
) -> None:
    run = finish_run(tiny_workspace, "tiny", make_result(tmp_path, tiny_model, "lora"))
    playground = tiny_workspace.playground
    columns = playground.columns.usual(run)

    def asked(said: str, tokens: int) -> list[Asked]:
        how = AskOptions(max_new_tokens=tokens, temperature=1.5)
        return [Asked(column, [Message("user", said)], how) for column in columns]

    first = playground.ask(asked("Hello", 400), "me")
    while not (before := next(first).answers)[0].text:
        pass
    *_, last = playground.ask(asked("And now?", 3), "me")
    assert [answer.tokens for answer in last.answers] == [3, 3]
    assert [*first] == []
    assert before[0].tokens < 400


def test_every_piece_of_an_answer_is_weighed_by_each_model(
    tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path
) -> None:
    run = finish_run(tiny_workspace, "tiny", make_result(tmp_path, tiny_model, "lora"))
    playground = tiny_workspace.playground
    asked = [Asked(c, [Message("user", "Hello")]) for c in playground.columns.usual(run)]
    base, tuned = playground.weigh(asked, "Good day")
    assert [(piece.start, piece.end) for piece in base] == [(n, n + 1) for n in range(8)]
    assert all(0 <= piece.share <= piece.likeliest_share <= 1 for piece in base + tuned)
    assert [piece.share for piece in base] != [piece.share for piece in tuned]
