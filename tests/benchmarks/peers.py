"""The peers of `speed.py`: the original's loop, Hugging Face Trainer and ours; a recorder of what each step does."""

import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat
from typing import Any

import pandas as pd
import torch
from notebook_code import notebook_functions
from torch.utils.data import DataLoader
from transformers import DataCollatorWithPadding, PreTrainedTokenizerBase, Trainer, TrainerCallback, TrainingArguments

from tweetsent_utils.batching import LengthBucketSampler, collate
from tweetsent_utils.dataset import TweetDataset
from tweetsent_utils.training import INPUTS, train_step

MAX_LENGTH = 128
UNTIMED_STEPS = 2


@dataclass(frozen=True)
class Job:
    """What one process measures: one peer, one seed, one device."""

    peer: str
    seed: int
    device: str
    encoder: str  # a folder
    tweets: str  # a folder with train.parquet and validation.parquet
    max_lr: float  # at a batch of 16; it grows with the batch
    cap: float = 0.0  # seconds of training after which to stop; 0: none
    matrix_size: int = 2048
    matrix_seconds: float = 1.0
    epochs: int = 1


class CapReached(Exception):  # noqa: N818 -- no error: what was asked for
    """Leaves a training loop, also that of Trainer, when the time for it is over."""


class Recorder:
    """Counts the batches that are collated, and times the steps that use them.

    A loop may collate a batch before the step of the one before is over (as Trainer does), so that batches wait here
    in their order. `keep` is called with the counts after every step when there is a `cap`.
    """

    def __init__(self, device: torch.device, cap: float = 0.0, keep: Callable[[dict], None] = lambda counts: None):
        self.device, self.cap, self.keep = device, cap, keep
        self.waiting: deque[tuple[int, int, int]] = deque()
        self.steps: list[tuple[int, int, int]] = []
        self.kept = 0.0
        self.begun = self.timed_from = self.ended = time.perf_counter()

    def collated(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Count the tweets, the real tokens and the computed positions of a batch, and return it."""
        mask = batch["attention_mask"]
        self.waiting.append((len(mask), int(mask.sum()), mask.numel()))
        return batch

    def begin(self) -> None:
        """Start the time that the cap limits."""
        self.begun = self.timed_from = self.ended = time.perf_counter()

    def step(self) -> None:
        """Take note that a step is done; raises `CapReached` when the time is over."""
        self.steps.append(self.waiting.popleft())
        if len(self.steps) == UNTIMED_STEPS:
            self.synchronise()
            self.timed_from = time.perf_counter()
        if self.cap:
            self.ended = time.perf_counter()
            if self.ended - self.kept > 5:  # seldom, since it takes time itself
                self.keep(self.counts(finished=False))
                self.kept = self.ended
            if self.ended - self.begun > self.cap:
                raise CapReached

    def synchronise(self) -> None:
        """Wait until a GPU has done what it was asked to."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def finish(self) -> None:
        """Stop the clock."""
        self.synchronise()
        self.ended = time.perf_counter()

    def counts(self, finished: bool) -> dict[str, Any]:
        """Return what the timed steps did, and in how many seconds.

        Of an unfinished training, whose steps may be few and slow, every step counts.
        """
        steps = self.steps[UNTIMED_STEPS:] if finished else self.steps
        tweets, tokens, positions = (sum(column) for column in zip(*steps, strict=True)) if steps else (0, 0, 0)
        seconds = self.ended - (self.timed_from if finished else self.begun)
        counts = {"steps": len(steps), "tweets": tweets, "real_tokens": tokens, "positions": positions}
        return {"finished": finished, **counts, "seconds": seconds}


def peak_rate(job: Job, batch_size: int) -> float:
    """Return the highest learning rate, in proportion to the batch: Goyal et al., https://arxiv.org/abs/1706.02677."""
    return job.max_lr * batch_size / 16


@dataclass(frozen=True)
class Setting:
    """What a peer's training gets."""

    job: Job
    model: torch.nn.Module
    tokenizer: PreTrainedTokenizerBase
    train: pd.DataFrame  # columns text, label; and row_id, input_ids but for the original
    recorder: Recorder
    dtype: torch.dtype
    batch_size: int

    @property
    def max_lr(self) -> float:
        """The peak of the learning rate."""
        return peak_rate(self.job, self.batch_size)


def train_original(setting: Setting) -> None:
    """Train as the blog post did: file order, tokenised at each step, fp32, Adam, one linear cycle."""
    model, recorder = setting.model.train(), setting.recorder
    tweets = list(zip(setting.train["text"], setting.train["label"].tolist(), strict=True))

    def collate_fn(items: list[tuple[str, int]]) -> dict[str, torch.Tensor]:
        texts, labels = zip(*items, strict=True)
        options = {"max_length": MAX_LENGTH, "padding": True, "truncation": True, "return_tensors": "pt"}
        batch = setting.tokenizer(list(texts), **options)
        batch["labels"] = torch.tensor(labels)
        return recorder.collated(batch)

    loader = DataLoader(tweets, batch_size=setting.batch_size, collate_fn=collate_fn)
    optimizer = torch.optim.Adam(model.parameters(), lr=setting.max_lr)
    shape = {"total_steps": setting.job.epochs * len(loader), "anneal_strategy": "linear"}
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, setting.max_lr, **shape)
    losses = []
    recorder.begin()
    for batch in chain.from_iterable(repeat(loader, setting.job.epochs)):
        optimizer.zero_grad()
        loss = model(**{name: batch[name].to(model.device) for name in INPUTS}).loss
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.detach())
        recorder.step()


