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
    return figure.get_suptitle()


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
    assert title(figure) == "No class is larger than middle, and none smaller than low"
    assert "middle 50.0%" in figure.get_label()
    (axes,) = figure.axes
    assert len(axes.patches) == 3 * (1 + bool(len(test)))


def test_equal_classes_are_called_equal():
    figure = data_plots.plot_class_shares({"train": ranks(2, 2)}, NAMES[:2], ordered=False)
    assert title(figure) == "All 2 classes are equally large"


def test_the_split_figure_says_how_far_train_and_validation_are_apart():
    labels = {"train": ranks(5, 3, 2), "validation": ranks(3, 1, 0), "test": ranks(1, 1, 1)}
    figure = data_plots.plot_split_shares(labels, NAMES)
    assert "at most 25.0 points" in title(figure)


@pytest.mark.parametrize("classes", [2, 40])
def test_the_length_figure_finds_the_wordiest_class(classes):
    words = list(range(1, classes + 1))
    table = pd.DataFrame({"words": words, "tokens": [count + 2 for count in words]})
    names = [f"class {number}" for number in range(classes)]
    lengths = {"train": table, "test": table[:0]}
    figure = data_plots.plot_lengths(lengths, pd.Series(range(classes)), names, ordered=False)
    assert f"no class is wordier than class {classes - 1}, none" in figure.get_label()
    assert "none less wordy than class 0" in figure.get_label()


DAYS = pd.Series(pd.to_datetime(["2020-03-16", "2020-03-18", None]))
UNKNOWN = pd.Series([pd.NaT, pd.NaT], dtype="datetime64[s]")


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (DAYS, DAYS - pd.Timedelta(days=9), "end before the training tweets begin"),
        (DAYS, DAYS + pd.Timedelta(days=9), "begin when the training tweets have ended"),
        (DAYS, DAYS + pd.Timedelta(days=1), "overlap"),
        (DAYS, UNKNOWN[:0], "from 16 Mar 2020 to 18 Mar 2020"),
        (DAYS, UNKNOWN, "No test tweet has a day"),
        (UNKNOWN, DAYS, "No training tweet has a day"),
        (UNKNOWN, UNKNOWN, "No training tweet has a day"),
    ],
)
def test_the_day_figure_says_which_file_comes_first(train, test, words):
    figure = data_plots.plot_days({"train": train, "test": test})
    assert words in title(figure)
    assert words in figure.get_label()
    figure.canvas.draw()


def test_what_is_highlighted_is_in_the_title_with_its_figure():
    cost = {"at random": 1.5, "in buckets": 1.06}
    figure = data_plots.plot_padding_cost(cost, highlighted="in buckets")
    assert title(figure) == "In buckets compute 1.06 positions per token"
    figure = data_plots.plot_agreement({"guessing": 0.2, "the sun": 0.991}, highlighted="the sun")
    assert title(figure) == "The sun agrees with 99.1% of the labels"


def test_the_opening_shows_what_is_published():
    answers = opening.read_three_tweets()
    assert list(answers) == ["text", "answer", "probability"]
    assert len(answers) == 3
    assert answers["probability"].between(0.2, 1).all()
    agreement = opening.read_agreement()
    assert list(agreement.values()) == sorted(agreement.values())
    assert list(agreement.values())[1:] == [0.309, 0.8702, 0.99789]
