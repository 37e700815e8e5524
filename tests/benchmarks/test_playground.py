"""`playground.py`: what is read, and what the times are made of."""

import playground

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.explore.played_text import PlayedText
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.scoring.classifier import TweetClassifier


def test_texts_have_the_words_asked_for_and_are_the_same_each_time():
    texts = playground.make_texts(["a b c", "d e"], 7, 5)
    assert [len(text.split()) for text in texts] == [7] * 5
    assert texts == playground.make_texts(["a b c", "d e"], 7, 5)
    assert len(set(texts)) > 1


def test_bars_come_before_words_and_a_turn_is_a_part_of_them(tiny_encoder, label_order):
    model = load_classifier(tiny_encoder, label_order).eval()
    reader = TweetClassifier(model, load_tokenizer(tiny_encoder, "raw", 24))
    times = playground.time_text(PlayedText([reader], True, ""), "sad queue and best heroes")
    assert 0 < times["bars"] < times["words"]
    assert 0 < times["turn"] <= times["words"] - times["bars"]
