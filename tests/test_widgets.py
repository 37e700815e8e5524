"""The widgets do what they promise, and where nobody clicks they are safe, static pictures."""

import html
import re

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from IPython.display import HTML

from tweetsent_utils import widgets
from tweetsent_utils.widgets import probability_bars, sentiment_box, tweet_browser

LABELS = ["low", "middle", "high"]
EVIL = '<script>alert("x")</script> & more'


@pytest.fixture
def tweets() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "text": [EVIL, "Empty shelves (again)", "full SHELVES", "the queue", "shelves\r\r\nand queues"],
            "label": ["low", "low", "high", "middle", "high"],
            "date": ["16-03", "17-03", "16-03", "16-03", "17-03"],
        },
        index=[10, 11, 12, 13, 14],
    )


@pytest.fixture
def somebody(monkeypatch) -> None:
    monkeypatch.setattr(widgets, "somebody_is_there", lambda: True)


def parts(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


class Browser:
    """The tweet browser as a person sees it."""

    def __init__(self, tweets: pd.DataFrame) -> None:
        found = parts(tweet_browser(tweets, "text", "label", "date", sorted(set(tweets["label"]))))
        self.label, self.date = (part for part in found if isinstance(part, ipywidgets.Dropdown))
        (self.word,) = (part for part in found if isinstance(part, ipywidgets.Text))
        (self.next,) = (part for part in found if isinstance(part, ipywidgets.Button))
        (self.shown,) = (part for part in found if isinstance(part, ipywidgets.HTML))

    def row(self) -> int | None:
        found = re.search(r"row (\d+)", self.shown.value)
        return int(found[1]) if found else None

    def rows(self) -> list[int]:
        seen = [self.row()]
        while True:
            self.next.click()
            if self.row() == seen[0]:
                return seen
            seen.append(self.row())


def loud(texts: list[str]) -> np.ndarray:
    """Classify by length: 1 letter is low, 2 middle, 3 high."""
    return np.eye(3)[[len(text) - 1 for text in texts]] * 0.9 + 0.1 / 3


def test_static_browser_shows_the_first_tweet_escaped(tweets):
    shown = tweet_browser(tweets, "text", "label", "date", sorted(set(tweets["label"])))
    assert isinstance(shown, HTML)
    assert "<script>" not in shown.data
    assert html.escape(EVIL) in shown.data
    assert "row 10" in shown.data
    assert "16-03" in shown.data
    assert "low" in shown.data
    assert "1 of 5" in shown.data


def test_browser_goes_through_all_tweets_and_round_again(tweets, somebody):
    browser = Browser(tweets)
    assert "<script>" not in browser.shown.value
    assert browser.rows() == [10, 11, 12, 13, 14]


def test_browser_offers_every_class_and_date(tweets, somebody):
    browser = Browser(tweets)
    assert set(browser.label.options) == {"all", "low", "middle", "high"}
    assert set(browser.date.options) == {"all", "16-03", "17-03"}


def test_browser_filters_by_class_date_and_word_together(tweets, somebody):
    browser = Browser(tweets)
    browser.label.value = "high"
    assert browser.rows() == [12, 14]
    browser.date.value = "17-03"
    assert browser.rows() == [14]
    browser.label.value = "all"
    assert browser.rows() == [11, 14]
    browser.date.value = "all"
    browser.word.value = "shelves"
    assert browser.rows() == [11, 12, 14]
    browser.label.value = "low"
    assert browser.rows() == [11]


def test_search_takes_brackets_as_they_are(tweets, somebody):
    browser = Browser(tweets)
    browser.word.value = "(again"
    assert browser.rows() == [11]


def test_new_filter_begins_at_its_first_tweet(tweets, somebody):
    browser = Browser(tweets)
    browser.next.click()
    browser.next.click()
    browser.label.value = "high"
    assert browser.row() == 12
    assert "1 of 2" in browser.shown.value


def test_browser_says_when_nothing_matches_and_comes_back(tweets, somebody):
    browser = Browser(tweets)
    browser.word.value = "zebra"
    assert "No tweet matches" in browser.shown.value
    browser.next.click()
    assert "No tweet matches" in browser.shown.value
    browser.word.value = ""
    assert browser.row() == 10


def test_bars_are_as_long_as_the_probabilities_and_labels_are_escaped():
    shown = probability_bars("x", [0.07, 0.63, 0.3], ["low", "<b>", "high"])
    assert re.findall(r"width:(\d+)%", shown) == ["7", "63", "30"]
    assert re.findall(r">(0\.\d\d)<", shown) == ["0.07", "0.63", "0.30"]
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_static_box_shows_the_example_escaped():
    shown = sentiment_box(lambda texts: np.array([[0.1, 0.2, 0.7]]), LABELS, EVIL)
    assert isinstance(shown, HTML)
    assert "<script>" not in shown.data
    assert html.escape(EVIL) in shown.data
    assert all(label in shown.data for label in LABELS)


def test_box_classifies_what_is_typed(somebody):
    found = parts(sentiment_box(loud, LABELS, "a"))
    (text,) = (part for part in found if isinstance(part, ipywidgets.Text))
    (shown,) = (part for part in found if isinstance(part, ipywidgets.HTML))

    def winner() -> str:
        rows = re.findall(r"(low|middle|high)</td>.*?<td>(0\.\d\d)", shown.value)
        return max(rows, key=lambda row: float(row[1]))[0]

    assert winner() == "low"
    text.value = "abc"
    assert winner() == "high"
    text.value = "<b"
    assert winner() == "middle"
    assert "&lt;b" in shown.value
