"""The history of a training: losses that are read late, and the best epoch."""

import pytest
import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.history import epochs_since_best, read_losses


def unread(loss: float) -> dict:
    return {"train_loss": torch.tensor(loss), "row_ids": torch.tensor([4, 2])}


def test_losses_become_numbers_and_row_ids_go(tmp_path):
    history = [{"train_loss": 2.0}, unread(1.5)]
    for _ in range(2):
        read_losses(history, tmp_path)
        assert history == [{"train_loss": 2.0}, {"train_loss": 1.5}]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_training_and_is_traced_to_its_tweets(loss, tmp_path):
    what = r"loss of step 3 is not finite, on the texts of rows \[4, 2\]"
    with pytest.raises(TweetsentError, match=f"{what}.* none yet"):
        read_losses([{"train_loss": 2.0}, unread(1.0), unread(loss), unread(1.0)], tmp_path)
    for step in (500, 1000):
        (tmp_path / f"step-{step:08}").mkdir()
    with pytest.raises(TweetsentError, match="last good checkpoint: .*step-00001000"):
        read_losses([unread(loss)], tmp_path)


@pytest.mark.parametrize(
    ("scores", "epochs"),
    [([], 0), ([0.3, 0.2], 1), ([0.3, 0.5, 0.5, 0.4], 2), ([0.1, 0.2, 0.3], 0)],
)
def test_epochs_since_the_best_are_counted_from_its_first_time(scores, epochs):
    ends_of_epochs = [{"validation_macro_f1": score} for score in scores]
    assert epochs_since_best([{"train_loss": 1.0}, *ends_of_epochs]) == epochs
