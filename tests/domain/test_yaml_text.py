"""The quick parser says what the slow one says, and makes no objects either."""

from pathlib import Path

import pytest
import yaml

from studio.domain.yaml_text import parse_yaml

LOCALES = sorted((Path(__file__).parents[2] / "studio" / "locales").glob("*.yaml"))


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.stem)
def test_both_parsers_say_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse_yaml(text) == yaml.safe_load(text)


def test_there_are_two_languages_to_read() -> None:
    assert len(LOCALES) == 2


@pytest.mark.parametrize("text", ["3e-4", "null", "", "[1, yes]", "a: {b: 1.5}"])
def test_values_mean_what_they_meant(text: str) -> None:
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("text", ["!!python/object/apply:os.getcwd []", "a: [", "[" * 5000])
def test_what_is_no_plain_value_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)
