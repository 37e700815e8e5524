"""Memory figures are MiB and belong to this process or to the device named."""

import sys

import pytest
import torch

from tweetsent_utils.memory import check_memory


def test_on_a_cpu_resident_memory_is_told_in_mib():
    resource = pytest.importorskip("resource", reason="Windows has no such count to compare with")
    figures = check_memory(torch.device("cpu"))
    assert set(figures) == {"resident"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    assert peak / 10 < figures["resident"] <= peak * 1.01


def test_resident_memory_grows_by_what_is_held():
    before = check_memory(torch.device("cpu"))["resident"]
    held = torch.ones(64 * 2**20, dtype=torch.uint8)
    assert check_memory(torch.device("cpu"))["resident"] - before == pytest.approx(64, abs=8)
    assert held.numel() == 64 * 2**20


def test_on_a_gpu_three_figures_of_that_device_are_told(monkeypatch):
    for place, name in enumerate(("memory_allocated", "memory_reserved", "max_memory_allocated"), 1):
        monkeypatch.setattr(torch.cuda, name, lambda device, mib=place: (mib + 10 * device.index) * 2**20)
    assert check_memory(torch.device("cuda:2")) == {"allocated": 21, "reserved": 22, "peak": 23}
