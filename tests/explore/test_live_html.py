"""HTML that can be used: the browser reaches the code, and elsewhere there is a picture."""

import pytest
from IPython.display import HTML

from tweetsent_utils.explore import live_html
from tweetsent_utils.explore.live_html import WIDGET_VIEW, LiveHTML, display_live


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    shown: list[dict] = []
    monkeypatch.setattr(live_html, "display", lambda data, raw: shown.append(data))
    return shown


def test_what_is_picked_and_pressed_reaches_the_code():
    page = LiveHTML(html="<button data-pick='a'>a</button>", heard_keys=["1"])
    heard = []
    page.on_pick(lambda value: heard.append(("picked", value)))
    page.on_key(lambda key: heard.append(("pressed", key)))
    page._handle_custom_msg({"pick": "a"}, [])
    page._handle_custom_msg({"key": "1"}, [])
    assert heard == [("picked", "a"), ("pressed", "1")]


def test_where_nobody_plays_there_is_a_picture_and_no_widget(shown, monkeypatch):
    monkeypatch.setattr(live_html, "is_interactive", lambda: False)
    display_live(lambda: pytest.fail("a widget was made"), "<b>still</b>")
    (data,) = shown
    assert "<b>still</b>" in HTML(data["text/html"]).data
    assert WIDGET_VIEW not in data


def test_in_jupyterlab_the_picture_stays_next_to_the_widget(shown, monkeypatch):
    monkeypatch.setattr(live_html, "is_interactive", lambda: True)
    page = LiveHTML(html="<b>live</b>")
    display_live(lambda: page, "<b>still</b>")
    (data,) = shown
    assert data[WIDGET_VIEW]["model_id"] == page.model_id
    assert "<b>still</b>" in data["text/html"]
