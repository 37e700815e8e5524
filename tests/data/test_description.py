"""What texts hold: marks, lengths and repeats, counted by hand."""

import pandas as pd
import pytest

from tweetsent_utils.data.cleaning import CLEANINGS, clean
from tweetsent_utils.data.description import (
    Repeats,
    bare_words,
    find_oddest,
    find_repeats,
    mark_shares,
    mark_shares_by_cleaning,
    measure_lengths,
)
from tweetsent_utils.data.tokenizing import load_tokenizer

BROKEN = "it\u00c2\u0092s #late &amp; dear"


def test_a_mark_counts_once_a_text():
    shares = mark_shares(["#a #b\r\nline", BROKEN, "@shop https://t.co/x", "plain"])
    assert shares.to_dict() == {
        "hashtag": 0.5,
        "link": 0.25,
        "line break": 0.25,
        "mention": 0.25,
        "mojibake": 0.25,
        "&amp;": 0.25,
    }
    assert (mark_shares([]) == 0).all()


def test_cleanings_remove_the_marks_that_they_promise_to_remove():
    left = mark_shares_by_cleaning(pd.Series([BROKEN, "@shop\nhttps://t.co/x"]))
    assert list(left) == list(CLEANINGS)
    assert left.loc["mojibake"].tolist() == [0.5, 0, 0]
    assert left.loc["&amp;"].tolist() == [0.5, 0, 0]
    assert left.loc["hashtag"].tolist() == [0.5, 0.5, 0]
    assert (left["words"] == 0).all()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("voil\u00e0\u00a0!", id="French, with a no-break space"),
        pytest.param("\u00e9\u00bb", id="French, at the end of a quotation"),
        pytest.param("it\u00c2\u0092s", id="broken"),
        pytest.param("caf\u00c3\u00a9", id="broken once"),
    ],
)
def test_mojibake_is_what_the_repair_would_change(text):
    is_changed = clean(text, "repaired") != text
    assert mark_shares([text])["mojibake"] == is_changed


@pytest.mark.parametrize(
    ("texts", "row_id"),
    [
        (["plain", "two\nlines", "\u00c2\u0096", "\u00c2\u0096\n", "\u00c2\u0096\n"], 13),
        (["plain", "two\nlines", "\u00c2\u0096"], 12),
        (["plain", "two\nlines"], 11),
        (["plain", "as well"], 10),
    ],
)
def test_the_oddest_text_has_mojibake_then_lines(texts, row_id):
    assert find_oddest(pd.Series(texts, index=range(10, 10 + len(texts)))) == row_id


def test_lengths_count_characters_words_and_tokens_with_the_marks_of_both_ends(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder, "raw", 6)
    texts = pd.Series(["panic queue", "queue " * 9, ""], index=[4, 8, 9])
    lengths = measure_lengths(texts, tokenizer)
    assert lengths.index.tolist() == [4, 8, 9]
    assert lengths["characters"].tolist() == [11, 54, 0]
    assert lengths["words"].tolist() == [2, 9, 0]
    assert lengths["tokens"].tolist() == [4, 6, 2]
    assert len(measure_lengths(texts[:0], tokenizer)) == 0


TEXTS = pd.Series(
    ["Bad NEWS!", "bad news https://t.co/a", "Bad NEWS!", "😀", "😀😀", "milk", "#milk", "eggs"],
    index=range(10, 18),
)
LABELS = pd.Series([0, 0, 0, 1, 2, 0, 1, 2], index=TEXTS.index)


def test_repeats_are_counted_exactly_in_words_and_across_the_files():
    repeats = find_repeats(TEXTS, LABELS, pd.Series(["EGGS", "😀", "rice"]))
    assert repeats == Repeats(1, 3, groups=2, conflicting=1, in_test=1, test_rows=3)
    assert "labels differ: 1 of 2" in str(repeats)
    assert "1 of 3" in str(repeats)
    assert "test" not in str(find_repeats(TEXTS, LABELS, TEXTS[:0]))


def test_bare_words_lack_links_signs_and_capitals():
    assert bare_words(TEXTS[11]) == bare_words(TEXTS[10]) == "bad news"
