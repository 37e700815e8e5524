"""Rates and summaries of made-up trainings, worked by hand."""

import statistics
from typing import Any

import pytest
from summary import derive_rates, summarise


def made_up(peer: str, seed: int, seconds: float, **changes: Any) -> dict[str, Any]:
    """A training that timed half of its 160 tweets and tokenised all of them in two seconds."""
    return {
        "peer": peer,
        "seed": seed,
        "device": "cpu",
        "finished": True,
        "precision": "float32",
        "peak_mib": 100.0,
        "tweets": 80,
        "training_tweets": 160,
        "real_tokens": 4000,
        "positions": 5000,
        "seconds": seconds,
        "tokenise_seconds": 2.0,
        "epochs": 1,
        "layer_parameters": 1000,
        "validation_accuracy": 0.5 + seed / 10,
        "matrix_flops": {"fp32": 6e6, "bf16": 12e6},
        **changes,
    }


def test_rates_come_out_by_hand():
    rates = derive_rates(made_up("ours", 0, seconds=3.0))  # and one of tokenising
    assert rates == pytest.approx(
        {
            "tweets_per_second": 80 / 4,
            "real_tokens_per_second": 4000 / 4,
            "padding": 0.2,
            "useful_flops": 6 * 1000 * 4000 / 4,
            "share_of_matrix_rate": 1.0,
        }
    )


def test_the_share_is_of_the_rate_in_the_trainings_own_precision():
    rates = derive_rates(made_up("ours", 0, seconds=3.0, precision="bfloat16"))
    assert rates["share_of_matrix_rate"] == pytest.approx(0.5)


def test_tokenising_once_is_shared_by_all_epochs():
    rates = derive_rates(made_up("ours", 0, seconds=3.5, epochs=2))  # and half a second
    assert rates["tweets_per_second"] == pytest.approx(20)


def test_a_summary_has_medians_of_rates_and_of_each_seeds_ratio():
    rows = [
        made_up("original", 0, seconds=7.0),  # 10 tweets/s
        made_up("original", 1, seconds=3.0),  # 20
        made_up("original", 2, seconds=15.0),  # 5
        made_up("ours", 0, seconds=1.0),  # 40
        made_up("ours", 1, seconds=1.0),  # 40
        made_up("ours", 2, seconds=3.0),  # 20
    ]
    original, ours = summarise(rows)
    assert (original["tweets_per_second"], original["ratio_to_original"]) == (10, 1)
    assert (ours["tweets_per_second"], ours["ratio_to_original"]) == (40, 4)  # of 4, 2 and 4
    assert ours["seeds"] == 3
    assert "ratio_to_trainer" not in ours
    assert ours["accuracy_mean"] == pytest.approx(0.6)
    assert ours["accuracy_std"] == pytest.approx(statistics.stdev((0.5, 0.6, 0.7)))


def test_a_training_without_a_step_has_no_rates_and_spoils_no_summary():
    hung = made_up("ours", 0, seconds=9.0, tweets=0, finished=False)
    assert derive_rates(hung) == {}
    (alone,) = summarise([hung])
    assert not alone["finished"]
    assert "tweets_per_second" not in alone
    (together,) = summarise([hung, made_up("ours", 1, seconds=3.0)])
    assert together["tweets_per_second"] == pytest.approx(20)
