"""Random numbers that can be drawn again."""

import io
import random

import numpy as np
import pytest
import torch

from tweetsent_utils.training.randomness import (
    generator_states,
    restore_generators,
    seed_everything,
)


def draw() -> list[float]:
    """Draw one number from each generator."""
    return [random.random(), float(np.random.rand()), float(torch.rand(1))]


def test_a_seed_decides_all_three_kinds_of_random_numbers():
    draws = []
    for seed in (5, 5, 6):
        seed_everything(seed)
        draws.append(draw())
    assert draws[0] == draws[1]
    assert not set(draws[0]) & set(draws[2])


def test_saved_states_give_the_same_numbers_again():
    file = io.BytesIO()
    torch.save(generator_states(), file)
    expected = draw()
    file.seek(0)
    restore_generators(torch.load(file, weights_only=True))
    assert draw() == expected


@pytest.mark.parametrize(("gpus", "is_restored"), [(2, True), (1, False), (0, False)])
def test_states_of_gpus_are_restored_where_there_are_as_many(monkeypatch, gpus, is_restored):
    restored = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", restored.append)
    saved = [torch.tensor([1]), torch.tensor([2])]
    restore_generators(generator_states() | {"cuda": saved})
    assert restored == ([saved] if is_restored else [])
