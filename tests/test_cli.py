"""The command line: results as JSON, bad input as one sentence with exit code 2, never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.chat_commands import described
from studio.cli import main
from studio.domain.column import Column
from studio.domain.job import read_events
from studio.domain.passages import Passage
from studio.services.jobs import JobQueue
from studio.services.playground import Answer
from studio.services.workspace import Workspace
from studio.settings import Home

ROWS = "".join(
    json.dumps({"prompt": f"What is {i}?", "completion": f"It is {i}."}) + "\n" for i in range(20)
)
QUICK = [
    "--set",
    "model.id=tiny",
    "--set",
    "training.max_steps=3",
    "--set",
    "training.max_length_tokens=128",
    # Which one is faster is measured, and may be another one the next time.
    "--set",
    "training.compute_dtype=float32",
]


def test_an_answer_from_documents_comes_with_its_passages() -> None:
    given = Passage("hours.txt", "Nine to five.")
    answer = Answer("At nine.", 3, "end", 0.1, 0.4, passages=(given,))
    shown = described(Column("starter", has_documents=True), answer)
    assert shown["passages"] == [
        {"document": "hours.txt", "text": "Nine to five.", "is_cut": False}
    ]
    assert "passages" not in described(Column("starter"), Answer("At nine."))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run a command with --json and give exit code, the last line's object, and what was said on stderr."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out.strip().splitlines()[-1]), captured.err


def test_a_data_file_is_checked_without_being_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, workspace: Workspace
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS + '{"prompt": "and?", "completion": ""}\n')
    code, result, _ = run(capsys, "data", "check", str(path))
    assert code == 0
    assert (result["format"], result["shape"], result["rows"], result["used"]) == (
        "jsonl",
        "prompt-completion",
        21,
        20,
    )
    assert result["skipped"] == [{"line": 21, "reason": "empty_answer"}]
    assert not any(not dataset.is_sample for dataset in workspace.datasets.list())


def test_other_programs_get_a_key_and_lose_it(
    capsys: pytest.CaptureFixture[str], workspace: Workspace
) -> None:
    code, made, _ = run(capsys, "api", "on")
    assert (code, made["base_url"]) == (0, "http://127.0.0.1:7860/v1")
    assert workspace.api_key.fits(made["key"])
    assert main(["api", "on"]) == 0
    assert str(workspace.api_key.ending()) in capsys.readouterr().out
    assert run(capsys, "api", "off")[:2] == (0, {"api": "off"})
    assert workspace.api_key.ending() is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["data", "check", "/nowhere/x.csv"], "data.no_file", "x.csv"),
        (["run", "no-such-recipe"], "recipe.unknown", "no-such-recipe"),
        (["run", "quickstart", "--set", "nonsense"], "recipe.change_unclear", "nonsense"),
        (["run", "quickstart", "--set", "model.id=../x"], "model.unknown", "../x"),
        (["run", "quickstart", "--set", "data.id=../x"], "data.unknown", "../x"),
        (["runs", "42"], "job.unknown", "42"),
        (["chat", "42", "--prompt", "Hi"], "job.unknown", "42"),
        (["export", "42", "--to", "adapter"], "job.unknown", "42"),
        (["export", "42", "--push", "fox"], "push.bad_name", "fox"),
        (["serve", "--password-file", "/nowhere/p"], "serve.password_unreadable", "p"),
        (
            ["serve", "--host", "::", "--port", "0", "--no-browser"],
            "serve.password_needed",
            "::",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: str, said: str
) -> None:
    exit_code, result, error = run(capsys, *arguments)
    assert exit_code == 2
    assert result["error"]["code"] == code
    assert said in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1


def test_mistakes_in_settings_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "run",
        "quickstart",
        "--set",
        "training.learning_rate=-1",
        "--set",
        "training.no_such_field=3",
    ]
    exit_code, _, error = run(capsys, *arguments)
    assert exit_code == 2
    assert "learning_rate" in error
    assert "no_such_field" in error


def test_a_recipe_is_shown_complete_and_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "show", "quickstart"]) == 0
    text = capsys.readouterr().out
    assert yaml.safe_load(text)["method"]["type"] == "qlora"
    code, listed, _ = run(capsys, "recipe", "list")
    assert code == 0
    assert listed["recipes"][0] == "quickstart"


def test_a_recipe_whose_data_has_changed_since_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("data: {id: quickstart, steps: [{code: trim_text, values: {}}]}\n")
    code, result, said = run(capsys, "run", str(recipe))
    assert (code, result["error"]["code"]) == (2, "recipe.other_data")
    assert "was written: 1. Now: 0" in said


def test_without_runs_there_is_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "runs")[1] == {"runs": []}
    assert main(["runs"]) == 0
    assert "studio run quickstart" in capsys.readouterr().out


def losses(home: Home, run_id: int) -> list[float]:
    """Give every loss that a training told, of learned and of held-out examples."""
    events, _ = read_events(home.jobs / f"{run_id:06d}" / "events.jsonl", 0)
    names = {"log": "loss", "eval": "held_out_loss"}
    return [event.values[names[event.kind]] for event in events if event.kind in names]


@pytest.mark.train
def test_the_whole_path_from_a_file_to_a_download(
    capfd: pytest.CaptureFixture[str],
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
) -> None:
    monkeypatch.setenv("STUDIO_MODELS", str(tiny_model.parent))
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS)
    code, result, _ = run(capfd, "run", "quickstart", "--data", str(path), *QUICK)
    assert (code, result["state"], result["run"]) == (0, "done", "1")
    assert (Path(result["adapter"]) / "adapter_config.json").exists()

    _, shown, _ = run(capfd, "runs", "1")
    assert (shown["step"], shown["total_steps"], shown["recipe"]["model"]["id"]) == (3, 3, "tiny")

    _, answers, _ = run(capfd, "chat", "1", "--prompt", "What is 3?")
    assert set(answers) == {"base", "tuned", "answers"}
    (told,) = answers["answers"]
    assert [column["id"] for column in told["columns"]] == ["tiny", "1"]
    assert told["columns"][0]["text"] == answers["base"]

    _, exported, _ = run(capfd, "export", "1", "--to", "adapter", "--out", str(tmp_path / "out"))
    assert Path(exported["file"]).stat().st_size == exported["bytes"]
    assert exported["target"] == "adapter"
    assert main(["recipe", "show", "1"]) == 0
    repeat = tmp_path / "recipe.yaml"
    repeat.write_text(capfd.readouterr().out)
    again = run(capfd, "run", str(repeat))[1]
    assert losses(home, int(again["run"])) == losses(home, 1)
    assert len(losses(home, 1)) == 6


@pytest.mark.train
def test_a_killed_worker_is_told_and_not_called_done(
    tiny_model: Path, tmp_path: Path, home: Any
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS)
    command = [
        sys.executable, "-m", "studio", "run", "quickstart", "--data", str(path), "--json", *QUICK,
        "--set", "training.max_steps=5000", "--set", "training.eval_every_steps=5000",
    ]  # fmt: skip
    environment = {**os.environ, "STUDIO_MODELS": str(tiny_model.parent)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        events = home.jobs / "000001" / "events.jsonl"
        end = time.monotonic() + 120
        while not (events.exists() and '"log"' in events.read_text()):
            assert time.monotonic() < end
            time.sleep(0.1)

        (_, worker), *_ = JobQueue(home).running()
        os.kill(worker.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(out.splitlines()[-1])["state"] == "failed"
    assert "Traceback" not in err
