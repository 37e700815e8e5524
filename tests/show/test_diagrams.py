"""Diagrams drawn by code: what is in them, for any text and any batch."""

import warnings

import pytest
from matplotlib import pyplot as plt

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.show.diagrams import draw_batches, draw_tokens, drawable, padding_share


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize(
    "text",
    ["panic in the shopshop", "😀 в магазине", "queue\r\r\n\x07 $x$ <b>", "shop " * 500, ""],
    ids=["words", "other letters", "signs", "long", "empty"],
)
def test_a_text_becomes_boxes_without_a_warning(tiny_encoder, text):
    tokenizer = load_tokenizer(tiny_encoder, "raw", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw_tokens(text, tokenizer)
        figure.canvas.draw()
    (axes,) = figure.axes
    input_ids = tokenizer(text, truncation=True)["input_ids"]
    assert len(axes.patches) == min(len(input_ids), 40)
    tokens = tokenizer.convert_ids_to_tokens(input_ids)
    for token, number in zip(tokens[:40], input_ids[:40], strict=True):
        assert f"{token} {number}" in figure.get_label()
    assert f"{len(input_ids)} tokens, and each" in figure.get_label()


def test_no_box_leaves_the_figure(tiny_encoder):
    figure = draw_tokens("shop " * 90, load_tokenizer(tiny_encoder, "raw", 100))
    (axes,) = figure.axes
    for box in axes.patches:
        assert box.get_x() >= 0
        assert box.get_x() + box.get_width() <= axes.get_xlim()[1]
        assert box.get_y() + 2 <= axes.get_ylim()[0]


def test_what_the_font_lacks_becomes_a_box():
    assert drawable("é – 😀\x96") == "é – □□"


def test_batches_show_their_share_of_padding():
    lengths = [1, 3, 4, 4]
    ways = {"mixed": [[0, 2], [1, 3]], "sorted": [[0, 1], [2, 3]], "one": [[3]]}
    figure = draw_batches(lengths, ways)
    figure.canvas.draw()
    assert "mixed, 25% padding; sorted, 14% padding; one, 0% padding" in figure.get_label()
    assert padding_share([[1, 4], [3, 4]]) == 0.25
