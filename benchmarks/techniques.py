"""What we tried on the training: each technique a small piece that `recipes.py` plugs in.

Those that helped moved into the package; the others stay here, so that anybody can try again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import CountVectorizer
from torch import nn
from torch.nn.utils import parametrize

from tweetsent_utils.evaluation.ordinal_regression import CumulativeLogit
from tweetsent_utils.model.head import find_head

# Words that change what other words do. Leaving them out would change a tweet's label.
SHIFTERS = {
    "not",
    "no",
    "never",
    "nor",
    "neither",
    "none",
    "nothing",
    "nobody",
    "without",
    "but",
    "however",
    "though",
    "very",
    "really",
    "so",
    "too",
    "more",
    "most",
    "less",
    "least",
    "t",
    "don",
    "dont",
    "didn",
    "didnt",
    "doesn",
    "doesnt",
    "isn",
    "isnt",
    "can",
    "cant",
    "cannot",
    "won",
    "wont",
}
LEAST_WORDS, MOST_WORDS = 3, 15  # of a neutral tweet, in a row
ENOUGH_TWEETS = 5  # neutral ones that hold a word, before we take the word for neutral


def find_neutral_words(neutral_texts: Sequence[str]) -> set[str]:
    """Return the words of at least five neutral texts, in lower case, apart from `SHIFTERS`."""
    counts = Counter(word for text in neutral_texts for word in set(text.lower().split()))
    frequent = {word for word, count in counts.items() if count >= ENOUGH_TWEETS}
    return frequent - SHIFTERS


def drop_words(
    texts: Sequence[str],
    droppable: set[str],
    share: float,
    generator: np.random.Generator,
) -> list[str]:
    """Return N texts without a random `share` of those of their words that may be dropped."""
    shortened = []
    for text in texts:
        kept = [
            word
            for word in text.split()
            if word.lower() not in droppable or generator.random() >= share
        ]
        shortened.append(" ".join(kept) or text)
    return shortened


def insert_words(
    texts: Sequence[str],
    sources: Sequence[str],
    share: float,
    generator: np.random.Generator,
) -> list[str]:
    """Return N texts of which a random `share` got 3 to 15 words in a row of a random source.

    They go in at a random place. Where a label sums up what the words of a text say, words that say
    nothing of it change no label.
    """
    if not share or not sources:
        return list(texts)
    lengthened = []
    for text in texts:
        if generator.random() < share:
            source = sources[generator.integers(len(sources))].split()
            count = int(generator.integers(LEAST_WORDS, MOST_WORDS + 1))
            start = int(generator.integers(max(len(source) - count, 0) + 1))
            words = text.split()
            place = int(generator.integers(len(words) + 1))
            words[place:place] = source[start : start + count]
            text = " ".join(words)
        lengthened.append(text)
    return lengthened


@torch.no_grad()
def add_token_weights(
    model: nn.Module,
    input_ids: Sequence[Sequence[int]],
    labels: Sequence[int],
    distance: float,
) -> None:
    """Tell the embeddings of an encoder what a bag of tokens has learned from N labelled texts.

    An ordinal regression finds a weight for each token. Each embedding then moves along one random
    direction, the same for all, by its token's weight times `distance`.
    """
    counter = CountVectorizer(analyzer=list)  # a text is a list of token ids, each of them a word
    bag = CumulativeLogit().fit(counter.fit_transform(input_ids), np.array(labels))
    embeddings = model.get_input_embeddings().weight
    direction = F.normalize(torch.randn(embeddings.shape[1]), dim=0).to(embeddings)
    weights = torch.tensor(bag.coef_).to(embeddings)
    embeddings[counter.get_feature_names_out().astype(int)] += (
        distance * weights[:, None] * direction
    )


def masked_word_loss(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    layer: int,
    mask_id: int,
    special_ids: Sequence[int],
    share: float = 0.15,
) -> torch.Tensor:
    """Return the loss in nats of guessing a random share of a batch's tokens, which are masked.

    The guess is the embedding that is closest to the state after a `layer`, by their product.
    Masked language modelling: Devlin et al. 2019, https://arxiv.org/abs/1810.04805; on the texts of
    the task: Gururangan et al. 2020, https://arxiv.org/abs/2004.10964.
    """
    input_ids, attention_mask = batch["input_ids"], batch["attention_mask"]
    special_ids = torch.tensor(special_ids, device=input_ids.device)
    is_word = attention_mask.bool() & ~torch.isin(input_ids, special_ids)
    draws = torch.rand(input_ids.shape).to(input_ids.device)  # the same on every device
    is_masked = is_word & (draws < share)
    masked = input_ids.masked_fill(is_masked, mask_id)
    output = model(input_ids=masked, attention_mask=attention_mask, output_hidden_states=True)
    guesses = output.hidden_states[layer][is_masked] @ model.get_input_embeddings().weight.T
    return F.cross_entropy(guesses, input_ids[is_masked], reduction="sum") / is_masked.sum().clamp(
        1
    )


def read_before_training(
    model: nn.Module,
    batches: Iterable[dict[str, torch.Tensor]],
    layer: int,
    mask_id: int,
    special_ids: Sequence[int],
    max_lr: float,
) -> None:
    """Let an encoder guess the masked words of unlabelled batches, one update a batch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=max_lr, fused=True)
    model.train()
    for batch in batches:
        batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
        optimizer.zero_grad()
        masked_word_loss(model, batch, layer, mask_id, special_ids).backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
    model.zero_grad()


