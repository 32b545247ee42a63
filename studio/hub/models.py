"""What the Hub says about models: a search, the files of one at a commit, and its configuration."""

import json
from typing import Any

import huggingface_hub

from studio.domain.hub import check_id, check_revision, is_id
from studio.domain.model_files import CONFIG, FoundModel, HubModel
from studio.hub.client import (
    MAX_RESULTS,
    MAX_SEARCH_LETTERS,
    HubClient,
    Repository,
    name_files,
    tag,
)

LARGEST_CONFIG_BYTES = 1_000_000
# Models that continue a text, with weights in the one format that is read.
WANTED = {"pipeline_tag": "text-generation", "filter": "safetensors"}


def search_models(client: HubClient, text: str) -> list[FoundModel]:
    """Give the language models that match, the most downloaded first; of no text the most downloaded of all.

    Raises:
        StudioError: `hub.offline`, `hub.stalled`, `hub.too_many`, `hub.unavailable`, …
    """
    asked: dict[str, str | int] = {**WANTED, "sort": "downloads", "limit": MAX_RESULTS}
    if wanted := text.strip()[:MAX_SEARCH_LETTERS]:
        asked["search"] = wanted
    with client.told(wanted), client.understood():
        listed = client.ask("/api/models", wanted, asked)[:MAX_RESULTS]
        found = [huggingface_hub.ModelInfo(**one) for one in listed]
        return [name_found(one) for one in found if not one.disabled and is_id(one.id)]


def describe_model(client: HubClient, model_id: str, revision: str | None = None) -> HubModel:
    """Give what a model's page says, at its newest commit or the one asked for.

    Raises:
        StudioError: `hub.bad_id`, `hub.bad_revision`, `hub.not_found`, `hub.revision_missing`, `hub.offline`, …
    """
    check_id(model_id)
    if revision is not None:
        check_revision(revision)
    with client.told(model_id, revision or "main"), client.understood():
        info = client.api().model_info(
            model_id, revision=revision, timeout=client.wait_seconds, files_metadata=True
        )
        return HubModel(
            id=model_id,
            revision=client.check_commit(info.sha),
            licence=tag(info, "license"),
            gated=bool(info.gated),
            parameters=int(info.safetensors.total) if info.safetensors else 0,
            files=tuple(name_files(info)),
        )


def read_config(client: HubClient, model: HubModel) -> dict[str, Any]:
    """Give a model's configuration; where the account was not let in, this is refused.

    Raises:
        StudioError: `hub.gated`, `hub.strange_answer`, `hub.offline`, …
    """
    place = Repository("model", model.id, model.revision)
    with client.open_file(place, CONFIG) as answer:
        kept = bytearray()
        for block in answer.iter_raw():
            kept += block
            if len(kept) > LARGEST_CONFIG_BYTES:
                break
    with client.told(model.id), client.understood():
        config = json.loads(bytes(kept))
        return dict(config.items())


def name_found(info: huggingface_hub.ModelInfo) -> FoundModel:
    """Give a result of a search in our words."""
    return FoundModel(
        id=info.id,
        downloads=int(info.downloads or 0),
        likes=int(info.likes or 0),
        licence=tag(info, "license"),
        gated=bool(info.gated),
    )
