"""What a person in JupyterLab plays with: the browser of notebook 01 and the box of notebook 04, cell by cell."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.display import HTML

from tweetsent_utils.display import tweet_card
from tweetsent_utils.parameters import notebooks
from tweetsent_utils.plots import class_colors

LABELS = ["low", "middle", "high"]
EVIL = '<script>alert("x")</script> & $more$'
TWEETS = pd.DataFrame(
    {
        "text": [EVIL, "Empty shelves (again)", "full SHELVES", "the queue", "shelves\r\r\nand queues"],
        "label": ["low", "low", "high", "middle", "high"],
    },
    index=[10, 11, 12, 13, 14],
)
DAYS = pd.to_datetime(pd.Series([16, 17, 16, 16, 17], index=TWEETS.index).map("2020-03-{}".format))


IMPORTED = {"HTML": HTML, "Text": ipywidgets.Text, "BoundedIntText": ipywidgets.BoundedIntText}
IMPORTED |= {"escape": escape, "tweet_card": tweet_card, "class_colors": class_colors}


class Explorer:
    """Runs a notebook's cell with `interact` as JupyterLab would, and keeps what it shows."""

    def __init__(self, number: str, somebody: bool, **names: Any) -> None:
        path = next(path for path in notebooks() if path.name.startswith(number))
        (cell,) = (cell for cell in nbformat.read(path, as_version=4).cells if "interact(" in cell.source)
        self.shown, self.choices = [], None

        def interact(function: Callable, **choices: Any) -> None:
            self.choices = ipywidgets.interactive(function, **choices)
            self.controls = {child.description: child for child in self.choices.children[:-1]}
            function(**self.choices.kwargs or {name: child.value for name, child in self.controls.items()})
            self.function = function

        display = {"display": lambda html: self.shown.append(html.data), "interact": interact}
        exec(cell.source, {**IMPORTED, **display, "somebody_is_there": lambda: somebody, **names})

    def choose(self, **values: Any) -> str:
        """Set controls and return what is shown then."""
        for name, value in values.items():
            self.controls[name].value = value
        self.function(**{name: control.value for name, control in self.controls.items()})
        return self.shown[-1]


def browser(somebody: bool) -> Explorer:
    names = {"splits": {"train": TWEETS}, "texts": TWEETS["text"], "written": {"train": DAYS}}
    return Explorer("01", somebody, text_column="text", label_column="label", label_names=LABELS, **names)


def row(card: str) -> int:
    return int(re.search(r"row (\d+)", card)[1])


def test_on_a_page_the_browser_is_a_picture_of_its_first_tweet_escaped():
    (card,) = browser(somebody=False).shown
    assert "<script>" not in card and "&lt;script&gt;" in card
    assert re.search("1 of 5 · row 10 · .* · low", card)


def test_the_browser_goes_through_all_tweets_and_round_again():
    seen = browser(somebody=True)
    assert [row(seen.choose(number=number)) for number in (1, 2, 3, 4, 5)] == [10, 11, 12, 13, 14]
    seen.choose(word="shelves")
    assert [row(seen.choose(number=number)) for number in (1, 2, 3, 4)] == [11, 12, 14, 11]


def test_the_browser_offers_every_class_and_day():
    controls = browser(somebody=True).controls
    assert set(controls["label"].options) == {"all", *LABELS}
    assert len(controls["date"].options) == 3


def test_the_browser_filters_by_class_day_and_word_together():
    seen = browser(somebody=True)
    second_day = seen.controls["date"].options[2]
    assert row(seen.choose(label="high")) == 12
    assert row(seen.choose(label="high", date=second_day)) == 14
    assert row(seen.choose(label="all")) == 11
    assert row(seen.choose(label="low", date="all", word="(again")) == 11
    assert "No tweet matches" in seen.choose(word="zebra")


@pytest.fixture
def box() -> Callable[[bool], Explorer]:
    """A function that opens the box with a stand-in that classifies by length: 1 letter is low, 2 middle, 3 high."""

    def loud(texts: list[str], *_: object) -> np.ndarray:
        return np.eye(3)[[min(len(text), 3) - 1 for text in texts]] * 0.9 + 0.1 / 3

    names = {
        "inference": loud,
        "model": None,
        "tokenizer": None,
        "label_order": ["low", "<b>", "high"],
        "ordered": True,
    }
    return lambda somebody: Explorer("04", somebody, tweet=EVIL, **names)


def test_on_a_page_the_box_is_a_picture_of_its_example_escaped(box):
    (picture,) = box(False).shown
    assert tweet_card(EVIL, "the probability of each class") in picture
    assert "<script>" not in picture and "<b>" not in picture and "&lt;b&gt;" in picture
    assert re.findall(r"width:(\d+)%", picture) == ["3", "3", "93"]
    assert re.findall(r">(0\.\d\d)<", picture) == ["0.03", "0.03", "0.93"]


def test_the_box_reads_what_is_typed(box):
    typed = box(True)
    for text, winner in (("a", "low"), ("<a", "&lt;b&gt;"), ("abc", "high")):
        rows = re.findall(r"<td>(low|high|&lt;b&gt;)</td>.*?<td>(0\.\d\d)", typed.choose(text=text))
        assert max(rows, key=lambda found: float(found[1]))[0] == winner
