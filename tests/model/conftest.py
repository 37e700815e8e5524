"""Tiny encoders of several families, and a padded batch of token ids."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel


@pytest.fixture
def make_encoder(tmp_path) -> Callable[[str], Path]:
    """A function that saves an encoder of a family, with two layers and random weights."""

    def make(family: str) -> Path:
        config = AutoConfig.for_model(
            family,
            vocab_size=50,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            initializer_range=0.2,
            pad_token_id=0,
        )
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(tmp_path / family)
        return tmp_path / family

    return make


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    """Three texts of 7, 4 and 1 tokens, padded."""
    attention_mask = torch.ones(3, 7, dtype=torch.int64)
    attention_mask[1, 4:] = 0
    attention_mask[2, 1:] = 0
    torch.manual_seed(0)
    input_ids = torch.randint(5, 50, (3, 7)) * attention_mask
    return {"input_ids": input_ids, "attention_mask": attention_mask}
