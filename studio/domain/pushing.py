"""A tuned model on its way to the Hub: where to, who may see it, and what the Hub's refusals mean."""

from dataclasses import dataclass
from typing import Any

from studio.domain.hub import is_id
from studio.errors import StudioError

# A repository that holds nothing but this was made, and nothing came: an earlier try of ours, or its owner's beginning.
LEFT_BY_MAKING = frozenset({".gitattributes"})
# Words by which the Hub tells that an account has no room left; it has no code of its own for it.
NO_ROOM_WORDS = ("storage limit", "storage quota", "out of storage", "quota exceeded")


@dataclass(frozen=True, slots=True)
class PushOrder:
    """Where a download shall go. `accepts_difference`: also where it differs from what was chatted with."""

    repository: str
    is_private: bool = True
    accepts_difference: bool = False


def check_order(order: PushOrder, proof: dict[str, Any] | None) -> None:
    """See to it that a download with this proof may go where it shall.

    Raises:
        StudioError: `push.bad_name`, `push.differs`.
    """
    if "/" not in order.repository or not is_id(order.repository):
        raise StudioError("push.bad_name", id=order.repository[:120])
    if differs(proof) and not order.accepts_difference:
        raise StudioError("push.differs")


def differs(proof: dict[str, Any] | None) -> bool:
    """Tell whether a proof says that a download is not what was chatted with."""
    return proof is not None and not proof["is_same"]


def refusal_of(status: int, said: str, repository: str) -> StudioError | None:
    """Give what a refusal means for somebody who brings a model; None where it means what it always does.

    Source: the Hub's answers to `create_repo` and `create_commit` of huggingface_hub (hf_api.py).
    """
    owner = repository.partition("/")[0]
    if status in (402, 413, 507) or any(word in said.lower() for word in NO_ROOM_WORDS):
        return StudioError("push.no_quota", owner=owner)
    by_status = {
        400: StudioError("push.bad_name", id=repository),
        403: StudioError("push.not_allowed", owner=owner),
        404: StudioError("push.not_allowed", owner=owner),
        409: StudioError("push.exists", id=repository),
    }
    return by_status.get(status)


def name_on_hub(inside: str, learned: str) -> str | None:
    """Give the name that a file of a download has on the Hub; None for what stays at home.

    What programs load by the repository's name has to lie at its top: the folder `learned` is opened.
    """
    folder, _, rest = inside.partition("/")
    return rest if rest and folder == learned else inside
