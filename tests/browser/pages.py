"""What all walks say of pages."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

# Opens a page as a new visitor; see `open_page` in conftest.py.
Open = Callable[..., Page]


def overflow(page: Page) -> int:
    """Give by how many pixels a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in the folder that STUDIO_PICTURES names, for people to look at.

    Without one there is none: painting a whole page takes a core a second or two.
    """
    if folder := os.environ.get("STUDIO_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
