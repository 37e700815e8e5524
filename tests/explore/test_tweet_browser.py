"""The browser of texts, as somebody uses it who looks for something."""

import re

import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore import live_html, tweet_browser
from tweetsent_utils.explore.live_html import LiveHTML
from tweetsent_utils.explore.tweet_browser import (
    Choice,
    TweetBrowser,
    browse_tweets,
    make_panel,
    search_pattern,
)

LABELS = ["low", "<b>", "high"]
EVIL = '<script>alert("x")</script> & $more$'
TWEETS = pd.DataFrame(
    [
        (EVIL, "low", "2020-03-16"),
        ("Empty shelves (again)", "low", "2020-03-17"),
        ("full SHELVES", "high", "2020-03-16"),
        ("the queue", "<b>", None),
        ("shelves\r\r\nand queues", "high", "2020-03-18"),
        (None, "high", "2020-03-18"),
    ],
    columns=["text", "label", "day"],
    index=[10, 11, 12, 13, 14, 15],
)


@pytest.fixture
def browser() -> TweetBrowser:
    return TweetBrowser(TWEETS["text"], TWEETS["label"], pd.to_datetime(TWEETS["day"]), LABELS)


def make_numbered(count: int) -> TweetBrowser:
    """A browser of texts "number 0", "number 1" and so on, without days."""
    texts = pd.Series([f"number {number}" for number in range(count)], dtype=str)
    labels = pd.Series(["all"] * count, dtype=str)
    days = pd.Series([pd.NaT] * count, dtype="datetime64[ns]")
    return TweetBrowser(texts, labels, days, ["all", "none"])


def rows(browser: TweetBrowser) -> list[int]:
    return [int(row) for row in re.findall(r"row (\d+)", browser.html())]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), [10, 11, 12, 13, 14, 15]),
        (Choice(label=2), [12, 14, 15]),
        (Choice(days=(0, 1)), [10, 11, 12]),
        (Choice(days=(2, 2)), [14, 15]),
        (Choice(words=(2, 2)), [12, 13]),
        (Choice(words=(0, 0)), [15]),
        (Choice(wanted="shelves"), [11, 12, 14]),
        (Choice(wanted="(again"), [11]),
        (Choice(wanted="[A-Z]{3}", is_pattern=True), [12]),
        (Choice(wanted="shelves", label=2, days=(0, 0)), [12]),
        (Choice(wanted="^(the|full) ", is_pattern=True), [12, 13]),
        (Choice(wanted="queue", label=0), []),
        (Choice(wanted="</script> & $"), [10]),
    ],
)
def test_texts_are_found_by_class_days_length_and_what_is_in_them(browser, choice, expected):
    browser.choose(choice)
    assert rows(browser) == expected
    assert f"{len(expected)} of 6 texts match" in browser.html()


def test_counts_by_class_follow_all_choices_but_that_of_the_class(browser):
    browser.choose(Choice(wanted="shelves", label=0))
    assert browser.matches_of_class.tolist() == [1, 0, 2]
    assert browser.count_of_class.tolist() == [2, 1, 3]
    text = re.sub("<[^>]+>", " ", browser.html())
    assert re.search(r"high\s+2\s+67%\s+50%", text)


def test_what_is_found_is_marked_and_stays_text(browser):
    browser.choose(Choice(wanted="SCRIPT"))
    html = browser.html()
    assert "&lt;<mark>script</mark>&gt;" in html
    assert "<script>" not in html
    browser.choose(Choice(wanted="q?u*", is_pattern=True))
    assert "the <mark>qu</mark><mark>u</mark>" not in browser.html()  # "eu" is between them
    assert "the <mark>qu</mark>e<mark>u</mark>e" in browser.html()


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?=x)", r"(a)\1", "*", "[z-a]"])
def test_a_bad_expression_is_a_sentence_and_nothing_else_changes(browser, pattern):
    browser.choose(Choice(wanted="queue"))
    browser.choose(Choice(wanted=pattern, is_pattern=True))
    assert "no expression" in browser.html()
    assert rows(browser) == [13, 14]
    browser.choose(Choice(wanted="again"))
    assert "no expression" not in browser.html()


