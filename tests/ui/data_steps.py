"""Steps that tests of the Data tab share: bring a file, see what is shown of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.ui.examples_view import View
from studio.ui.page import Page
from studio.ui.tabs import data, data_bring
from tests.ui.conftest import do_light_jobs

CSV = "question,answer\nWhen do you open?,At nine.\nDo you ship?,\nWhere are you?,At the harbour.\n"
Picked = Callable[..., Any]


def upload(folder: Path, name: str, content: str) -> list[str]:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return [str(file)]


def brought(page: Page, tmp_path: Path, name: str = "shop.csv", content: str = CSV) -> str:
    """Bring a file and give its data set's id."""
    asked = data_bring.receive(page, upload(tmp_path, name, content), None, [])[2]
    do_light_jobs(page.workspace)
    return data.redraw(page, "quickstart", None, None, None, asked, None, None)[0]


def shown(page: Page, dataset_id: str, **view: Any) -> tuple[Any, ...]:
    """Give what the page shows of a data set: view, cards, summary, table, talk, …"""
    stored = View(**view).to_json()
    return data.redraw(page, dataset_id, stored, None, None, [], None, None)[4:]
