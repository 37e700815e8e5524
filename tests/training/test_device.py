"""The device and the precision that training picks."""

import pytest
import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.device import (
    pick_device,
    pick_precision,
    settle_precision,
    settled_precision,
)


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


XEON = {"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": False}
EPYC = {"cpu_name": "AMD EPYC", "avx512_bf16": True, "amx_bf16": False}


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({**XEON, "amx_bf16": True}, torch.bfloat16),
        (XEON, torch.float32),
        (EPYC, torch.bfloat16),
        ({**EPYC, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_cpu_gets_bf16_where_its_units_are_faster_in_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert pick_precision("auto", torch.device("cpu")) == expected


def test_a_torch_that_does_not_know_the_processor_gets_fp32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert pick_precision("auto", torch.device("cpu")) == torch.float32


@pytest.mark.parametrize(("native", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_gpu_gets_bf16_only_where_it_is_not_emulated(monkeypatch, native, expected):
    def is_supported(including_emulation: bool = True) -> bool:
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert pick_precision("auto", torch.device("cuda:0")) == expected


def test_apples_mps_is_found_and_gets_fp32(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("mps")
    assert pick_precision("auto", torch.device("mps")) == torch.float32


CPU, GPU = torch.device("cpu"), torch.device("cuda:0")


def let_cpu_be(monkeypatch: pytest.MonkeyPatch, capabilities: dict) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


def test_a_run_keeps_the_precision_that_it_began_with(monkeypatch, tmp_path):
    let_cpu_be(monkeypatch, XEON)
    assert settle_precision(tmp_path, "auto", CPU) == torch.float32
    let_cpu_be(monkeypatch, EPYC)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert settle_precision(tmp_path, "auto", CPU) == torch.float32
    assert settle_precision(tmp_path, "auto", GPU) == torch.float32
    assert settle_precision(tmp_path / "other run", "auto", CPU) == torch.bfloat16


def test_a_precision_that_is_named_counts_and_later_ones_follow_it(monkeypatch, tmp_path):
    let_cpu_be(monkeypatch, XEON)
    assert settle_precision(tmp_path, "bf16", CPU) == torch.bfloat16
    assert settled_precision(tmp_path, "auto", CPU) == torch.bfloat16
    assert settled_precision(tmp_path, "fp32", CPU) == torch.float32
    assert settle_precision(tmp_path, "auto", CPU) == torch.bfloat16
    assert settle_precision(tmp_path, "fp32", CPU) == torch.float32
    assert settled_precision(tmp_path, "auto", CPU) == torch.float32


@pytest.mark.parametrize("content", [b'{"precision": "fp8"}', b"[1]", bytes(9)])
def test_a_note_that_cannot_be_used_is_made_again(monkeypatch, tmp_path, content):
    let_cpu_be(monkeypatch, EPYC)
    (tmp_path / "precision.json").write_bytes(content)
    assert settle_precision(tmp_path, "auto", CPU) == torch.bfloat16
    let_cpu_be(monkeypatch, XEON)
    assert settle_precision(tmp_path, "auto", CPU) == torch.bfloat16
