"""Downloads brought to the Hub, as jobs: where each went, and how that stands."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from studio.domain.job import Job
from studio.domain.pushing import PushOrder, check_order, differs, updating
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.exports import Exports, target_of
from studio.services.hub_tokens import HubTokens
from studio.services.jobs import JobQueue


@dataclass(frozen=True, slots=True)
class Pushes:
    """Brings the finished downloads of one home to the Hub, as the account of its owner."""

    jobs: JobQueue
    exports: Exports
    tokens: HubTokens

    def submit(self, export_id: int, order: PushOrder, key: str) -> Job:
        """Queue bringing a finished download to the Hub.

        Raises:
            StudioError: `export.unknown`, `push.bad_name`, `push.differs`, `push.no_token`; `hub.token_exposed`, …
        """
        outcome, packed = self.exports.outcome(export_id), self.jobs.get(export_id)
        self.check(order, outcome.get("proof"))
        spec = {
            # Two of them for one repository come one after the other.
            "subject": f"hub:{order.repository}",
            "export": export_id,
            "target": target_of(packed),
            "file": str(self.exports.file(export_id)),
            "token_file": str(self.tokens.file),
            **asdict(order),
        }
        return self.jobs.submit("push", packed.name, spec, key=key, parent=packed.parent)

    def check(self, order: PushOrder, proof: dict[str, Any] | None = None) -> None:
        """See to it that what has this proof may be brought where it shall.

        Raises:
            StudioError: `push.bad_name`, `push.differs`, `push.no_token`; `hub.token_exposed`, …
        """
        check_order(order, proof)
        if self.tokens.source() is None:
            raise StudioError("push.no_token")

    def again(self, job_id: int, key: str) -> Job:
        """Queue once more what did not end well; a repository that holds something stays as it is.

        Raises:
            StudioError: as `submit`, and `job.unknown`.
        """
        asked = self.asked(self.jobs.get(job_id))
        return self.submit(asked["export"], replace(order_of(asked), updates=""), key)

    def update(self, job_id: int, key: str) -> Job:
        """Queue once more what found a repository that holds something, now to update that one as it was seen.

        Raises:
            StudioError: as `submit`, and `job.unknown`.
        """
        job = self.jobs.get(job_id)
        asked = self.asked(job)
        return self.submit(asked["export"], updating(order_of(asked), job.error), key)

    def of_run(self, run_id: int | None) -> list[Job]:
        """Give what was brought of a training, newest first; of several tries for one place the newest."""
        found: dict[tuple[int, str], Job] = {}
        for job in self.jobs.list("push"):
            if job.parent == run_id:
                asked = self.asked(job)
                found.setdefault((asked["export"], asked["repository"]), job)
        return list(found.values())

    def asked(self, job: Job) -> dict[str, Any]:
        """Give what a job was asked."""
        return parse_yaml(job.folder.spec.read_text(encoding="utf-8"))

    def differs(self, export_id: int) -> bool:
        """Tell whether a finished download is not what was chatted with."""
        return differs(self.exports.outcome(export_id).get("proof"))


def order_of(asked: dict[str, Any]) -> PushOrder:
    """Give the order of a job."""
    fields = PushOrder.__dataclass_fields__
    return PushOrder(**{name: asked[name] for name in fields if name in asked})
