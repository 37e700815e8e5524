"""An ensemble: the mean of probabilities, scored like one model and against its members."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.evaluation.ensemble import (
    average_predictions,
    gain_margin,
    gain_on_shared_rows,
    have_same_rows,
    measure_gain,
    score_probabilities,
    summarize_members,
)

NAMES = ["bad", "good"]


def make_table(good: list[float], labels: list[int]) -> pd.DataFrame:
    """Predictions of two classes by the probability of the second."""
    likeliest = np.array(good) > 0.5
    return pd.DataFrame(
        {
            "row_id": range(10, 10 + len(good)),
            "label": labels,
            "text": [f"text {number}" for number in range(len(good))],
            "prediction": likeliest.astype(int),
            "confidence": np.maximum(good, 1 - np.array(good)),
            "p_bad": 1 - np.array(good),
            "p_good": good,
        }
    )


def test_the_mean_of_the_probabilities_decides_and_rows_stay_in_place():
    members = [make_table([0.9, 0.4], [1, 0]), make_table([0.2, 0.3], [1, 0])]
    ensemble = average_predictions(members, NAMES)
    assert list(ensemble) == ["row_id", "label", "prediction", "confidence", "p_bad", "p_good"]
    assert ensemble["row_id"].tolist() == [10, 11]
    assert ensemble["label"].tolist() == [1, 0]
    assert ensemble["p_good"].tolist() == pytest.approx([0.55, 0.35])
    assert ensemble["prediction"].tolist() == [1, 0]
    assert ensemble["confidence"].tolist() == pytest.approx([0.55, 0.65])


def test_one_member_that_is_very_sure_has_one_vote():
    sure = 1 - 1e-6  # its logits are 14 apart, and those of the others not even 1
    members = [make_table([good], [0]) for good in (sure, 0.3, 0.15)]
    assert average_predictions(members, NAMES)["prediction"].tolist() == [0]


def test_scores_are_those_of_the_table_with_the_calibration_error():
    scores = score_probabilities(make_table([0.8, 0.6, 0.1, 0.6], [1, 1, 0, 0]), NAMES, False)
    expected = -np.log([0.8, 0.6, 0.9, 0.4]).mean()
    assert scores["loss"] == pytest.approx(expected)
    assert scores["accuracy"] == 0.75
    assert scores["rows"] == 4
    # Two answers of 0.6, of which one is right, and one each of 0.8 and 0.9.
    assert scores["calibration_error"] == pytest.approx((2 * 0.1 + 0.2 + 0.1) / 4)
    assert "mean_absolute_error" not in scores


def test_a_probability_that_was_rounded_to_nothing_costs_much_and_not_everything():
    scores = score_probabilities(make_table([0.0, 1.0], [1, 1]), NAMES)
    assert 7 < scores["loss"] < 9


def test_members_have_a_mean_and_a_spread_and_the_ensemble_a_gain_over_the_mean():
    scores = {
        "a": {"loss": 1.0, "accuracy": 0.5, "rows": 8},
        "b": {"loss": 2.0, "accuracy": 0.7, "rows": 8},
    }
    summary = summarize_members(scores)
    assert summary["each"] == scores
    assert summary["mean"] == pytest.approx({"loss": 1.5, "accuracy": 0.6})
    assert summary["std"] == pytest.approx({"loss": 0.5**0.5, "accuracy": 0.02**0.5})
    gain = measure_gain({"loss": 1.2, "accuracy": 0.75, "rows": 8}, summary["mean"])
    assert gain == pytest.approx({"loss": 0.3, "accuracy": 0.15})


def test_the_loss_is_never_worse_than_the_members_mean():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 50).tolist()
    members = [make_table(random.random(50).round(6).tolist(), labels) for _ in range(3)]
    scores = {str(name): score_probabilities(table, NAMES) for name, table in enumerate(members)}
    ensemble = score_probabilities(average_predictions(members, NAMES), NAMES)
    assert measure_gain(ensemble, summarize_members(scores)["mean"])["loss"] > 0


def test_the_margin_of_a_gain_comes_from_the_differences_row_by_row():
    labels = [1] * 100
    right, wrong = make_table([0.9] * 100, labels), make_table([0.1] * 100, labels)
    # Right on every row where one of two members is: half a row gained on each, for certain.
    assert gain_margin([right, wrong], right) == pytest.approx(0)
    half = make_table([0.9] * 50 + [0.1] * 50, labels)
    # Half the rows gain 0, half gain 1: a standard deviation of 0.5 over 100 rows.
    assert gain_margin([half, half], right) == pytest.approx(1.96 * 0.05, rel=1e-3)


@pytest.mark.parametrize(
    "change",
    [{"row_id": [10, 12]}, {"label": [1, 1]}, {"text": ["text 0", "another"]}],
)
def test_other_rows_labels_or_texts_are_not_the_same(change):
    table = make_table([0.9, 0.4], [1, 0])
    same = table.assign(p_good=[0.1, 0.2]).set_index(pd.Index([5, 3]))
    assert have_same_rows([table, same])
    assert not have_same_rows([table, same, table.assign(**change)])
    assert not have_same_rows([table, table[:1]])


def test_on_shared_rows_only_members_answer_that_have_held_a_row_back():
    a = make_table([0.9, 0.8, 0.2], [1, 1, 1])
    b = make_table([0.4, 0.3, 0.6], [1, 1, 1]).assign(row_id=[11, 10, 99], text=list("xyz"))
    b.loc[:1, "text"] = ["text 1", "text 0"]  # rows 10 and 11 are a's first two, turned around
    gain = gain_on_shared_rows([a, b], NAMES)
    # The means are 0.6 on both: right, where each alone is right on half of them.
    assert gain["rows"] == 2
    assert gain["members_per_row"] == 2
    assert gain["accuracy"] == pytest.approx(0.5)
    assert gain["accuracy_margin"] == pytest.approx(0)
    alone = -np.log([0.9, 0.8, 0.4, 0.3]).mean()
    assert gain["loss"] == pytest.approx(alone + np.log(0.6))

    third = make_table([0.5, 0.5, 0.1], [1, 1, 1]).assign(row_id=[50, 51, 12])
    with_third = gain_on_shared_rows([a, b, third], NAMES)
    assert with_third["rows"] == 3
    assert with_third["members_per_row"] == 2


def test_without_a_shared_row_no_gain_is_claimed():
    a = make_table([0.9], [1])
    other_row, other_text = a.assign(row_id=[5]), a.assign(text=["edited since"])
    assert gain_on_shared_rows([a, other_row, other_text], NAMES) == {"rows": 0}