class StepCallback(TrainerCallback):
    """Tells a recorder when Trainer begins and when it has done a step."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock."""
        self.recorder.begin()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Count the step."""
        self.recorder.step()


def train_with_trainers_best(setting: Setting) -> None:
    """Train with Trainer in the precision that the hardware is faster in, in batches of similar length, unwatched."""
    best = {"train_sampling_strategy": "group_by_length", "logging_nan_inf_filter": False}
    train_with_trainer(setting, bf16=setting.dtype == torch.bfloat16, **best)


def train_with_trainer(setting: Setting, **options: Any) -> None:
    """Train with Hugging Face Trainer: its defaults, but for `options`, the peak of the rate and the epochs."""
    pad, recorder = DataCollatorWithPadding(setting.tokenizer), setting.recorder
    columns = {"input_ids": setting.train["input_ids"], "labels": setting.train["label"]}
    tweets = pd.DataFrame(columns).to_dict("records")
    with tempfile.TemporaryDirectory() as folder:
        options |= {"output_dir": folder, "save_strategy": "no", "report_to": "none", "disable_tqdm": True}
        options |= {"num_train_epochs": setting.job.epochs, "learning_rate": setting.max_lr, "seed": setting.job.seed}
        options |= {"per_device_train_batch_size": setting.batch_size, "use_cpu": setting.job.device == "cpu"}
        trainer = Trainer(
            setting.model,
            TrainingArguments(**options),
            data_collator=lambda items: recorder.collated(pad(items)),
            train_dataset=tweets,
            processing_class=setting.tokenizer,
            callbacks=[StepCallback(recorder)],
        )
        trainer.train()


# What torch's operators on a CPU do, as a reader of the table calls it.
WORK = {
    "matrix products": ("mm", "addmm", "bmm", "linear"),
    "dropout's random numbers and masks": ("random_", "ge", "where"),
    "filling new gradients with zeros": ("fill_", "zero_"),
    "copies and casts": ("copy_", "cat"),
    "softmax and GELU": ("_softmax", "_softmax_backward_data", "gelu", "gelu_backward", "_log_softmax"),
    "layer norms": ("native_layer_norm", "native_layer_norm_backward"),
    "sums and products by element": ("add", "add_", "mul", "mul_", "div", "sum"),
    "optimizer and clipping": ("_fused_adamw_", "linalg_vector_norm", "_foreach_norm", "_foreach_mul_"),
}


def shares_of_time(run: Callable[[], Any]) -> dict[str, float]:
    """Return the shares of a CPU's time that kinds of work take while `run` is called, and of all else."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        run()
    times = {event.key.removeprefix("aten::"): event.self_cpu_time_total for event in profiler.key_averages()}
    shares = {kind: sum(times.get(name, 0) for name in names) / sum(times.values()) for kind, names in WORK.items()}
    return shares | {"the rest": 1 - sum(shares.values())}


def train_ours(setting: Setting) -> Callable[[], dict[str, float]]:
    """Train as notebook 03 does, with its functions and its defaults; returns what profiles ten more steps."""
    job, model, recorder = setting.job, setting.model, setting.recorder
    notebook = notebook_functions("03")
    train_set = TweetDataset(setting.train)

    def pad(items: list[dict]) -> dict[str, torch.Tensor]:
        return recorder.collated(collate(items, model.config.pad_token_id))

    sampler = LengthBucketSampler(train_set.lengths, setting.batch_size, job.seed)
    train_loader = DataLoader(train_set, batch_sampler=sampler, collate_fn=pad, generator=torch.Generator())
    notebook.speed_up(model)
    optimizer = notebook.make_optimizer(model, setting.max_lr, weight_decay=0.01)
    scheduler = notebook.make_scheduler(optimizer, setting.max_lr, job.epochs * len(train_loader), warmup_ratio=0.1)
    history = []
    recorder.begin()
    for epoch in range(job.epochs):
        sampler.set_epoch(epoch)
        for batch in train_loader:
            history.append(train_step(model, batch, optimizer, scheduler, setting.dtype))
            recorder.step()
    schedule = notebook.make_scheduler(optimizer, setting.max_lr, 1000, warmup_ratio=0.1)  # the first is at its end
    batches = [pad([train_set[index] for index in chosen]) for chosen in islice(sampler, 10)]

    def more() -> None:
        for batch in batches:
            train_step(model, batch, optimizer, schedule, setting.dtype)

    return partial(shares_of_time, more)


@dataclass(frozen=True)
class Peer:
    """One way to train."""

    title: str
    train: Callable[[Setting], Callable[[], dict] | None]
    batch_size: int
    precision: str  # of the training: fp32, bf16 or auto, as notebook 03 names them
    cleaning: str = "raw"
    capped: bool = False


PEERS = {
    "original": Peer("the original's loop", train_original, 16, "fp32"),
    "trainer": Peer("Trainer, defaults", train_with_trainer, 8, "fp32"),
    "trainer_best": Peer("Trainer, bf16 and length grouping", train_with_trainers_best, 32, "auto", capped=True),
    "ours": Peer("ours", train_ours, 16, "auto"),
    "ours_32": Peer("ours, batch 32", train_ours, 32, "auto"),
    "ours_words": Peer("ours, batch 32, cleaning words", train_ours, 32, "auto", cleaning="words"),
}
