"""Texts of strangers: what they hold is shown, and nothing of it is obeyed."""

import pytest

from tweetsent_utils.explore.foreign_text import (
    make_readable,
    name_to_html,
    shorten,
    text_block,
    text_to_html,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<script>alert("x")</script>', "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"),
        ("costs $5 & $x$", "costs $5 &amp; $x$"),
        ("\x1b[31mred\x00", "␛[31mred␀"),
        ("two\r\r\nlines", "two\nlines"),
        ("half \ud83d an emoji 🙂", "half ? an emoji 🙂"),
        ("a mark \ufdd0 of ours", "a mark  of ours"),
        ("pay \u202egnp.exe", "pay ‹RLO›gnp.exe"),
    ],
)
def test_hostile_text_stays_text(text, shown):
    assert text_to_html(make_readable(text)) == (f'<div dir="auto">{shown}</div>', "")


@pytest.mark.parametrize("text", ["", "\u200b\u200d", "  \n"])
def test_where_nothing_can_be_seen_a_note_says_so(text):
    assert text_to_html(text)[1]


def test_a_gap_is_an_empty_text():
    assert make_readable(float("nan")) == make_readable(None) == ""


def test_a_long_text_is_cut_so_that_its_first_hit_is_seen():
    text = "a" * 6000 + "<hit>" + "b" * 3995
    html, note = text_to_html(text, [(6000, 6005)])
    assert "<mark>&lt;hit&gt;</mark>" in html
    assert len(html) < 1200
    assert note == "characters 5,901 to 6,900 of 10,000"
    html, note = text_to_html(text)
    assert html == f'<div dir="auto">{"a" * 1000}…</div>'
    assert note == "characters 1 to 1,000 of 10,000"


def test_hits_beyond_the_cut_are_left_out_and_those_across_it_end_there():
    html, _ = text_to_html("aabbaa" * 10, [(2, 4), (8, 10), (50, 52)], most=9)
    assert html == '<div dir="auto">aa<mark>bb</mark>aaaa<mark>b</mark>…</div>'


def test_a_name_is_one_short_line():
    assert shorten("a\r\nb", 40) == "a b"
    assert shorten("abcdefgh", 6) == "abc..."


@pytest.mark.parametrize(
    ("text", "note"),
    [
        pytest.param("a\u200bb\u200d", "cannot be seen: 2", id="what cannot be seen"),
        pytest.param("", "an empty text", id="an empty text"),
        pytest.param(float("nan"), "an empty text", id="a gap"),
        pytest.param("<b>" * 4000, "1 to 1,000 of 12,000", id="a long text"),
    ],
)
def test_a_card_says_what_of_its_text_is_not_seen(text, note):
    html = text_block(text)
    assert note in html
    assert "<b>" not in html


def test_a_name_keeps_its_direction_and_nothing_in_it_is_obeyed():
    assert name_to_html("<b>bold</b>") == "<bdi>&lt;b&gt;bold&lt;/b&gt;</bdi>"
    assert len(name_to_html("y" * 10_000)) < 100
