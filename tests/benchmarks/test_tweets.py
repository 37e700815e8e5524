"""Synthetic tweets: as long as real ones, the same for the same seed."""

import pytest
from tweets import describe_lengths, synthetic_tweets


@pytest.mark.slow
def test_synthetic_tweets_are_as_long_as_real_ones_and_depend_on_their_seed():
    tweets = synthetic_tweets(1000, "train", seed=0)
    lengths = describe_lengths(tweets["text"].tolist())
    assert lengths["tokens_raw"]["mean"] == pytest.approx(54.8, rel=0.05)
    assert lengths["tokens_raw"]["std"] == pytest.approx(20.2, rel=0.1)
    assert lengths["tokens_words"]["mean"] == pytest.approx(32.6, rel=0.1)
    assert tweets["label"].value_counts(normalize=True).between(0.15, 0.25).all()
    assert tweets.equals(synthetic_tweets(1000, "train", seed=0))
    assert not tweets.equals(synthetic_tweets(1000, "train", seed=1))
