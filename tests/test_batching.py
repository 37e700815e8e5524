"""Padding that the model cannot see, and batches that hold every tweet once."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tweetsent_utils.batching import LengthBucketSampler, batches_by_length, collate


def tweet_lengths(rows: int) -> list[int]:
    return np.random.default_rng(5).integers(4, 90, rows).tolist()


def padded_positions(lengths: list[int], batches: list[list[int]]) -> int:
    return sum(max(lengths[i] for i in batch) - lengths[index] for batch in batches for index in batch)


def test_collate_pads_to_the_longest_and_masks_the_padding():
    items = [
        {"row_id": 41, "input_ids": [2, 8, 3], "label": 4},
        {"row_id": 7, "input_ids": np.array([2, 5, 6, 9, 3]), "label": 0},
        {"row_id": 12, "input_ids": [2], "label": 2},
    ]
    batch = collate(items, pad_id=99)
    expected = {
        "input_ids": [[2, 8, 3, 99, 99], [2, 5, 6, 9, 3], [2, 99, 99, 99, 99]],
        "attention_mask": [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]],
        "labels": [4, 0, 2],
        "row_ids": [41, 7, 12],
    }
    assert {name: tensor.tolist() for name, tensor in batch.items()} == expected
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}


def test_collate_masks_by_length_even_where_a_token_has_the_pad_id():
    batch = collate([{"row_id": 0, "input_ids": [2, 0, 3], "label": 0}], pad_id=0)
    assert batch["attention_mask"].tolist() == [[1, 1, 1]]


@pytest.mark.parametrize(("rows", "batch_size", "pool"), [(103, 8, 3), (96, 8, 50), (5, 8, 50), (1, 1, 1), (64, 8, 2)])
def test_every_epoch_holds_every_tweet_once_in_bounded_batches(rows, batch_size, pool):
    sampler = LengthBucketSampler(tweet_lengths(rows), batch_size, seed=0, pool=pool)
    for epoch in (0, 1, 5):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert sorted(index for batch in batches for index in batch) == list(range(rows))
        sizes = sorted((len(batch) for batch in batches), reverse=True)
        assert sizes == [batch_size] * (rows // batch_size) + [rows % batch_size] * (rows % batch_size > 0)
        assert len(sampler) == len(batches)


def test_order_depends_on_seed_and_epoch_and_on_nothing_else():
    def order(seed: int, epoch: int) -> list[list[int]]:
        torch.rand(epoch + 1)
        sampler = LengthBucketSampler(tweet_lengths(100), 8, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)
    assert order(0, 1) != order(1, 0)


def test_sampling_leaves_the_global_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    list(LengthBucketSampler(tweet_lengths(50), 8, 0))
    assert torch.equal(torch.rand(2), expected)


def test_neighbours_change_from_epoch_to_epoch():
    sampler = LengthBucketSampler(tweet_lengths(200), 8, seed=0, pool=5)
    partners = []
    for epoch in (0, 1):
        sampler.set_epoch(epoch)
        partners.append({frozenset(batch) for batch in sampler})
    assert len(partners[0] & partners[1]) <= 2


def test_batches_do_not_come_sorted_by_length():
    lengths = tweet_lengths(400)
    longest = [max(lengths[index] for index in batch) for batch in LengthBucketSampler(lengths, 8, seed=0)]
    assert abs(np.corrcoef(longest, range(len(longest)))[0, 1]) < 0.5


def test_buckets_pad_far_less_than_random_order():
    lengths = tweet_lengths(1000)
    order = np.random.default_rng(0).permutation(1000).tolist()
    at_random = [order[start : start + 16] for start in range(0, 1000, 16)]
    assert padded_positions(lengths, list(LengthBucketSampler(lengths, 16, 0))) < 0.2 * padded_positions(
        lengths, at_random
    )


def test_sampler_drives_a_loader():
    items = [{"row_id": row, "input_ids": [1] * length, "label": 0} for row, length in enumerate(tweet_lengths(21))]
    sampler = LengthBucketSampler([len(item["input_ids"]) for item in items], 4, seed=0)
    loader = DataLoader(items, batch_sampler=sampler, collate_fn=lambda batch: collate(batch, 0))
    assert sorted(row for batch in loader for row in batch["row_ids"].tolist()) == list(range(21))
    assert len(loader) == 6


def test_batches_by_length_hold_everything_shortest_first():
    lengths = tweet_lengths(50)
    batches = batches_by_length(lengths, 8)
    flat = [index for batch in batches for index in batch]
    assert sorted(flat) == list(range(50))
    assert [lengths[index] for index in flat] == sorted(lengths)
    assert [len(batch) for batch in batches] == [8] * 6 + [2]


@pytest.mark.parametrize("skip", [0, 1, 12, 13])
def test_an_epoch_can_be_taken_up_in_the_middle(skip):
    sampler = LengthBucketSampler(tweet_lengths(103), 8, seed=0)
    sampler.set_epoch(3)
    whole = list(sampler)
    sampler.set_epoch(3, skip)
    assert list(sampler) == whole[skip:]
    assert len(sampler) == len(whole) - skip
