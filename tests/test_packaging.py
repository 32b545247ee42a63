"""What is installed elsewhere is what was tested here: lock, wheel and image."""

import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.build import build_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from studio.domain.trackers import TRACKERS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK_LINES = [
    line
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINS = [Requirement(line) for line in LOCK_LINES]
VERSION_BY_NAME: dict[str, str] = {
    canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in PINS
}
SERVICES = {k: v for k, v in PROJECT["optional-dependencies"].items() if k != "dev"}
RANGES = [
    Requirement(text)
    for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])
]


def test_the_lock_holds_exact_versions_and_nothing_of_the_machine_it_was_made_on() -> None:
    assert len(LOCK_LINES) > 60
    for line in LOCK_LINES:
        pin = line.partition(" ; ")[0]
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", pin), line


def test_the_lock_asks_for_a_package_on_the_machines_that_the_project_wants_it_on() -> None:
    conditions = {canonicalize_name(pin.name): pin.marker for pin in PINS if pin.marker}
    wanted = {one.name: one.marker for one in RANGES if one.marker}
    assert conditions == wanted
    here = {"sys_platform": "linux", "platform_machine": "x86_64"}
    mac = {"sys_platform": "darwin", "platform_machine": "arm64"}
    marker = conditions[canonicalize_name("xllamacpp")]
    assert (marker.evaluate(here), marker.evaluate(mac)) == (True, False)


def test_the_lock_leaves_out_what_pip_brings_and_what_is_unsafe() -> None:
    assert not {"pip", "setuptools", "kernels", "triton", "tuning-studio"} & VERSION_BY_NAME.keys()
    assert not [name for name in VERSION_BY_NAME if name.startswith(("nvidia-", "cuda-"))]


def test_torch_is_the_version_that_was_measured() -> None:
    assert VERSION_BY_NAME["torch"] == "2.13.0"


@pytest.mark.parametrize("wanted", RANGES, ids=str)
def test_the_lock_satisfies_every_range(wanted: Requirement) -> None:
    assert wanted.specifier, "a dependency without a range"
    assert wanted.specifier.contains(VERSION_BY_NAME[canonicalize_name(wanted.name)])


def test_gradio_is_held_to_one_minor_version() -> None:
    gradio = next(wanted for wanted in RANGES if wanted.name == "gradio")
    assert gradio.specifier.contains("6.31.9")
    assert not gradio.specifier.contains("6.32.0")


def test_every_dependency_has_its_reason() -> None:
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    optional = [Requirement(text) for part in SERVICES.values() for text in part]
    assert len(optional) == len(TRACKERS)
    named = [wanted.name for wanted in (*RANGES, *optional)]
    assert [name for name in named if f"`{name}`" not in decisions] == []


def test_what_a_missing_service_asks_to_install_is_what_its_extra_installs() -> None:
    installed = {name: Requirement(part[0]).name for name, part in SERVICES.items()}
    assert installed == {name: tracker.package for name, tracker in TRACKERS.items()}
    assert not set(installed.values()) & VERSION_BY_NAME.keys()


def test_the_wheel_holds_everything_that_the_program_reads(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        inside = set(wheel.namelist())
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "studio").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".pyi")
    }
    assert len(data) > 60
    assert data <= inside
    recipes = {f"studio/{path.relative_to(ROOT)}" for path in (ROOT / "recipes").glob("*.yaml")}
    assert recipes
    assert recipes <= inside
    assert not [name for name in inside if name.startswith(("tests/", "scripts/"))]


def test_the_wheel_is_small_enough_to_carry() -> None:
    sizes = [
        path.stat().st_size for path in (ROOT / "studio" / "starter").rglob("*") if path.is_file()
    ]
    assert sizes
    assert sum(sizes) <= 20_000_000


def docker_lines(word: str) -> list[str]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [line.removeprefix(word).strip() for line in lines if line.startswith(f"{word} ")]


def test_the_image_copies_only_what_is_there() -> None:
    sources = [part for line in docker_lines("COPY") for part in line.split()[:-1]]
    assert {"requirements.lock", "pyproject.toml", "studio", "recipes"} <= set(sources)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_runs_the_command_of_the_readme_and_not_as_root() -> None:
    command = " ".join(json.loads(docker_lines("CMD")[-1]))
    assert command.startswith("studio serve --host 0.0.0.0")
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert docker_lines("USER") == ["studio"]
    assert docker_lines("ENV")[0].startswith("STUDIO_HOME=/data")


def test_compose_builds_this_folder_and_shows_the_page_to_this_machine_only() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"studio", "studio-gpu"}
    for service in services.values():
        assert service["build"]["context"] == "."
        assert [port.split(":")[0] for port in service["ports"]] == ["127.0.0.1"]
        assert service["secrets"] == ["studio_password"]


@pytest.mark.parametrize(
    "script",
    ["scripts/check", "scripts/install", "scripts/install-browser", "scripts/lock", ".ci/run"],
)
def test_the_scripts_stop_at_the_first_mistake(script: str) -> None:
    path = ROOT / script
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)
