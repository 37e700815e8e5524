"""What an export loses, worked by hand."""

import numpy as np
import pytest
import torch

from tweetsent_utils.export.comparison import compare_logits, loses_too_much, time_answers


def test_agreement_and_the_farthest_probability():
    reference = np.log([[0.75, 0.25], [0.5, 0.5]])
    logits = np.log([[0.25, 0.75], [0.6, 0.4]])
    found = compare_logits(logits, reference)
    assert found["agreement"] == 0.5
    assert found["largest_difference"] == pytest.approx(0.5)
    assert found["mean_difference"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("accuracy", "is_too_much"),
    [(0.80, False), (0.795, False), (0.7949, True), (0.9, False)],
)
def test_half_a_point_may_be_lost_and_no_more(accuracy, is_too_much):
    assert loses_too_much(accuracy, 0.8) is is_too_much


def test_answers_come_back_in_the_order_given():
    texts = [[5] * length for length in (3, 1, 4, 2, 5)]

    def count_tokens(batch: dict[str, torch.Tensor]) -> np.ndarray:
        return batch["attention_mask"].sum(dim=1, keepdim=True).numpy()

    logits, rate = time_answers(count_tokens, texts, pad_id=0, batch_size=2)
    assert logits[:, 0].tolist() == [3, 1, 4, 2, 5]
    assert rate > 0
