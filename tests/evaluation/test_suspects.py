"""Labels that a model contradicts, worked out by hand, and planted ones that it must find."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.checksums import verify_file
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import tabulate_predictions
from tweetsent_utils.evaluation.suspects import (
    class_bars,
    find_suspects,
    plant_wrong_labels,
    save_suspects,
    share_found,
    tabulate_suspects,
)


def two_classes(first: list[float]) -> np.ndarray:
    """Return probabilities of two classes from those of the first."""
    return np.stack([first, 1 - np.array(first)], axis=1)


@pytest.mark.parametrize(
    ("labels", "probabilities", "suspects"),
    [
        # The bars are 0.583 and 0.475: row 2 is surely 1 and row 4 surely 0; row 6 reaches no bar.
        pytest.param(
            [0, 0, 0, 1, 1, 1, 1],
            two_classes([0.9, 0.8, 0.05, 0.2, 0.9, 0.45, 0.55]),
            [2, 4],
            id="over another class's bar",
        ),
        # The bars are 0.783 and 0.4: row 2 is over the other class's bar, yet likelier its own.
        pytest.param(
            [0, 0, 0, 1, 1],
            two_classes([0.9, 0.9, 0.55, 0.6, 0.6]),
            [],
            id="its own class is likeliest",
        ),
        pytest.param([0, 0], two_classes([0.4, 0.3]), [], id="one class"),
        pytest.param([1, 1], two_classes([0.6, 0.7]), [], id="one class, and not the first"),
        pytest.param([0], two_classes([0.4]), [], id="one row"),
        # The bars are 0.9 and 0.1: row 2 is surely 0, and no other row of its class speaks for it.
        pytest.param([0, 0, 1], two_classes([0.9, 0.9, 0.9]), [2], id="a class of one row"),
        pytest.param(
            [0, 0, 2, 2],
            [[0.6, 0.1, 0.3], [0.05, 0.9, 0.05], [0.2, 0.1, 0.7], [0.1, 0.1, 0.8]],
            [],
            id="a class that no row has",
        ),
    ],
)
def test_suspects_come_out_by_hand(labels, probabilities, suspects):
    found = find_suspects(np.array(labels), np.array(probabilities))
    assert found.tolist() == suspects
    assert np.array(labels)[found].size == len(suspects)  # none at all are positions too


def test_planted_labels_are_found_by_a_model_that_knows():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 400)
    probabilities = np.full((400, 3), 0.1)
    probabilities[np.arange(400), truth] = 0.8
    labels = truth.copy()
    labels[:20] = (labels[:20] + 1) % 3
    assert sorted(find_suspects(labels, probabilities)) == list(range(20))


@pytest.mark.parametrize(
    ("labels", "probabilities", "facts"),
    [
        pytest.param([0, 1], [[2.0, -1.0], [0.5, 3.0]], ["softmax"], id="logits"),
        pytest.param([0, 1], [[0.5, 0.1], [0.5, 0.2]], ["sum to 1"], id="logits like shares"),
        pytest.param(["up", "down"], [[0.5, 0.5]] * 2, ["'up'", "label_ids"], id="names"),
        pytest.param([0, 2], [[0.5, 0.5]] * 2, ["row 2", "is 2", "0 to 1"], id="no such class"),
        pytest.param([0], [[0.5, 0.5]] * 2, ["1 labels", "2 rows"], id="a label too few"),
        pytest.param([], np.empty((0, 2)), ["no labels"], id="no rows"),
    ],
)
def test_anything_but_ranks_and_probabilities_is_refused(labels, probabilities, facts):
    with pytest.raises(TweetsentError) as caught:
        find_suspects(labels, probabilities)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


@pytest.mark.parametrize("seed", range(20))
def test_sets_of_a_few_rows_have_suspects_or_none_and_never_a_warning(seed, recwarn):
    random = np.random.default_rng(seed)
    rows, classes = random.integers(1, 7), random.integers(2, 6)
    probabilities = random.dirichlet(np.full(classes, 0.3), rows)
    suspects = find_suspects(random.integers(0, classes, rows), probabilities)
    assert set(suspects) <= set(range(rows))
    assert not recwarn.list


def test_suspects_come_with_the_least_probable_label_first():
    probabilities = two_classes([0.9, 0.9, 0.3, 0.1, 0.2, 0.4, 0.4])
    assert find_suspects(np.array([0, 0, 0, 0, 0, 1, 1]), probabilities).tolist() == [3, 4, 2]


def test_the_bar_of_a_class_is_the_mean_probability_on_its_rows():
    probabilities = np.array([[0.8, 0.2, 0.0], [0.4, 0.6, 0.0], [0.5, 0.5, 0.0]])
    bars = class_bars(np.array([0, 0, 1]), probabilities)
    assert bars[:2] == pytest.approx([0.6, 0.5])
    assert np.isnan(bars[2])


@pytest.mark.parametrize(("rows", "classes", "expected"), [(100, 3, 5), (1, 2, 1), (30, 2, 2)])
def test_planted_labels_are_wrong_and_the_others_stay(rows, classes, expected):
    labels = np.random.default_rng(0).integers(0, classes, rows)
    before = labels.copy()
    wrong, planted = plant_wrong_labels(labels, classes)
    assert (labels == before).all()
    assert sorted(planted) == np.flatnonzero(wrong != labels).tolist()
    assert len(planted) == expected
    assert set(wrong) <= set(range(classes))


def test_every_other_class_may_be_planted():
    wrong, _ = plant_wrong_labels(np.zeros(1000, dtype=int), 4, share=1)
    assert np.bincount(wrong, minlength=4)[0] == 0
    assert np.bincount(wrong).tolist()[1:] == pytest.approx([333, 333, 333], abs=60)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ([7, 3, 1], [0, 0.5, 0.5, 1, 1]),
        ([7, 1, 3, 0, 2, 4], [0, 0.5, 1, 1, 1]),
        ([], [0, 0, 0, 0, 0]),
    ],
)
def test_the_share_found_rises_with_each_planted_row_that_is_looked_at(order, found):
    assert share_found(np.array(order), np.array([7, 1]), 4).tolist() == found


@pytest.fixture
def tweets() -> pd.DataFrame:
    """Seven predictions, of which the third and the fifth contradict their labels."""
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    probabilities = two_classes([0.9, 0.8, 0.05, 0.2, 0.9, 0.45, 0.55])
    split = pd.DataFrame({"row_id": range(10, 17), "label": labels})
    table = tabulate_predictions(split, np.log(probabilities), ["bad", "good"])
    return table.assign(text=[f"tweet {n}" for n in range(7)], split="test")


def test_suspects_are_listed_with_the_class_that_the_model_suggests(tweets, tmp_path):
    table = tabulate_suspects(tweets, ["bad", "good"])
    assert table["row_id"].tolist() == [12, 14]
    assert table["text"].tolist() == ["tweet 2", "tweet 4"]
    assert table["label"].tolist() == ["bad", "good"]
    assert table["suggested"].tolist() == ["good", "bad"]
    assert table["probability"].tolist() == pytest.approx([0.95, 0.9])
    save_suspects(tmp_path, table)
    saved = pd.read_csv(verify_file(tmp_path / "suspects.csv", "04c"))
    assert saved.columns.tolist() == ["row_id", "split", "label", "suggested", "probability"]
    assert saved["row_id"].tolist() == [12, 14]


def test_a_model_that_agrees_with_every_label_has_no_suspects(tweets, tmp_path):
    table = tabulate_suspects(tweets.iloc[[0, 1, 3]], ["bad", "good"])
    assert table.empty
    save_suspects(tmp_path, table)
    assert pd.read_csv(tmp_path / "suspects.csv").empty
