"""What a board says, in sentences and pictures: all curves, what matters, each setting against the result, the best few.

Places in a picture are shares of its width or height, from 0 to 1, so that the browser only draws.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.search import Scalar
from studio.domain.search_reading import Finding, all_numbers, finished, read_findings
from studio.domain.search_space import Knob
from studio.domain.tries import LOSS, Board, Try
from studio.i18n import Translator
from studio.ui import amounts
from studio.ui.board_view import DIGITS, measure_name, value_of
from studio.ui.drawn import drawn
from studio.ui.runs_view import value_text

# The lines of so many tries are drawn clearly; the others lie faint behind them.
FEW = 4
# Losses above this many times the way from the best to the middle one would press all others together.
FARTHEST = 4.0
MOST_TICKS = 5


def curves_picture(elem_id: str) -> gr.HTML:
    """Give an empty picture of all curves."""
    return drawn("curves", {}, elem_id=elem_id)


def weights_picture(elem_id: str) -> gr.HTML:
    """Give an empty picture of what matters, with the sentences above it."""
    return drawn("weights", {}, elem_id=elem_id)


def scatter_picture(elem_id: str) -> gr.HTML:
    """Give an empty picture of each setting against the result."""
    return drawn("scatter", {}, elem_id=elem_id)


def parallel_picture(elem_id: str) -> gr.HTML:
    """Give an empty picture of the settings of the best few."""
    return drawn("parallel", {}, elem_id=elem_id)


@dataclass(frozen=True, slots=True)
class Axis:
    """Where the values of one setting lie, from 0 to 1, and which of them are written beside it."""

    path: str
    places: dict[Scalar, float]
    ticks: list[list[Any]]


def lay_axis(t: Translator, knob: Knob, tries: Sequence[Try]) -> Axis:
    """Give the axis of a setting: its choices at equal distances, or its range with what was tried beyond it."""
    tried = [one.settings[knob.path] for one in tries if knob.path in one.settings]
    if knob.choices:
        values = list(dict.fromkeys([*knob.choices, *tried]))
        if all_numbers(values):
            values.sort(key=float)
        last = max(1, len(values) - 1)
        places = {value: place / last for place, value in enumerate(values)}
        stride = -(-len(values) // MOST_TICKS)
        ticks = [[places[v], value_text(t, knob.path, v)] for v in values[::stride]]
        return Axis(knob.path, places, ticks)
    numbers = [knob.low, knob.high, *(float(value) for value in tried)]
    low, high = scaled(knob, min(numbers)), scaled(knob, max(numbers))
    places = {value: (scaled(knob, float(value)) - low) / (high - low) for value in tried}
    ticks = [
        [(at - low) / (high - low), f"{unscaled(knob, at):.2g}"]
        for at in tick_places(knob, low, high)
    ]
    return Axis(knob.path, places, ticks)


def scaled(knob: Knob, value: float) -> float:
    """Give a number as its axis has it: factors at equal distances where that is how it is looked for."""
    # A copy of a try with a change may hold what no range by factors has.
    return math.log10(max(value, knob.low / 10)) if knob.is_log else value


def unscaled(knob: Knob, value: float) -> float:
    """Give back what `scaled` was given."""
    return 10**value if knob.is_log else value


def tick_places(knob: Knob, low: float, high: float) -> list[float]:
    """Give what is written along a range: the powers of ten within it where there are two of them, else both ends."""
    if knob.is_log:
        powers = [
            float(power) for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
        ]
        if len(powers) >= 2:
            return powers[:: -(-len(powers) // MOST_TICKS)]
    return [low, (low + high) / 2, high]


def curves_value(t: Translator, board: Board) -> dict[str, Any]:
    """Give the held-out loss of every try over its steps."""
    clear = {one.number for one in finished(board)[:FEW]}
    # The best one's own curve is there as a whole.
    of_best = [loss for _, loss in board.best.points] if board.best else []
    losses = of_best or [loss for one in board.tries for _, loss in one.points]
    top = max((loss for loss in losses if math.isfinite(loss)), default=1.0)
    series = [
        {
            "number": one.number,
            "state": one.state,
            "look": curve_look(board, one, is_clear=one.number in clear),
            "points": [
                [step, round(min(loss, top), DIGITS)]
                for step, loss in one.points
                if math.isfinite(loss)
            ],
            "label": t("board.try_told", number=one.number, value=value_of(one)),
        }
        for one in board.tries
    ]
    return {
        "series": [one for one in series if one["points"]],
        "best": board.best.number if board.best else None,
        "x_label": t("tiles.step"),
        "y_label": t("board.measures.held_out_loss"),
        "summary": t("board.curves_summary", n=len(series)),
        "keys": [[look, t(f"board.keys.{look}")] for look in ("best", "good", "faint", "running")],
    }


def curve_look(board: Board, one: Try, *, is_clear: bool) -> str:
    """Give how clearly a curve is drawn."""
    if one == board.best:
        return "best"
    if one.state == "running":
        return "running"
    return "good" if is_clear else "faint"


@dataclass(frozen=True, slots=True)
class Scale:
    """From the lowest to the highest result that a picture shows in its place; what lies beyond is drawn at its edge."""

    low: float
    high: float

    def place(self, one: Try) -> float:
        """Give where the result of a try lies, from 0 to 1."""
        value = min(max(one.value or 0.0, self.low), self.high)
        return round((value - self.low) / max(self.high - self.low, 1e-9), 4)


def scale_of(board: Board, tries: Sequence[Try]) -> Scale:
    """Give the scale of results; losses far above the others would press these together."""
    good = sorted(one.value for one in tries if one.value is not None)
    if not good:
        return Scale(0.0, 1.0)
    middle = good[len(good) // 2]
    far = good[0] + max(FARTHEST * (middle - good[0]), 1e-6)
    return Scale(good[0], min(good[-1], far) if board.judged_by == LOSS else good[-1])


def weights_value(
    t: Translator, board: Board, knobs: Sequence[Knob], own: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the sentences, and how much each setting matters, the most first; `own` are the recipe's own settings."""
    ordered = sorted(board.importance.items(), key=lambda item: -item[1])
    return {
        "sentences": [finding_text(t, board, one) for one in read_findings(board, knobs, own)],
        "bars": [
            {"name": t(f"fields.{path}"), "share": share, "text": f"{100 * share:.0f} %"}
            for path, share in ordered
        ],
        "label": t("board.weights"),
        "hint": t("board.weights_hint") if ordered else "",
        "empty": t("board.weights_empty"),
    }


