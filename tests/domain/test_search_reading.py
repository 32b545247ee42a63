"""What is said of a board, on boards made up for it."""

from dataclasses import replace
from typing import Any

from studio.domain.search_reading import Finding, read_findings
from studio.domain.search_space import Knob
from studio.domain.tries import Board, Try, find_best, find_ties, weigh_settings

RATE = Knob("training.learning_rate", low=1e-5, high=1e-2, is_log=True, points=4)
RANK = Knob("method.rank", (4, 8, 16, 32))
OWN = {"training.learning_rate": 1e-5, "method.rank": 4}
LAYERS = Knob("method.target_modules", ("all-linear", "attention"))


def done(number: int, value: float, **settings: Any) -> Try:
    return Try(number, "done", settings, 10.0, value, is_counted=True)


def board(tries: list[Try], noise: float | None = 0.02) -> Board:
    return Board(tries, find_best(tries), noise, find_ties(tries, noise), weigh_settings(tries))


def rates(*pairs: tuple[float, int, float]) -> list[Try]:
    return [
        Try(
            number, "done", {"training.learning_rate": rate, "method.rank": rank}, 10.0, loss, is_counted=True
        )
        for number, (rate, rank, loss) in enumerate(pairs, 1)
    ]  # fmt: skip


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


def values(found: list[Finding], code: str) -> dict[str, Any]:
    return next(finding.values for finding in found if finding.code == code)


FALLING = rates(
    (1e-5, 4, 3.0), (2e-5, 16, 2.9), (1e-4, 8, 2.0), (2e-4, 16, 1.50), (2.2e-4, 32, 1.505), (1.9e-4, 16, 1.51),
    (1e-3, 4, 2.6), (5e-3, 32, 3.4), (2e-4, 4, 1.6),
)  # fmt: skip


def test_the_sentence_of_the_example_is_what_the_board_says() -> None:
    found = read_findings(board(FALLING), [RATE, RANK], OWN)
    assert found[0] == Finding("matters_most", {"path": "training.learning_rate", "value": 2e-4})
    assert Finding("no_more", {"path": "method.rank", "value": 16}) in found
    assert values(found, "better_than_own") == {"before": 3.0, "after": 1.50}
    assert values(found, "ties") == {"n": 2}


def test_while_few_have_finished_nothing_is_read_into_it() -> None:
    assert read_findings(board([]), [RATE, RANK], OWN) == []
    assert read_findings(board(FALLING[:2]), [RATE, RANK], OWN) == [Finding("too_few", {"n": 2})]


def test_a_best_value_at_the_end_of_its_range_says_where_to_look_further() -> None:
    falling = rates(
        (1e-5, 8, 4.0), (1e-4, 8, 3.0), (1e-3, 8, 2.0), (8e-3, 8, 1.0), (9.9e-3, 8, 0.9), (3e-3, 8, 1.5)
    )  # fmt: skip
    assert "edge_high" in codes(read_findings(board(falling), [RATE, RANK], OWN))
    rising = [
        done(n, float(n), **{"method.rank": rank}) for n, rank in enumerate((4, 4, 8, 16, 32), 1)
    ]
    assert "edge_low" in codes(read_findings(board(rising), [RANK], OWN))


def test_of_choices_it_names_the_best_one() -> None:
    tries = [
        done(n, 1.0 + n / 100 + (n % 2), **{"method.target_modules": LAYERS.choices[n % 2]})
        for n in range(1, 9)
    ]
    found = read_findings(board(tries), [LAYERS], OWN)
    assert found[0] == Finding(
        "matters_choice", {"path": "method.target_modules", "value": "all-linear"}
    )
    assert not any(code.startswith("edge") for code in codes(found))


def test_where_nothing_makes_a_difference_it_says_so_and_that_ones_own_settings_do() -> None:
    tries = rates(
        *((1e-4 * (1 + n % 3), 4 * (1 + n % 2), 2.0 + 0.001 * ((n * 5) % 7)) for n in range(12))
    )
    found = codes(
        read_findings(board(tries), [RATE, RANK], {**OWN, "training.learning_rate": 1e-4})
    )
    assert found[0] == "nothing_matters"
    assert "no_difference" in found
    assert "own_is_as_good" in found


def test_without_a_known_noise_nothing_is_called_equal() -> None:
    found = codes(read_findings(board(FALLING, noise=None), [RATE, RANK], OWN))
    assert found == ["matters_most", "better_than_own"]


def test_where_answers_are_judged_more_is_better() -> None:
    tries = [replace(one, value=4 - (one.value or 0), judged_by="rouge_l") for one in FALLING]
    found = read_findings(board(tries), [RATE, RANK], OWN)
    assert found[0] == Finding("matters_most", {"path": "training.learning_rate", "value": 2e-4})
    assert values(found, "better_than_own") == {"before": 1.0, "after": 2.5}


def test_a_setting_that_only_clones_have_is_passed_over() -> None:
    tries = [
        replace(one, settings={"training.weight_decay": n % 3}) for n, one in enumerate(FALLING)
    ]
    read_findings(board(tries), [RATE, RANK], OWN)
