"""Settings of this installation, from the environment, and where its files live."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds everything the studio stores, and the names inside it."""

    root: Path

    @property
    def datasets(self) -> Path:
        return self.root / "datasets"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def downloads(self) -> Path:
        """What was fetched from the Hub so far; a finished import takes it away."""
        return self.root / "downloads"

    @property
    def models(self) -> Path:
        """Base models of the Hub, one folder per model and commit; made by the first download."""
        return self.root / "models"

    @property
    def database(self) -> Path:
        return self.root / "studio.db"

    @property
    def hub_token(self) -> Path:
        """The access token of a Hugging Face account, readable by its owner only; often not there."""
        return self.root / "hub_token"

    @property
    def api_key(self) -> Path:
        """The mark of the key that other programs use the models with; not there: they may not."""
        return self.root / "api_key.json"

    @property
    def judgements(self) -> Path:
        """What people said about answers of base models; what is about a training lies in its folder."""
        return self.root / "judgements.jsonl"

    @property
    def speeds(self) -> Path:
        """How fast this machine trained so far, for estimates."""
        return self.root / "speeds.json"

    @property
    def export_times(self) -> Path:
        """How long downloads took to make on this machine so far, for estimates."""
        return self.root / "export_times.json"

    @property
    def prompts(self) -> Path:
        """Sets of prompts that somebody keeps for the playground; made by the first one."""
        return self.root / "prompts.json"

    @property
    def documents(self) -> Path:
        """The text of somebody's own documents, in passages; made by the first one."""
        return self.root / "documents"

    @property
    def tracking(self) -> Path:
        """Figures that a tracking service keeps on this disk; made by the first training that has one."""
        return self.root / "tracking"

    @property
    def runner_lock(self) -> Path:
        """Held (flock) by the one runner of this home."""
        return self.root / "runner.lock"

    @property
    def server_lock(self) -> Path:
        """Held (flock) by the one web server of this home; its text is the server's address."""
        return self.root / "server.lock"

    @property
    def runner_log(self) -> Path:
        return self.root / "runner.log"

    def create(self) -> "Home":
        """Make the folders, readable by their owner only."""
        for folder in (self.root, self.datasets, self.jobs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner of this machine decides. One environment variable per field."""

    home: Home
    """Everything the studio stores. `STUDIO_HOME`, else `~/.tuning-studio`."""
    password: str | None = None
    """Asked of every visitor; needed to listen on anything but this machine. `STUDIO_PASSWORD`."""
    allowed_hosts: tuple[str, ...] = ()
    """Names under which a page may be opened besides `localhost`, comma separated. `STUDIO_ALLOWED_HOSTS`."""
    models: Path | None = None
    """A folder whose sub-folders are base models on offer. `STUDIO_MODELS`."""
    gguf_converter: Path | None = None
    """A `convert_hf_to_gguf.py` for families that the studio's own converter does not know. `STUDIO_GGUF_CONVERTER`."""

    @classmethod
    def from_env(cls, home: Path | None = None) -> "Settings":
        """Read the environment; `home` wins over `STUDIO_HOME`."""
        root = home or Path(os.environ.get("STUDIO_HOME") or Path.home() / ".tuning-studio")
        models, converter = os.environ.get("STUDIO_MODELS"), os.environ.get("STUDIO_GGUF_CONVERTER")
        hosts = os.environ.get("STUDIO_ALLOWED_HOSTS", "").split(",")
        return cls(
            home=Home(root.expanduser().absolute()),
            password=os.environ.get("STUDIO_PASSWORD") or None,
            allowed_hosts=tuple(host.strip() for host in hosts if host.strip()),
            models=Path(models).expanduser().absolute() if models else None,
            gguf_converter=Path(converter).expanduser().absolute() if converter else None,
        )
