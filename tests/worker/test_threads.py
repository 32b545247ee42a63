"""How many threads compute."""

from collections.abc import Iterator

import pytest
import torch

from studio.domain.memory import TIGHT_FROM_PARAMETERS
from studio.worker import loading


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_small_model_takes_one_thread_and_a_large_one_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "ALL_THREADS", 3)
    for parameters, threads in ((TIGHT_FROM_PARAMETERS - 1, 1), (TIGHT_FROM_PARAMETERS, 3)):
        loading.use_threads(parameters)
        assert torch.get_num_threads() == threads
