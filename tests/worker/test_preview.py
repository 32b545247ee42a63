"""The preview process: the real tokenizer, without torch, and templates cannot harm it."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.models import ModelLibrary
from studio.services.previews import Previews
from studio.services.workspace import Workspace

ROW = [Message("user", "Hi <b>"), Message("assistant", "Hello 狐狸")]


def test_a_preview_shows_what_is_learned(tiny_workspace: Workspace) -> None:
    preview = tiny_workspace.previews.preview("tiny", ROW)
    assert (
        "".join(span.text for span in preview.spans if span.kind == "learned")
        == "Hello 狐狸<|im_end|>"
    )
    assert "".join(span.text for span in preview.spans).startswith("<|im_start|>user\nHi <b>")
    assert 0 < preview.learned < preview.tokens


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
    evil = tmp_path / "models" / "evil"
    evil.mkdir(parents=True)
    for file in tiny_model.iterdir():
        (evil / file.name).write_bytes(file.read_bytes())
    (evil / "chat_template.jinja").write_text(template)
    previews = Previews(ModelLibrary(evil.parent), tiny_workspace.previews.pipe)
    started = time.monotonic()
    with pytest.raises(StudioError, match=r"model\.(template_fails|no_template)"):
        previews.preview("evil", ROW)
    assert time.monotonic() - started < 20
    assert not list(tmp_path.rglob("canary"))
    assert tiny_workspace.previews.preview("tiny", ROW).tokens > 0


def test_the_reply_is_one_line_of_json(tiny_model: Path) -> None:
    request = json.dumps(
        {
            "id": 5,
            "path": str(tiny_model),
            "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        }
    )
    done = subprocess.run(
        [sys.executable, "-m", "studio.worker.preview"],
        input=request + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    reply = json.loads(done.stdout)
    assert (reply["id"], reply["learned"]) == (5, 2)
