"""Trainings for a GPU: larger batches, and our step recorded once for each shape and replayed."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from peers import (
    PEERS,
    WARMUP_RATIO,
    WEIGHT_DECAY,
    Peer,
    Setting,
    train_ours,
    train_with_best_trainer,
)
from recorder import BatchSize, synchronise
from torch import nn

from tweetsent_utils.data.batching import LengthBucketSampler, pad
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

BATCH_SIZE = 128
LENGTH_STEP = 16  # batches are padded to a multiple of it, so that few shapes occur
WARM_UPS = 2  # steps before a shape is recorded: libraries choose their kernels in them


class DeviceTweets(NamedTuple):
    """All training tweets on a device: N of at most L tokens, with L a multiple of LENGTH_STEP."""

    input_ids: torch.Tensor  # int64, (N, L)
    attention_mask: torch.Tensor  # int64, (N, L)
    labels: torch.Tensor  # int64, (N,)


class NoSchedule:
    """Stands where `train_step` steps a schedule: a replay cannot, so the rate is set before it."""

    def step(self) -> None:
        """Leave the learning rate as it is."""


class RecordedSteps:
    """`train_step` on tweets that are on the device, recorded for each shape and then replayed.

    Python asks a GPU for the many kernels of a step one by one, and with a small encoder that may
    take longer than running them. A CUDA graph asks for all of them at once. It replays the
    same addresses, so whatever changes from step to step is written into tensors that stay where
    they are: the `rows` of the batch, the learning `rate` and the `loss`. Other devices have no
    graphs; there, a replay is the step itself. CUDA graphs: Nguyen et al.,
    https://pytorch.org/blog/accelerating-pytorch-with-cuda-graphs.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        tweets: DeviceTweets,
        batch_size: int,
        precision: torch.dtype,
    ) -> None:
        device = model.device
        self.model = model
        self.optimizer = optimizer
        self.tweets = tweets
        self.precision = precision
        self.rows = torch.arange(batch_size, device=device)
        self.loss = torch.zeros((), device=device)
        self.rate = torch.zeros((), device=device)
        self.replays: dict[int, Callable[[], None]] = {}
        for group in optimizer.param_groups:
            group["lr"] = self.rate
            group["capturable"] = device.type == "cuda"
        if device.type == "cuda":
            self.stream = torch.cuda.Stream(device)
            self.memory = torch.cuda.graph_pool_handle()  # all shapes share it: one runs at a time

    def run(self, rows: torch.Tensor, length: int) -> torch.Tensor:
        """Make one step, unrecorded, on some tweets padded to a length; return their loss."""
        batch = {
            "input_ids": self.tweets.input_ids[:, :length].index_select(0, rows),
            "attention_mask": self.tweets.attention_mask[:, :length].index_select(0, rows),
            "labels": self.tweets.labels.index_select(0, rows),
        }
        return train_step(self.model, batch, self.optimizer, NoSchedule(), self.precision)

    def run_rows(self, length: int) -> None:
        """Make one step on `rows`, and leave its loss in `loss`."""
        self.loss.copy_(self.run(self.rows, length))

    def record(self, lengths: Iterable[int]) -> None:
        """Record a step for each length; the model and the optimizer stay as they were.

        The steps before it, which warm up, have a rate of zero; what they change even so, the
        optimizer's averages and its count, is set back to zero: record before the first step.
        """
        self.rate.zero_()
        for length in sorted(lengths, reverse=True):  # memory for the longest holds all others
            self.replays[length] = self.record_length(length)
        for state in self.optimizer.state.values():
            for tensor in state.values():
                tensor.zero_()
        self.optimizer.zero_grad()

    def record_length(self, length: int) -> Callable[[], None]:
        """Return a function that makes the step on `rows` with this length."""
        step = partial(self.run_rows, length)
        if self.model.device.type != "cuda":
            for _ in range(WARM_UPS):
                step()
            return step
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            for _ in range(WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(self.stream)
        self.optimizer.zero_grad()  # so that the graph's gradients are in the graph's own memory
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.memory, stream=self.stream):
            step()
        return graph.replay

    def replay(self, rows: torch.Tensor, length: int, rate: float) -> torch.Tensor:
        """Make a step on a batch's rows; return its loss, which the next step overwrites.

        A batch of another size than the recorded one, as the last of an epoch, is run unrecorded.
        """
        self.rate.fill_(rate)
        if len(rows) != len(self.rows):
            return self.run(rows, length)
        self.rows.copy_(rows)
        self.replays[length]()
        return self.loss


def place_tweets(train_set: TweetDataset, pad_id: int, device: torch.device) -> DeviceTweets:
    """Pad all tweets to one length and copy them to a device: 40,000 take 80 MB."""
    padded = pad(train_set.input_ids, pad_id)
    missing = round_up(padded["input_ids"].shape[1]) - padded["input_ids"].shape[1]
    return DeviceTweets(
        input_ids=nn.functional.pad(padded["input_ids"], (0, missing), value=pad_id).to(device),
        attention_mask=nn.functional.pad(padded["attention_mask"], (0, missing)).to(device),
        labels=torch.tensor(train_set.labels).to(device),
    )


