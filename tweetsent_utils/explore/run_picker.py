"""A picker of runs for notebook 6: their curves over each other, their scores, what differs."""

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from tweetsent_utils.evaluation.comparison import (
    GAP,
    find_differing,
    shorten_names,
    summarize_runs,
    training_curves,
)
from tweetsent_utils.explore.buttons import button
from tweetsent_utils.explore.foreign_text import shorten
from tweetsent_utils.explore.line_chart import Line, draw_lines, draw_sample, spread_evenly
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.show.comparison_plots import COLORS

DASHES = ("", "7 3", "2 3", "9 3 2 3")  # with the six colours in turn, twelve different looks
MOST_AT_FIRST = 6  # runs that are ticked before anybody has chosen
NAME_CHARACTERS = 40
VALUE_CHARACTERS = 60
PANELS = {  # what each draws, and whether it has a value after every epoch only
    "train loss (nats), running mean": ("train_loss", False),
    "validation accuracy": ("validation_accuracy", True),
    "validation loss (nats)": ("validation_loss", True),
}


class RunPicker:
    """Knows which runs are ticked and which one is looked at, and draws them.

    `histories` are tables by training step, `table` ranks the runs (`rank_runs`), `parameters` are
    those of `tabulate_parameters`, and `task` numbers the runs' tasks (`number_tasks`). A run goes
    by its rank, from 0 on.
    """

    def __init__(
        self,
        histories: Mapping[str, pd.DataFrame],
        table: pd.DataFrame,
        parameters: pd.DataFrame,
        task: pd.Series,
    ) -> None:
        self.names = list(table.index)
        self.short = [shorten(name, NAME_CHARACTERS) for name in shorten_names(self.names).values()]
        self.curves = [read_curves(histories[name]) for name in self.names]
        self.summary = summarize_runs(table)
        self.parameters = parameters.loc[self.names].fillna(GAP)
        self.task = task[self.names].tolist()
        self.ticked = set(range(min(len(self.names), MOST_AT_FIRST)))
        self.looked_at: int | None = None

    def pick(self, what: str) -> None:
        """Do what was clicked: "tick 3", "look 3", "curve 3", "all", "none" or "task 2"."""
        action, _, number = what.partition(" ")
        if action == "tick":
            self.ticked ^= {int(number)}
        elif action in ("look", "curve"):
            self.looked_at = None if self.looked_at == int(number) else int(number)
        elif action == "all":
            self.ticked = set(range(len(self.names)))
        elif action == "none":
            self.ticked = set()
        elif action == "task":
            self.ticked = {rank for rank, task in enumerate(self.task) if task == int(number)}
        if self.looked_at not in self.ticked:
            self.looked_at = None

    def html(self, has_controls: bool = False) -> str:
        """Return the ticked runs as HTML: charts, scores, and what the run looked at differs in."""
        parts = [self.ticks_to_html()] if has_controls else []
        if self.ticked:
            parts += [self.charts(), self.table_to_html(has_controls), self.warning()]
        else:
            parts.append("<p>Tick a run to see its curves.</p>")
        if self.looked_at is not None:
            parts.append(self.differences_to_html())
        return "".join(parts)

    def ticks_to_html(self) -> str:
        """Return a checkbox for each run, and buttons for many at once."""
        boxes = []
        for rank, name in enumerate(self.short):
            state = "checked" if rank in self.ticked else ""
            box = f'<input type="checkbox" data-pick="tick {rank}" {state}>'
            boxes.append(f"<label>{box} <bdi>{escape(name)}</bdi></label>")
        choices = ["all", "none"]
        tasks = sorted(set(self.task))
        if len(tasks) > 1:
            choices += [f"task {task}" for task in tasks]
        buttons = [button(choice, choice) for choice in choices]
        return (
            f"<fieldset><legend>Which runs?</legend>"
            f'<div class="row many">{"".join(boxes)}</div>'
            f'<div class="row">{"".join(buttons)}</div></fieldset>'
        )

    def line(self, rank: int, column: str, has_dots: bool) -> Line:
        """Return a run's line in the panel of a column."""
        is_looked_at = rank == self.looked_at
        return Line(
            name=self.short[rank],
            points=self.curves[rank][column],
            color=COLORS[rank % len(COLORS)],
            dashes=DASHES[rank % len(DASHES)],
            has_dots=has_dots,
            width=3.5 if is_looked_at else 1.8,
            opacity=1.0 if is_looked_at or self.looked_at is None else 0.4,
            pick=f"curve {rank}",
        )

    def charts(self) -> str:
        """Return the panels of curves; one that no run has anything for is left out."""
        ranks = sorted(self.ticked, key=lambda rank: (rank == self.looked_at, rank))
        charts = []
        for title, (column, has_dots) in PANELS.items():
            lines = [self.line(rank, column, has_dots) for rank in ranks]
            if any(len(line.points) for line in lines):
                charts.append(draw_lines(title, "share of training (%)", (0, 100), lines))
        return f'<div class="row">{"".join(charts)}</div>'

    def table_to_html(self, has_controls: bool) -> str:
        """Return the scores of the ticked runs, the best first, each with a piece of its line."""
        has_tasks = len(set(self.task)) > 1
        heads = ["", "run", *self.summary.columns, *(["task"] if has_tasks else [])]
        rows = ["".join(f'<th scope="col" class="quiet">{head}</th>' for head in heads)]
        for rank in sorted(self.ticked):
            name = f"<bdi>{escape(self.short[rank])}</bdi>"
            if has_controls:
                name = button(f"look {rank}", name, is_pressed=rank == self.looked_at)
            values = [format_score(value) for value in self.summary.iloc[rank]]
            cells = [draw_sample(self.line(rank, "train_loss", has_dots=False)), name, *values]
            cells += [str(self.task[rank])] if has_tasks else []
            rows.append("".join(f"<td>{cell}</td>" for cell in cells))
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    def warning(self) -> str:
        """Return what to bear in mind where the ticked runs have several tasks, or nothing."""
        if len({self.task[rank] for rank in self.ticked}) < 2:
            return ""
        return "<p>These runs have different tasks, so their scores don't compare.</p>"

    def differences_to_html(self) -> str:
        """Return the parameters in which the run looked at differs from other ticked ones."""
        own = self.names[self.looked_at]
        title = f"<b><bdi>{escape(self.short[self.looked_at])}</bdi></b>"
        if self.short[self.looked_at] != own:
            title += f' <span class="quiet"><bdi>{escape(shorten(own, 200))}</bdi></span>'
        others = [self.names[rank] for rank in sorted(self.ticked - {self.looked_at})]
        if not others:
            return f"<p>{title}: tick another run to see in which parameters the two differ.</p>"
        rows = []
        for parameter in find_differing(self.parameters.loc[[own, *others]]):
            value = self.parameters.loc[own, parameter]
            theirs = self.parameters.loc[others, parameter]
            theirs = theirs[theirs != value].unique()
            if len(theirs):
                cells = [value, ", ".join(shorten(other, VALUE_CHARACTERS) for other in theirs)]
                cells = [f"<td><bdi>{quote_value(cell)}</bdi></td>" for cell in cells]
                name = escape(shorten(str(parameter), NAME_CHARACTERS))
                rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>')
        if not rows:
            return f"<p>{title}: all parameters are those of the other ticked runs.</p>"
        heads = "".join(
            f'<th scope="col" class="quiet">{head}</th>'
            for head in ("parameter", "this run", "other ticked runs")
        )
        return f"<p>{title} differs in:</p><table><tr>{heads}</tr>{''.join(rows)}</table>"