def neighbour_targets(classes: int, share: float) -> torch.Tensor:
    """Return target probabilities, of shape (classes, classes), for ordered classes.

    A class keeps 1 - `share`, and its one or two neighbours share the rest.
    """
    targets = torch.eye(classes) * (1 - share)
    for rank in range(classes):
        neighbours = [near for near in (rank - 1, rank + 1) if 0 <= near < classes]
        targets[rank, neighbours] = share / len(neighbours)
    return targets


class RankOne(nn.Module):
    """The weight of a head as one direction times a slope for each of K ordered classes.

    Used as a parametrization: `make_rank_one` puts it in place, `torch.nn.utils.parametrize`
    multiplies it out into the plain weight again.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.slopes = nn.Parameter(torch.linspace(-2, 2, classes)[:, None])

    def forward(self, direction: torch.Tensor) -> torch.Tensor:
        """Return the weight, of shape (K, H), for a direction of shape (1, H)."""
        return self.slopes * direction

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the direction to begin with, of shape (1, H), from a weight drawn at random."""
        return weight[-1:]


def make_rank_one(model: nn.Module) -> None:
    """Let the head of a classifier rank its classes along one direction."""
    head = find_head(model)
    parametrize.register_parametrization(head, "weight", RankOne(head.out_features), unsafe=True)


class TokenSum(nn.Module):
    """An auxiliary answer for K ordered classes: a number a token, summed, cut at K - 1 places.

    Cumulative link: McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x.
    """

    STEEPNESS = 2.0
    LEAST_PROBABILITY = 1e-4

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.worth = nn.Linear(width, 1, bias=False)
        self.cuts = nn.Parameter(torch.linspace(-2, 2, classes - 1))
        nn.init.normal_(self.worth.weight, std=0.01)

    def forward(
        self,
        hidden: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
    ) -> torch.Tensor:
        """Return the mean loss in nats for states of shape (B, L, H) and B labels."""
        total = (self.worth(hidden)[..., 0] * attention_mask).sum(dim=1, keepdim=True)
        below = torch.sigmoid(self.STEEPNESS * (self.cuts.sort().values - total))
        edges = F.pad(F.pad(below, (1, 0), value=0.0), (0, 1), value=1.0)
        probabilities = edges.diff(dim=1).clamp_min(self.LEAST_PROBABILITY)
        return F.nll_loss(probabilities.log(), labels)


def symmetric_divergence(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return how far two passes of the same B texts are apart, from logits (B, K), in nats.

    R-Drop: Wu et al. 2021, https://arxiv.org/abs/2106.14448.
    """
    first, second = first.log_softmax(dim=1), second.log_softmax(dim=1)
    there = F.kl_div(first, second, log_target=True, reduction="batchmean")
    back = F.kl_div(second, first, log_target=True, reduction="batchmean")
    return (there + back) / 2


@contextmanager
def worse_embeddings(model: nn.Module, distance: float) -> Iterator[None]:
    """Move the word embeddings up their gradient, by `distance` in all, for the time of a block.

    Fast gradient method: Miyato et al. 2017, https://arxiv.org/abs/1605.07725.
    """
    weight = model.get_input_embeddings().weight
    step = distance * weight.grad / weight.grad.norm().clamp_min(1e-12)
    with torch.no_grad():
        weight += step
    yield
    with torch.no_grad():
        weight -= step
