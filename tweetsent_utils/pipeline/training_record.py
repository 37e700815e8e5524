"""What goes on around a training loop: history, progress, checkpoints, and an end between steps."""

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
import torch
from safetensors.torch import load_model
from torch.utils.data import DataLoader

from tweetsent_utils.checksums import verify_folder, write_recorded, write_sealed_folder
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.live_training import TrainingProgress, TrainingWatch
from tweetsent_utils.pipeline.resuming import NOTEBOOK, release_finished, resume_training
from tweetsent_utils.show.progress import track_progress
from tweetsent_utils.training.checkpoints import BEST, save_checkpoint
from tweetsent_utils.training.history import epochs_since_best, read_losses
from tweetsent_utils.training.memory import explain_out_of_memory, is_out_of_memory
from tweetsent_utils.training.stopping import stop_between_steps

SCORES = "validation_"  # the columns of a history that begin so


class TrainingRecord:
    """The bookkeeping of one training, as a context around its loop.

    Entering it goes on where the run's training was left: at its last checkpoint, at its end if it
    is finished, or at its start. Inside, a signal to stop waits for the end of a step, a checkpoint
    is written, and `Stopped` says how far the training came. Leaving it writes `history.csv`. In
    JupyterLab, a figure of the training grows, with a button to stop it.

        with record:
            for epoch in record.epochs():
                for batch in record.batches(epoch):
                    record.add_step(train_step(model, batch, optimizer, scheduler))
                record.add_epoch(scores)

    `parts` are the `model`, the `optimizer` and the `scheduler`; `settings` is what the training
    depends on, as `gather_settings` returns it; `loader` gives the training batches, from a
    `LengthBucketSampler` and a `RotatedTweets` dataset. There is a checkpoint every `save_every`
    steps and after each epoch. With a `patience`, the training ends after that many epochs without
    a better macro-F1, and keeps the weights of the best. Where memory runs out, the error names a
    `micro_batch_size` that fits; give the one in use, or 0.
    """

    def __init__(
        self,
        run: Path,
        parts: dict[str, Any],
        settings: dict[str, Any],
        loader: DataLoader,
        save_every: int = 500,
        patience: int = 0,
        micro_batch_size: int = 0,
    ) -> None:
        self.checkpoints = run / "checkpoint"
        self.log = run / "progress.log"
        self.run = run
        self.parts = parts
        self.settings = settings
        self.loader = loader
        self.save_every = save_every
        self.patience = patience
        self.rows_at_once = micro_batch_size or loader.batch_sampler.batch_size
        self.total_epochs = settings["num_epochs"]
        self.epoch_steps = len(loader)
        self.total_steps = self.total_epochs * self.epoch_steps
        self.history: list[dict[str, Any]] = []
        self.seconds = 0.0
        self.in_step = False  # whether the loop has a batch, and not yet its loss

    def __enter__(self) -> Self:
        self.stopping = stop_between_steps()
        self.stop = self.stopping.__enter__()
        try:
            reached = resume_training(self.run, self.parts, self.settings)
        except BaseException as error:
            self.stopping.__exit__(type(error), error, error.__traceback__)
            raise
        self.history, self.seconds = reached["history"], reached["seconds"]
        self.progress = TrainingProgress(self.history, self.total_steps, self.total_epochs)
        self.watch = TrainingWatch(self.progress, self.stop)
        self.bars: list[Generator] = []
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.__exit__(kind, error, trace)
        for bar in self.bars:
            bar.close()  # a loop that was left in the middle leaves them open
        self.watch.close()
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            if not self.in_step:
                what = "memory ran out while the validation tweets were scored"
                raise TweetsentError(f"{what}: set a smaller eval_batch_size") from None
            precision = getattr(torch, self.settings["precision"].removeprefix("torch."))
            raise explain_out_of_memory(
                error, self.parts["model"], self.batch, precision, self.rows_at_once
            ) from None
        if error is None:
            self.keep_best()
            release_finished(self.run, self.settings)
            steps = self.steps
            write_recorded(
                self.run / "history.csv",
                lambda file: steps.to_csv(file, index=False),
            )

    def epochs(self) -> Iterator[int]:
        """Yield the numbers of the epochs that are left, from 0, with a progress bar."""
        remaining = range(len(self.history) // self.epoch_steps, self.total_epochs)
        if remaining and not self.is_out_of_patience():
            self.watch.open()
        bar = track_progress(remaining, "epochs", self.log)
        self.bars.append(bar)
        for epoch in bar:
            if self.is_out_of_patience():
                return
            yield epoch

    def is_out_of_patience(self) -> bool:
        """Tell whether the training ends, with a `patience`, before all of its epochs."""
        return bool(self.patience) and epochs_since_best(self.history) >= self.patience

    def batches(self, epoch: int) -> Iterator[dict[str, torch.Tensor]]:
        """Yield the batches that are left of an epoch, with a progress bar, and take the time."""
        done = len(self.history) % self.epoch_steps
        self.loader.dataset.set_epoch(epoch)
        self.loader.batch_sampler.set_epoch(epoch, done, self.loader.dataset.lengths)
        self.epoch = epoch
        self.started = time.perf_counter()
        name = f"epoch {epoch + 1} of {self.total_epochs}"
        tweets = len(self.loader.dataset)
        tweets_done = done * self.loader.batch_sampler.batch_size
        self.progress.begin_epoch()
        bar = track_progress(
            self.loader,
            name,
            self.log,
            tweets,
            tweets_done,
            words=self.progress.in_a_word,
            line=self.progress.in_a_line,
        )
        self.bars.append(bar)
        for batch in bar:
            self.batch = batch
            self.learning_rate = self.parts["scheduler"].get_last_lr()[0]
            self.in_step = True
            yield batch
        read_losses(self.history, self.checkpoints)
        self.seconds += time.perf_counter() - self.started

    def add_step(self, loss: torch.Tensor) -> None:
        """Add a step on the last batch, whose mean loss may stay on its device for now.

        Where a checkpoint is due, or somebody wants to stop, it is written.
        """
        self.in_step = False
        self.history.append(
            {
                "epoch": self.epoch + 1,
                "learning_rate": self.learning_rate,
                "row_ids": self.batch["row_ids"],
                "train_loss": loss,
            }
        )
        self.progress.add_step(len(self.batch["labels"]))
        if self.watch.is_due():
            read_losses(self.history, self.checkpoints)
            self.watch.look()
        steps = len(self.history)
        is_due = steps % self.save_every == 0 or self.stop.requested
        if is_due and steps % self.epoch_steps:
            read_losses(self.history, self.checkpoints)
            self.save(self.seconds + time.perf_counter() - self.started)
            self.stop.obey(steps, self.total_steps)

    def add_epoch(self, scores: dict[str, float]) -> None:
        """Add the validation scores of the epoch that has ended, and write a checkpoint."""
        self.history[-1] |= {f"{SCORES}{name}": value for name, value in scores.items()}
        if self.patience and epochs_since_best(self.history) == 0:
            write_sealed_folder(self.checkpoints / BEST, self.parts["model"].save_pretrained)
        self.progress.add_epoch()
        self.watch.look()
        self.save(self.seconds)
        self.stop.obey(len(self.history), self.total_steps)

    def save(self, seconds: float) -> None:
        """Write a checkpoint of a training that has taken so long."""
        progress = {"history": self.history, "seconds": seconds}
        save_checkpoint(self.checkpoints, self.parts, self.settings, progress)

    def keep_best(self) -> None:
        """With a `patience`, bring the model back to its best epoch, if its weights are there."""
        best = self.checkpoints / BEST
        if self.patience and best.exists():
            verify_folder(best, NOTEBOOK)
            load_model(self.parts["model"], str(best / "model.safetensors"))

    @property
    def steps(self) -> pd.DataFrame:
        """The history as a table: a row per step, with validation scores where an epoch ended."""
        table = pd.DataFrame(self.history)
        table.insert(0, "step", range(1, len(table) + 1))
        return table

    @property
    def scores(self) -> dict[str, float]:
        """The validation scores of the epoch whose weights are kept: the last, or the best."""
        ends = self.steps.dropna(subset="validation_loss")
        kept = ends["validation_macro_f1"].idxmax() if self.patience else ends.index[-1]
        row = ends.loc[kept].filter(like=SCORES)
        scores = {name.removeprefix(SCORES): float(value) for name, value in row.items()}
        return scores | {"rows": int(scores["rows"])}

    @property
    def timings(self) -> dict[str, float]:
        """The seconds in the loop, without validation, and the tweets per second."""
        epochs = len(self.history) // self.epoch_steps
        tweets = epochs * len(self.loader.dataset)
        return {"seconds": self.seconds, "tweets_per_second": tweets / self.seconds}
