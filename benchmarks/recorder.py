"""What a training does: the batches it makes, and the time of the steps that use them."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

UNTIMED_STEPS = 2  # they set up what the others use
SECONDS_BETWEEN_REPORTS = 5.0  # a report takes time itself


class CapReached(Exception):  # noqa: N818 -- no error: what was asked for
    """Leaves a training loop, Trainer's as well, when its time is over."""


class BatchSize(NamedTuple):
    """How large a batch is."""

    tweets: int
    real_tokens: int
    positions: int  # the real tokens and the padding


def no_report(counts: dict[str, Any]) -> None:
    """Keep nothing of a training that has no cap."""


class Recorder:
    """Counts the batches that are collated, and times the steps that use them.

    A loop may collate a batch before the step on the previous one is over, as Trainer does, so
    batches wait here in their order. A training with a `cap`, in seconds, reports its counts every
    few seconds, because it may be ended within a step.
    """

    def __init__(
        self,
        device: torch.device,
        cap: float = 0.0,
        report: Callable[[dict[str, Any]], None] = no_report,
    ) -> None:
        self.device = device
        self.cap = cap
        self.report = report
        self.reported = 0.0
        self.waiting: deque[BatchSize] = deque()
        self.steps: list[BatchSize] = []
        self.setup_seconds = 0.0  # of what a training compiles or records before it begins
        self.begin()

    def collated(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Note the size of a batch, and return it."""
        mask = batch["attention_mask"]
        self.waiting.append(BatchSize(len(mask), int(mask.sum()), mask.numel()))
        return batch

    def planned(self, batch: BatchSize) -> None:
        """Note the size of a batch that is never collated: its tweets are on the device already."""
        self.waiting.append(batch)

    def begin(self) -> None:
        """Start the clock."""
        self.begun = time.perf_counter()
        self.timed_from = self.begun
        self.ended = self.begun

    def step(self) -> None:
        """Note that a step is done; raises `CapReached` when the time is over."""
        self.steps.append(self.waiting.popleft())
        if len(self.steps) == UNTIMED_STEPS:
            synchronise(self.device)
            self.timed_from = time.perf_counter()
        if self.cap:
            self.check_cap()

    def check_cap(self) -> None:
        """Report now and then; raise `CapReached` when the time is over."""
        self.ended = time.perf_counter()
        if self.ended - self.reported > SECONDS_BETWEEN_REPORTS:
            self.report(self.counts(finished=False))
            self.reported = self.ended
        if self.ended - self.begun > self.cap:
            raise CapReached

    def finish(self) -> None:
        """Stop the clock."""
        synchronise(self.device)
        self.ended = time.perf_counter()

    def counts(self, finished: bool) -> dict[str, Any]:
        """Return what the timed steps did, and in how many seconds.

        Of an unfinished training, whose steps may be few and slow, every step counts.
        """
        steps = self.steps[UNTIMED_STEPS:] if finished else self.steps
        started = self.timed_from if finished else self.begun
        return {
            "finished": finished,
            "steps": len(steps),
            "tweets": sum(batch.tweets for batch in steps),
            "real_tokens": sum(batch.real_tokens for batch in steps),
            "positions": sum(batch.positions for batch in steps),
            "seconds": self.ended - started,
        }


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
