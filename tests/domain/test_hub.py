"""Which names of the Hub are accepted, and which files are data of which subset and split."""

import pytest

from studio.domain.hub import (
    HubChoice,
    HubDetails,
    HubFile,
    check_choice,
    check_id,
    check_revision,
    group_files,
)
from studio.errors import StudioError

SHA = "0123456789abcdef0123456789abcdef01234567"
HOSTILE = [
    "", ".", "..", "/", "a/", "/a", "a/b/c", "a/b/../c", "../x", "..\\x", "a\\b", "C:\\x", "http://127.0.0.1",
    "http://127.0.0.1/x", "file:///etc/passwd", "hf://../../", "a/..", "a..b/c", "a--b/c", "-rf", "a/-rf", ".a/b",
    "a/b.", "a/b.git", "a b/c", "a/b\n", "a/b\0", "a\u2024b/c", "ａ/ｂ", "a/%2e%2e", "~", "a" * 97, "a/" + "b" * 97,
]  # fmt: skip


@pytest.mark.parametrize("text", ["squad", "owner/name", "my-org/data.set_2", "a" * 96 + "/b"])
def test_an_id_is_a_name_or_two(text: str) -> None:
    assert check_id(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_else_is_refused_as_an_id(text: str) -> None:
    with pytest.raises(StudioError, match=r"hub\.bad_id"):
        check_id(text)


@pytest.mark.parametrize("text", ["main", "refs/convert/parquet", "v1.0", SHA])
def test_a_revision_is_a_branch_a_tag_or_a_commit(text: str) -> None:
    assert check_revision(text) == text


@pytest.mark.parametrize("text", ["", "../x", "a b", "a\n", "%2e", "x" * 201, "é"])
def test_whatever_else_is_refused_as_a_revision(text: str) -> None:
    with pytest.raises(StudioError, match=r"hub\.bad_revision"):
        check_revision(text)


@pytest.mark.parametrize("revision", ["main", SHA[:12], SHA.upper(), SHA + "\n"])
def test_a_choice_is_pinned_to_a_whole_commit(revision: str) -> None:
    assert check_choice(HubChoice("a/b", SHA, "default", "train"))
    with pytest.raises(StudioError, match=r"hub\.bad_revision"):
        check_choice(HubChoice("a/b", revision, "default", "train"))


@pytest.mark.parametrize(
    ("path", "subset", "split"),
    [
        ("train.csv", "default", "train"),
        ("data/train-00000-of-00002.parquet", "default", "train"),
        ("data/test_sft-00000-of-00003-a3ecf92756993583.parquet", "sft", "test"),
        ("en/dev.jsonl", "en", "validation"),
        ("shop_val.csv", "shop", "validation"),
        ("test/part-00001.jsonl", "default", "test"),
        ("answers.tsv", "answers", "train"),
        ("constrained.JSON", "constrained", "train"),
        ("数据/训练.jsonl", "数据/训练", "train"),
    ],
)
def test_the_words_of_a_name_tell_subset_and_split(path: str, subset: str, split: str) -> None:
    grouped = group_files([HubFile(path, 7), HubFile("other/x.csv", 1)])
    assert grouped[subset][split].files == (HubFile(path, 7),)


def test_the_converted_copy_is_read_by_its_places() -> None:
    names = ["en/train/0000.parquet", "en/train/0001.parquet", "dev-set/partial-test/0000.parquet"]
    grouped = group_files(HubFile(name, 5) for name in reversed(names))
    assert [file.path for file in grouped["en"]["train"].files] == names[:2]
    assert grouped["en"]["train"].bytes == 10
    assert not grouped["en"]["train"].is_partial
    assert grouped["dev-set"]["test"].is_partial


@pytest.mark.parametrize(
    "path",
    [
        "README.md", "load.py", "shop.py", "dataset_infos.json", ".hidden/train.csv", ".train.csv", "train.csv.gz",
        "train.zip", "model.bin", "data.pkl", "../train.csv", "a/../train.csv", "/etc/train.csv", "a//b.csv",
        "./train.csv", "a\\..\\b.csv", "C:/train.csv", "a b.csv", "a\n.csv", "a\0.csv", "%2e%2e/a.csv",
        "https://127.0.0.1/train.csv", "x" * 501 + ".csv", "",
    ],
)  # fmt: skip
def test_no_other_file_is_taken(path: str) -> None:
    assert group_files([HubFile(path, 1)]) == {}


def test_a_part_that_is_not_there_is_told() -> None:
    grouped = group_files([HubFile("train.csv", 1)])
    details = HubDetails("a/b", SHA, "", False, grouped, 0)
    assert details.split(HubChoice("a/b", SHA, "default", "train")).bytes == 1
    with pytest.raises(StudioError, match=r"hub\.no_split"):
        details.split(HubChoice("a/b", SHA, "default", "test"))