def read_curves(history: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return a run's curves by column, each of shape (points, 2): share of training, and value.

    A column that the history lacks is a curve without points.
    """
    loss, accuracy = training_curves(history)
    validation_loss = pd.Series(dtype=float)
    if "validation_loss" in history:
        by_share = history.set_index(100 * history.index / history.index.max())
        validation_loss = by_share["validation_loss"].dropna()
    curves = {
        "train_loss": loss,
        "validation_accuracy": accuracy,
        "validation_loss": validation_loss,
    }
    return {name: as_points(curve) for name, curve in curves.items()}


def as_points(curve: pd.Series) -> np.ndarray:
    """Return a curve as an array of shape (points, 2), with no more points than a chart shows."""
    points = np.column_stack([curve.index.to_numpy(dtype=float), curve.to_numpy(dtype=float)])
    return points[spread_evenly(len(points))]


def format_score(value: object) -> str:
    """Return a cell of the table of scores: three decimals, whole numbers, or a gap as it is."""
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))


def quote_value(value: object) -> str:
    """Return a parameter's value as HTML; an empty text is shown as one."""
    return escape(shorten(str(value), 3 * VALUE_CHARACTERS)) or "''"


def make_panel(picker: RunPicker) -> LiveHTML:
    """Return the runs to tick and to click on."""
    page = LiveHTML(label="runs, their curves and scores", html=picker.html(has_controls=True))

    def pick(what: str) -> None:
        picker.pick(what)
        page.html = picker.html(has_controls=True)

    page.on_pick(pick)
    return page


def pick_runs(
    histories: Mapping[str, pd.DataFrame],
    table: pd.DataFrame,
    parameters: pd.DataFrame,
    task: pd.Series,
) -> None:
    """Show runs to tick: their curves, their scores, and in what one differs from the others.

    `histories` are tables by training step, `table` ranks the runs (`rank_runs`), `parameters` are
    those of `tabulate_parameters`, and `task` numbers the runs' tasks (`number_tasks`).
    """
    picker = RunPicker(histories, table, parameters, task)
    display_live(lambda: make_panel(picker), picker.html())
