"""What all walks say of pages."""

from collections.abc import Callable

from playwright.sync_api import Page

# Opens a page as a new visitor; see `open_page` in conftest.py.
Open = Callable[..., Page]


def overflow(page: Page) -> int:
    """Give by how many pixels a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
