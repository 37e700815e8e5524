"""`cpu_candidates.py`: its ratios, and the update that makes up for missed moves."""

import copy

import cpu_candidates
import pandas as pd
import pytest
import torch
from occurring_words import OccurringWordsTraining
from transformers import BertConfig, BertForSequenceClassification

from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

STEPS = 60
MAX_LR = 1e-3


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    times = pd.DataFrame(
        {
            "way": ["new", "new", "new", "old", "old", "old"],
            "round": [0, 1, 2, 0, 1, 2],
            "clock": [1.0, 2.0, 1.0, 2.0, 3.0, 4.0],
            "cpu": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
            "system": [0.0, 0.0, 0.0, 0.5, 0.5, 0.5],
        }
    )
    found = cpu_candidates.compare(times, "new", "old")
    assert (found["ratio"], found["ratio_least"], found["ratio_most"]) == (2.0, 1.5, 4.0)
    assert found["ratio_cpu"] == 1.0
    assert (found["system_share_without"], found["system_share_with"]) == (0.5, 0.0)
    assert found["rounds"] == 3


def test_batches_that_are_cut_hold_the_same_tweets():
    batches = [{"labels": [0, 1, 2, 3], "row_ids": [5, 6, 7, 8]}]
    first, second = cpu_candidates.split_batches(batches, 2)
    assert first == {"labels": [0, 1], "row_ids": [5, 6]}
    assert second == {"labels": [2, 3], "row_ids": [7, 8]}


def test_a_mistyped_candidate_is_refused(capsys):
    with pytest.raises(SystemExit):
        cpu_candidates.parse_options(["memroy"])
    assert "memroy" in capsys.readouterr().err


@pytest.fixture(scope="module")
def small_bert() -> torch.nn.Module:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        num_labels=5,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertForSequenceClassification(config)


def draw_batches() -> list[dict[str, torch.Tensor]]:
    """Batches in which some words are common, most are rare, and one text is padded."""
    generator = torch.Generator().manual_seed(1)
    batches = []
    for _ in range(STEPS):
        input_ids = (torch.rand(4, 8, generator=generator) ** 3 * 199).long() + 1
        attention_mask = torch.ones_like(input_ids)
        input_ids[0, 5:] = attention_mask[0, 5:] = 0
        labels = torch.randint(5, (4,), generator=generator)
        batches.append({"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels})
    return batches


def test_missed_moves_that_are_made_later_give_the_weights_of_adamw(small_bert):
    model = copy.deepcopy(small_bert)
    optimizer = make_optimizer(model, MAX_LR, 0.01)
    scheduler = make_scheduler(optimizer, MAX_LR, STEPS, 0.1)
    for batch in draw_batches():
        train_step(model, batch, optimizer, scheduler)
    adamw = model.get_input_embeddings().weight.detach()
    moved = (adamw - small_bert.get_input_embeddings().weight).abs()

    errors = {}
    for makes_up in (True, False):
        training = OccurringWordsTraining(copy.deepcopy(small_bert), MAX_LR, 0.01, STEPS, makes_up)
        for batch in draw_batches():
            training.step(batch)
        errors[makes_up] = (training.words.read_all() - adamw).abs()
    assert errors[True].mean() < 0.01 * moved.mean()
    assert errors[False].mean() > 0.1 * moved.mean()
