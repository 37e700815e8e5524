"""A device for each test of this folder: the CPU, and where `make gpu` finds one, a GPU."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from tiny import LABEL_ORDER, make_tweets
from torch import nn
from torch.utils.data import DataLoader

from tweetsent_utils.data.batching import LengthBucketSampler, collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler

NO_GPU = "there is no GPU here, or not for tests: `make gpu` runs this one where there is"
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason=NO_GPU)


@pytest.fixture(params=["cpu", pytest.param("cuda:0", marks=needs_gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    """The CPU, and then the GPU."""
    return torch.device(request.param)


@pytest.fixture(params=[pytest.param("cuda:0", marks=needs_gpu)])
def gpu(request: pytest.FixtureRequest) -> torch.device:
    """The GPU, for what a CPU does not have."""
    return torch.device(request.param)


class TinyTraining:
    """A training of the tiny encoder on 60 tweets, put together as notebook 03 does it."""

    def __init__(
        self,
        encoder: Path,
        device: torch.device,
        batch_size: int = 8,
        epochs: int = 2,
        seed: int = 0,
        max_lr: float = 3e-3,
        has_dropout: bool = True,
    ) -> None:
        self.tokenizer = load_tokenizer(encoder, "raw", 64)
        self.train_set = TweetDataset(tokenized_tweets(self.tokenizer, 12, 0))
        self.sampler = LengthBucketSampler(self.train_set.lengths, batch_size, seed=0)
        self.loader = DataLoader(
            self.train_set,
            batch_sampler=self.sampler,
            collate_fn=partial(collate, pad_id=self.tokenizer.pad_token_id),
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),
        )
        torch.manual_seed(seed)
        self.model = load_classifier(encoder, LABEL_ORDER).to(device)
        use_cpu_kernels(self.model)
        if not has_dropout:  # so that training is a function of its input
            for part in self.model.modules():
                if isinstance(part, nn.Dropout):
                    part.p = 0.0
        self.optimizer = make_optimizer(self.model, max_lr, weight_decay=0.01)
        total_steps = epochs * len(self.loader)
        self.scheduler = make_scheduler(self.optimizer, max_lr, total_steps, warmup_ratio=0.1)

    @property
    def parts(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}

    def batches(self, epoch: int, skip: int = 0) -> DataLoader:
        """The batches of an epoch, without its first ones."""
        self.sampler.set_epoch(epoch, skip)
        return self.loader


def tokenized_tweets(tokenizer: Any, rows_per_class: int, offset: int) -> pd.DataFrame:
    """A table of tiny tweets with row id, text, label and token ids."""
    texts, names = zip(*make_tweets(rows_per_class, offset), strict=True)
    return pd.DataFrame(
        {
            "row_id": range(len(texts)),
            "text": texts,
            "label": [LABEL_ORDER.index(name) for name in names],
            "input_ids": tokenize(texts, tokenizer),
        }
    )


@pytest.fixture
def start_on_gpu(tiny_encoder: Path, gpu: torch.device) -> partial:
    """A function that starts a tiny training on the GPU."""
    return partial(TinyTraining, tiny_encoder, gpu)


@pytest.fixture
def start_training(tiny_encoder: Path, device: torch.device) -> partial:
    """A function that starts a tiny training on the device."""
    return partial(TinyTraining, tiny_encoder, device)