def test_other_choices_count_while_an_expression_is_half_typed(browser):
    browser.choose(Choice(wanted="shelves"))
    browser.choose(Choice(wanted="(shel", is_pattern=True, label=0))
    assert rows(browser) == [11]
    assert "no expression" in browser.html()


def test_days_as_written_dates_and_texts_that_are_numbers_can_be_browsed():
    texts = pd.Series([3, "two pa\u200bnic"], dtype=object)
    days = pd.Series(["2020-03-16", None], dtype=object)
    browser = TweetBrowser(texts, pd.Series(["low", "low"]), days, LABELS)
    browser.choose(Choice(days=(0, 0)))
    assert rows(browser) == [0]
    browser.choose(Choice())
    assert "cannot be seen: 1" in browser.html()


def test_an_expression_that_would_hang_a_backtracking_engine_does_not():
    browser = TweetBrowser(
        pd.Series(["a" * 5000 + "!"]),
        pd.Series(["low"]),
        pd.to_datetime(pd.Series([None])),
        LABELS,
    )
    browser.choose(Choice(wanted="(a+)+$", is_pattern=True))
    assert rows(browser) == []


def test_a_search_that_takes_too_long_is_given_up():
    texts = make_numbered(5000).searchable
    with pytest.raises(TweetsentError, match="too long .* of 5,000 texts"):
        search_pattern(texts, "number", seconds=-1)


def test_pages_turn_from_end_to_end_and_no_further():
    browser = make_numbered(23)
    assert rows(browser) == list(range(10))
    for where, first in [("next", 10), ("next", 20), ("next", 20), ("first", 0), ("last", 20)]:
        browser.turn(where)
        assert rows(browser)[0] == first
    browser.turn("previous")
    assert rows(browser) == list(range(10, 20))
    browser.choose(Choice(wanted="number 2"))  # from the first page of what is found
    assert rows(browser) == [2, 20, 21, 22]


@pytest.mark.parametrize("count", [0, 1])
def test_few_texts_are_browsed_too(count):
    browser = make_numbered(count)
    for choice in (Choice(), Choice(label=1), Choice(wanted="x.*", is_pattern=True)):
        browser.choose(choice)
        browser.turn("last")
        assert f"of {count} texts match" in browser.html()
    make_panel(browser)


def controls(panel) -> dict:
    groups = [group.children for group in panel.children[0].children]
    found = [control for group in groups for control in group]
    return {getattr(control, "description", ""): control for control in found}


def test_the_panel_obeys_its_controls_buttons_and_keys(browser):
    panel = make_panel(browser)
    page = panel.children[1]
    assert isinstance(page, LiveHTML)
    by_name = controls(panel)
    assert by_name["class"].label == "all classes"
    by_name["class"].index = 1
    assert "2 of 6 texts match" in page.html
    by_name["class"].index = 0
    by_name["contains"].value = "shelves"
    assert "3 of 6 texts match" in page.html
    by_name["days"].index = (1, 2)
    assert "2 of 6 texts match" in page.html
    by_name["as a regular expression"].value = True
    by_name["contains"].value = "shelves$"
    assert "0 of 6 texts match" in page.html
    by_name["contains"].value = "shelves("
    assert "no expression" in page.html

    panel = make_panel(make_numbered(23))
    assert "days" not in controls(panel)
    page = panel.children[1]
    page._handle_custom_msg({"key": "End"}, [])
    assert "row 22" in page.html
    page._handle_custom_msg({"pick": "previous"}, [])
    assert "row 19" in page.html


def test_a_range_of_all_days_includes_texts_without_one(browser):
    panel = make_panel(browser)
    days = controls(panel)["days"]
    days.index = (0, 0)
    assert "2 of 6 texts match" in panel.children[1].html
    days.index = (0, 2)
    assert "6 of 6 texts match" in panel.children[1].html


def test_where_nobody_plays_there_is_a_picture_of_the_first_page(monkeypatch):
    shown = []
    monkeypatch.setattr(live_html, "display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(tweet_browser, "make_panel", lambda browser: pytest.fail("a widget"))
    browse_tweets(TWEETS["text"], TWEETS["label"], pd.to_datetime(TWEETS["day"]), LABELS)
    (data,) = shown
    assert "&lt;script&gt;" in data["text/html"]
    assert "<button" not in data["text/html"]
