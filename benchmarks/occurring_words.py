"""AdamW for the word embeddings that occur in a batch, and what the others miss in the meantime."""

import torch
import torch.nn.functional as F
from torch import nn

from tweetsent_utils.training.optimization import make_optimizer, make_scheduler

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8  # torch's own of AdamW


class OccurringWords:
    """AdamW for a table of word embeddings, of which a step touches only the rows that occur.

    AdamW moves a row even where it has no gradient, along its fading average of earlier ones. With
    `makes_up`, these moves are written down, as one number a row, and made when the row is read
    again; the result is AdamW's up to rounding and its epsilon. Without, they are left out.

    For a row whose averages were m and v after step s, step t > s moves it by
    -lr(t) * r**(t-s) * sqrt(1 - b2**t) / (1 - b1**t) * m / sqrt(v), with r = b1 / sqrt(b2), after
    it has decayed by 1 - lr(t) * weight_decay. All but m and v are the same for each number
    of the row, so that `drift` sums them up and `shrinkage` multiplies the decays.
    """

    def __init__(self, table: torch.Tensor, weight_decay: float, makes_up: bool) -> None:
        self.table = table  # of shape (words, width)
        self.weight_decay = weight_decay
        self.makes_up = makes_up
        self.average = torch.zeros_like(table)
        self.average_of_squares = torch.zeros_like(table)
        self.steps = 0
        self.last_step = torch.zeros(len(table), dtype=torch.int64)
        self.drift = torch.zeros(len(table))
        self.shrinkage = torch.ones(len(table))

    def read(self, words: torch.Tensor) -> torch.Tensor:
        """Bring the rows of some different words up to date; return them, (words, width)."""
        rows = self.table[words]
        if self.makes_up:
            average = self.average[words]
            squares = self.average_of_squares[words]
            eps = EPS * (1 - BETA2 ** max(self.steps, 1)) ** 0.5
            direction = average / (squares.sqrt() + eps)
            rows = rows * self.shrinkage[words, None] - self.drift[words, None] * direction
            missed = (self.steps - self.last_step[words])[:, None]
            self.table[words] = rows
            self.average[words] = average * BETA1**missed
            self.average_of_squares[words] = squares * BETA2**missed
            self.last_step[words] = self.steps
            self.drift[words] = 0.0
            self.shrinkage[words] = 1.0
        return rows

    def step(self, words: torch.Tensor, gradient: torch.Tensor, lr: float) -> None:
        """Move the rows of some different words, which were just read; remember what others miss.

        `gradient` has the shape (words, width).
        """
        self.steps += 1
        decay = 1 - lr * self.weight_decay
        bias1 = 1 - BETA1**self.steps
        bias2 = 1 - BETA2**self.steps
        average = self.average[words].lerp_(gradient, 1 - BETA1)
        squares = self.average_of_squares[words].mul_(BETA2)
        squares.addcmul_(gradient, gradient, value=1 - BETA2)
        size = (squares / bias2).sqrt_().add_(EPS)
        rows = self.table[words].mul_(decay).addcdiv_(average, size, value=-lr / bias1)
        self.table[words] = rows
        self.average[words] = average
        self.average_of_squares[words] = squares
        if self.makes_up:
            fading = (BETA1 / BETA2**0.5) ** (self.steps - self.last_step)
            self.drift.mul_(decay).add_(fading, alpha=lr * bias2**0.5 / bias1)
            self.shrinkage.mul_(decay)
            self.last_step[words] = self.steps
            self.drift[words] = 0.0
            self.shrinkage[words] = 1.0

    def read_all(self) -> torch.Tensor:
        """Bring the whole table up to date and return it, as saving and scoring need it."""
        return self.read(torch.arange(len(self.table)))


class OccurringWordsTraining:
    """A training of a BERT whose steps see a small vocabulary: the words of their batch."""

    def __init__(
        self,
        model: nn.Module,
        max_lr: float,
        weight_decay: float,
        total_steps: int,
        makes_up: bool,
    ) -> None:
        self.model = model
        self.embedding = model.get_input_embeddings()
        table = self.embedding.weight.detach().clone()
        self.words = OccurringWords(table, weight_decay, makes_up)
        # The optimizer of all other weights does not know of the words.
        self.embedding.weight.requires_grad_(False)
        self.embedding.padding_idx = None  # a place in the whole vocabulary
        self.optimizer = make_optimizer(model, max_lr, weight_decay)
        self.scheduler = make_scheduler(self.optimizer, max_lr, total_steps, warmup_ratio=0.1)

    def step(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Update the model once, as `train_step` does; return the loss."""
        self.model.train()
        self.optimizer.zero_grad()
        words, places = batch["input_ids"].unique(return_inverse=True)
        self.embedding.weight = nn.Parameter(self.words.read(words))
        logits = self.model(input_ids=places, attention_mask=batch["attention_mask"]).logits
        loss = F.cross_entropy(logits, batch["labels"])
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0)
        lr = self.scheduler.get_last_lr()[0]
        self.optimizer.step()
        self.words.step(words, self.embedding.weight.grad, lr)
        self.scheduler.step()
        return loss.detach()
