"""What changed between two texts, in words."""

import numpy as np
import pytest

from tweetsent_utils.explore.edits import describe_change, describe_edit


def plain(html: str) -> str:
    return html.replace("<bdi>", "").replace("</bdi>", "")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("good tea", "good tea", ""),
        ("good tea", "good  tea", "Only spaces changed."),
        ("good tea", "not good tea", "“not” came."),
        ("not good tea", "good tea", "“not” went."),
        ("good tea", "#good tea", "“good” became “#good”."),
        ("good tea here", "no good tea", "“no” came, “here” went."),
        ("", "<b>", "“&lt;b&gt;” came."),
        ("a b c d e", "f g h i j", "Many words changed."),
        ("", "x" * 100, f"“{'x' * 40}…” came."),
    ],
)
def test_the_words_that_came_and_went_are_named(before, now, said):
    assert plain(describe_edit(before, now)) == said


def test_the_class_that_gained_most_and_the_one_that_lost_most_are_named():
    before, now = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.35, 0.55])
    said = plain(describe_change(before, now, ["<a>", "b", "c"]))
    assert said == "c gained 0.35 (0.20 to 0.55), &lt;a&gt; lost 0.40 (0.50 to 0.10)."
    assert "same" in describe_change(before, before + 0.001, ["<a>", "b", "c"])
