"""A training while it runs: its figures, a figure that grows in JupyterLab, and a way to stop."""

import time
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display
from ipywidgets import Button, VBox
from tqdm import tqdm

from tweetsent_utils.explore.line_chart import Line, draw_lines, spread_evenly
from tweetsent_utils.explore.live_html import WIDGET_VIEW, LiveHTML, hear_while_busy, make_still
from tweetsent_utils.show.display import is_interactive
from tweetsent_utils.show.training_plots import smooth_losses
from tweetsent_utils.training.stopping import StopRequest

BLUE = "#4393c3"  # as legible on a dark page as on a light one
SECONDS_BETWEEN_LOOKS = 2.0
MOST_SHARE = 0.01  # of a training's time that looking at it may take
LEAST_STEPS = 20  # on the horizontal axis
HOW_TO_STOP = (
    "To stop, press the button below or the square in the toolbar: the step is finished and a"
    " checkpoint is written. Run the cell again, and the training goes on; with Run Selected Cell"
    " and All Below, in the Run menu, so does the rest of the notebook."
)

Point = tuple[float, float]


class TrainingProgress:
    """How far a training is, as numbers, in a few words for a bar, as a line and as a picture.

    `history` is the training's own list, which grows: a row for each step, with its `train_loss`
    and `learning_rate`, and validation scores where an epoch has ended. `look` reads it, when all
    of its losses are numbers. Steps and tweets are timed from the first of this session on.
    """

    def __init__(self, history: list[dict[str, Any]], total_steps: int, total_epochs: int) -> None:
        self.history = history
        self.total_steps = total_steps
        self.total_epochs = total_epochs
        self.steps = self.tweets = 0  # of this session
        self.seconds = 0.0  # that they took
        self.validation_seconds = 0.0  # of the last validation
        self.clock = time.perf_counter()
        self.look()

    def begin_epoch(self) -> None:
        """Start the clock."""
        self.clock = time.perf_counter()

    def add_step(self, tweets: int) -> None:
        """Count a step, which was one on so many tweets."""
        self.seconds += self.stop_clock()
        self.steps += 1
        self.tweets += tweets

    def add_epoch(self) -> None:
        """Take the time that a validation took, from the last step on."""
        self.validation_seconds = self.stop_clock()

    def stop_clock(self) -> float:
        """Return the seconds since the clock was read last."""
        before, self.clock = self.clock, time.perf_counter()
        return self.clock - before

    def look(self) -> None:
        """Read the curves from the history, thinned."""
        losses = pd.DataFrame({"train_loss": [row["train_loss"] for row in self.history]})
        smooth, self.window = smooth_losses(losses.astype(float))
        kept = spread_evenly(len(self.history))
        self.losses = [(step + 1, float(smooth.iloc[step])) for step in kept]
        self.rates = [(step + 1, self.history[step]["learning_rate"]) for step in kept]
        self.validation_losses = self.column("validation_loss")
        self.accuracies = self.column("validation_accuracy")

    def column(self, name: str) -> list[Point]:
        """Return a score by the step at which an epoch has ended."""
        rows = enumerate(self.history, start=1)
        return [(step, float(row[name])) for step, row in rows if name in row]

    @property
    def step(self) -> int:
        """The last step that was looked at; 0 before the first."""
        return self.losses[-1][0] if self.losses else 0

    def seconds_left(self) -> float | None:
        """Return the time that is left if all goes on as in this session; None if unknown."""
        if not self.steps:
            return None
        validations = self.total_epochs - len(self.validation_losses)
        steps = self.total_steps - len(self.history)
        return steps * self.seconds / self.steps + validations * self.validation_seconds

    def numbers(self) -> dict[str, str]:
        """Return the figures of the moment by name, those that are known."""
        found = {"step": f"{self.step:,} of {self.total_steps:,}"}
        if self.losses:
            found["loss"] = f"{self.losses[-1][1]:.2f}"
            found["learning rate"] = f"{self.rates[-1][1]:.1e}"
        if self.seconds:
            speed = self.tweets / self.seconds
            found["tweets/s"] = f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"
        left = self.seconds_left()
        if left is not None:
            found["time left"] = tqdm.format_interval(left)
        return found

    def in_a_word(self) -> str:
        """Return what a bar has room for."""
        return f"loss {self.losses[-1][1]:.2f}" if self.losses else ""

    def in_a_line(self) -> str:
        """Return the figures as a line of text."""
        names = {"loss": "loss {}", "learning rate": "learning rate {}"}
        names |= {"tweets/s": "{} tweets/s", "time left": "{} left"}
        found = self.numbers()
        rest = [words.format(found[name]) for name, words in names.items() if name in found]
        return ", ".join([f"step {found['step']}", *rest])

    def best(self) -> str:
        """Return the best validation accuracy so far; an empty text before the first."""
        scores = [(score, -step) for step, score in self.accuracies if np.isfinite(score)]
        if not scores:
            return ""
        score, step = max(scores)
        epoch = [step for step, _ in self.accuracies].index(-step) + 1
        return f"{score:.2f} (epoch {epoch})"

    def html(self) -> str:
        """Return the figures and the curves, with words for those who do not see them."""
        epoch = min(len(self.validation_losses) + 1, self.total_epochs)
        found = {"epoch": f"{epoch} of {self.total_epochs}"} | self.numbers()
        found["best validation accuracy"] = self.best() or "none yet"
        items = [
            f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in found.items()
        ]
        return f'<dl class="numbers">{"".join(items)}</dl>{self.draw()}'

    def draw(self) -> str:
        """Return the curves as SVG: train and validation loss, validation accuracy, rate."""
        mean = f"mean of {self.window}" if self.window > 1 else "each batch"
        train = Line(f"train, {mean}", to_points(self.losses), "currentColor")
        validation = Line("validation", to_points(self.validation_losses), BLUE, has_dots=True)
        accuracy = Line("validation", to_points(self.accuracies), BLUE, has_dots=True)
        rate = Line("rate", to_points(self.rates), "currentColor")
        charts = {
            f"loss (nats; {mean}), validation: dots": [train, validation],
            "validation accuracy, after each epoch": [accuracy],
            "learning rate": [rate],
        }
        limits = (0, self.last_step_drawn())
        axis = f"training step, of {self.total_steps:,}"
        drawn = [draw_lines(title, axis, limits, lines) for title, lines in charts.items()]
        return f'<div class="row">{"".join(drawn)}</div>'

    def last_step_drawn(self) -> int:
        """Return where the horizontal axis ends, so that even a short curve takes a part of it."""
        last = self.total_steps
        while last // 2 >= max(2 * self.step, LEAST_STEPS):
            last //= 2
        return last


