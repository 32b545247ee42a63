"""Check the health of a version: everything that would make a training worse, with its examples and its mending."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain import group_checks
from studio.domain.dataset_folder import PARTS, Facts, Index, Step, Version
from studio.domain.findings import FINDINGS, Finding, Health, Severity, flag, flagged
from studio.domain.languages import NAMES
from studio.domain.mending import is_mendable
from studio.domain.row_checks import Looked, look_at
from studio.domain.watching import Watch, report

STAGE = "checking"
REPORTED_ROWS = 1_000
# Everything but exact copies is looked for in so many rows: half a minute, some hundred MB.
MOST_CHECKED_ROWS = 50_000
MOST_CHECKED_BYTES = 60_000_000
SEED = 7
# About 8,000 tokens (four bytes each in most languages): more than is learned at once at the usual settings.
VERY_LONG_BYTES = 32_768
# The most frequent label has more than four times the rows of the rarest: the model then leans to it when in doubt.
UNBALANCED_TIMES = 4
# Below this the most frequent label is rare itself, and more examples are the only advice.
LEAST_ROWS_TO_BALANCE = 20
# A fix that throws away more than half of the data mends nothing.
MOST_DROPPED_RATIO = 0.5
# Source: OpenAI's guide asks for 50 to 100 examples before an effect shows, https://platform.openai.com/docs/guides/fine-tuning
WANTED_ROWS = 50
# A category is learned from its own examples; ten show what they have in common.
WANTED_ROWS_PER_LABEL = 10
# Preferences and thumbs say one bit per row. Source: the smallest sets that TRL's examples learn from have hundreds.
WANTED_JUDGED_ROWS = 200
SHOWN_LINES = 5

WARNINGS = frozenset(
    (
        "overlap",
        "different_labels",
        "personal_card",
        "personal_id",
        "template_marker",
        "answer_is_question",
        "too_few",
        "roles_out_of_order",
        "no_assistant",
        "empty_answer",
        "duplicate",
    )
)
DROPPED = (
    "duplicate",
    "near_duplicate",
    "short_answer",
    "answer_is_question",
    "same_answer",
    "mixed_language",
    "overlap",
    "very_long",
)
FIXES = {
    **{code: Step("drop_rows", {"finding": code}) for code in DROPPED},
    **{f"personal_{kind}": Step("mask_personal", {"kinds": [kind]}) for kind in ("mail", "phone", "card", "id")},
    "control_characters": Step("trim_text"),
    "template_marker": Step("trim_text"),
}  # fmt: skip
# Findings about rows that were left out at the import, by the reasons for which they were.
REASONS_BY_FINDING = {
    "roles_out_of_order": ("not_in_turns", "system_not_first", "not_last"),
    "no_assistant": ("no_assistant",),
    "empty_answer": ("empty_answer",),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows looked at: their places in the index and what was kept of them."""

    places: np.ndarray
    looked: Sequence[Looked]
    parts: np.ndarray
    labels: np.ndarray


def check_health(version: Version, watch: Watch) -> tuple[Health, np.ndarray]:
    """Give what was found in a version, and the flags of every row (`findings.flag`, uint32).

    Raises:
        Cancelled: the watch called it off.
    """
    index, facts = version.index(), version.facts()
    flags = np.zeros(len(index), dtype=np.uint32)
    sample = look_at_rows(version, index, watch)
    originals: dict[str, np.ndarray] = {}
    flags[sample.places] |= np.array([one.flags for one in sample.looked], dtype=np.uint32)
    flags[index["bytes"] > VERY_LONG_BYTES] |= np.uint32(flag("very_long"))
    originals["duplicate"] = mark_copies(version, flags, len(sample.places), watch)
    values = mark_by_comparing(sample, flags, originals)
    mark_overlap(version, index, flags)
    findings = [
        *(found_in_rows(code, flags, originals, values) for code in FINDINGS if flagged(flags, code).size),
        *found_in_facts(version, index, facts),
    ]  # fmt: skip
    findings.sort(key=lambda finding: (finding.severity != "warning", -finding.rows))
    return Health(tuple(findings), len(sample.places), len(index)), flags


def sampled_places(index: Index) -> np.ndarray:
    """Give the places to look at: all, or the held-out rows and learned ones by chance, as many as fit."""
    order = np.random.default_rng(SEED).permutation(len(index))
    held_out_first = np.argsort(index["part"][order] == PARTS.index("train"), kind="stable")
    order = order[held_out_first][:MOST_CHECKED_ROWS]
    fits = np.cumsum(index["bytes"][order], dtype=np.int64) <= MOST_CHECKED_BYTES
    return np.sort(order[fits])


def look_at_rows(version: Version, index: Index, watch: Watch) -> Sample:
    """Read the rows of a sample and check each by itself."""
    places = sampled_places(index)
    looked = []
    for row in version.rows(places):
        if len(looked) % REPORTED_ROWS == 0:
            report(watch, STAGE, len(looked), len(places) + len(index))
        looked.append(look_at(row))
    chosen = index[places]
    return Sample(places, looked, chosen["part"], chosen["label"])


def mark_copies(version: Version, flags: np.ndarray, done: int, watch: Watch) -> np.ndarray:
    """Flag every row that says exactly what an earlier one of its part says; give the place of the first for each."""
    index = version.index()

    def watched() -> Iterator[bytes]:
        for number, line in enumerate(version.lines()):
            if number % REPORTED_ROWS == 0:
                report(watch, STAGE, done + number, done + len(index))
            yield line

    hashes = group_checks.exact_hashes(watched(), len(index))
    first = group_checks.copies(hashes, index["part"])
    flags[first != np.arange(len(index))] |= np.uint32(flag("duplicate"))
    return first


