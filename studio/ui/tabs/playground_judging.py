"""Judging in the Playground: blind votes and ratings, right answers in place of wrong ones, and the running score."""

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.judging import Candidate, correct, rate, vote
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Turn, conversation
from studio.services.judgements import CORRECTIONS_ID
from studio.ui.chat_view import column_name, training_name
from studio.ui.page import QUIET, Page, say
from studio.ui.score_view import score_board, score_value
from studio.ui.tabs.playground_sure import find_turn
from studio.ui.talk import Talk, draw_all


def build_blind(page: Page) -> gr.Checkbox:
    """Give the switch that takes the names away."""
    return gr.Checkbox(
        value=False,
        label=page.t("judging.blind"),
        info=None,
        elem_id="blind",
        scale=0,
        interactive=True,
    )


def build_score(page: Page) -> gr.HTML:
    """Lay the board out, folded."""
    with gr.Accordion(
        page.t("judging.title"), open=False, elem_classes=["advanced"], elem_id="judging-box"
    ):
        return score_board("judging")


def wire_judging(page: Page, talk: Talk, blind: gr.Checkbox, board: gr.HTML) -> list[Any]:
    """Connect the switch, the conversation and the board, and give the events that name columns."""
    blind.input(page.handler(set_blind), [talk.dialogue, blind], None, **QUIET)
    judged: list[Any] = [*talk.drawn, board, page.said]
    naming: list[Any] = []
    for part in (talk.past, talk.now):
        naming += [
            part.vote(page.handler(cast_vote), talk.dialogue, judged, **QUIET),
            part.rate(page.handler(cast_ratings), talk.dialogue, judged, **QUIET),
            part.give_up(page.handler(give_up), talk.dialogue, talk.drawn, **QUIET),
        ]
        part.correct(page.handler(keep_correction), talk.dialogue, judged, **QUIET)
    opened: list[Any] = [page.dataset, page.tabs]
    board.learn(page.handler(open_votes), None, opened, **QUIET)
    board.corrections(page.handler(open_corrections), None, opened, **QUIET)
    return naming


def wire_score(page: Page, dialogue: gr.State, board: gr.HTML, changes: Sequence[Any]) -> None:
    """Draw the board after what changes who answers."""
    for change in changes:
        change.then(page.handler(draw_score), dialogue, board, **QUIET)


def set_blind(_page: Page, dialogue: Dialogue, is_blind: bool) -> None:
    """Take the names away from the next answers, or leave them."""
    dialogue.is_blind = bool(is_blind)


def draw_score(page: Page, dialogue: Dialogue) -> dict[str, Any]:
    """Give the board for the columns that answer next."""
    library = page.workspace.playground.columns
    choices = [library.describe(column) for column in dialogue.lineup.columns]
    return score_value(page.t, page.workspace.judgements, choices)


def cast_vote(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Keep a vote and name the columns.

    Raises:
        StudioError: `chat.answer_gone`, `judge.voted`, `judge.unclear`, `job.unknown`.
    """
    before, turn = find_turn(dialogue, int(event.number))
    place = None if event.place is None else turn.place_of(int(event.place))
    judgement = vote(candidates(page, turn, before), str(event.verdict), place, time.time())
    dialogue.judge(turn.number)
    page.workspace.judgements.add(judgement)
    return after(page, dialogue, "judging.kept")


def cast_ratings(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Keep the ratings of a turn's answers, one after the other as they stand, and name the columns.

    Raises:
        StudioError: `chat.answer_gone`, `judge.voted`, `judge.unclear`, `job.unknown`.
    """
    before, turn = find_turn(dialogue, int(event.number))
    rated, now = candidates(page, turn, before), time.time()
    ratings = [
        rate(rated[turn.place_of(place)], scores, now)
        for place, scores in enumerate(event.scores)
        if scores
    ]
    dialogue.judge(turn.number)
    for rating in ratings:
        page.workspace.judgements.add(rating)
    return after(page, dialogue, "judging.kept")


def give_up(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Name the columns of a turn that somebody does not want to judge."""
    dialogue.give_up(int(event.number))
    return draw_all(page, dialogue)


def keep_correction(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Keep what would have been the right answer.

    Raises:
        StudioError: `chat.answer_gone`, `judge.*`, `job.unknown`.
    """
    before, turn = find_turn(dialogue, int(event.number))
    wrong = candidates(page, turn, before)[turn.place_of(int(event.place))]
    page.workspace.judgements.add(correct(wrong, str(event.text), time.time()))
    return after(page, dialogue, "judging.corrected")


def after(page: Page, dialogue: Dialogue, told: str) -> tuple[Any, ...]:
    """Give the conversation and the board anew."""
    return *draw_all(page, dialogue), draw_score(page, dialogue), say(page.t(told))


def candidates(page: Page, turn: Turn, before: Sequence[Turn]) -> list[Candidate]:
    """Give the answers of a turn with what each of them answers, as its columns stand."""
    return [
        Candidate(
            choice.column.key,
            short_name(page, choice),
            tuple(conversation(before, choice.column, turn.question, turn.system)),
            answer.text,
        )
        for choice, answer in zip(turn.choices, turn.answers, strict=True)
    ]


def short_name(page: Page, choice: Choice) -> str:
    """Give what a column is called in a list."""
    if choice.column.has_documents:
        return column_name(page.t, choice)
    return choice.name if choice.column.is_base else training_name(page.t, choice)


def open_votes(page: Page) -> tuple[str, Any]:
    """Make a data set of better and worse answers, and open it.

    Raises:
        StudioError: `judge.nothing_to_learn`.
    """
    return page.workspace.judgements.votes_dataset(), gr.Tabs(selected="data")


def open_corrections(page: Page) -> tuple[str, Any]:
    """Open the data set of corrections.

    Raises:
        StudioError: `data.unknown`.
    """
    return page.workspace.datasets.get(CORRECTIONS_ID).id, gr.Tabs(selected="data")
