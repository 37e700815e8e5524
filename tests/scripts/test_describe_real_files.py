"""What the project counts about real tweets, on a handful of invented ones."""

import pandas as pd
import pytest
from describe_real_files import describe, describe_conflicts


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["Stay home", "STAY HOME https://t.co/x1"], "capitals"),
        (["stay #home", "stay home"], "hashtags"),
        (["stay, home", "stay home"], "more"),
    ],
)
def test_a_conflict_is_filed_by_what_its_texts_differ_in(texts, kind):
    counts = describe_conflicts(pd.Series(texts), pd.Series(["Neutral", "Positive"]))
    assert counts[kind] == 1
    assert sum(counts.values()) == 1


def test_counts_hold_no_text_and_those_without_words_are_found():
    tweets = pd.DataFrame(
        {
            "OriginalTweet": ["two words", "#one https://t.co/x1", "three short words"],
            "Sentiment": ["Positive", "Neutral", "Positive"],
            "Location": ["", None, "Leeds"],
        }
    )
    facts = describe(tweets)
    assert facts["rows"] == 3
    assert facts["missing"] == {"Location": 1}
    assert facts["without_words"] == {"Neutral": 1}
    assert facts["mean_words"] == {"Neutral": 2.0, "Positive": 2.5}
    assert "words" not in str([value for value in facts.values() if isinstance(value, str)])
