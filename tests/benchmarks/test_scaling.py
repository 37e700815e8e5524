"""`scaling.py`: every stage is measured for every size, and its growth is judged."""

import os

import pytest
import scaling

STAGES = ["reading", "tokenising", "storing", "batching", "training"]


@pytest.mark.slow
def test_every_stage_is_measured_for_every_size(monkeypatch):
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    result = scaling.bench([20, 60])
    assert list(result["seconds"]) == STAGES
    for stage in STAGES:
        seconds = result["seconds"][stage]
        rates = {20: 20 / seconds[20], 60: 60 / seconds[60]}
        assert result["rows_per_second"][stage] == rates
        assert result["spread"][stage] == max(rates.values()) / min(rates.values())
    assert set(result["tokenising_by_cores"]["seconds"]) == {"one_core", "all_cores"}
    assert "TOKENIZERS_PARALLELISM" not in os.environ


@pytest.mark.parametrize(
    ("rates", "verdict"),
    [
        ({10: 50.0, 100: 90.0, 1000: 60.0}, "linear"),
        ({10: 20.0, 100: 90.0, 1000: 60.0}, "linear beyond a fixed cost, which few rows share"),
        ({10: 90.0, 100: 60.0, 1000: 20.0}, "MORE than linear"),
        ({10: 20.0, 100: 90.0, 1000: 40.0}, "MORE than linear"),
    ],
)
def test_growth_is_linear_if_more_rows_make_no_row_dearer(rates, verdict):
    assert scaling.judge_growth(rates) == verdict
