"""Several data sets in one training: the share of each, and what the training will see."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.datasets import Dataset
from studio.services.mixing import MixPart
from studio.ui.drawn import drawn
from studio.ui.picker_view import dataset_title


def mix_view(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty list; `share` carries the percent of every further data set."""
    return drawn("mix", {"empty": t("mix.none")}, elem_id=elem_id)


def mix_value(
    t: Translator,
    datasets: Sequence[Dataset],
    base: str,
    shares: Mapping[str, float],
    seen: Sequence[MixPart],
) -> dict[str, Any]:
    """Give a slider per further data set, and the rows that the training takes of each."""
    titles = {dataset.id: dataset_title(t, dataset) for dataset in datasets}
    return {
        "base": base,
        "items": [
            {
                "id": dataset.id,
                "title": titles[dataset.id],
                "count": t("data.examples", n=dataset.train_rows),
                "percent": shares.get(dataset.id, 0),
            }
            for dataset in datasets
            if dataset.id != base
        ],
        "seen_title": t("mix.seen", n=sum(part.rows for part in seen)),
        "seen": [
            {
                "rows": part.rows,
                "text": t(
                    "mix.part",
                    name=titles.get(part.id, part.name),
                    rows=part.rows,
                    percent=f"{part.percent:.0f}",
                ),
            }
            for part in seen
        ],
        "empty": t("mix.none"),
    }


def mix_text(t: Translator, seen: Sequence[MixPart], titles: Mapping[str, str]) -> str:
    """Give the mix in one sentence; nothing where there is only one data set."""
    if len(seen) < 2:
        return ""
    parts = [
        f"{titles.get(part.id, part.name)} {part.percent:.0f} % ({part.rows:,})" for part in seen
    ]
    return t("mix.sentence", parts=" + ".join(parts))
