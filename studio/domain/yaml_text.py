"""Read YAML with the parser in C: a tenth of the time of the one in Python, of which every start and every list pays."""

from typing import Any

import yaml


def parse_yaml(text: str) -> Any:
    """Give the plain values in `text`; nothing in it can make an object.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    loader = yaml.CSafeLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
