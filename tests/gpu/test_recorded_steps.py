"""Steps that are recorded and replayed train as the notebook's loop does on the same batches."""

import pytest
import torch
from gpu_peers import RecordedSteps, batch_length, list_rates, place_tweets, round_up, to_device
from torch import nn

from tweetsent_utils.training.step import train_step

EPOCHS = 2
MAX_LR = 3e-3


def padded_batch(training, rows: list[int]) -> dict[str, torch.Tensor]:
    """A batch as the notebook has it, padded to a multiple of 16."""
    loader = training.loader
    batch = loader.collate_fn([training.train_set[row] for row in rows])
    missing = round_up(batch["input_ids"].shape[1]) - batch["input_ids"].shape[1]
    for name in ("input_ids", "attention_mask"):  # the padding id is 0 too
        batch[name] = nn.functional.pad(batch[name], (0, missing))
    return batch


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_recorded_steps_are_those_of_the_loop(start_training, device, precision):
    """Nearly: their rate is a float32, and a GPU adds up in an order of its own."""
    loop = start_training(has_dropout=False)
    recorded = start_training(has_dropout=False)
    before = [weight.detach().clone() for weight in recorded.model.parameters()]
    tweets = place_tweets(recorded.train_set, recorded.tokenizer.pad_token_id, device)
    steps = RecordedSteps(recorded.model, recorded.optimizer, tweets, 8, precision)
    lengths = recorded.train_set.lengths
    steps.record({round_up(length) for length in lengths})
    assert all(map(torch.equal, before, recorded.model.parameters()))

    rates = list_rates(MAX_LR, EPOCHS * len(loop.sampler))
    expected, found = [], []
    for epoch in range(EPOCHS):
        loop.sampler.set_epoch(epoch)
        batches = list(loop.sampler)
        assert {len(rows) for rows in batches} == {8, 4}  # the last one is not recorded
        for rows, on_device in zip(batches, to_device(batches, device), strict=True):
            batch = padded_batch(loop, rows)
            loss = train_step(loop.model, batch, loop.optimizer, loop.scheduler, precision)
            expected.append(loss.item())
            rate = rates[len(found)]
            found.append(steps.replay(on_device, batch_length(lengths, rows), rate).item())
    tolerance = 5e-3 if precision == torch.float32 else 0.15
    assert found == pytest.approx(expected, abs=tolerance)
    assert min(found) < max(found) - 0.1


def test_replays_of_one_batch_draw_new_dropout_and_learn_it(start_training, device):
    training = start_training()
    tweets = place_tweets(training.train_set, training.tokenizer.pad_token_id, device)
    steps = RecordedSteps(training.model, training.optimizer, tweets, 8, torch.float32)
    rows = torch.arange(8, device=device)
    length = round_up(max(training.train_set.lengths))
    steps.record([length])
    still = [steps.replay(rows, length, 0.0).item() for _ in range(4)]
    assert len(set(still)) == 4
    learned = [steps.replay(rows, length, 1e-2).item() for _ in range(100)]
    assert sum(learned[-20:]) / 20 < min(still) / 2  # one loss alone may have unlucky draws
