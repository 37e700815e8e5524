"""A scorer without a model, for what is around it."""

import time

import numpy as np

from tweetsent_utils.scoring.answers import Answers


class StubScorer:
    """Answers by the length of a text, after a moment."""

    label_order = ["short", "long"]
    unsure_below = 0.5

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def read(self, values):
        time.sleep(self.seconds)
        is_text = np.array([bool(value) for value in values], dtype=bool)
        is_long = np.array([len(value or "") > 8 for value in values], dtype=np.float32)
        probabilities = np.stack([1 - is_long, is_long], axis=1)
        probabilities[~is_text] = np.nan
        reasons = ["" if value else "no text" for value in values]
        distinct = len({value for value in values if value})
        return Answers(probabilities, np.zeros(len(values), dtype=bool), reasons, distinct)
