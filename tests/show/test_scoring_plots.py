"""What a model answered over time: shares that add up, and words for those who cannot see them."""

import pandas as pd
import pytest

from tweetsent_utils.show.scoring_plots import plot_corpus


def days(count: int, **columns) -> pd.DataFrame:
    index = pd.date_range("2020-03-01", periods=count).rename("day")
    return pd.DataFrame(columns, index=index)


def test_shares_of_each_day_add_up_and_are_in_the_words():
    figure = plot_corpus(days(3, bad=[1, 0, 3], good=[3, 0, 1]), ordered=True)
    upper, lower = figure.axes
    heights = [[bar.get_height() for bar in bars] for bars in upper.containers]
    assert [sum(day) for day in zip(*heights, strict=True)] == pytest.approx([1, 1])
    assert [bar.get_height() for bar in lower.containers[0]] == [4, 4]
    assert "bad 25% to 75%" in figure.get_label()


def test_many_days_become_weeks():
    figure = plot_corpus(days(700, bad=1, good=1), ordered=True)
    assert len(figure.axes[0].containers[0]) == 101
    assert "week" in figure.get_suptitle()


@pytest.mark.parametrize("dates", [[pd.NaT], ["2020-03-01"], [pd.NaT, "2020-03-01"]])
def test_without_days_there_is_a_bar_for_each_class(dates):
    table = pd.DataFrame({"bad": 1, "good": 3}, index=pd.DatetimeIndex(dates))
    figure = plot_corpus(table, ordered=False)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bad", "good"]
    assert "good 75.0%" in figure.get_label()
