"""Figures of the data: titles that are true of any file, and words for who doesn't see them."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tweetsent_utils.show import data_plots, opening

NAMES = ["low", "middle", "high"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def title(figure) -> str:
    return figure.get_suptitle().replace("\n", " ")


def ranks(*counts: int) -> pd.Series:
    return pd.Series(range(len(counts))).repeat(counts).reset_index(drop=True)


def test_shares_have_a_row_for_each_class_and_a_column_for_each_file_with_tweets():
    labels = {"train": ranks(1, 0, 3), "test": ranks(0, 0, 2), "none": ranks()}
    shares = data_plots.class_shares(labels, NAMES)
    assert shares.to_dict("list") == {"train": [0.25, 0, 0.75], "test": [0, 0, 1]}
    assert shares.index.tolist() == NAMES


@pytest.mark.parametrize("test", [ranks(1, 1, 1), ranks()], ids=["with test", "without"])
def test_the_class_figure_names_the_largest_and_the_smallest_class(test):
    labels = {"train": ranks(1, 4, 3), "test": test}
    figure = data_plots.plot_class_shares(labels, NAMES, ordered=True)
    assert title(figure) == "middle is the largest class, low the smallest"
    assert "middle 50.0%" in figure.get_label()
    (axes,) = figure.axes
    assert len(axes.patches) == 3 * (1 + bool(len(test)))


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.5, 0.5), "All 2 classes are equally large"),
        ((0.4, 0.4, 0.2), "a and b are the largest classes, c the smallest"),
        ((0.4, 0.2, 0.2, 0.2), "a is the largest class, 3 classes the smallest"),
        ((0.3, 0.3, 0.3, 0.1), "3 classes are the largest classes, d the smallest"),
    ],
)
def test_classes_of_the_same_size_share_the_title(shares, words):
    names = list("abcd")[: len(shares)]
    assert data_plots.name_largest_and_smallest(pd.Series(shares, index=names)) == words


@pytest.mark.parametrize(
    ("means", "ordered", "words"),
    [
        ((9, 5, 8), True, "The extremes are longest, b shortest"),
        ((9, 5, 8), False, "a texts are longest, b shortest"),
        ((9, 8, 8), True, "a texts are longest, b and c shortest"),
        ((8, 9, 5), True, "b texts are longest, c shortest"),
        ((8, None, 5), True, "a texts are longest, c shortest"),
        ((8, 8, 8), True, "The texts of all classes are equally long"),
        ((8, 5), True, "a texts are longest, b shortest"),
    ],
)
def test_the_longest_texts_are_named_by_their_class_or_as_the_extremes(means, ordered, words):
    by_class = pd.Series(means, index=list("abc")[: len(means)])
    assert data_plots.name_longest_and_shortest(by_class, ordered) == words


def test_a_long_title_has_lines_of_about_the_same_length():
    lines = data_plots.break_title("word " * 20).split("\n")
    assert len(lines) == 2
    assert len(lines[0]) == len(lines[1]) < 60
    assert data_plots.break_title("a short title") == "a short title"


@pytest.mark.parametrize("classes", [2, 40])
def test_the_length_figure_finds_the_class_with_the_longest_texts(classes):
    words = list(range(1, classes + 1))
    table = pd.DataFrame({"words": words, "tokens": [count + 2 for count in words]})
    names = [f"class {number}" for number in range(classes)]
    lengths = {"train": table, "test": table[:0]}
    figure = data_plots.plot_lengths(lengths, pd.Series(range(classes)), names, ordered=False)
    assert f"class {classes - 1} texts are longest, class 0 shortest" in figure.get_label()


DAYS = pd.Series(pd.to_datetime(["2020-03-16", "2020-03-18", None]))
UNKNOWN = pd.Series([pd.NaT, pd.NaT], dtype="datetime64[s]")


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (DAYS, DAYS - pd.Timedelta(days=9), "end when the training texts begin"),
        (DAYS, DAYS + pd.Timedelta(days=9), "begin when the training texts have ended"),
        (DAYS, DAYS + pd.Timedelta(days=1), "overlap"),
        (DAYS, UNKNOWN[:0], "from 16 Mar 2020 to 18 Mar 2020"),
        (DAYS, UNKNOWN, "No test text has a day"),
        (UNKNOWN, DAYS, "No training text has a day"),
        (UNKNOWN, UNKNOWN, "No training text has a day"),
    ],
)
def test_the_day_figure_says_which_file_comes_first(train, test, words):
    figure = data_plots.plot_days({"train": train, "test": test})
    assert words in title(figure)
    assert words in figure.get_label()
    figure.canvas.draw()


def test_busy_days_in_a_row_are_one_spell():
    counts = {1: 1, 2: 4, 3: 5, 4: 1, 6: 1, 7: 6}  # nothing on the fifth
    dates = [f"2020-03-{day:02}" for day, count in counts.items() for _ in range(count)]
    said = data_plots.days_in_words(pd.Series(pd.to_datetime(dates)))
    assert said.startswith("from 01 Mar 2020 to 07 Mar 2020, at most 6 a day")
    assert said.endswith("busy from 02 Mar to 03 Mar and from 07 Mar to 07 Mar")
    assert "busy" not in data_plots.days_in_words(pd.Series(pd.to_datetime(dates[:1])))


def test_what_is_highlighted_is_in_the_title_with_its_number():
    cost = {"at random": 1.5, "in buckets": 1.06}
    figure = data_plots.plot_padding_cost(cost, highlighted="in buckets")
    assert title(figure) == "In buckets compute 1.06 positions per token"


@pytest.mark.parametrize(("look_up", "words"), [(0.99, "succeeds"), (0.3, "best reader")])
def test_the_agreement_figure_says_whether_a_look_up_beats_reading(look_up, words):
    hows = ["reads nothing", "reads sentences", "looks up words"]
    agreement = pd.DataFrame({"share": [0.2, 0.8, look_up], "how": hows}, index=NAMES)
    figure = data_plots.plot_agreement(agreement)
    assert words in title(figure)
    assert "middle (reads sentences) 80.0%" in figure.get_label()


def test_the_opening_shows_what_is_published():
    answers = opening.read_three_tweets()
    assert list(answers) == ["text", "answer", "probability"]
    assert len(answers) == 3
    assert answers["probability"].between(0.2, 1).all()
    agreement = opening.read_agreement()
    assert agreement["share"].is_monotonic_increasing
    assert agreement["share"].tolist()[1:] == [0.309, 0.8702, 0.99789]


def test_two_texts_with_the_same_words_have_different_labels():
    pair = opening.read_pair()
    first, second = pair["text"]
    assert second == "#" + first
    assert pair["class_name"].tolist() == ["Extremely Positive", "Neutral"]
