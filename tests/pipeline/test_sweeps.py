"""Sweeps: a run for each combination, each with a name of its own."""

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.sweeps import expand_sweeps


def test_without_a_sweep_there_is_one_run():
    assert expand_sweeps(default_parameters(), []) == [default_parameters()]


def test_each_combination_is_a_run_with_its_own_name_and_values_of_the_right_type():
    runs = expand_sweeps(default_parameters(), ["max_lr=3e-5,1e-4", "batch_size=8,16"])
    found = {run["run_name"]: (run["max_lr"], run["batch_size"]) for run in runs}
    assert found == {
        "quick-max_lr-3e-05-batch_size-8": (3e-5, 8),
        "quick-max_lr-3e-05-batch_size-16": (3e-5, 16),
        "quick-max_lr-0.0001-batch_size-8": (1e-4, 8),
        "quick-max_lr-0.0001-batch_size-16": (1e-4, 16),
    }
    assert all(run["num_epochs"] == default_parameters()["num_epochs"] for run in runs)


def test_the_name_of_a_run_is_one_of_a_folder():
    (run,) = expand_sweeps(default_parameters(), ["encoder=some/encoder v2"])
    assert run["run_name"] == "quick-encoder-some-encoder-v2"
    assert run["encoder"] == "some/encoder v2"


@pytest.mark.parametrize("values", ["a/b,a-b", "Enc,enc", "a,a", "a.,a"])
def test_runs_that_would_share_a_folder_on_some_system_are_refused(values):
    with pytest.raises(TweetsentError, match="two runs of the sweep, quick-encoder-"):
        expand_sweeps(default_parameters(), [f"encoder={values}"])


@pytest.mark.parametrize(
    "sweep",
    ["max_lr", "max_lr=", "run_name=a,b", "max_rl=1,2", "max_lr=0.1,x", "max_lr=1,,2", "seed=3"],
)
def test_a_sweep_that_cannot_be_made_is_refused(sweep):
    with pytest.raises(TweetsentError):
        expand_sweeps(default_parameters(), ["seed=1,2", sweep])


def test_swept_values_are_checked_against_the_run_and_not_against_the_defaults():
    parameters = default_parameters() | {"label_column": "kind"}
    swept = ["text_column=Sentiment,tweet"]  # Sentiment is the label only by default
    assert [run["text_column"] for run in expand_sweeps(parameters, swept)] == [
        "Sentiment",
        "tweet",
    ]
    with pytest.raises(TweetsentError, match="text_column and label_column are both 'kind'"):
        expand_sweeps(parameters, ["text_column=tweet,kind"])
