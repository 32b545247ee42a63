"""Can the service that a recipe sends its figures to be used? Asked before a training starts, so that none stumbles later."""

import os
import subprocess
import sys
from importlib.util import find_spec

from studio.domain.recipe import Tracking
from studio.domain.trackers import TRACKERS
from studio.errors import StudioError

# Weights & Biases knows best where it keeps its keys; it is asked in a process of its own, where its import does no harm.
ASK_WANDB = "import sys, wandb; sys.exit(not wandb.login(prompt=False, verify=False))"
ASK_SECONDS = 60
WITHOUT_ACCOUNT = ("offline", "disabled", "dryrun")


def check_tracking(tracking: Tracking) -> None:
    """Refuse a training whose figures could not be sent.

    Raises:
        StudioError: `tracking.not_installed`, `tracking.not_signed_in`.
    """
    if tracking.to == "none":
        return
    tracker = TRACKERS[tracking.to]
    if find_spec(tracker.module) is None:
        raise StudioError("tracking.not_installed", service=tracker.title, package=tracker.package)
    if tracking.to == "wandb" and not has_wandb_account():
        raise StudioError("tracking.not_signed_in", service=tracker.title)


def has_wandb_account() -> bool:
    """Tell whether somebody is signed in to Weights & Biases here, or wants its figures on this disk only."""
    if os.environ.get("WANDB_MODE", "").lower() in WITHOUT_ACCOUNT:
        return True
    asked = subprocess.run(
        [sys.executable, "-c", ASK_WANDB],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=ASK_SECONDS,
        check=False,
    )
    return asked.returncode == 0
