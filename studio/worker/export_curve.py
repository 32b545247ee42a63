"""The curve of a training as a picture (SVG) for its model card: loss by step, of what is learned and of what is held out."""

from collections.abc import Sequence

from studio.domain.job import JobFolder, read_events

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 40
# More points than this make the file larger and the picture no better.
MOST_POINTS = 400
LINES = {"log": ("loss", "#7a7a7a", 1.5), "eval": ("held_out_loss", "#d9480f", 2.5)}
NAMES = {"log": "learned", "eval": "held out"}

Points = list[tuple[float, float]]
"""Step and loss."""


def draw_curve(source: JobFolder) -> str | None:
    """Give the picture; None where a training has told too little to draw."""
    events = [
        event
        for path in (source.earlier_events, source.events)
        for event in read_events(path, 0)[0]
        if event.kind in LINES
    ]
    points: dict[str, Points] = {kind: [] for kind in LINES}
    for event in events:
        loss = event.values.get(LINES[event.kind][0])
        if isinstance(loss, float) and 0 <= loss < float("inf"):
            points[event.kind].append((event.values["step"], loss))
    every = [point for found in points.values() for point in found]
    if len({step for step, _ in every}) < 2:
        return None
    return picture({kind: thin(found) for kind, found in points.items() if found}, every)


def thin(points: Points) -> Points:
    """Give so few of the points, in even distances, that the picture stays small; the last one is among them."""
    stride = -(-len(points) // MOST_POINTS)
    return points[::-1][::stride][::-1]


def picture(lines: dict[str, Points], every: Points) -> str:
    """Give the SVG: two axes with their ends written, one line per kind."""
    first, last = min(step for step, _ in every), max(step for step, _ in every)
    top = max(loss for _, loss in every) or 1.0

    def place(step: float, loss: float) -> str:
        across = LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / (last - first)
        down = TOP + (HEIGHT - TOP - BOTTOM) * (1 - loss / top)
        return f"{across:.1f},{down:.1f}"

    drawn = [
        f'<polyline fill="none" stroke="{LINES[kind][1]}" stroke-width="{LINES[kind][2]}" '
        f'points="{" ".join(place(*point) for point in found)}"/>'
        for kind, found in lines.items()
    ]
    base, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    axes = f'<path d="M{LEFT} {TOP}V{base}H{end}" fill="none" stroke="#b0b0b0"/>'
    words = [
        text(LEFT - 8, TOP + 4, f"{top:.2f}", "end"),
        text(LEFT - 8, base + 4, "0", "end"),
        text(LEFT, base + 18, f"{first:g}", "middle"),
        text(end, base + 18, f"{last:g}", "end"),
        text((LEFT + end) / 2, base + 18, "step", "middle"),
        *(
            text(end, TOP + 12 + 18 * row, f"loss, {NAMES[kind]}", "end", LINES[kind][1])
            for row, kind in enumerate(lines)
        ),
    ]
    return frame([axes, *drawn, *words])


def frame(parts: Sequence[str]) -> str:
    """Give the whole file; its background is white, so that it can be read on a dark page, too."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="13">'
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, "<title>Loss by step</title>", ground, *parts, "</svg>", ""])


def text(across: float, down: float, words: str, anchor: str, colour: str = "#555555") -> str:
    """Give a word in the picture; none of them comes from outside."""
    return (
        f'<text x="{across:g}" y="{down:g}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
    )