def mark_by_comparing(
    sample: Sample, flags: np.ndarray, originals: dict[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Flag what comparing rows with each other tells; give the values of the findings that need some."""
    places, looked = sample.places, sample.looked
    questions = group_checks.question_groups(looked)
    answers = group_checks.answer_groups(looked)
    first = group_checks.copies(questions, answers, sample.labels, sample.parts)
    is_exact = flags[places] & np.uint32(flag("duplicate")) > 0
    mark(flags, places[(first != np.arange(len(places))) & ~is_exact], "near_duplicate")
    originals["near_duplicate"] = np.arange(len(flags))
    originals["near_duplicate"][places] = places[first]
    keys = group_checks.asked_keys(questions, answers)
    mark(flags, places[group_checks.overlapping(keys, sample.parts)], "overlap")
    mark(flags, places[group_checks.contradictions(looked, sample.labels)], "different_labels")
    if not group_checks.have_categories(looked):
        is_short = np.array([one.is_short for one in looked], dtype=bool)
        mark(flags, places[is_short], "short_answer")
        mark(flags, places[group_checks.repeated_answers(looked)], "same_answer")
    foreign, main, others = group_checks.other_languages(looked)
    mark(flags, places[foreign], "mixed_language")
    return {
        "mixed_language": {
            "main": NAMES.get(main, ""),
            "others": ", ".join(NAMES[other] for other in others),
        }
    }


def mark_overlap(version: Version, index: Index, flags: np.ndarray) -> None:
    """Flag the held-out rows that ask what a learned row asks, in all rows."""
    mark(flags, np.flatnonzero(group_checks.overlapping(version.keys(), index["part"])), "overlap")


def mark(flags: np.ndarray, places: np.ndarray, code: str) -> None:
    """Set the bit of a finding in the flags of rows."""
    flags[places] |= np.uint32(flag(code))


def found_in_rows(
    code: str,
    flags: np.ndarray,
    originals: dict[str, np.ndarray],
    values: dict[str, dict[str, Any]],
) -> Finding:
    """Give the finding of a code that rows are flagged with."""
    places = flagged(flags, code)
    shown = places[:2].tolist()
    if code in originals:
        shown = [int(originals[code][places[0]]), int(places[0])]
    fix = FIXES.get(code)
    return Finding(
        code, len(places), severity_of(code), tuple(shown), {"n": len(places), **values.get(code, {})}, fix
    )  # fmt: skip


def severity_of(code: str) -> Severity:
    """Give how much a finding weighs."""
    return "warning" if code in WARNINGS else "hint"


def found_in_facts(version: Version, index: Index, facts: Facts) -> Iterator[Finding]:
    """Give the findings that the counts of a version tell."""
    reasons = Counter(facts.reasons)
    for code, names in REASONS_BY_FINDING.items():
        rows = sum(reasons[name] for name in names)
        if rows:
            told = [one for one in facts.skipped if one.reason in names]
            more = ", …" if rows > SHOWN_LINES else ""
            lines = ", ".join(str(one.line) for one in told[:SHOWN_LINES]) + more
            said = tuple(one.said for one in told[:2])
            fix = mending(version, code)
            yield Finding(code, rows, severity_of(code), (), {"n": rows, "lines": lines}, fix, said)
    labels = group_checks.learned_labels(version, index)
    if len(labels) > 1 and (unbalanced := found_unbalanced(labels, index, facts)):
        yield unbalanced
    rows, wanted = int((index["part"] == PARTS.index("train")).sum()), wanted_rows(facts)
    if rows < wanted:
        yield Finding("too_few", rows, severity_of("too_few"), (), {"n": rows, "wanted": wanted})


def mending(version: Version, code: str) -> Step | None:
    """Give the step that puts turns in order, where the import kept the rows for it."""
    can_merge = code == "roles_out_of_order" and is_mendable(version)
    return Step("merge_turns") if can_merge else None


def found_unbalanced(labels: dict[str, int], index: Index, facts: Facts) -> Finding | None:
    """Give the finding that labels are unbalanced, with a fix where it does not cost half of the rows."""
    ranked = sorted(labels.items(), key=lambda item: item[1])
    (rare, fewest), (frequent, most) = ranked[0], ranked[-1]
    if most < LEAST_ROWS_TO_BALANCE or most <= UNBALANCED_TIMES * fewest:
        return None
    kept = UNBALANCED_TIMES * fewest
    over = sum(max(0, rows - kept) for rows in labels.values())
    is_mended = over <= MOST_DROPPED_RATIO * sum(labels.values())
    names = list(facts.labels)
    shown = [np.flatnonzero(index["label"] == names.index(name))[:1] for name in (frequent, rare)]
    values = {
        "n": over, "frequent": frequent, "most": most, "rare": rare, "fewest": fewest, "labels": len(labels),
    }  # fmt: skip
    fix = Step("balance_labels", {"most_rows": kept}) if is_mended else None
    return Finding(
        "unbalanced_labels", over, "hint", tuple(np.concatenate(shown).tolist()), values, fix
    )


def wanted_rows(facts: Facts) -> int:
    """Give how many learned rows the goal of data asks for."""
    if facts.labels:
        return WANTED_ROWS_PER_LABEL * len(facts.labels)
    return WANTED_JUDGED_ROWS if facts.shape in ("preference", "thumbs") else WANTED_ROWS
