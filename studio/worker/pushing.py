"""Bring a finished download to the Hub, straight out of its zip; the zip stays as it is, however this ends."""

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from studio.domain.pushing import PushOrder, name_on_hub
from studio.domain.watching import report
from studio.errors import StudioError
from studio.hub.pushing import Part, make_repository, open_push, upload
from studio.hub.token import TOKEN_VARIABLE
from studio.worker.prepare import TaskWatch
from studio.worker.task import Task

STAGE = "uploading"
# Of a zip: what stands before each file, the lengths of its name and of what follows it.
LOCAL_HEADER = struct.Struct("<26xHH")
# The folder of a download whose files lie at the top of the repository.
LEARNED = {"adapter": "adapter", "merged": "model"}


class Sending:
    """Tells how far the bytes are: each is read twice, once for its mark and once to be sent."""

    def __init__(self, task: Task, total: int) -> None:
        self.watch, self.total, self.done = TaskWatch(task), 2 * total, 0

    def moved(self, count: int) -> None:
        """Count what was read.

        Raises:
            Cancelled: the work was called off.
        """
        # What is sent a second time after a bad minute is not further on.
        self.done = min(self.total, self.done + count)
        report(self.watch, STAGE, self.done, self.total)


def push(task: Task) -> dict[str, Any]:
    """Do a job of the kind `push`; the repository's page shows all files or those of before.

    Raises:
        Cancelled: the job was called off; the repository may exist then, and is empty, or as it was.
        StudioError: `push.*`, `hub.*`, `export.unknown` where the download is no longer here.
    """
    spec = task.spec
    file, repository = Path(spec["file"]), spec["repository"]
    if not file.exists():
        raise StudioError("export.unknown", id=spec["export"])
    task.enter("asking")
    client = open_push(Path(spec["token_file"]))
    os.environ.pop(TOKEN_VARIABLE, None)
    order = PushOrder(
        repository, spec["is_private"], spec["accepts_difference"], spec.get("updates", "")
    )
    place = make_repository(client, order)
    task.enter(STAGE)
    with file.open("rb") as opened, zipfile.ZipFile(opened) as content:
        learned = LEARNED.get(spec["target"], "")
        sending = Sending(task, sum(entry.file_size for entry in content.infolist()))
        files = [
            (name, part_of(content, entry, opened, sending))
            for entry in content.infolist()
            if (name := name_on_hub(entry.filename, learned)) is not None
        ]
        does = "Update to" if place.replaced else "Add"
        page = upload(client, place, files, f"{does} {spec['name']}, made with Tuning Studio")
    return {"repository": repository, "page": page, "is_private": spec["is_private"]}


def part_of(
    content: zipfile.ZipFile, entry: zipfile.ZipInfo, opened: BinaryIO, sending: Sending
) -> Part:
    """Give a file of a zip to send: what is stored as it is straight from there, what is packed from the memory."""
    if entry.compress_type != zipfile.ZIP_STORED:
        text = content.read(entry)
        return Part(io.BytesIO(text), 0, len(text), sending.moved)
    opened.seek(entry.header_offset)
    name_bytes, more_bytes = LOCAL_HEADER.unpack(opened.read(LOCAL_HEADER.size))
    start = entry.header_offset + LOCAL_HEADER.size + name_bytes + more_bytes
    return Part(opened, start, entry.file_size, sending.moved)
