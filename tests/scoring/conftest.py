"""A tiny classifier and its tokenizer."""

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.model.classifier import load_classifier


@pytest.fixture(scope="session")
def tokenizer(tiny_encoder: Path) -> PreTrainedTokenizerFast:
    return load_tokenizer(tiny_encoder, "words", 24)


@pytest.fixture(scope="session")
def model(tiny_encoder: Path, label_order: list[str]) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return load_classifier(tiny_encoder, label_order)
