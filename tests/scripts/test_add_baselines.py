"""Baselines that a published run lacks, scored later on its own rows."""

import pytest
from add_baselines import add_missing, score_anew

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.parameters import default_parameters


def test_a_run_keeps_what_it_has_and_gets_what_it_lacks():
    words, ordinal = {"accuracy": 0.4}, {"accuracy": 0.6}
    untrained = {"accuracy": 0.2}  # nobody scores it again
    metrics = {"test": {"accuracy": 0.8}, "baselines": {"bag_of_words": words, "old": untrained}}
    scored = {"baselines": {"bag_of_words": words, "ordinal_bag_of_words": ordinal}}
    added = add_missing(metrics, scored)
    expected = {"bag_of_words": words, "ordinal_bag_of_words": ordinal, "old": untrained}
    assert added == {"test": {"accuracy": 0.8}, "baselines": expected}


def test_other_rows_than_the_run_had_are_noticed():
    metrics = {"baselines": {"majority": {"accuracy": 0.4}}}
    with pytest.raises(TweetsentError, match="majority has 0.4000 in baselines, and 0.5000 now"):
        add_missing(metrics, {"baselines": {"majority": {"accuracy": 0.5}}})


def test_the_rows_are_those_of_the_parameters():
    parameters = default_parameters() | {"max_train_rows": 100, "max_eval_rows": 50}
    scored = score_anew(parameters)
    assert set(scored) == {"baselines", "baselines_validation"}
    assert "ordinal_bag_of_words" in scored["baselines"]
    assert "ordinal_bag_of_words" not in score_anew(parameters | {"label_order": []})["baselines"]
