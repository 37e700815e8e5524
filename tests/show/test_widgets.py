"""The browser of tweets and the box to type into, as a person in JupyterLab uses them."""

import re
from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.show import widgets
from tweetsent_utils.show.widgets import ALL, browse_tweets, classify_box

LABELS = ["low", "<b>", "high"]
EVIL = '<script>alert("x")</script> & $more$'
TWEETS = pd.DataFrame(
    [
        (EVIL, "low", "2020-03-16"),
        ("Empty shelves (again)", "low", "2020-03-17"),
        ("full SHELVES", "high", "2020-03-16"),
        ("the queue", "<b>", None),
        ("shelves\r\r\nand queues", "high", "2020-03-17"),
    ],
    columns=["text", "label", "day"],
    index=[10, 11, 12, 13, 14],
)


class Screen:
    """Keeps what a widget displays, and its controls by name if it has any."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.controls: dict[str, ipywidgets.Widget] = {}

    def interact(self, function: Callable, **choices: Any) -> None:
        panel = ipywidgets.interactive(function, **choices)
        self.controls = {control.description: control for control in panel.kwargs_widgets}
        panel.update()

    def choose(self, **values: Any) -> str:
        """Set controls and return what is shown then."""
        for name, value in values.items():
            self.controls[name].value = value
        return self.shown[-1]


@pytest.fixture
def screen(monkeypatch) -> Screen:
    """A page that nobody watches."""
    screen = Screen()
    monkeypatch.setattr(widgets, "is_interactive", lambda: False)
    monkeypatch.setattr(widgets, "display", lambda html: screen.shown.append(html.data))
    monkeypatch.setattr(widgets, "interact", screen.interact)
    return screen


@pytest.fixture
def jupyterlab(screen, monkeypatch) -> Screen:
    """The same with a person there."""
    monkeypatch.setattr(widgets, "is_interactive", lambda: True)
    return screen


def open_browser() -> None:
    browse_tweets(TWEETS["text"], TWEETS["label"], pd.to_datetime(TWEETS["day"]), LABELS)


def row(card: str) -> int:
    return int(re.search(r"row (\d+)", card)[1])


def test_where_nobody_watches_the_browser_is_a_picture_of_its_first_tweet(screen):
    open_browser()
    (card,) = screen.shown
    assert not screen.controls
    assert "<script>" not in card
    assert "&lt;script&gt;" in card
    assert re.search("1 of 5 .* row 10 .* 2020-03-16 .* low", card)


def test_the_browser_goes_through_all_tweets_and_round_again(jupyterlab):
    open_browser()
    rows = [row(jupyterlab.choose(number=number)) for number in (1, 2, 3, 4, 5)]
    assert rows == [10, 11, 12, 13, 14]
    jupyterlab.choose(word="shelves")
    rows = [row(jupyterlab.choose(number=number)) for number in (1, 2, 3, 4)]
    assert rows == [11, 12, 14, 11]


def test_the_browser_filters_by_class_day_and_word_together(jupyterlab):
    open_browser()
    assert set(jupyterlab.controls["label"].options) == {ALL, *LABELS}
    choose = jupyterlab.choose
    assert row(choose(label="high")) == 12
    assert row(choose(date="2020-03-17")) == 14
    assert row(choose(label=ALL)) == 11
    assert row(choose(word="AND QUEUES")) == 14
    assert "No tweet matches" in choose(label="low")
    assert row(choose(word="(again")) == 11
    assert row(choose(label=ALL, date="no day", word="")) == 13


def test_a_class_may_have_any_name(jupyterlab):
    texts, labels = pd.Series(["tea", "milk"]), pd.Series(["none", "all"])
    browse_tweets(texts, labels, pd.to_datetime(pd.Series([None, None])), ["none", "all"])
    assert row(jupyterlab.choose(label="all")) == 1
    assert "1 of 1" in jupyterlab.choose(label="all")
    assert "1 of 2" in jupyterlab.choose(label=ALL)
    assert "1 of 2" in jupyterlab.choose(date="no day")


@pytest.mark.parametrize("is_watched", [True, False])
def test_no_tweets_are_said_to_match(screen, monkeypatch, is_watched):
    monkeypatch.setattr(widgets, "is_interactive", lambda: is_watched)
    none = pd.Series([], dtype=str)
    browse_tweets(none, none, pd.to_datetime(none), LABELS)
    assert "No tweet matches" in screen.shown[-1]


def open_box(example: str) -> None:
    """Open the box on a stand-in: one letter is low, two are <b>, more are high."""

    def predict(texts: list[str]) -> np.ndarray:
        classes = [min(len(text), 3) - 1 for text in texts]
        return 0.9 * np.eye(3)[classes] + 0.1 / 3

    classify_box(predict, LABELS, True, example)


def shares(html: str) -> dict[str, float]:
    """The probability that is written next to each class."""
    found = re.findall(r"<td>([^<]+)</td>.*?<td>([\d.]+)</td>", html)
    return {name: float(share) for name, share in found}


def test_where_nobody_watches_the_box_is_a_picture_of_its_example(screen):
    open_box(EVIL)
    (picture,) = screen.shown
    assert not screen.controls
    assert "<script>" not in picture
    assert "&lt;script&gt;" in picture
    assert shares(picture) == {"low": 0.03, "&lt;b&gt;": 0.03, "high": 0.93}
    assert re.findall(r"width:(\d+)%", picture) == ["3", "3", "93"]


def test_the_box_classifies_what_is_typed(jupyterlab):
    open_box("a")
    assert shares(jupyterlab.shown[-1])["low"] == 0.93
    assert shares(jupyterlab.choose(text="<a"))["&lt;b&gt;"] == 0.93
    assert shares(jupyterlab.choose(text="abc"))["high"] == 0.93
