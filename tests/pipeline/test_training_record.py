"""The bookkeeping around a training loop, on a model of one layer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tweetsent_utils.data.augmentation import RotatedTweets
from tweetsent_utils.data.batching import LengthBucketSampler
from tweetsent_utils.errors import Stopped, TweetsentError
from tweetsent_utils.explore import live_training
from tweetsent_utils.pipeline.training_record import TrainingRecord
from tweetsent_utils.show import progress

TWEETS = 8
SETTINGS = {"num_epochs": 3, "precision": "torch.float32"}


class Layer(nn.Linear):
    """A model that can be saved as those of transformers can."""

    device = torch.device("cpu")

    def save_pretrained(self, folder: Path) -> None:
        from safetensors.torch import save_model

        save_model(self, str(folder / "model.safetensors"))


@pytest.fixture
def make_record(tmp_path):
    """A function that opens the record of a training of four steps an epoch."""
    table = pd.DataFrame({"row_id": range(TWEETS), "text": "a b", "label": 0})
    table["input_ids"] = [[n] for n in range(TWEETS)]
    dataset = RotatedTweets(table, None, share=0.0, seed=0)

    def make(**options) -> TrainingRecord:
        model = Layer(1, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer)
        loader = DataLoader(
            dataset,
            batch_sampler=LengthBucketSampler(dataset.lengths, 2, 0),
            collate_fn=lambda items: {
                "row_ids": torch.tensor([item["row_id"] for item in items]),
                "labels": torch.tensor([item["label"] for item in items]),
            },
        )
        parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
        return TrainingRecord(tmp_path, parts, SETTINGS, loader, **options)

    return make


def train(record: TrainingRecord, scores: list[float], weight: float = 0.0) -> list[int]:
    """Run the loop, with a weight that grows by 1 an epoch; return the row ids that were seen."""
    seen = []
    with record:
        for epoch in record.epochs():
            for batch in record.batches(epoch):
                seen += batch["row_ids"].tolist()
                record.add_step(torch.tensor(1.0))
            with torch.no_grad():
                record.parts["model"].weight.fill_(epoch)
            record.add_epoch(
                {"loss": 1.0, "accuracy": 0.5, "macro_f1": scores[epoch], "rows": TWEETS}
            )
    return seen


def test_every_tweet_comes_once_an_epoch_and_every_step_is_written_down(make_record, tmp_path):
    record = make_record()
    seen = train(record, [0.1, 0.2, 0.3])
    assert sorted(seen) == sorted([*range(TWEETS)] * 3)
    table = pd.read_csv(tmp_path / "history.csv")
    assert table["step"].tolist() == list(range(1, 13))
    assert table["validation_macro_f1"].dropna().tolist() == [0.1, 0.2, 0.3]
    assert record.scores == {"loss": 1.0, "accuracy": 0.5, "macro_f1": 0.3, "rows": TWEETS}
    assert record.timings["seconds"] > 0


def test_with_patience_a_training_ends_early_and_keeps_its_best_epoch(make_record):
    record = make_record(patience=1)
    train(record, [0.4, 0.2, 0.9])
    assert len(record.history) == 8  # the third epoch was not begun
    assert record.scores["macro_f1"] == 0.4
    assert record.parts["model"].weight.item() == 0.0


def test_a_loop_that_is_run_again_goes_on_where_it_was(make_record):
    record = make_record(save_every=1)
    seen = []
    with pytest.raises(ZeroDivisionError), record:
        for batch in record.batches(next(record.epochs())):
            seen += batch["row_ids"].tolist()
            record.add_step(torch.tensor(1.0))
            if len(record.history) == 3:
                raise ZeroDivisionError
    again = make_record()
    rest = train(again, [0.1, 0.2, 0.3])
    assert len(again.history) == 12
    assert sorted(seen + rest[:2]) == list(range(TWEETS))  # the rest of the first epoch


def test_a_stop_that_a_button_asks_for_ends_with_a_checkpoint_and_goes_on(make_record):
    record = make_record()
    seen = []
    with pytest.raises(Stopped, match="after step 2 of 12: run this cell again"), record:
        for batch in record.batches(next(record.epochs())):
            seen += batch["row_ids"].tolist()
            if len(seen) == 4:
                record.stop.ask()  # while a step is computed
            record.add_step(torch.tensor(1.0))
    again = make_record()
    rest = train(again, [0.1, 0.2, 0.3])
    assert len(again.history) == 12
    assert sorted(seen + rest[:4]) == list(range(TWEETS))


def test_what_is_seen_of_a_training_follows_its_steps_and_scores(make_record, monkeypatch):
    monkeypatch.setattr(live_training, "SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(live_training, "MOST_SHARE", float("inf"))
    record = make_record()
    lines = []
    with record:
        for _ in record.batches(next(record.epochs())):
            record.add_step(torch.tensor(2.0))
            lines.append(record.progress.in_a_line())
        record.add_epoch({"loss": 1.0, "accuracy": 0.5, "macro_f1": 0.4, "rows": TWEETS})
    assert lines[0].startswith("step 1 of 12, loss 2.00")
    assert lines[-1].startswith("step 4 of 12, loss 2.00")
    assert record.progress.best() == "0.50 (epoch 1)"


def test_where_no_command_follows_a_line_tells_how_far_the_training_is(
    make_record, monkeypatch, capsys
):
    monkeypatch.delenv("TWEETSENT_NOTES", raising=False)
    monkeypatch.setattr(progress, "PACE_OF_LINES", progress.Pace(-1))
    monkeypatch.setattr(live_training, "SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(live_training, "MOST_SHARE", float("inf"))
    train(make_record(), [0.1, 0.2, 0.3])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    assert lines[0].startswith("step 1 of 12, loss 1.00, learning rate")
    assert "tweets/s" in lines[0]
    assert lines[0].endswith("left")


def test_a_loss_that_is_no_number_stops_the_training_with_its_rows(make_record):
    record = make_record()
    with pytest.raises(TweetsentError, match="loss of step 1 is not finite"), record:
        for _ in record.batches(next(record.epochs())):
            record.add_step(torch.tensor(np.nan))


def test_where_memory_runs_out_the_error_names_what_fits(make_record, monkeypatch):
    record = make_record()
    monkeypatch.setattr("tweetsent_utils.training.memory.fits_in_memory", lambda *arguments: True)
    with pytest.raises(TweetsentError, match="set micro_batch_size to 1"), record:
        for _ in record.batches(next(record.epochs())):
            raise torch.OutOfMemoryError("CUDA out of memory")


def test_where_memory_runs_out_in_validation_the_error_names_its_batch(make_record):
    record = make_record()
    with pytest.raises(TweetsentError, match="smaller eval_batch_size"), record:
        for _ in record.batches(next(record.epochs())):
            record.add_step(torch.tensor(1.0))
        raise torch.OutOfMemoryError("CUDA out of memory")
