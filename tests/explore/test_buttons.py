"""Buttons whose words come from data."""

from tweetsent_utils.explore.buttons import button


def test_what_a_button_sends_and_says_cannot_break_out_of_it():
    html = button('a" onclick="x', "go", label='"><script>')
    assert 'onclick="x' not in html
    assert "<script>" not in html
