"""The devices that learn together: a process each, the same weights in all of them, and a part of every step for each.

They exchange figures at a few agreed points, in the same order everywhere, and never inside the way there or back: a
device that runs out of memory there could not tell the others, and they would wait for it for ever.
"""

import os
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.distributed as dist

from studio.domain.devices import TOGETHER, Share, share_out
from studio.worker.loading import pick_device
from studio.worker.partners import Partners
from studio.worker.task import Task

# Whoever dies is noticed by their process, so nobody has to be given up for slowness: saving may take minutes.
PATIENCE = timedelta(days=7)
# Gradients are summed in pieces of this many numbers, so that the copy of them stays small.
PIECE_NUMBERS = 2**24
# How long after the exchange has failed it may take to hear why.
NOTICED_SECONDS = 5.0
CPU = "cpu"
# They are all on this machine; nothing listens to the network.
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}


@dataclass(frozen=True, slots=True)
class Team:
    """One of `size` devices, number `rank`. The first one decides, tells and stores; the others follow."""

    device: torch.device
    rank: int = 0
    size: int = 1
    store: dist.Store | None = None

    def meet(self) -> None:
        """Connect to the others; returns when all have come here."""
        if sys.platform == "linux":
            os.environ.update(LOOPBACK)
        dist.init_process_group(
            "nccl" if self.device.type == "cuda" else "gloo",
            store=self.store,
            rank=self.rank,
            world_size=self.size,
            timeout=PATIENCE,
        )

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    @property
    def is_one_cpu(self) -> bool:
        """Tell whether a CPU learns alone; several would take each other for strangers that use it."""
        return self.size == 1 and self.device.type == CPU

    def say(self, name: str, text: str) -> str:
        """Give everybody what the first one says under a name that is used once."""
        if self.store is None:
            return text
        if self.is_first:
            self.store.set(name, text)
        return self.store.get(name).decode()

    def total(self, values: Sequence[float]) -> list[float]:
        """Give the sums over all devices, of as many values everywhere."""
        if self.size == 1:
            return list(values)
        summed = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(summed)
        return summed.tolist()

    def wait(self) -> None:
        """Return when all devices have come here."""
        self.total([0.0])

    def follow_first(self, flags: Sequence[bool]) -> list[bool]:
        """Give the flags that the first one has."""
        return [bool(flag) for flag in self.total([flag and self.is_first for flag in flags])]

    def copy_first(self, tensors: Iterable[torch.Tensor]) -> None:
        """Give every device the first one's values."""
        for tensor in tensors:
            dist.broadcast(tensor, src=0)

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace gradients by their sums over all devices."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        for piece in pieces(gradients):
            # (numbers of the piece,)
            summed = torch.cat([gradient.reshape(-1) for gradient in piece])
            dist.all_reduce(summed)
            parts = summed.split([gradient.numel() for gradient in piece])
            for gradient, part in zip(piece, parts, strict=True):
                gradient.copy_(part.view_as(gradient))


@contextmanager
def assemble(task: Task) -> Generator[Team]:
    """Give the first device of those that the job names; the processes of the others are there for as long as it is.

    Raises:
        StudioError: `train.device_killed`, `train.device_died`, or what another device failed with.
    """
    devices, share = task.spec.get("devices", []), Share(1, 1, 1)
    if len(devices) > 1 and (devices[0] == CPU or pick_device().type != CPU):
        share = share_out(task.recipe.training, len(devices))
        tell(task, share, len(devices))
    if share.devices == 1:
        yield Team(pick_device())
        return
    devices = devices[: share.devices]
    with TemporaryDirectory(prefix="studio-devices-") as folder:
        meeting_place = Path(folder) / "store"
        partners = Partners(task.folder, devices[1:], meeting_place)
        try:
            with join(task, meeting_place, 0, len(devices)) as team:
                yield team
        except RuntimeError as error:
            # That is what comes of exchanging something with a device that is gone.
            failure = partners.failure(NOTICED_SECONDS)
            if failure is None:
                raise
            raise failure from error
        finally:
            partners.close()


@contextmanager
def join(task: Task, meeting_place: Path, rank: int, size: int) -> Generator[Team]:
    """Give the device of this process as one of a team."""
    store = dist.FileStore(str(meeting_place), size)
    store.set_timeout(PATIENCE)
    is_on_cpu = task.spec["devices"][rank] == CPU
    try:
        yield Team(torch.device(CPU) if is_on_cpu else pick_device(), rank, size, store)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def tell(task: Task, share: Share, here: int) -> None:
    """Tell how many devices learn together, and which part each has; why not all, where one is left over."""
    if share.devices > 1:
        task.note(TOGETHER, devices=share.devices, rows=share.rows)
    if share.devices < here:
        step_rows = share.devices * share.rows
        task.note("devices_uneven", devices=share.devices, here=here, rows=step_rows)


def pieces(tensors: Iterable[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Give the tensors in groups of one number format and a bounded size, in order."""
    piece: list[torch.Tensor] = []
    numbers = 0
    for tensor in tensors:
        is_full = numbers + tensor.numel() > PIECE_NUMBERS
        if piece and (is_full or piece[0].dtype != tensor.dtype):
            yield piece
            piece, numbers = [], 0
        piece.append(tensor)
        numbers += tensor.numel()
    if piece:
        yield piece
