"""The same tweet in other words' order, so that a model does not learn training tweets by heart."""

from collections.abc import Sequence

import numpy as np


def rotate(texts: Sequence[str], share: float, generator: np.random.Generator) -> list[str]:
    """Return N texts of which a random `share` begins at a random word, with its start at the end.

    Document rotation: Lewis et al., https://arxiv.org/abs/1910.13461.
    """
    rotated = []
    for text in texts:
        words = text.split()
        start = int(generator.integers(max(len(words), 1)))
        is_rotated = generator.random() < share and start > 0
        rotated.append(" ".join(words[start:] + words[:start]) if is_rotated else text)
    return rotated
