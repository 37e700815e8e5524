"""What the machine gives: rates, memory, and where a CPU's time goes."""

import pytest
import torch
from cpu_time import shares_of_time
from hardware import matrix_rates, peak_memory

CPU = torch.device("cpu")


def test_matrix_rates_are_of_both_precisions():
    rates = matrix_rates(CPU, size=64, seconds=0.001)
    assert set(rates) == {"fp32", "bf16"}
    assert min(rates.values()) > 1e6


def test_peak_memory_is_in_mib():
    block = torch.ones(2**25)  # 128 MiB
    assert 128 < peak_memory(CPU) < 100_000
    assert block.sum() > 0


def test_matrix_products_take_the_time_of_matrix_products():
    ones = torch.ones(500, 500)
    shares = shares_of_time(lambda: ones @ ones)
    assert shares["matrix products"] > 0.5
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0  # else an operator counts twice
