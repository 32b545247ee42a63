"""Data sets of the Hugging Face Hub: find one, look at it, choose a part of it; and the account that may read it.

Bringing its files is a job (`studio.worker.hub`).
"""

from dataclasses import dataclass

from studio.domain.hub import HubChoice, HubDataset, HubDetails, check_choice
from studio.hub.client import open_hub
from studio.services.hub_tokens import HubTokens


@dataclass(frozen=True, slots=True)
class HubLibrary:
    """Asks the Hub on behalf of this home. Every call may raise `StudioError` with a code `hub.*`."""

    tokens: HubTokens

    def search(self, text: str) -> list[HubDataset]:
        """Give at most 20 data sets that match, the most downloaded first; of no text the most downloaded of all."""
        return open_hub(self.tokens.file).search(text)

    def describe(self, dataset_id: str, revision: str | None = None) -> HubDetails:
        """Give subsets, splits and sizes of a data set, pinned to the commit that they are of."""
        return open_hub(self.tokens.file).describe(dataset_id, revision)

    def choose(self, details: HubDetails, subset: str, split: str) -> HubChoice:
        """Give the choice that a job carries: no file names and no token, only what repeats it.

        Raises:
            StudioError: `hub.no_split`, `hub.bad_id`, `hub.bad_revision`.
        """
        choice = check_choice(HubChoice(details.id, details.revision, subset, split))
        details.split(choice)
        return choice
