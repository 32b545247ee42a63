"""The one error that a user can cause, as a code with values; sentences are made at the edge (`i18n`).

Codes, by the part that raises them (each has `title`, `what` and `fix` in every locale file):

    data.*      a file, a data set or a row            data.empty_file, data.no_answers, …
    hub.*       the Hugging Face Hub                    hub.offline, hub.gated, …
    goal.*      what a training is for                 goal.unknown
    recipe.*    a setting or a recipe file              recipe.invalid, recipe.unknown, …
    model.*     a base model                            model.unknown, model.no_template, …
    job.*       the job table                           job.unknown, job.is_final, …
    train.*     what can go wrong in a training         train.out_of_memory, train.diverged, …
    chat.*      the playground                          chat.not_ready, chat.died, …
    prompts.*   a saved set of prompts                  prompts.unknown, prompts.empty, …
    api.*       another program that asks the models    api.wrong_key, api.unsupported, …
    export.*    a download                              export.unknown, export.not_finished, …
    serve.*     starting the page                       serve.password_needed, serve.port_taken, …
    worker.*    how a worker process ended              worker.died, worker.killed, …
"""

from typing import Any


class StudioError(Exception):
    """Something a user can cause and mend: `StudioError("data.no_answers", rows=120)`.

    Values are plain JSON, so that the error can cross a process boundary (`as_dict`, `from_dict`).
    """

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code = code
        self.values = values

    def as_dict(self) -> dict[str, Any]:
        """Give the form that `result.json` and the pipes carry."""
        return {"code": self.code, "values": self.values}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "StudioError":
        """Rebuild an error that `as_dict` wrote."""
        return cls(stored["code"], **stored["values"])
