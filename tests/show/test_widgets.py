"""The box to type into, as a person in JupyterLab uses it."""

import re
from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import pytest

from tweetsent_utils.show import widgets
from tweetsent_utils.show.widgets import classify_box

LABELS = ["low", "<b>", "high"]
EVIL = '<script>alert("x")</script> & $more$'


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
