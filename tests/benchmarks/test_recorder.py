"""The counts of batches, and which of them are timed."""

import pytest
import torch
from recorder import CapReached, Recorder

CPU = torch.device("cpu")


def batch(*lengths: int) -> dict[str, torch.Tensor]:
    """A batch of tweets with so many tokens each."""
    places = torch.arange(max(lengths))
    return {"attention_mask": (places < torch.tensor(lengths)[:, None]).long()}


def test_batches_that_were_collated_ahead_keep_their_order():
    recorder = Recorder(CPU)
    recorder.collated(batch(4))
    recorder.collated(batch(4, 3))
    recorder.collated(batch(4, 4, 2))
    recorder.begin()
    recorder.step()
    recorder.collated(batch(5, 1, 1, 1, 1))
    for _ in range(3):
        recorder.step()
    recorder.finish()

    counts = recorder.counts(finished=True)  # the first two steps are not timed
    assert (counts["steps"], counts["tweets"]) == (2, 8)
    assert counts["real_tokens"] == (4 + 4 + 2) + (5 + 1 + 1 + 1 + 1)
    assert counts["positions"] == 3 * 4 + 5 * 5
    assert recorder.counts(finished=False)["tweets"] == 11  # of an unfinished training, all


def test_a_cap_ends_a_training_after_a_report():
    reports = []
    recorder = Recorder(CPU, cap=1e-9, report=reports.append)
    recorder.collated(batch(4, 4))
    recorder.begin()
    with pytest.raises(CapReached):
        recorder.step()
    assert [(report["finished"], report["tweets"]) for report in reports] == [(False, 2)]
