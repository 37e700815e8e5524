"""Padding that the model cannot see, and batches that hold every tweet once."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tweetsent_utils.data.batching import (
    LengthBucketSampler,
    batches_at_random,
    batches_by_length,
    collate,
    positions_per_token,
)


def tweet_lengths(rows: int) -> list[int]:
    return np.random.default_rng(5).integers(4, 90, rows).tolist()


def epoch_of(sampler: LengthBucketSampler, epoch: int, skip: int = 0) -> list[list[int]]:
    sampler.set_epoch(epoch, skip)
    return list(sampler)


def count_padding(lengths: list[int], batches: list[list[int]]) -> int:
    padding = 0
    for batch in batches:
        of_batch = [lengths[index] for index in batch]
        padding += max(of_batch) * len(batch) - sum(of_batch)
    return padding


def test_collate_pads_to_the_longest_and_masks_the_padding_even_where_a_token_has_its_id():
    items = [
        {"row_id": 41, "input_ids": [2, 99, 3], "label": 4},
        {"row_id": 7, "input_ids": [2, 5, 6, 9, 3], "label": 0},
        {"row_id": 12, "input_ids": [2], "label": 2},
    ]
    batch = collate(items, pad_id=99)
    assert {name: tensor.tolist() for name, tensor in batch.items()} == {
        "input_ids": [[2, 99, 3, 99, 99], [2, 5, 6, 9, 3], [2, 99, 99, 99, 99]],
        "attention_mask": [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]],
        "labels": [4, 0, 2],
        "row_ids": [41, 7, 12],
    }
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}


@pytest.mark.parametrize(
    ("rows", "batch_size", "pool", "sizes"),
    [(103, 8, 3, [8] * 12 + [7]), (96, 8, 50, [8] * 12), (5, 8, 50, [5]), (1, 1, 1, [1])],
)
def test_every_epoch_loads_every_tweet_once_in_full_batches(rows, batch_size, pool, sizes):
    sampler = LengthBucketSampler(tweet_lengths(rows), batch_size, seed=0, pool=pool)
    loader = DataLoader(range(rows), batch_sampler=sampler, collate_fn=list)
    for epoch in (0, 1, 5):
        sampler.set_epoch(epoch)
        batches = list(loader)
        assert sorted(index for batch in batches for index in batch) == list(range(rows))
        assert sorted((len(batch) for batch in batches), reverse=True) == sizes
        assert len(loader) == len(sizes)


def test_order_depends_on_seed_and_epoch_and_on_nothing_else():
    def order(seed: int, epoch: int) -> list[list[int]]:
        torch.rand(epoch + 1)
        return epoch_of(LengthBucketSampler(tweet_lengths(100), 8, seed), epoch)

    first = order(0, 0)
    state = torch.get_rng_state()
    epoch_of(LengthBucketSampler(tweet_lengths(100), 8, seed=0), 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert order(0, 0) == first
    assert len({str(batches) for batches in (first, order(0, 1), order(1, 0))}) == 3


def test_neighbours_change_from_epoch_to_epoch():
    sampler = LengthBucketSampler(tweet_lengths(200), 8, seed=0, pool=5)
    first, second = ({frozenset(batch) for batch in epoch_of(sampler, epoch)} for epoch in (0, 1))
    assert len(first & second) <= 2


def test_batches_of_similar_length_need_little_padding_and_come_in_any_order():
    lengths = tweet_lengths(1000)
    batches = list(LengthBucketSampler(lengths, 16, seed=0))
    order = np.random.default_rng(0).permutation(1000).tolist()
    at_random = [order[start : start + 16] for start in range(0, 1000, 16)]
    assert count_padding(lengths, batches) < 0.2 * count_padding(lengths, at_random)
    longest = [max(lengths[index] for index in batch) for batch in batches]
    assert abs(np.corrcoef(longest, range(len(longest)))[0, 1]) < 0.5


@pytest.mark.parametrize("skip", [0, 1, 12, 13])
def test_epoch_can_be_resumed_in_the_middle(skip):
    sampler = LengthBucketSampler(tweet_lengths(103), 8, seed=0)
    whole = epoch_of(sampler, 3)
    assert epoch_of(sampler, 3, skip) == whole[skip:]
    assert len(sampler) == len(whole) - skip


def test_batches_for_evaluation_hold_everything_shortest_first():
    lengths = tweet_lengths(50)
    batches = batches_by_length(lengths, 8)
    flat = [index for batch in batches for index in batch]
    assert sorted(flat) == list(range(50))
    assert [lengths[index] for index in flat] == sorted(lengths)
    assert [len(batch) for batch in batches] == [8] * 6 + [2]


def test_positions_per_token_count_what_padding_adds():
    lengths = [1, 3, 4, 4]
    assert positions_per_token(lengths, [[0, 2], [1, 3]]) == 16 / 12
    assert positions_per_token(lengths, [[2, 3]]) == 1


def test_random_batches_hold_every_tweet_once_and_come_again():
    lengths = tweet_lengths(50)
    batches = batches_at_random(lengths, 16, seed=3)
    assert [len(batch) for batch in batches] == [16, 16, 16, 2]
    assert sorted(index for batch in batches for index in batch) == list(range(50))
    assert batches == batches_at_random(lengths, 16, seed=3)
    assert batches != batches_at_random(lengths, 16, seed=4)
