"""Memory figures are MiB and belong to this process or to the device named."""

import sys
import weakref
from collections.abc import Callable

import pytest
import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.memory import check_memory, within_memory

CPU = torch.device("cpu")


def test_on_a_cpu_resident_memory_is_told_in_mib():
    resource = pytest.importorskip("resource", reason="Windows has no such count to compare with")
    figures = check_memory(torch.device("cpu"))
    assert set(figures) == {"resident"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    assert peak / 10 < figures["resident"] <= peak * 1.01


def test_resident_memory_grows_by_what_is_held():
    before = check_memory(torch.device("cpu"))["resident"]
    held = torch.ones(64 * 2**20, dtype=torch.uint8)
    assert check_memory(torch.device("cpu"))["resident"] - before == pytest.approx(64, abs=8)
    assert held.numel() == 64 * 2**20


def test_on_a_gpu_three_figures_of_that_device_are_told(monkeypatch):
    for place, name in enumerate(("memory_allocated", "memory_reserved", "max_memory_allocated"), 1):
        monkeypatch.setattr(torch.cuda, name, lambda device, mib=place: (mib + 10 * device.index) * 2**20)
    assert check_memory(torch.device("cuda:2")) == {"allocated": 21, "reserved": 22, "peak": 23}


def attempt_with_room_for(room: int, tried: list[int]) -> Callable[[int], str]:
    """A pass that runs out of memory with more than `room` tweets at once."""

    def attempt(rows: int) -> str:
        tried.append(rows)
        if rows > room:
            torch.empty(2**60)
        return f"passed {rows}"

    return attempt


def test_a_pass_that_fits_is_made_once():
    tried = []
    assert within_memory(CPU, 16, 16, attempt_with_room_for(16, tried)) == "passed 16"
    assert tried == [16]


@pytest.mark.parametrize(
    ("rows", "room", "fits", "parts"), [(16, 5, 4, 4), (12, 3, 3, 4), (4, 2, 2, 8), (16, 1, 1, 16)]
)
def test_memory_that_runs_out_is_told_with_the_figures_and_the_parts_that_were_tried_and_fit(rows, room, fits, parts):
    batch_size = max(rows, fits * parts)
    what = rf"cpu is out of memory with {rows} tweets at once \(resident [\d,]+ MiB\)"
    remedy = rf"set micro_batch_size to {fits}, which was tried and fits \({parts} parts a batch, for the same update"
    with pytest.raises(TweetsentError, match=f"{what}: {remedy}"):
        within_memory(CPU, batch_size, rows, attempt_with_room_for(room, []))


def test_what_a_failed_pass_held_is_free_again_when_a_smaller_one_is_tried():
    held, alive = [], []

    def attempt(rows: int) -> None:
        tensor = torch.ones(rows)
        alive.append(sum(reference() is not None for reference in held))
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(TweetsentError):
        within_memory(CPU, 8, 8, attempt)
    assert alive == [0, 0, 0, 0]


def test_a_single_tweet_that_does_not_fit_gets_another_remedy():
    with pytest.raises(TweetsentError, match="with 3 tweets .*: a new run with a lower max_length or"):
        within_memory(CPU, 3, 3, attempt_with_room_for(0, []))


def test_another_fault_is_not_taken_for_a_lack_of_memory():
    def attempt(_: int) -> None:
        raise RuntimeError("a wrong shape")

    with pytest.raises(RuntimeError, match="shape"):
        within_memory(CPU, 16, 16, attempt)
