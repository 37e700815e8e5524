"""Settings against each other: what differs between runs, and what is noise."""

import numpy as np
import pandas as pd
import pytest
from fake_runs import make_run

from tweetsent_utils.evaluation import comparison
from tweetsent_utils.pipeline import finished_runs

# --- what differs ---


def test_gap_is_no_difference_by_itself():
    values = {"seed": ["0", "1"], "new": ["0.1", None], "same": ["a", "a"]}
    older = pd.DataFrame(values, ["run", "old"])
    assert comparison.find_differing(older) == ["seed"]
    newest = pd.DataFrame({"seed": ["0"], "new": ["0.2"], "same": ["a"]}, ["newest"])
    assert comparison.find_differing(pd.concat([older, newest])) == ["seed", "new"]


def test_equal_rows_get_one_number_and_a_gap_only_equals_a_gap():
    files = pd.DataFrame({"file": ["a", "b", "a", None, None], "n": ["1"] * 5}, list("vwxyz"))
    groups = comparison.number_groups(files)
    assert groups.to_dict() == {"v": 1, "w": 2, "x": 1, "y": 3, "z": 3}


def test_curves_go_by_the_share_of_the_training(tmp_path):
    history = finished_runs.read_run(make_run(tmp_path / "run", 0.8)).history
    loss, accuracy = comparison.training_curves(history)
    assert accuracy.to_dict() == {50.0: 0.4, 100.0: 0.8}
    assert loss.index.tolist() == list(range(10, 101, 10))


def test_noise_of_single_steps_is_smoothed_away_and_the_trend_is_not():
    trend = np.linspace(120, 1, 120)
    noise = np.tile([-5.0, 5.0], 60)
    history = pd.DataFrame({"train_loss": trend + noise, "validation_accuracy": 0.5})
    loss, _ = comparison.training_curves(history.set_index(np.arange(1, 121)))
    assert loss.to_numpy()[10:-10] == pytest.approx(trend[10:-10], abs=1)


# --- noise ---


def by_seed(*accuracies: float | None) -> pd.Series:
    return pd.Series(accuracies, range(len(accuracies)), dtype=float)


def test_three_shared_seeds_are_compared_seed_by_seed():
    one, other = by_seed(0.70, 0.80, 0.90, 0.99), by_seed(0.68, 0.79, 0.87, None)
    gap, margin = comparison.compare_settings(one, other[::-1], rows=600)
    assert gap == pytest.approx(0.02)
    # Student's t for two degrees of freedom, times the standard error of the mean.
    assert margin == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)


@pytest.mark.parametrize("lead", [0.0, 0.05])
def test_lead_that_is_the_same_on_every_seed_has_no_margin(lead, recwarn):
    accuracies = by_seed(0.7, 0.8, 0.9)
    compared = comparison.compare_settings(accuracies + lead, accuracies, rows=20)
    assert compared == pytest.approx((lead, 0), abs=1e-12)
    assert not recwarn.list


def test_fewer_shared_seeds_leave_the_errors_of_single_scores():
    gap, margin = comparison.compare_settings(by_seed(0.8, 0.8), by_seed(0.5), rows=100)
    assert gap == pytest.approx(0.3)
    assert margin == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 200 + 0.5 * 0.5 / 100), rel=1e-4)
