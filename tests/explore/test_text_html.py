"""Texts and names as HTML: whatever they hold, they stay texts."""

import numpy as np
import pytest

from tweetsent_utils.explore.text_html import button, name_html, probability_table, text_block


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<script>alert('x')</script>", "&lt;script&gt;", id="HTML"),
        pytest.param("costs $x$ & more", "costs $x$ &amp; more", id="a formula"),
        pytest.param("\x1b[31mred\x00", "␛[31mred␀", id="what a terminal would obey"),
        pytest.param("سلام عليكم", 'dir="auto"', id="right to left"),
        pytest.param("a\u200bb\u202e", "cannot be seen: 2", id="what cannot be seen"),
        pytest.param("queue \U0001f600", "\U0001f600", id="an emoji"),
        pytest.param("", "no text", id="an empty text"),
        pytest.param(float("nan"), "no text", id="a gap"),
        pytest.param("y" * 10_000, "2,000 of 10,000", id="a long text"),
    ],
)
def test_whatever_a_text_holds_it_stays_a_text(text, shown):
    html = text_block(text)
    assert shown in html
    assert "<script>" not in html
    assert "\x1b" not in html
    assert len(html) < 2500


def test_a_name_is_escaped_cut_and_keeps_its_direction():
    assert name_html("<b>bold</b>") == "<bdi>&lt;b&gt;bold&lt;/b&gt;</bdi>"
    assert len(name_html("y" * 10_000)) < 100


def test_what_a_button_sends_and_says_cannot_break_out_of_it():
    html = button('a" onclick="x', "go", label='"><script>')
    assert 'onclick="x' not in html
    assert "<script>" not in html


def test_of_many_classes_the_likeliest_are_shown_and_the_one_that_is_asked_for():
    names = [f"class {rank}" for rank in range(40)]
    probabilities = np.full(40, 0.01)
    probabilities[[7, 30]] = [0.4, 0.22]
    table = probability_table(probabilities, names, ordered=False, always=39)
    assert table.index("class 7<") < table.index("class 30<") < table.index("class 39<")
    assert table.count("<tr>") < 10
