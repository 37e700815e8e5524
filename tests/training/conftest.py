"""Eight tweets as a batch, and tiny models to train on them."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.data.batching import collate
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.model.classifier import load_classifier

TWEETS = (
    ("horrible panic and death", 0),
    ("nice full shelves in the shop", 3),
    ("the shop opens at nine", 2),
    ("best happy lovely delivery thank you", 4),
    ("sad empty shelves", 1),
    ("good people help", 3),
    ("a van stands in the street", 2),
    ("wonderful heroes", 4),
)


@pytest.fixture
def batch(tiny_encoder: Path) -> dict[str, torch.Tensor]:
    """The eight tweets, tokenised and padded."""
    tokenizer = load_tokenizer(tiny_encoder, "raw", 64)
    items = []
    for row, (text, label) in enumerate(TWEETS):
        items.append({"row_id": row, "input_ids": tokenizer(text)["input_ids"], "label": label})
    return collate(items, tokenizer.pad_token_id)


@pytest.fixture
def model(tiny_encoder: Path) -> nn.Module:
    """A classifier without dropout, so that training is a function of its input."""
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(
        tiny_encoder,
        num_labels=5,
        dropout=0.0,
        attention_dropout=0.0,
        seq_classif_dropout=0.0,
    )


@pytest.fixture
def model_with_dropout(tiny_encoder: Path, label_order: list[str]) -> nn.Module:
    """The classifier that the notebooks train."""
    torch.manual_seed(0)
    return load_classifier(tiny_encoder, label_order)
