"""What a request says about the person behind it: the language they read."""

from collections.abc import Callable, Sequence
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

from studio.i18n import Translator

LANGUAGE_COOKIE = "lang"
SESSION_COOKIE = "studio_session"

TranslatorOf = Callable[[Headers], Translator]


def read_cookie(headers: Headers, name: str) -> str | None:
    """Give the value of one cookie, or None where it is missing or the header is malformed."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def choose_language(headers: Headers, languages: Sequence[str]) -> str:
    """Pick the language chosen last (cookie), else the best of `Accept-Language`, else the first one."""
    chosen = read_cookie(headers, LANGUAGE_COOKIE)
    if chosen in languages:
        return str(chosen)
    for wanted in _by_weight(headers.get("accept-language", "")):
        for match in (str.lower, _primary):
            for language in languages:
                if match(language) == match(wanted):
                    return language
    return languages[0]


def _primary(tag: str) -> str:
    return tag.split("-")[0].lower()


def _by_weight(accept_language: str) -> list[str]:
    """Give the tags of `en;q=0.5, zh-CN` heaviest first; an unreadable weight counts as 0."""
    weighted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight) if weight else 1.0, tag.strip()))
        except ValueError:
            weighted.append((0.0, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0]) if tag]
