"""The trainings that `speed.py` compares: the original's loop, Hugging Face Trainer, and ours."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd
import torch
from recorder import Recorder
from torch.utils.data import DataLoader
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from tweetsent_utils.data.batching import LengthBucketSampler, collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import MODEL_INPUTS, train_step

MAX_LENGTH = 128
WEIGHT_DECAY = 0.01
WARMUP_RATIO = 0.1
PROFILED_STEPS = 10


@dataclass(frozen=True)
class Setting:
    """What a peer's training gets."""

    model: torch.nn.Module
    tokenizer: PreTrainedTokenizerBase
    train: pd.DataFrame  # columns text, label and, unless a peer tokenises by itself, input_ids
    recorder: Recorder
    precision: torch.dtype
    batch_size: int
    max_lr: float
    epochs: int
    seed: int


def train_original(setting: Setting) -> None:
    """Train as the blog post did: file order, tokenised at each step, fp32, Adam, one cycle."""
    model = setting.model.train()
    texts = setting.train["text"]
    labels = setting.train["label"].tolist()

    def collate_texts(items: list[tuple[str, int]]) -> dict[str, torch.Tensor]:
        batch = setting.tokenizer(
            [text for text, _ in items],
            max_length=MAX_LENGTH,
            padding=True,
            truncation=True,
            return_tensors="pt",
        )
        batch["labels"] = torch.tensor([label for _, label in items])
        return setting.recorder.collated(batch)

    loader = DataLoader(
        list(zip(texts, labels, strict=True)),
        batch_size=setting.batch_size,
        collate_fn=collate_texts,
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=setting.max_lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        setting.max_lr,
        total_steps=setting.epochs * len(loader),
        anneal_strategy="linear",
    )
    losses = []
    setting.recorder.begin()
    for _ in range(setting.epochs):
        for batch in loader:
            optimizer.zero_grad()
            inputs = {name: batch[name].to(model.device) for name in MODEL_INPUTS}
            loss = model(**inputs).loss
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.detach())
            setting.recorder.step()


class RecordingCallback(TrainerCallback):
    """Lets a recorder know when Trainer begins and when it has done a step."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock."""
        self.recorder.begin()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Count the step."""
        self.recorder.step()


def train_with_trainer(setting: Setting, **options: Any) -> None:
    """Train with Hugging Face Trainer on its defaults, apart from `options`.

    Only what all peers share is set: epochs, highest learning rate, seed; and nothing is saved.
    """
    pad = DataCollatorWithPadding(setting.tokenizer)
    columns = {"input_ids": setting.train["input_ids"], "labels": setting.train["label"]}
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            num_train_epochs=setting.epochs,
            learning_rate=setting.max_lr,
            seed=setting.seed,
            per_device_train_batch_size=setting.batch_size,
            use_cpu=setting.model.device.type == "cpu",
            **options,
        )
        trainer = Trainer(
            setting.model,
            arguments,
            data_collator=lambda items: setting.recorder.collated(pad(items)),
            train_dataset=pd.DataFrame(columns).to_dict("records"),
            processing_class=setting.tokenizer,
            callbacks=[RecordingCallback(setting.recorder)],
        )
        trainer.train()


def train_with_best_trainer(setting: Setting) -> None:
    """Train with Trainer in the faster precision and batches of similar length, unwatched."""
    train_with_trainer(
        setting,
        bf16=setting.precision == torch.bfloat16,
        train_sampling_strategy="group_by_length",
        logging_nan_inf_filter=False,
    )


def train_ours(setting: Setting) -> Callable[[], None]:
    """Train as notebook 03 does, on its defaults; return more steps, for a profiler to watch."""
    model = setting.model
    train_set = TweetDataset(setting.train)

    def pad(items: list[dict]) -> dict[str, torch.Tensor]:
        return setting.recorder.collated(collate(items, model.config.pad_token_id))

    sampler = LengthBucketSampler(train_set.lengths, setting.batch_size, setting.seed)
    train_loader = DataLoader(
        train_set,
        batch_sampler=sampler,
        collate_fn=pad,
        pin_memory=model.device.type == "cuda",
        generator=torch.Generator(),
    )
    use_cpu_kernels(model)
    optimizer = make_optimizer(model, setting.max_lr, WEIGHT_DECAY)
    total_steps = setting.epochs * len(train_loader)
    scheduler = make_scheduler(optimizer, setting.max_lr, total_steps, WARMUP_RATIO)
    losses = []
    setting.recorder.begin()
    for epoch in range(setting.epochs):
        sampler.set_epoch(epoch)
        for batch in train_loader:
            loss = train_step(model, batch, optimizer, scheduler, setting.precision)
            losses.append(loss)
            setting.recorder.step()

    batches = [pad([train_set[row] for row in rows]) for rows in islice(sampler, PROFILED_STEPS)]
    # The first schedule is at its end.
    schedule = make_scheduler(optimizer, setting.max_lr, 100 * PROFILED_STEPS, WARMUP_RATIO)

    def train_more() -> None:
        for batch in batches:
            train_step(model, batch, optimizer, schedule, setting.precision)

    return train_more


@dataclass(frozen=True)
class Peer:
    """One way to train."""

    title: str
    train: Callable[[Setting], Callable[[], None] | None]  # may return more steps, to profile
    batch_size: int
    precision: str  # of the training: fp32, bf16 or auto, as notebook 03 names them
    cleaning: str = "raw"
    has_cap: bool = False
    tokenises_ahead: bool = True  # else at each step


PEERS = {
    "original": Peer(
        "the original's loop",
        train_original,
        batch_size=16,
        precision="fp32",
        tokenises_ahead=False,
    ),
    "trainer": Peer(
        "Trainer, defaults",
        train_with_trainer,
        batch_size=8,
        precision="fp32",
    ),
    "trainer_best": Peer(
        "Trainer, bf16 and length grouping",
        train_with_best_trainer,
        batch_size=32,
        precision="auto",
        has_cap=True,
    ),
    "ours": Peer(
        "ours",
        train_ours,
        batch_size=16,
        precision="auto",
    ),
    "ours_32": Peer(
        "ours, batch 32",
        train_ours,
        batch_size=32,
        precision="auto",
    ),
    "ours_words": Peer(
        "ours, batch 32, cleaning words",
        train_ours,
        batch_size=32,
        precision="auto",
        cleaning="words",
    ),
}
