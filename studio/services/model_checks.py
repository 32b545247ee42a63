"""What is known about a model before it is tuned: on this disk, or on the Hub before anything is downloaded."""

import contextlib
import shutil
from dataclasses import dataclass, replace

from studio.domain.architectures import ARCHITECTURES
from studio.domain.catalog import ModelInfo, judge_config
from studio.domain.catalog_entries import read_catalog
from studio.domain.hub import check_room
from studio.domain.model_files import (
    FoundModel,
    HubModel,
    ModelChoice,
    folder_name,
    is_hub_id,
    partial_folder,
    pick_files,
)
from studio.domain.model_shape import ModelShape
from studio.errors import StudioError
from studio.hub.client import HubClient, open_hub, read_endpoint
from studio.hub.models import describe_model, read_config, search_models
from studio.services.models import LONGEST_SHOWN_ID, ModelLibrary
from studio.settings import Home

TEMPLATE_FILE = "chat_template.jinja"
# What the Hub says of a model that is not there, or of an id that is none.
NOT_THERE = frozenset({"hub.not_found", "hub.bad_id"})


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """A model before the start. Whatever is in `problems` would stop it; the first is the one to tell.

    `bytes` are those of the whole download, `missing_bytes` what is still to come. `page` is where its conditions are
    read and accepted. Where nobody knows (yet), numbers are 0, texts are empty, `shape` and `has_template` None.
    `can_export`: our converter knows the family; `has_converter`: the owner of this machine has named one for others.
    """

    id: str
    exists: bool = True
    is_downloaded: bool = False
    revision: str = ""
    licence: str = ""
    gated: bool = False
    page: str = ""
    bytes: int = 0
    missing_bytes: int = 0
    free_bytes: int = 0
    parameters: int = 0
    architecture: str = ""
    shape: ModelShape | None = None
    has_template: bool | None = None
    can_export: bool = False
    has_converter: bool = False
    problems: tuple[StudioError, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelChecks:
    """Asks this disk first, and the Hub only about what is not here."""

    home: Home
    models: ModelLibrary
    has_converter: bool = False

    def search(self, text: str) -> list[FoundModel]:
        """Give at most 20 language models of the Hub, the most downloaded first.

        Raises:
            StudioError: `hub.*`.
        """
        return search_models(open_hub(self.home.hub_token), text)

    def check(self, model_id: str) -> ModelCheck:
        """Give what is known about a model; what is wrong is in `problems`, never raised."""
        return replace(self._look(model_id), has_converter=self.has_converter)

    def _look(self, model_id: str) -> ModelCheck:
        try:
            return describe_here(self.models.get(model_id))
        except StudioError as error:
            if error.code not in ("model.not_downloaded", "model.unknown"):
                return ModelCheck(model_id, is_downloaded=True, problems=(error,))
        name, _, revision = model_id.partition("@")
        try:
            if not is_hub_id(name):
                raise StudioError("hub.bad_id", id=model_id[:LONGEST_SHOWN_ID])
            client = open_hub(self.home.hub_token)
            there = describe_model(client, name, revision or None)
        except StudioError as error:
            exists = error.code not in NOT_THERE
            page = f"{read_endpoint()}/{name}" if exists and is_hub_id(name) else ""
            shown = model_id[:LONGEST_SHOWN_ID]
            return ModelCheck(shown, exists=exists, page=page, problems=(error,))
        return self._describe_there(client, there)

    def _describe_there(self, client: HubClient, page: HubModel) -> ModelCheck:
        """Give what the Hub says, every problem at once."""
        problems: list[StudioError] = []
        found = ModelCheck(
            id=page.id,
            revision=page.revision,
            licence=page.licence,
            gated=page.gated,
            page=f"{read_endpoint()}/{page.id}",
            free_bytes=shutil.disk_usage(self.home.root).free,
            parameters=page.parameters,
        )
        try:
            architecture, shape = judge_config(read_config(client, page), page.id)
            found = replace(found, architecture=architecture, shape=shape)
        except StudioError as error:
            problems.append(error)
        try:
            files = pick_files(page.files, page.id)
            total = sum(file.bytes for file in files)
            has_own = any(file.path == TEMPLATE_FILE for file in files) or None
            missing = total - self._bytes_there(page)
            found = replace(found, bytes=total, missing_bytes=missing, has_template=has_own)
            check_room(missing, found.free_bytes)
        except StudioError as error:
            problems.append(error)
        return replace(complete(found), problems=tuple(problems))

    def _bytes_there(self, page: HubModel) -> int:
        """Give what an earlier try has brought."""
        partial = partial_folder(
            self.home.models / folder_name(ModelChoice(page.id, page.revision))
        )
        sizes = 0
        # A download that ends at this moment gives its folder another name.
        with contextlib.suppress(FileNotFoundError):
            sizes = sum(file.stat().st_size for file in partial.iterdir())
        return sizes


def describe_here(model: ModelInfo) -> ModelCheck:
    """Give what a model on this disk says, without a question to anybody."""
    problems = []
    if not model.is_supported:
        problems.append(
            StudioError("model.unsupported", id=model.id, architecture=model.architecture[:80])
        )
    if not (model.path / "tokenizer.json").exists():
        problems.append(StudioError("model.no_tokenizer", id=model.id))
    found = ModelCheck(
        id=model.id,
        is_downloaded=True,
        revision=model.revision,
        bytes=model.bytes,
        parameters=model.parameters,
        architecture=model.architecture,
        shape=model.shape,
        has_template=model.has_template,
        problems=tuple(problems),
    )
    return complete(found)


def complete(found: ModelCheck) -> ModelCheck:
    """Add what the catalog knows where nobody else did."""
    entry = read_catalog().find(found.id)
    if entry is not None:
        found = replace(
            found,
            licence=found.licence or entry.licence,
            # The Hub counts a table that is stored twice twice.
            parameters=found.parameters if found.is_downloaded else entry.parameters,
            architecture=found.architecture or entry.architecture,
            shape=found.shape or entry.shape,
            has_template=entry.has_template if found.has_template is None else found.has_template,
        )
    known = ARCHITECTURES.get(found.architecture)
    return replace(found, can_export=known is not None and known.can_export)
