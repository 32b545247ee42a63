"""What a data set is about: its topics with their words, and the examples as dots on a map."""

from typing import Any

import gradio as gr

from studio.domain.topic_map import Topics
from studio.i18n import Translator
from studio.ui.drawn import drawn

WORDS_SHOWN = 6
MOST_POINTS = 4_000
# Places on the map are sent as whole numbers up to this.
MAP_SIZE = 1_000


def topics_view(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty map; `pick` carries the number of a topic."""
    return drawn("topics", {"empty": t("topics.none")}, elem_id=elem_id)


def topics_value(
    t: Translator, topics: Topics | None, chosen: int | None, *, is_checking: bool
) -> dict[str, Any]:
    """Give the topics, largest first, and at most some thousand points; `chosen` is a topic's number."""
    if topics is None or not topics.topics:
        return {"empty": t("topics.checking" if is_checking else "topics.none")}
    numbers = [topic.number for topic in topics.topics]
    place_of = {number: place for place, number in enumerate(numbers)}
    stride = max(1, -(-len(topics.points) // MOST_POINTS))
    thinned = zip(topics.points[::stride], topics.topic_of[::stride], strict=True)
    return {
        "topics": [
            {
                "number": topic.number,
                "words": " · ".join(topic.words[:WORDS_SHOWN]),
                "rows": topic.rows,
                "count": f"{topic.rows:,}",
            }
            for topic in topics.topics
        ],
        "points": [
            [round(float(x) * MAP_SIZE), round(float(y) * MAP_SIZE), place_of.get(int(number), -1)]
            for (x, y), number in thinned
        ],
        "chosen": place_of.get(chosen) if chosen is not None else None,
        "map_label": t("topics.map"),
        "map_hint": t("topics.hint"),
        "empty": t("topics.none"),
    }