def to_points(points: Sequence[Point]) -> np.ndarray:
    """Return N points as an array of shape (N, 2)."""
    return np.array(points, dtype=float).reshape(-1, 2)


class TrainingWatch:
    """Looks at a training every other second, and shows it in JupyterLab.

    A look that takes long makes the next one wait, so that all together take no more than
    `MOST_SHARE` of the time.
    """

    def __init__(self, progress: TrainingProgress, stop: StopRequest) -> None:
        self.progress = progress
        self.stop = stop
        self.figure: LiveFigure | None = None
        self.next_look = time.perf_counter() + SECONDS_BETWEEN_LOOKS

    def open(self) -> None:
        """Show the figure, where somebody watches."""
        if is_interactive():
            self.figure = LiveFigure(self.progress, self.stop)

    def is_due(self) -> bool:
        """Tell whether it is time to look."""
        return time.perf_counter() >= self.next_look

    def look(self) -> None:
        """Bring figures and figure up to date. All losses must have been read."""
        started = time.thread_time()
        self.progress.look()
        if self.figure:
            self.figure.update()
        pause = max(SECONDS_BETWEEN_LOOKS, (time.thread_time() - started) / MOST_SHARE)
        self.next_look = time.perf_counter() + pause

    def close(self) -> None:
        """Leave the figure as it is, as a picture that needs no kernel."""
        if self.figure:
            self.figure.close()
            self.figure = None


class LiveFigure:
    """The figure of a training in a notebook, and a button that stops the training."""

    def __init__(self, progress: TrainingProgress, stop: StopRequest) -> None:
        self.progress = progress
        self.stop = stop
        self.page = LiveHTML(label="The training so far")
        self.button = Button(
            description="Stop after this step",
            icon="stop",
            tooltip="Finish this step, write a checkpoint, and end the cell",
            layout={"width": "max-content", "margin": "0 2px 6px"},
        )
        self.button.on_click(self.ask)
        hear_while_busy(self.button)
        self.box = VBox([self.page, self.button])
        self.update()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        data = make_still(progress.html()) | {WIDGET_VIEW: view}
        self.output = display(data, raw=True, display_id=True)

    def ask(self, button: Button) -> None:
        """Ask the training to stop. This may run in another thread, while a step is computed."""
        self.stop.ask()
        button.disabled = True
        button.description = "Stopping after this step"

    def update(self) -> None:
        """Show how far the training is."""
        how = f'<p class="quiet">{HOW_TO_STOP}</p>'
        self.page.html = self.progress.html() + how

    def close(self) -> None:
        """Put the picture in the place of the widgets."""
        self.output.update(make_still(self.progress.html()), raw=True)
        for widget in (self.box, self.page, self.button):
            widget.close()
