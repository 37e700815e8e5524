"""What a cell returns: sources, figures and tweets; and whether anybody watches."""

import ast
import inspect
import struct
from types import SimpleNamespace

import pandas as pd
import pytest
from IPython.core.formatters import format_display_data
from matplotlib import pyplot as plt

from tweetsent_utils.data.batching import collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.show import display
from tweetsent_utils.show.display import (
    is_interactive,
    show_figure,
    show_image,
    show_source,
    show_table,
    show_tweets,
    tweet_card,
)


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        (None, False),
        (SimpleNamespace(), False),
        (SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=False)), False),
        (SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=True)), True),
    ],
    ids=["python", "ipython", "papermill", "jupyterlab"],
)
def test_a_person_is_there_only_where_a_kernel_can_ask_for_input(monkeypatch, shell, expected):
    monkeypatch.setattr(display, "get_ipython", lambda: shell)
    assert is_interactive() is expected


def test_a_source_is_shown_as_it_is_in_its_module_in_one_block_of_python():
    shown = show_source(collate, TweetDataset).data
    assert shown.startswith("```python\n")
    assert shown.endswith("\n```")
    code = shown.removeprefix("```python\n").removesuffix("```")
    assert [node.name for node in ast.parse(code).body] == ["collate", "TweetDataset"]
    assert inspect.getsource(collate) in code


@pytest.fixture
def displayed(monkeypatch) -> list:
    """What is displayed, in order, by its MIME types and metadata."""
    shown = []
    monkeypatch.setattr(display, "display", lambda what: shown.append(format_display_data(what)))
    return shown


def draw_line() -> plt.Figure:
    figure, axis = plt.subplots(figsize=(4, 2))
    axis.plot([1, 2])
    return figure


def test_a_figure_is_saved_closed_and_shown_with_caption_and_words(tmp_path, displayed):
    figure = draw_line()
    path = tmp_path / "figures" / "line.png"
    show_figure(figure, path, alt="A line that <rises>", caption="More & more.")
    assert figure.number not in plt.get_fignums()
    png = path.read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    (_, image), (words, _) = displayed
    assert image["image/png"]["alt"] == "A line that <rises>"
    pixels_wide = struct.unpack(">I", png[16:20])[0]
    assert pixels_wide >= 1.5 * image["image/png"]["width"] > 100
    assert "More &amp; more." in words["text/html"]
    assert "A line that &lt;rises&gt;" in words["text/html"]


def test_a_saved_figure_is_shown_again_as_it_was(tmp_path, displayed):
    path = tmp_path / "line.png"
    words = {"alt": "A line", "caption": "Up."}
    show_figure(draw_line(), path, **words)
    show_image(path, **words)
    first, again = displayed[:2], displayed[2:]
    assert again == first


def test_in_jupyterlab_the_image_itself_has_the_alt_text(monkeypatch, displayed):
    monkeypatch.setattr(display, "is_interactive", lambda: True)
    show_figure(draw_line(), None, alt='A "line"', caption="Up.")
    ((data, _),) = displayed
    assert 'alt="A &quot;line&quot;"' in data["text/html"]
    assert "Up.</figcaption>" in data["text/html"]


def test_tweets_are_shown_with_their_line_breaks_and_notes():
    html = show_tweets(["one\r\r\ntwo <b>"], ["Neutral"]).data
    assert "one\ntwo &lt;b&gt;" in html
    assert "Neutral" in html


def test_a_table_is_escaped_and_aligned_to_the_left():
    html = show_table(pd.DataFrame({"text": ["<b>"], "share": [0.12345]})).data
    assert "&lt;b&gt;" in html
    assert "0.123<" in html
    assert html.count("text-align:left") == 2


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    pictures = []
    for name in ("a.png", "b.png"):
        figure, axis = plt.subplots(figsize=(2, 1))
        axis.bar([1, 2], [3, 4])
        show_figure(figure, tmp_path / name, alt="Two bars")
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1]
    assert b"Software" not in pictures[0]  # a new version of matplotlib changes no file


def test_a_tweet_is_shown_as_text_with_no_html_no_formula_and_no_end_in_sight():
    card = tweet_card("<b>$5 & $6</b>\r\r\n" + "ü" * 10_000, "<i>row 7</i>")
    assert "&lt;b&gt;$5 &amp; $6&lt;/b&gt;\n" in card
    assert "&lt;i&gt;row 7&lt;/i&gt;" in card
    assert "mathjax_ignore" in card
    assert 1900 < card.count("ü") <= 2000
