"""Data sets of the Hugging Face Hub: which names are accepted, and which files are data of which subset and split.

Only names decide. A repository's README, its configuration and its scripts are never read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from studio.errors import StudioError

# Source: https://huggingface.co/docs/hub/repositories-getting-started, and `validate_repo_id` of huggingface_hub.
ID = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
REVISION = re.compile(r"[\w./-]{1,200}", re.ASCII)
FILE_NAME = re.compile(r"[\w./-]{1,500}")
SUFFIXES = (".parquet", ".json", ".jsonl", ".csv", ".tsv")
# JSON that tools write beside the data.
NOT_DATA = frozenset({"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"})
# What the Hub's own converter makes of a data set: <subset>/<split>/0000.parquet, `partial-<split>` beyond 5 GB.
# Source: https://huggingface.co/docs/dataset-viewer/parquet
CONVERTED = re.compile(r"(?P<subset>[^/]+)/(?P<part>partial-)?(?P<split>[^/]+)/\d{4,}\.parquet")
SHARD = re.compile(r"(part)?[-_.]?\d{4,}(-of-\d{4,})?([-_.][0-9a-f]{16})?$")
SPLITS = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
SPLIT_WORD = re.compile(
    rf"(?<![^\W_])({'|'.join(sorted(SPLITS, key=len, reverse=True))})(?![^\W_])", re.IGNORECASE
)
# Stays free beside a download.
SPARE_BYTES = 256 * 1024**2
GIB = 1024**3
DEFAULT_SUBSET = "default"
DEFAULT_SPLIT = "train"


@dataclass(frozen=True, slots=True)
class HubDataset:
    """One result of a search. `size` is what its authors say, such as `1K<n<10K`; empty where they do not."""

    id: str
    downloads: int
    likes: int
    licence: str
    gated: bool
    size: str
    description: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A data file. `bytes` is 0 and `sha256` empty where the Hub does not say."""

    path: str
    bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class HubSplit:
    """The files of one split. `is_partial`: the Hub offers only its first gigabytes."""

    files: tuple[HubFile, ...]
    is_partial: bool = False

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class HubDetails:
    """A data set at one commit (`revision`). `left_out` counts its files that are no data or have unsafe names."""

    id: str
    revision: str
    licence: str
    gated: bool
    subsets: dict[str, dict[str, HubSplit]]
    left_out: int

    def split(self, choice: "HubChoice") -> HubSplit:
        """Give the files of a choice.

        Raises:
            StudioError: `hub.no_split`.
        """
        split = self.subsets.get(choice.subset, {}).get(choice.split)
        if split is None:
            subset, name = choice.subset[:80], choice.split[:80]
            raise StudioError("hub.no_split", id=self.id, subset=subset, split=name)
        return split


@dataclass(frozen=True, slots=True)
class HubChoice:
    """What shall be brought: one split of one subset, at one commit, so that it repeats."""

    id: str
    revision: str
    subset: str
    split: str


def gib(count: int) -> float:
    """Give bytes in GiB, to one digit."""
    return round(count / GIB, 1)


def check_room(wanted_bytes: int, free_bytes: int) -> None:
    """See to it that a download can be stored.

    Raises:
        StudioError: `hub.no_room`.
    """
    needed = wanted_bytes + SPARE_BYTES
    if needed > free_bytes:
        raise StudioError("hub.no_room", needed_gib=gib(needed), free_gib=gib(free_bytes))


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of a data set: `owner/name`, or a single name."""
    return (
        ID.fullmatch(text) is not None
        and not text.endswith(".git")
        and not any(
            "--" in name or ".." in name or name[0] in "-." or name[-1] in "-."
            for name in text.split("/")
        )
    )


def check_id(dataset_id: str) -> str:
    """Give the id back if it can be one.

    Raises:
        StudioError: `hub.bad_id`.
    """
    if not is_id(dataset_id):
        raise StudioError("hub.bad_id", id=dataset_id[:120])
    return dataset_id


def check_revision(revision: str) -> str:
    """Give the name of a branch, tag or commit back if it can be one.

    Raises:
        StudioError: `hub.bad_revision`.
    """
    if not REVISION.fullmatch(revision) or ".." in revision:
        raise StudioError("hub.bad_revision", revision=revision[:120])
    return revision


def check_choice(choice: HubChoice) -> HubChoice:
    """Give the choice back if its id is one and its revision a commit.

    Raises:
        StudioError: `hub.bad_id`, `hub.bad_revision`.
    """
    check_id(choice.id)
    if not COMMIT.fullmatch(choice.revision):
        raise StudioError("hub.bad_revision", revision=choice.revision[:120])
    return choice


def is_safe_name(path: str) -> bool:
    """Tell whether a file's name stays inside its repository: relative, no `..`, only letters, digits and `_ . - /`."""
    parts = path.split("/")
    return FILE_NAME.fullmatch(path) is not None and not any(
        part in ("", ".", "..") for part in parts
    )


def is_data(path: str) -> bool:
    """Tell whether a file holds rows, by its name; hidden files and what tools write beside the data do not."""
    name = PurePosixPath(path).name
    is_hidden = any(part.startswith(".") for part in path.split("/"))
    return not is_hidden and name.lower().endswith(SUFFIXES) and name not in NOT_DATA


def group_files(files: Iterable[HubFile]) -> dict[str, dict[str, HubSplit]]:
    """Give the data files by subset and split, everything in the order of its names; other files are left out."""
    data = sorted(
        (f for f in files if is_safe_name(f.path) and is_data(f.path)), key=lambda f: f.path
    )
    place = place_converted if all(CONVERTED.fullmatch(f.path) for f in data) else place_by_words
    grouped: dict[str, dict[str, list[tuple[HubFile, bool]]]] = {}
    for file in data:
        subset, split, is_partial = place(file.path)
        grouped.setdefault(subset, {}).setdefault(split, []).append((file, is_partial))
    return {
        subset: {
            split: HubSplit(tuple(file for file, _ in found), any(part for _, part in found))
            for split, found in splits.items()
        }
        for subset, splits in grouped.items()
    }


def place_converted(path: str) -> tuple[str, str, bool]:
    """Give subset, split and whether it is cut short, of a file that the Hub's converter made."""
    found = CONVERTED.fullmatch(path)
    if found is None:
        return DEFAULT_SUBSET, DEFAULT_SPLIT, False
    return found["subset"], found["split"], found["part"] is not None


def place_by_words(path: str) -> tuple[str, str, bool]:
    """Give subset and split by the words in a file's name, the nearest to the end first.

    `data/train-00000-of-00002.parquet` is (default, train), `en/test.jsonl` (en, test), `shop_val.csv` (shop, validation),
    and two tables of unlike names are two subsets: nobody said that they belong together.
    """
    *folders, name = path.split("/")
    parts = [*folders, SHARD.sub("", name.rsplit(".", 1)[0])]
    split = DEFAULT_SPLIT
    for place in range(len(parts) - 1, -1, -1):
        if words := list(SPLIT_WORD.finditer(parts[place])):
            split = SPLITS[words[-1][1].lower()]
            start, end = words[-1].span()
            parts[place] = f"{parts[place][:start]}{parts[place][end:]}".strip("-_.")
            break
    kept = [part for part in parts if part and part != "data"]
    return "/".join(kept) or DEFAULT_SUBSET, split, False
