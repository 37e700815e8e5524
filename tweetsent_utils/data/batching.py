"""From tokenised tweets to batches: padding, and batches of similar length that need little."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler


def pad(input_ids: Sequence[Sequence[int]], pad_id: int) -> dict[str, torch.Tensor]:
    """Pad B lists of token ids to the longest of them, of L tokens.

    Returns int64 tensors of shape (B, L): `input_ids`, and `attention_mask` with 1 on tokens and 0
    on padding.
    """
    lengths = np.fromiter(map(len, input_ids), dtype=np.int64, count=len(input_ids))
    is_token = np.arange(lengths.max()) < lengths[:, None]
    padded = np.full(is_token.shape, pad_id)
    padded[is_token] = np.concatenate(input_ids)  # row by row, as they come
    return {
        "input_ids": torch.from_numpy(padded),
        "attention_mask": torch.from_numpy(is_token.astype(np.int64)),
    }


def collate(items: Sequence[dict], pad_id: int) -> dict[str, torch.Tensor]:
    """Make a batch of B items of a `TweetDataset`, padded to the longest of them, of L tokens.

    Returns int64 tensors: `input_ids` and `attention_mask` (1 on tokens, 0 on padding) of shape
    (B, L), and `labels` and `row_ids` of shape (B,).
    """
    batch = pad([item["input_ids"] for item in items], pad_id)
    batch["labels"] = torch.tensor([item["label"] for item in items])
    batch["row_ids"] = torch.tensor([item["row_id"] for item in items])
    return batch


class LengthBucketSampler(Sampler[list[int]]):
    """Batches of tweets of similar length, in a new order every epoch.

    Each epoch shuffles all tweets, sorts every pool of `pool` batches by length, cuts it into
    batches and shuffles the batches. Every tweet comes exactly once an epoch. Seed and epoch alone
    decide the order.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        pool: int = 50,
    ) -> None:
        self.lengths = torch.as_tensor(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.pool = pool
        self.set_epoch(0)

    def set_epoch(
        self,
        epoch: int,
        skip: int = 0,
        lengths: Sequence[int] | None = None,
    ) -> None:
        """Choose the epoch that the next iteration gives, without its first `skip` batches.

        `lengths` are the tweets' own in this epoch, where they are not those of the last one.
        """
        self.epoch = epoch
        self.skip = skip
        if lengths is not None:
            self.lengths = torch.as_tensor(lengths)

    def __len__(self) -> int:
        all_batches = -(-len(self.lengths) // self.batch_size)  # rounded up
        return all_batches - self.skip

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        shuffled = torch.randperm(len(self.lengths), generator=generator)
        batches = []
        for pool in shuffled.split(self.pool * self.batch_size):
            by_length = pool[self.lengths[pool].argsort(stable=True)]
            batches += by_length.split(self.batch_size)
        order = torch.randperm(len(batches), generator=generator)
        for index in order[self.skip :].tolist():
            yield batches[index].tolist()


def batches_by_length(lengths: Sequence[int], batch_size: int) -> list[list[int]]:
    """Cut all tweets, shortest first, into batches for evaluation, where order does not matter."""
    order = torch.as_tensor(lengths).argsort(stable=True)
    return [batch.tolist() for batch in order.split(batch_size) if len(batch)]


def batches_by_tokens(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Cut all tweets, longest first, into batches of at most so many tokens, padding included.

    Short tweets come in large batches and long ones in small ones, so that each batch is about as
    much work. A tweet that is longer than that has a batch of its own. The longest come first, so
    that what does not fit into memory fails at once.
    """
    batches = []
    batch: list[int] = []
    for index in torch.as_tensor(lengths).argsort(stable=True, descending=True).tolist():
        longest = lengths[batch[0]] if batch else lengths[index]
        if batch and (len(batch) + 1) * longest > most_tokens:
            batches.append(batch)
            batch = []
        batch.append(index)
    return [*batches, batch] if batch else batches


def positions_per_token(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """Return how many positions a model computes for each token that the tweets hold.

    `batches` hold places in `lengths`. Each batch is padded to its longest tweet; without any
    padding the answer is 1.
    """
    computed = held = 0
    for batch in batches:
        in_batch = [lengths[index] for index in batch]
        computed += len(in_batch) * max(in_batch)
        held += sum(in_batch)
    return computed / held


def batches_at_random(lengths: Sequence[int], batch_size: int, seed: int) -> list[list[int]]:
    """Cut all tweets, in a seeded random order, into batches."""
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(lengths), generator=generator)
    return [batch.tolist() for batch in shuffled.split(batch_size)]
