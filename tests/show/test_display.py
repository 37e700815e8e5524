"""What a cell returns: sources, figures and tweets; and whether anybody watches."""

import ast
import inspect
import struct
from types import SimpleNamespace

import pytest
from IPython.core.formatters import format_display_data
from matplotlib import pyplot as plt

from tweetsent_utils.data.batching import collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.show import display
from tweetsent_utils.show.display import is_interactive, show_figure, show_source, tweet_card


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


def test_a_figure_is_saved_closed_and_shown_with_its_alt_text(tmp_path):
    figure, axis = plt.subplots(figsize=(4, 2))
    axis.plot([1, 2])
    image = show_figure(figure, tmp_path / "figures" / "line.png", alt="A line that rises")
    assert figure.number not in plt.get_fignums()
    png = (tmp_path / "figures" / "line.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    shown = format_display_data(image)[1]["image/png"]
    assert shown["alt"] == "A line that rises"
    pixels_wide = struct.unpack(">I", png[16:20])[0]
    assert pixels_wide >= 1.5 * shown["width"] > 100


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
