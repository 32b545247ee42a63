"""The preview process: the real tokenizer, without torch, and templates cannot harm it."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from studio.domain.records import Message, Row, row_to_json
from studio.errors import StudioError
from studio.services.models import ModelLibrary
from studio.services.previews import ANSWER_SECONDS, Previews, TokenSpan
from studio.services.workspace import Workspace
from studio.worker.fitting import TooLong

ROW = Row((Message("user", "Hi <b>"), Message("assistant", "Hello 狐狸")), 1)


def test_a_preview_shows_what_is_learned_and_the_mark_that_ends_it(
    tiny_workspace: Workspace,
) -> None:
    preview = tiny_workspace.previews.preview("tiny", ROW)
    learned = [(span.text, span.is_end) for span in preview.spans if span.kind == "learned"]
    assert learned == [("Hello 狐狸", False), ("<|im_end|>", True)]
    assert "".join(span.text for span in preview.spans).startswith("<|im_start|>user\nHi <b>")
    assert cut_up(preview.spans[1:]) == [*"Hello 狐狸", "<|im_end|>", "\n"]
    assert 0 < preview.learned < preview.tokens
    assert (preview.cut, preview.chunks, preview.own_template) == (0, 1, False)


def test_a_preview_shows_what_a_limit_does(tiny_workspace: Workspace) -> None:
    wanted: list[tuple[int, TooLong, int, set[str]]] = [
        (32, "drop", 0, {"cut"}),
        (32, "cut", 1, {"read", "learned", "cut"}),
        (32, "split", 2, {"read", "learned"}),
        (200, "drop", 1, {"read", "learned"}),
    ]
    for limit, too_long, chunks, kinds in wanted:
        preview = tiny_workspace.previews.preview("tiny", ROW, limit, too_long)
        assert {span.kind for span in preview.spans} == kinds
        assert preview.chunks == chunks
        assert "".join(span.text for span in preview.spans).endswith("狐狸<|im_end|>\n")


def test_an_endless_example_is_shown_shortened(tiny_workspace: Workspace) -> None:
    row = Row((Message("user", "?"), Message("assistant", "x" * 60_000)), 1)
    preview = tiny_workspace.previews.preview("tiny", row)
    assert preview.is_shortened
    assert sum(len(span.text) for span in preview.spans) == 40_000
    assert preview.tokens > 60_000


def test_the_preview_process_never_imports_torch() -> None:
    code = "import sys, studio.worker.preview; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'A' * 10**9 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('touch canary').read() }}",
        "{% include '/etc/passwd' %}",
        "{{ raise_exception('<img src=x onerror=alert(1)>') }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "x" * 70_000,
    ],
)
def test_a_hostile_template_is_an_error_and_no_more(
    tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path, template: str
) -> None:
    evil = copy_model(tiny_model, tmp_path / "models" / "evil")
    (evil / "chat_template.jinja").write_text(template)
    previews = Previews(ModelLibrary(evil.parent), tiny_workspace.previews.pipe)
    assert tiny_workspace.previews.preview("tiny", ROW).tokens > 0
    started = time.monotonic()
    with pytest.raises(StudioError, match=r"model\.(template_fails|template_never_ends)"):
        previews.preview("evil", ROW)
    assert time.monotonic() - started < ANSWER_SECONDS + 1
    assert not list(tmp_path.rglob("canary"))
    assert tiny_workspace.previews.preview("tiny", ROW).tokens > 0


def test_a_model_without_template_is_shown_with_ours(
    tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path
) -> None:
    bare = copy_model(tiny_model, tmp_path / "models" / "bare")
    (bare / "chat_template.jinja").unlink()
    previews = Previews(ModelLibrary(bare.parent), tiny_workspace.previews.pipe)
    preview = previews.preview("bare", ROW)
    assert preview.own_template
    assert preview.spans[0].text == "### User:\nHi <b>\n\n### Assistant:\n"


def test_the_reply_is_one_line_of_json(tiny_model: Path) -> None:
    request = {"id": 5, "op": "preview", "path": str(tiny_model), "row": row_to_json(ROW)}
    limits = {"limit": None, "too_long": "drop", "overlap": 0}
    done = subprocess.run(
        [sys.executable, "-m", "studio.worker.preview"],
        input=json.dumps({**request, **limits}) + "\n" + json.dumps({"id": 5, "op": "stop"}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    ready, reply = map(json.loads, done.stdout.splitlines())
    assert ready["phase"] == "ready"
    assert (reply["id"], reply["learned"]) == (5, 13)


def cut_up(spans: Sequence[TokenSpan]) -> list[str]:
    """Give the text of each token."""
    return [
        span.text[start:end]
        for span in spans
        for start, end in pairwise([0, *span.cuts, len(span.text)])
    ]


def copy_model(model: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    for file in model.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target
