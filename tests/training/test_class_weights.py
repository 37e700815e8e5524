"""Weights of classes, worked out by hand."""

import pytest
import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.class_weights import make_class_weights


def test_balanced_weights_give_each_class_the_same_weight_in_all():
    labels = [0, 0, 0, 0, 1, 1, 2, 2]
    weights = make_class_weights("balanced", labels, classes=3)
    torch.testing.assert_close(weights, torch.tensor([8 / 12, 8 / 6, 8 / 6]))
    totals = [weights[rank].item() * labels.count(rank) for rank in range(3)]
    assert totals == pytest.approx([8 / 3] * 3)


def test_a_class_without_a_tweet_has_a_finite_weight():
    weights = make_class_weights("balanced", [0, 0, 0], classes=2)
    torch.testing.assert_close(weights, torch.tensor([0.5, 1.5]))


def test_no_weights_are_none_and_another_kind_is_refused():
    assert make_class_weights("none", [0, 1], classes=2) is None
    with pytest.raises(TweetsentError, match="'heavy'.*'balanced'"):
        make_class_weights("heavy", [0, 1], classes=2)