def finding_text(t: Translator, board: Board, finding: Finding) -> str:
    """Give a finding as a sentence."""
    values = dict(finding.values)
    path = values.pop("path", None)
    if path is not None:
        if "value" in values:
            values["value"] = value_text(t, path, values["value"])
        values["name"] = t(f"fields.{path}")
    for name in ("before", "after"):
        if name in values:
            values[name] = amounts.measure(board.judged_by, values[name])
    return t(f"findings.{finding.code}", **values)


def scatter_value(t: Translator, board: Board, knobs: Sequence[Knob]) -> dict[str, Any]:
    """Give each varied setting with a point per try that has a result."""
    tries = [one for one in board.tries if one.value is not None and math.isfinite(one.value)]
    scale = scale_of(board, tries)
    plots = []
    for knob in sorted(knobs, key=lambda knob: -board.importance.get(knob.path, 0.0)):
        axis = lay_axis(t, knob, tries)
        points = [
            {
                "number": one.number,
                "look": "best" if one == board.best else one.state,
                "x": round(axis.places[one.settings[knob.path]], 4),
                "y": scale.place(one),
                "label": t(
                    "board.point_told",
                    number=one.number,
                    setting=value_text(t, knob.path, one.settings[knob.path]),
                    value=value_of(one),
                ),
            }
            for one in tries
            if knob.path in one.settings
        ]
        name = t(f"fields.{knob.path}")
        plots.append(
            {
                "name": name,
                "ticks": axis.ticks,
                "points": points,
                "summary": t(
                    "board.scatter_summary",
                    name=name,
                    measure=measure_name(t, board),
                    n=len(points),
                ),
            }
        )
    return {
        "plots": plots if tries else [],
        "low": edge_text(board, scale.low),
        "high": edge_text(board, scale.high) if scale.high > scale.low else "",
        "empty": t("board.pictures_empty"),
    }


def edge_text(board: Board, value: float) -> str:
    """Give the end of a scale in few digits."""
    return f"{value:.3g}" if board.judged_by == LOSS else f"{100 * value:.0f} %"


def parallel_value(t: Translator, board: Board, knobs: Sequence[Knob]) -> dict[str, Any]:
    """Give the settings of every finished try as a line through all of them, to its result; the best few clearly."""
    done = finished(board)
    axes = [lay_axis(t, knob, done) for knob in knobs]
    scale = scale_of(board, done)
    lines = [
        {
            "number": one.number,
            "look": "best" if rank == 0 else "good" if rank < FEW else "faint",
            "places": [
                *(
                    round(axis.places[one.settings[axis.path]], 4)
                    if axis.path in one.settings
                    else None
                    for axis in axes
                ),
                scale.place(one),
            ],
            "label": t("board.try_told", number=one.number, value=value_of(one)),
        }
        for rank, one in enumerate(done)
    ]
    ends = [[0.0, edge_text(board, scale.low)], [1.0, edge_text(board, scale.high)]]
    result = {"name": measure_name(t, board), "ticks": ends[: 1 + (scale.high > scale.low)]}
    return {
        # The best ones are drawn last, on top of the others.
        "lines": lines[::-1],
        "axes": [
            *({"name": t(f"fields.{axis.path}"), "ticks": axis.ticks} for axis in axes),
            result,
        ],
        "summary": t("board.parallel_summary", n=min(FEW, len(done))),
        "empty": t("board.pictures_empty"),
    }
