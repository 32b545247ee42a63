"""The studio whose models are a `speaker`, as a process of its own: `python -m tests.browser.spoken_studio HOME [TURNS]`.

One training has ended in it, and every visitor finds so many turns said already.
"""

import sys
from dataclasses import fields
from pathlib import Path

from studio.domain.column import Column
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Turn
from studio.services.playground import Answer, AskOptions
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from studio.ui import talk
from studio.ui.server import LOOPBACK, serve
from tests.browser.speaker import answer
from tests.ui.conftest import FakeWork, QuietWorkspace

CHOICES = (
    Choice(Column(model_id="starter"), "starter", "starter"),
    Choice(Column(run_id=1), "quickstart", "starter"),
)


def main(home: Path, turns: int) -> None:
    """Serve until told to stop."""
    real = open_workspace(Settings(home=Home(home)))
    workspace = QuietWorkspace(**{each.name: getattr(real, each.name) for each in fields(real)})
    workspace.datasets.bring_samples()
    workspace.playground.pipe.module = "tests.browser.speaker"
    train(workspace)
    talk.Dialogue = lambda: said_before(turns)  # ty: ignore[invalid-assignment]
    serve(workspace, workspace.settings, LOOPBACK, 0, open_browser=False)


def train(workspace: Workspace) -> None:
    """Leave a training that has ended."""
    work = FakeWork(workspace)
    job = work.start(step=1)
    work.end(job)
    (job.folder.adapter / "adapter_config.json").write_text("{}")


def said_before(turns: int) -> Dialogue:
    """Give a conversation that goes on; the page opens it with the newest training."""
    dialogue = Dialogue()
    for number in range(turns):
        answers = (
            Answer(str(answer(place, 50, 1.0)["text"]), 50, "end", 0.02, 1.0) for place in range(2)
        )
        options = (AskOptions(),) * 2
        dialogue.put(Turn(f"What about day {number}?", CHOICES, tuple(answers), options))
    return dialogue


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
