"""Where a CPU's time goes."""

import time

import pytest
import torch
from torch.nn.functional import dropout

from tweetsent_utils.model.cpu_kernels import fast_dropout
from tweetsent_utils.training.profiling import REST, least_seconds, shares_of_time, times_by_kind

RANDOM_BITS = "dropout's random numbers and masks"


def test_matrix_products_take_the_time_of_matrix_products():
    ones = torch.ones(500, 500)
    shares = shares_of_time(lambda: ones @ ones)
    assert shares["matrix products"] > 0  # how much more, a busy machine decides
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0  # else an operator counts twice


@pytest.mark.parametrize("drop", [dropout, fast_dropout])
def test_the_bits_of_either_dropout_count_as_dropout(drop):
    numbers = torch.ones(1_000_000)
    times = times_by_kind(lambda: drop(numbers, p=0.1))
    assert times[RANDOM_BITS] > 0
    assert times[REST] >= -1e-9


def test_the_profiler_writes_nothing_into_a_notebook(capfd):
    times_by_kind(lambda: torch.ones(3) + 1)
    assert capfd.readouterr() == ("", "")


def test_the_least_time_leaves_out_the_first_and_the_slow():
    naps = iter([0.5, 0.2, 0.01, 0.2])
    assert 0.01 <= least_seconds(lambda: time.sleep(next(naps)), repeats=3) < 0.1
