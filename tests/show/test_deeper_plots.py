"""The figures of the deeper notebooks: what is drawn, and titles that are true of any data."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from tweetsent_utils.show.deeper_plots import (
    describe_times,
    draw_checkpoints,
    draw_random_bits,
    draw_rotation,
    pair_similarities,
    plot_accuracies,
    plot_answers_moved,
    plot_divergence,
    plot_layer_memory,
    plot_memory,
    plot_published_speed,
    plot_rates,
    plot_similarities,
    plot_times,
)
from tweetsent_utils.show.display import encode_png


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def title_of(figure: Figure) -> str:
    """The title of a figure that can be rendered."""
    assert encode_png(figure).startswith(b"\x89PNG")
    return figure.get_suptitle().replace("\n", " ")


def widths(figure: Figure) -> list[float]:
    """The lengths of horizontal bars."""
    return [bar.get_width() for bar in figure.axes[0].containers[0]]


def test_published_speeds_are_medians_with_their_runs_on_one_device():
    summary = [
        {"device": "cpu", "peer": "a", "title": "a loop", "tweets_per_second": 10.0},
        {"device": "cpu", "peer": "b", "title": "ours", "tweets_per_second": 25.0},
        {"device": "cuda:0", "peer": "b", "title": "ours", "tweets_per_second": 900.0},
    ]
    runs = [
        {"device": "cpu", "peer": "a", "tweets": 100, "seconds": 10.0, "precision": "float32"},
        {"device": "cpu", "peer": "b", "tweets": 200, "seconds": 10.0, "precision": "bfloat16"},
        {"device": "cpu", "peer": "b", "tweets": 300, "seconds": 10.0, "precision": "bfloat16"},
        {"device": "cuda:0", "peer": "b", "tweets": 900, "seconds": 1.0, "precision": "float16"},
    ]
    figure = plot_published_speed(summary, runs)
    assert "2.5 times" in title_of(figure)
    (axis,) = figure.axes
    assert [bars[0].get_width() for bars in axis.containers] == [10, 25]
    assert [list(line.get_xdata()) for line in axis.lines] == [[10], [20, 30]]
    names = [label.get_text().replace("\n", " ") for label in axis.get_yticklabels()]
    assert names == ["a loop (float32)", "ours (bfloat16)"]


def test_kinds_of_work_are_ordered_by_the_first_profile():
    figure = plot_times({"before": {"x": 1.0, "y": 3.0}, "after": {"x": 5.0, "y": 2.0}}, "ms")
    assert title_of(figure) == "What shrinks most, 1.5 times: y"
    before, after = figure.axes[0].containers
    assert [bar.get_width() for bar in before] == [3, 1]
    assert [bar.get_width() for bar in after] == [2, 5]
    assert figure.axes[0].get_xlabel() == "ms"


def test_the_words_follow_the_order_of_the_bars():
    times = {"before": {"x": 1.0, "y": 3.0}, "after": {"x": 5.0, "y": 2.0}}
    words = describe_times(times, "ms")
    assert words.endswith("Bars in ms for before and after: y 3 and 2, x 1 and 5")
    assert words.startswith("What shrinks most, 1.5 times: y.")


def test_where_nothing_shrinks_the_title_names_the_largest_part():
    for profiles in (
        {"one": {"x": 1.0, "y": 3.0}},
        {"a": {"x": 1.0, "y": 3.0}, "b": {"x": 1, "y": 4}},
    ):
        assert title_of(plot_times(profiles, "%")) == "The largest part, 75%: y"


@pytest.mark.parametrize(
    ("speeds", "title"),
    [([10, 12, 30], "The largest gain here: c"), ([10, 9, 5], "Here, nothing of this helps")],
)
def test_the_ladder_names_its_largest_gain(speeds, title):
    assert title_of(plot_rates(dict(zip(("a", "b", "+ c"), speeds, strict=True)))) == title


@pytest.mark.parametrize("seed", range(6))
def test_the_drawn_bits_decide_as_dropout_does(seed):
    figure = draw_random_bits(p=0.5, seed=seed)
    texts = [text.get_text() for text in figure.axes[0].texts]
    kept = sum("kept" in text for text in texts)
    assert kept + texts.count("dropped") == 4
    assert ("none", "one", "two", "three", "all")[kept] in title_of(figure)
    assert sum("≥ 0" in text for text in texts) == kept


@pytest.mark.parametrize(("stopped_at", "lost"), [(53, 13), (40, 0), (35, 5), (3, 3)])
def test_a_kill_loses_what_came_after_the_last_checkpoint(stopped_at, lost):
    figure = draw_checkpoints(60, epoch_steps=30, save_every=20, stopped_at=stopped_at)
    assert f"loses {lost} steps" in title_of(figure)


def test_only_equal_losses_are_the_same_bits():
    whole = [3.0, 2.0, 1.0, 0.5]
    figure = plot_divergence(whole, {"good": [1.0, 0.5], "bad": [1.0, 0.5 + 1e-9]}, stopped_at=2)
    assert title_of(figure) == "1 of 2 went on as if nothing had happened"
    assert "the same bits" in figure.axes[0].get_title(loc="left")
    assert "nats apart" in figure.axes[1].get_title(loc="left")


def test_a_layers_memory_is_in_mib():
    figure = plot_layer_memory({"numbers": 2**20, "pairs": 3 * 2**20})
    assert title_of(figure).endswith("keeps: pairs")
    assert widths(figure) == [1, 3]


def test_predicted_parts_are_stacked_and_measured_totals_are_marked():
    predicted = {"4\ntweets": {"weights": 2**20, "activations": 3 * 2**20}}
    measured = {"4\ntweets": {"weights": 2**20, "activations": 4 * 2**20}}
    figure = plot_memory(predicted, measured)
    assert title_of(figure) == "With 4 tweets, 75% are activations"
    tops = [bars[0].get_y() + bars[0].get_height() for bars in figure.axes[0].containers]
    assert tops == [1, 4]
    assert list(figure.axes[0].lines[0].get_ydata()) == [5]


def test_pairs_are_neighbours():
    table = np.full((4, 4), 0.2)
    table[:2, :2] = table[2:, 2:] = 0.8
    np.fill_diagonal(table, 1)
    assert pair_similarities(table) == pytest.approx((0.8, 0.2))
    figure = plot_similarities({"flat": np.ones((4, 4)), "clear": table})
    assert title_of(figure) == "Pairs are clearest with: clear"


def test_accuracies_have_two_standard_errors():
    figure = plot_accuracies({"a": 0.5, "b": 0.8}, rows=100)
    assert title_of(figure) == "Best of 2: b"
    (segments,) = figure.axes[0].containers[-1].lines[2]
    assert segments.get_segments()[0][:, 0] == pytest.approx([0.4, 0.6])


def test_a_rotation_is_drawn_with_all_its_words():
    figure = draw_rotation(["a", "b", "c", "d"], start=1)
    assert title_of(figure) == "2 of 3 neighbouring pairs survive the cut"
    drawn = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    assert drawn == ["a", "b", "c", "d", "b", "c", "d", "a"]


def test_the_title_says_no_more_than_the_least_share_that_stays():
    moved = {"one": [0] * 948 + [1] * 52, "other": [0] * 999 + [3]}
    assert "At least 94.8%" in title_of(plot_answers_moved(moved))


def test_answers_that_never_move_can_be_drawn():
    assert "100.0%" in title_of(plot_answers_moved({"one": [0, 0, 0]}))
