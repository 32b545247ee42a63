"""A column of the playground: who answers, written as one word.

starter          a base model (`owner/name` of the Hub, `owner/name@commit` for one download)
3                what training 3 has learned
3@40             what it had learned at step 40, while that checkpoint is there
docs:starter     a base model with the passages of somebody's own documents before the question
"""

import re
from dataclasses import dataclass

DOCUMENTS = "docs:"
RUN = re.compile(r"(\d{1,9})(?:@(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """Who answers: a base model (`model_id`), or what a training has learned (`run_id`), at `step` or in the end.

    `has_documents`: the base model reads passages of documents before each question.
    """

    model_id: str | None = None
    run_id: int | None = None
    step: int | None = None
    has_documents: bool = False

    @property
    def key(self) -> str:
        """Give it as one word; `parse_column` reads it."""
        if self.run_id is None:
            return f"{DOCUMENTS if self.has_documents else ''}{self.model_id or ''}"
        return str(self.run_id) if self.step is None else f"{self.run_id}@{self.step}"

    @property
    def is_base(self) -> bool:
        """Tell whether the weights of a base model answer, as it was published."""
        return self.run_id is None


def parse_column(key: str) -> Column:
    """Give the column that a word stands for; whether it is there is another question."""
    found = RUN.fullmatch(key.strip())
    if found is None:
        model_id = key.strip()
        bare_id = model_id.removeprefix(DOCUMENTS)
        return Column(model_id=bare_id, has_documents=bare_id != model_id)
    run_id, step = found.groups()
    return Column(run_id=int(run_id), step=None if step is None else int(step))