def round_up(length: int) -> int:
    """Return the next multiple of LENGTH_STEP.

    >>> round_up(33)
    48
    """
    return math.ceil(length / LENGTH_STEP) * LENGTH_STEP


def list_rates(max_lr: float, total_steps: int) -> list[float]:
    """Return the learning rate of each step, as notebook 03 schedules it."""
    idle = make_optimizer(nn.Linear(1, 1), max_lr, WEIGHT_DECAY)
    schedule = make_scheduler(idle, max_lr, total_steps, WARMUP_RATIO)
    rates = []
    for _ in range(total_steps):
        rates.append(schedule.get_last_lr()[0])
        idle.step()
        schedule.step()
    return rates


def compile_layers(model: nn.Module) -> None:
    """Have torch compile the model's transformer layers: all are alike, so one is compiled.

    Its shapes stay free, which costs one compilation for all lengths.
    """
    layers = next(part for part in model.modules() if isinstance(part, nn.ModuleList))
    for layer in layers:
        layer.compile(dynamic=True)


def train_recorded(setting: Setting, compiles: bool = False) -> None:
    """Train as notebook 03 does, with recorded steps on tweets that are on the device.

    Batches, order, loss, clipping, optimizer and schedule are the notebook's, dropout's draws are
    others. Raises `TweetsentError` if a loss is not finite.
    """
    model, recorder = setting.model, setting.recorder
    started = time.perf_counter()
    train_set = TweetDataset(setting.train)
    sampler = LengthBucketSampler(train_set.lengths, setting.batch_size, setting.seed)
    total_steps = setting.epochs * len(sampler)
    rates = list_rates(setting.max_lr, total_steps)
    steps = RecordedSteps(
        model,
        make_optimizer(model, setting.max_lr, WEIGHT_DECAY),
        place_tweets(train_set, model.config.pad_token_id, model.device),
        setting.batch_size,
        setting.precision,
    )
    if compiles:
        compile_layers(model)
    epochs = list_epochs(sampler, setting.epochs)
    lengths = {
        batch_length(train_set.lengths, rows)
        for batches in epochs
        for rows in batches
        if len(rows) == setting.batch_size
    }
    steps.record(lengths)
    synchronise(model.device)
    recorder.setup_seconds = time.perf_counter() - started

    torch.manual_seed(setting.seed)
    losses = torch.zeros(total_steps, device=model.device)
    recorder.begin()
    step = 0
    for batches in epochs:
        for rows, on_device in zip(batches, to_device(batches, model.device), strict=True):
            length = batch_length(train_set.lengths, rows)
            real_tokens = sum(train_set.lengths[row] for row in rows)
            recorder.planned(BatchSize(len(rows), real_tokens, len(rows) * length))
            losses[step].copy_(steps.replay(on_device, length, rates[step]))
            recorder.step()
            step += 1
        if not losses[:step].isfinite().all():  # the epoch's only look at what the device has
            raise TweetsentError(f"a loss among the first {step:,} steps is not finite")
    if compiles:
        torch.compiler.set_stance("force_eager")  # what comes after the training compiles nothing


def list_epochs(sampler: LengthBucketSampler, epochs: int) -> list[list[list[int]]]:
    """Return each epoch's batches, as rows of the training set."""
    batches = []
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        batches.append(list(sampler))
    return batches


def batch_length(lengths: Sequence[int], rows: Sequence[int]) -> int:
    """Return the length to which a batch is padded."""
    return round_up(max(lengths[row] for row in rows))


def to_device(batches: Sequence[Sequence[int]], device: torch.device) -> Sequence[torch.Tensor]:
    """Copy an epoch's batches of rows to a device, all at once."""
    rows = torch.tensor([row for batch in batches for row in batch], device=device)
    return rows.split([len(batch) for batch in batches])


GPU_PEERS = {
    "trainer_gpu": Peer(
        f"Trainer, bf16 and length grouping, batch {BATCH_SIZE}",
        train_with_best_trainer,
        batch_size=BATCH_SIZE,
        precision="auto",
    ),
    "ours_gpu": Peer(
        f"ours, batch {BATCH_SIZE}",
        train_ours,
        batch_size=BATCH_SIZE,
        precision="auto",
    ),
    "ours_recorded": Peer(
        f"ours, batch {BATCH_SIZE}, recorded steps",
        train_recorded,
        batch_size=BATCH_SIZE,
        precision="auto",
    ),
    "ours_compiled": Peer(
        f"ours, batch {BATCH_SIZE}, recorded steps of compiled layers",
        partial(train_recorded, compiles=True),
        batch_size=BATCH_SIZE,
        precision="auto",
    ),
}


def find_peer(name: str) -> Peer:
    """Return a way to train by its name."""
    return GPU_PEERS[name] if name in GPU_PEERS else PEERS[name]
