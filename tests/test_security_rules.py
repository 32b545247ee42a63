"""What must not occur in the source, whatever it is for (05-security.md: G12, G14, G16); the finder itself is tested too."""

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "studio").rglob("*.py"))

FORBIDDEN_MODULES = {
    "pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "requests", "httpx", "aiohttp", "telnetlib",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "torch.load", "torch.hub.load", "tempfile.mktemp", "load_dataset", "datasets.load_dataset",
    "urllib.request.urlopen", "gr.FileExplorer", "gr.set_static_paths", "gr.load", "gr.DeepLinkButton",
    "shutil.unpack_archive", "disable_adapter",
}  # fmt: skip
# What is raised where tensors cannot be read; the name alone runs nothing.
HARMLESS_NAMES = {"pickle.UnpicklingError"}
# The one file that may read what the trainer stores of its optimizer, and as tensors only.
READS_CHECKPOINTS = ROOT / "studio" / "worker" / "checkpoints.py"
FORBIDDEN_METHODS = {"extractall", "disable_adapter"}
FORBIDDEN_TRUE = {"shell", "trust_remote_code", "share"}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def findings(source: str) -> Iterator[str]:
    """Give a word for every forbidden thing in `source`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            if {f"{module}.{alias.name}" for alias in node.names} <= HARMLESS_NAMES:
                continue
            if (module or "").split(".")[0] in FORBIDDEN_MODULES or module == "urllib.request":
                yield f"import {module}"
        elif isinstance(node, ast.Call):
            yield from findings_in_call(node)
        elif isinstance(node, ast.Constant) and node.value == "trust_remote_code":
            yield "trust_remote_code as text"


def findings_in_call(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    is_tensors_only = name == "torch.load" and any(
        word.arg == "weights_only" and isinstance(word.value, ast.Constant) and word.value.value
        for word in call.keywords
    )
    if (name in FORBIDDEN_CALLS and not is_tensors_only) or method in FORBIDDEN_METHODS:
        yield name or method
    for word in call.keywords:
        is_false = isinstance(word.value, ast.Constant) and word.value.value is False
        if word.arg in FORBIDDEN_TRUE and not is_false:
            yield f"{word.arg}="
    if method in ("execute", "executemany", "executescript") and call.args:
        made_up = isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
        if made_up:
            yield "SQL put together from parts"
    if name == "gr.Textbox":
        words = {word.arg: word.value for word in call.keywords}
        kind = words.get("type")
        if isinstance(kind, ast.Constant) and kind.value == "password" and "value" in words:
            yield "a password box with a value"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_source_holds_nothing_forbidden(path: Path) -> None:
    assert list(findings(path.read_text(encoding="utf-8"))) == []


def test_tensors_are_read_by_torch_in_one_place_only() -> None:
    found = [path for path in FILES if "torch.load(" in path.read_text(encoding="utf-8")]
    assert found == [READS_CHECKPOINTS]


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from urllib.request import urlopen",
        "eval('1')",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "options['trust_remote_code'] = True",
        "torch.load('x')",
        "torch.load('x', weights_only=False)",
        "torch.load('x', weights_only=flag)",
        "from pickle import UnpicklingError, loads",
        "yaml.load(text)",
        "connection.execute(f'SELECT {x}')",
        "connection.execute('SELECT ' + x)",
        "connection.execute('SELECT {}'.format(x))",
        "zipfile.ZipFile(p).extractall()",
        "datasets.load_dataset('x')",
        "demo.launch(share=True)",
        "gr.Textbox(type='password', value='secret')",
    ],
)
def test_the_finder_finds(source: str) -> None:
    assert list(findings(source))


@pytest.mark.parametrize(
    "source",
    [
        "AutoModel.from_pretrained('x', trust_remote_code=False, use_safetensors=True)",
        "connection.execute('SELECT * FROM job WHERE id = ?', (1,))",
        "yaml.safe_load(text)",
        "torch.load('x', weights_only=True)",
        "from pickle import UnpicklingError",
        "subprocess.Popen(['ls'], start_new_session=True)",
    ],
)
def test_the_finder_lets_pass_what_is_right(source: str) -> None:
    assert list(findings(source)) == []


def test_a_models_weights_are_read_from_safetensors_only() -> None:
    calls = [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and dotted(node.func).endswith("ForCausalLM.from_pretrained")
    ]
    assert calls
    for path, call in calls:
        words = {word.arg: word.value for word in call.keywords}
        value = words.get("use_safetensors")
        assert isinstance(value, ast.Constant), path
        assert value.value is True, path


def test_a_worker_writes_to_a_file_and_never_into_a_pipe_of_the_runner() -> None:
    for path in (ROOT / "studio" / "runner").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("stdout", "stderr"):
                assert dotted(node.value) != "subprocess.PIPE", path


def test_the_package_that_lets_a_configuration_run_code_is_not_installed() -> None:
    assert find_spec("kernels") is None
