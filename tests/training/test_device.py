"""The device and the precision that training picks."""

import itertools
from collections.abc import Callable

import pytest
import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training import device as device_module
from tweetsent_utils.training.device import pick_device, pick_precision


@pytest.mark.parametrize(
    ("asked", "has_gpu", "expected"),
    [("auto", True, "cuda:0"), ("auto", False, "cpu"), ("cpu", True, "cpu")],
)
def test_the_gpu_is_taken_where_there_is_one_unless_the_cpu_is_asked_for(
    monkeypatch, asked, has_gpu, expected
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert pick_device(asked) == torch.device(expected)


@pytest.mark.parametrize(
    ("asked", "has_gpu", "what"),
    [
        ("cuda:0", False, "no GPU"),
        ("cuda", False, "no GPU"),
        ("cuda:7", True, "cannot use"),
        ("gpu", False, "cannot use"),
        ("", False, "cannot use"),
        ("cpu:x", False, "cannot use"),
    ],
)
def test_a_device_that_is_not_there_is_an_error_that_names_it(monkeypatch, asked, has_gpu, what):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(has_gpu))
    with pytest.raises(TweetsentError, match=f"'{asked}'.*{what}.*'auto'"):
        pick_device(asked)


def test_a_precision_is_taken_by_its_name():
    assert pick_precision("fp32", torch.device("cpu")) == torch.float32
    assert pick_precision("bf16", torch.device("cpu")) == torch.bfloat16
    with pytest.raises(TweetsentError, match="'fp16'.*'bf16'"):
        pick_precision("fp16", torch.device("cpu"))


@pytest.mark.parametrize("busy", [range(50), range(50, 100), range(0, 100, 4)])
@pytest.mark.parametrize(
    ("bf16_seconds", "expected"),
    [(0.1, torch.bfloat16), (0.5, torch.bfloat16), (0.9, torch.float32), (20.0, torch.float32)],
)
def test_a_cpu_gets_bf16_only_where_products_are_clearly_faster_in_it(
    monkeypatch, bf16_seconds, expected, busy
):
    """Also on a machine that works for others during half of the time."""
    seconds = {torch.bfloat16: bf16_seconds, torch.float32: 1.0}
    calls = itertools.count()

    def timeit(product: Callable[[], torch.Tensor], number: int) -> float:
        delay = 2.5 if next(calls) in busy else 1.0
        return number * seconds[product().dtype] * delay

    monkeypatch.setattr(device_module.timeit, "timeit", timeit)
    assert pick_precision("auto", torch.device("cpu")) == expected
    assert next(calls) >= 100


@pytest.mark.parametrize(("native", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_gpu_gets_bf16_only_where_it_is_not_emulated(monkeypatch, native, expected):
    def is_supported(including_emulation: bool = True) -> bool:
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert pick_precision("auto", torch.device("cuda:0")) == expected


def test_other_devices_get_fp32_and_no_stopwatch(monkeypatch):
    monkeypatch.setattr(device_module, "time_products", None)
    assert pick_precision("auto", torch.device("mps")) == torch.float32
