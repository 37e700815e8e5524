"""What the machine gives: rates and memory."""

import torch
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
