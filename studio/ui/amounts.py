"""Amounts as people read them: durations, sizes, counts."""

from studio.domain.tries import LOSS
from studio.i18n import Translator

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600
BYTES_PER_STEP = 1024


def duration(t: Translator, seconds: float | None) -> str:
    """Give a duration in at most two units, or a dash where it is not known."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < MINUTE_SECONDS:
        return t("amounts.seconds", n=whole)
    if whole < HOUR_SECONDS:
        return t("amounts.minutes", minutes=whole // MINUTE_SECONDS, seconds=whole % MINUTE_SECONDS)
    return t(
        "amounts.hours", hours=whole // HOUR_SECONDS, minutes=whole % HOUR_SECONDS // MINUTE_SECONDS
    )


def about(t: Translator, seconds: float) -> str:
    """Give a duration no more exact than anybody can know it beforehand."""
    if 2 * MINUTE_SECONDS <= seconds < HOUR_SECONDS:
        return t("amounts.about_minutes", minutes=round(seconds / MINUTE_SECONDS))
    return duration(t, seconds)


def short_seconds(t: Translator, seconds: float) -> str:
    """Give a short time with one digit behind the point."""
    return t("amounts.short_seconds", seconds=f"{seconds:.1f}")


def size(number_bytes: float | None) -> str:
    """Give a number of bytes in the largest unit that keeps it above one."""
    if number_bytes is None:
        return "–"
    amount = float(number_bytes)
    for unit in ("B", "KiB", "MiB"):
        if amount < BYTES_PER_STEP:
            return (
                f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"
            )
        amount /= BYTES_PER_STEP
    return f"{amount:.1f} GiB"


def loss(value: float | None) -> str:
    """Give a loss with three digits behind the point, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def measure(judged_by: str, value: float) -> str:
    """Give a result of a search, or a difference between two: a loss with its digits, a share in percent."""
    return f"{value:.4f}" if judged_by == LOSS else f"{100 * value:.1f} %"


def count(value: float | None) -> str:
    """Give a whole number with separators, or a dash."""
    return "–" if value is None else f"{value:,.0f}"
