"""What the figures of notebook 03 say about a training."""

import pandas as pd
import pytest

from tweetsent_utils.show.style import use_style
from tweetsent_utils.show.training_plots import (
    describe_curves,
    draw_fine_tuning,
    plot_curves,
    plot_scale,
    plot_schedules,
)


@pytest.fixture(autouse=True)
def titles_at_the_left() -> None:
    use_style()


def make_steps(epochs: int, losses: list[float]) -> pd.DataFrame:
    """The history of a training with ten steps an epoch, which end with these validation losses."""
    steps = pd.DataFrame({"step": range(1, 10 * epochs + 1)})
    steps["train_loss"] = 2.0
    steps["learning_rate"] = 1e-4
    ends = steps["step"] % 10 == 0
    for name in ("loss", "accuracy", "macro_f1"):
        steps[f"validation_{name}"] = float("nan")
        steps.loc[ends, f"validation_{name}"] = losses
    return steps


@pytest.mark.parametrize(
    ("losses", "claim"),
    [([0.5], "reaches 0.50"), ([0.5, 0.4, 0.45], "stopped falling"), ([0.5, 0.4], "reaches 0.50")],
)
def test_the_title_of_curves_says_whether_validation_loss_rose(losses, claim):
    figure = plot_curves(make_steps(len(losses), losses), "A run")
    assert claim in figure.axes[0].get_title(loc="left")


def test_curves_are_described_with_the_figures_that_they_show():
    words = describe_curves(make_steps(2, [0.5, 0.25]))
    assert "from 2.00 to 2.00 nats in 20 steps" in words
    assert "0.50, 0.25" in words


@pytest.mark.parametrize(
    ("ours", "claim"),
    [
        (0.70, "20 points ahead of the words"),
        (0.51, "1 point ahead of the words"),
        (0.502, "Level with the words"),
        (0.40, "10 points behind the words"),
    ],
)
def test_the_scale_says_how_far_ours_is_from_the_best_other(ours, claim):
    figure = plot_scale({"majority": 0.2, "words": 0.5, "encoder": ours}, "encoder")
    assert claim in figure.axes[0].get_title(loc="left")


def test_a_schedule_is_drawn_to_the_step_at_which_it_ended():
    figure = plot_schedules({"long": [0.1, 0.2], "short": [0.1]}, "Two")
    lines = [line.get_xdata().tolist() for line in figure.axes[0].lines if len(line.get_xdata())]
    assert [1, 2] in lines


def test_fine_tuning_is_drawn_with_its_tokens_and_labels():
    figure = draw_fine_tuning(["[CLS]", "no"], ["bad", "good"], [0.5, -0.5], true_label=0)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"[CLS]", "no", "bad", "good"} <= texts
