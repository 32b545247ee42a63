"""A tuned model on its way to the Hub: where to, who may see it, and what the Hub's refusals mean."""

from dataclasses import dataclass, replace
from typing import Any

from studio.domain.hub import is_id
from studio.errors import StudioError

# A repository that holds nothing but this was made, and nothing came: an earlier try of ours, or its owner's beginning.
LEFT_BY_MAKING = frozenset({".gitattributes"})
# Words by which the Hub tells that an account has no room left; it has no code of its own for it.
NO_ROOM_WORDS = ("storage limit", "storage quota", "out of storage", "quota exceeded")


@dataclass(frozen=True, slots=True)
class PushOrder:
    """Where a download shall go. `accepts_difference`: also where it differs from what was chatted with.

    `updates` is the commit of a repository that holds something, where somebody wants this download in its place; empty:
    such a repository stays as it is.
    """

    repository: str
    is_private: bool = True
    accepts_difference: bool = False
    updates: str = ""


# As many letters of a commit as people type.
SHORT_COMMIT = 8
# A repository of one's own that holds something, by who may see it: what is told of it, with the commit that was looked at.
TAKEN = {True: "push.exists", False: "push.exists_public"}


def taken(repository: str, commit: str, *, is_private: bool) -> StudioError:
    """Give what is told of a repository that holds something already; with its commit somebody can say to update it."""
    return StudioError(TAKEN[is_private], id=repository, commit=commit)


def can_update(refusal: StudioError | None) -> bool:
    """Tell whether it was a repository of one's own that stood in the way, and which state of it was seen."""
    return refusal is not None and refusal.code in TAKEN.values() and "commit" in refusal.values


def updating(order: PushOrder, refusal: StudioError | None) -> PushOrder:
    """Give the order to update what stood in an order's way; who may see the repository stays as it is.

    Where it was something else that stood in the way, it is the same order once more.
    """
    if refusal is None or not can_update(refusal):
        return order
    is_private = refusal.code == TAKEN[True]
    return replace(order, is_private=is_private, updates=refusal.values["commit"])


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
        # Somebody was there between our look and our commit.
        409: StudioError("push.changed", id=repository),
        412: StudioError("push.changed", id=repository),
    }
    return by_status.get(status)


def name_on_hub(inside: str, learned: str) -> str | None:
    """Give the name that a file of a download has on the Hub; None for what stays at home.

    What programs load by the repository's name has to lie at its top: the folder `learned` is opened.
    """
    folder, _, rest = inside.partition("/")
    return rest if rest and folder == learned else inside
