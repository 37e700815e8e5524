"""Figures of the notebooks that go deeper: speed, interruption, memory, pooling and rotation."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tweetsent_utils.show.style import WIDTH

MIB = 2**20
# Okabe and Ito's, apart by lightness too.
DARK, STRONG, LIGHT, PALE = "#222222", "#0072b2", "#56b4e9", "#d9d9d9"
ACCENT = "#d55e00"
PART_COLORS = (DARK, STRONG, LIGHT, "#e69f00")
NAME_WIDTH, TITLE_WIDTH = 22, 52  # characters of a line at the left of a bar, and of a title


def put_title(figure: Figure, title: str) -> None:
    """Put a title at the left above a figure, in as many lines as a phone needs."""
    figure.suptitle(fill(title, TITLE_WIDTH), x=0.01, ha="left")


def label_bars(
    axis: Axes,
    names: Sequence[str],
    lengths: Sequence[float],
    form: str,
    ends: Sequence[float] | None = None,
) -> None:
    """Put names at the left of horizontal bars, the first on top, and lengths at their ends.

    Where something is drawn beyond a bar, `ends` says how far.
    """
    axis.set_yticks(range(len(names)), [fill(name, NAME_WIDTH) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.grid(False)
    ends = lengths if ends is None else ends
    for place, (length, end) in enumerate(zip(lengths, ends, strict=True)):
        axis.annotate(
            format(length, form),
            (end, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    axis.set_xlim(0, 1.15 * max(ends))


def plot_published_speed(summary: Sequence[Mapping], runs: Sequence[Mapping]) -> Figure:
    """Draw the tweets per second of measured trainings: a bar for the median, a dot for each run.

    `summary` and `runs` are those of `outputs/reference/bench/speed.json`; a run has `tweets`,
    `seconds` and the `precision` that colours its bar. Runs on another device than the first row's
    are left out.
    """
    device = summary[0]["device"]
    rows = [row for row in summary if row["device"] == device]
    medians = [row["tweets_per_second"] for row in rows]
    figure, axis = plt.subplots(figsize=(WIDTH, 0.6 * len(rows) + 1.2))
    names, ends = [], []
    for place, (row, median) in enumerate(zip(rows, medians, strict=True)):
        own = [run for run in runs if run["peer"] == row["peer"] and run["device"] == device]
        speeds = [run["tweets"] / run["seconds"] for run in own]
        precision = own[0]["precision"]
        names.append(f"{row['title']} ({precision})")
        ends.append(max(median, *speeds))
        axis.barh(place, median, color=PALE if precision == "float32" else LIGHT, height=0.65)
        axis.plot(speeds, [place] * len(speeds), "o", color=DARK, markersize=4)
    label_bars(axis, names, medians, ".0f", ends)
    axis.set_xlabel("tweets per second (bar: median, dots: runs)")
    ratio = max(medians) / medians[0]
    put_title(figure, f"The fastest trains {ratio:.1f} times as many tweets a second")
    return figure


def plot_times(times: Mapping[str, Mapping[str, float]], unit: str) -> Figure:
    """Draw where time goes, by kind of work, a bar for each of one or two profiles.

    `times` maps the name of a profile to its times or shares by kind, and `unit` names what they
    are. Kinds are ordered by the first profile.
    """
    kinds = order_kinds(times)
    height = 0.8 / len(times)
    colors = (PALE, STRONG) if len(times) > 1 else (STRONG,)
    figure, axis = plt.subplots(figsize=(WIDTH, (0.35 + 0.12 * len(times)) * len(kinds) + 1.3))
    for number, (name, color) in enumerate(zip(times, colors, strict=False)):
        places = np.arange(len(kinds)) + (number - (len(times) - 1) / 2) * height
        axis.barh(places, [times[name][kind] for kind in kinds], height, color=color, label=name)
    axis.set_yticks(range(len(kinds)), [fill(kind, NAME_WIDTH) for kind in kinds])
    axis.set_ylim(len(kinds) - 0.5, -0.5)
    axis.grid(False)
    axis.set_xlabel(unit)
    if len(times) > 1:
        axis.legend(loc="lower right")
    put_title(figure, title_of_times(list(times.values())))
    return figure


def describe_times(times: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Say in words what `plot_times` draws of the same arguments, in the same order."""
    numbers = [
        f"{kind} " + " and ".join(f"{profile[kind]:.0f}" for profile in times.values())
        for kind in order_kinds(times)
    ]
    title = title_of_times(list(times.values()))
    return f"{title}. Bars in {unit} for {' and '.join(times)}: {', '.join(numbers)}"


def order_kinds(times: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the kinds of work, those that take longest in the first profile first."""
    first = next(iter(times.values()))
    return sorted(first, key=lambda kind: first[kind], reverse=True)


def title_of_times(times: Sequence[Mapping[str, float]]) -> str:
    """Say which kind of work shrank most from the first profile to the last, or takes most."""
    first, last = times[0], times[-1]
    shrinkage = {kind: first[kind] / last[kind] for kind in first if last[kind] > 0}
    kind = max(shrinkage, key=lambda kind: shrinkage[kind], default="")
    if shrinkage and shrinkage[kind] > 1:
        return f"What shrinks most, {shrinkage[kind]:.1f} times: {kind}"
    largest = max(first, key=lambda kind: first[kind])
    return f"The largest part, {first[largest] / sum(first.values()):.0%}: {largest}"


def plot_rates(rates: Mapping[str, float]) -> Figure:
    """Draw the tweets per second of one training, changed step by step, as a ladder of bars."""
    names, speeds = list(rates), list(rates.values())
    figure, axis = plt.subplots(figsize=(WIDTH, 0.55 * len(names) + 1.2))
    colors = [PALE] + [STRONG] * (len(names) - 1)
    axis.barh(range(len(names)), speeds, color=colors, height=0.65)
    label_bars(axis, names, speeds, ".0f")
    axis.set_xlabel("tweets per second")
    gains = np.diff(speeds)
    best = names[1 + int(gains.argmax())].removeprefix("+ ")
    title = f"The largest gain here: {best}" if gains.max() > 0 else "Here, nothing of this helps"
    put_title(figure, title)
    return figure


def draw_random_bits(p: float, seed: int) -> Figure:
    """Draw how one random number of 64 bits decides about four activations, for dropout with `p`.

    An activation is kept if its 16 bits, read as a number from -32,768 on, reach a threshold.
    """
    number = np.random.default_rng(seed).integers(0, 2, size=64)
    threshold = round(p * 2**16) - 2**15
    figure, axis = plt.subplots(figsize=(WIDTH, 2.9))
    axis.set_axis_off()
    axis.set(xlim=(0, 64), ylim=(-0.3, 4.3))
    kept_bits = 0
    for part in range(4):
        bits = number[16 * part : 16 * (part + 1)]
        value = int("".join(map(str, bits)), 2)
        value -= 2**16 if value >= 2**15 else 0
        is_kept = value >= threshold
        kept_bits += is_kept
        color = STRONG if is_kept else ACCENT
        left = 16 * part + 0.5
        for place, bit in enumerate(bits):
            box = (left + place * 15 / 16, 3.1)
            fill = color if bit else "white"
            axis.add_patch(Rectangle(box, 15 / 16, 0.7, facecolor=fill, edgecolor=color, lw=0.8))
        axis.annotate("", (left + 7.5, 2.35), (left + 7.5, 3.0), arrowprops={"arrowstyle": "->"})
        axis.text(left + 7.5, 2.0, f"{value:,}", ha="center", va="center", fontsize=12)
        sign = "≥" if is_kept else "<"
        axis.text(left + 7.5, 1.4, f"{sign} {threshold:,}", ha="center", va="center", fontsize=12)
        verdict = f"kept,\ntimes {1 / (1 - p):.2f}" if is_kept else "dropped"
        axis.text(left + 7.5, 0.5, verdict, ha="center", va="center", color=color, fontsize=12)
    axis.text(0.5, 4.0, "64 random bits: four numbers of 16", va="center", fontsize=11)
    count = ("none", "one", "two", "three", "all")[kept_bits]
    title = f"This random number keeps {count} of four activations"
    put_title(figure, title)
    return figure


def draw_checkpoints(
    total_steps: int, epoch_steps: int, save_every: int, stopped_at: int
) -> Figure:
    """Draw a training as a line of steps: its epochs, its checkpoints, and a stop.

    What a process that is killed at `stopped_at` loses is what came after the last checkpoint.
    """
    saved = [
        step for step in range(total_steps + 1) if step % save_every == 0 or step % epoch_steps == 0
    ]
    last = max(step for step in saved if step <= stopped_at)
    figure, axis = plt.subplots(figsize=(WIDTH, 2.2))
    axis.grid(False)
    axis.spines["left"].set_visible(False)
    axis.set(yticks=[], ylim=(-0.8, 1.3), xlim=(-1, total_steps + 1), xlabel="training step")
    axis.plot([0, stopped_at], [0, 0], color=STRONG, lw=3)
    axis.plot([stopped_at, total_steps], [0, 0], color=PALE, lw=3)
    axis.plot([last, stopped_at], [0, 0], color=ACCENT, lw=6, solid_capstyle="butt")
    axis.plot(saved, [0] * len(saved), "s", color=DARK, markersize=8)
    for end in range(epoch_steps, total_steps + 1, epoch_steps):
        name = f"end of epoch {end // epoch_steps}"
        axis.text(end, -0.5, name, ha="right", va="center", color="#555555")
    axis.annotate(
        "killed here",
        (stopped_at, 0.1),
        (stopped_at, 1.15),
        ha="center",
        arrowprops={"arrowstyle": "->"},
    )
    lost = stopped_at - last
    put_title(figure, f"A kill after step {stopped_at} loses {lost} steps")
    return figure


def plot_divergence(
    whole: Sequence[float],
    resumed: Mapping[str, Sequence[float]],
    stopped_at: int,
) -> Figure:
    """Draw how far the losses of resumed trainings are from those of one that was never stopped.

    `whole` holds a loss per step, in nats; `resumed` maps a name to the losses from step
    `stopped_at` on. One panel below the other, on one scale.
    """
    steps = np.arange(stopped_at + 1, len(whole) + 1)
    gaps = {
        name: np.asarray(losses) - np.asarray(whole[stopped_at : stopped_at + len(losses)])
        for name, losses in resumed.items()
    }
    most = max(float(np.abs(gap).max(initial=0)) for gap in gaps.values()) or 1.0
    figure, axes = plt.subplots(
        len(gaps),
        figsize=(WIDTH, 1.15 * len(gaps) + 1.2),
        sharex=True,
        squeeze=False,
    )
    for axis, (name, gap) in zip(axes[:, 0], gaps.items(), strict=True):
        is_equal = not gap.any()
        color = STRONG if is_equal else ACCENT
        axis.axhline(0, color="#999999", lw=0.8)
        axis.plot(steps[: len(gap)], gap, color=color, lw=1.8)
        axis.axvline(stopped_at + 0.5, color=DARK, ls=":")
        axis.set_yscale("symlog", linthresh=0.01, linscale=0.5)  # small gaps are gaps as well
        axis.set(ylim=(-2 * most, 2 * most), xlim=(0, len(whole) + 1))
        axis.set_yticks([-0.1, -0.01, 0.01, 0.1], ["-0.1", "-0.01", "0.01", "0.1"])
        axis.minorticks_off()
        verdict = "the same bits" if is_equal else f"up to {np.abs(gap).max():.3f} nats apart"
        axis.set_title(f"{name}: {verdict}", loc="left", fontsize=11)
    axes[-1, 0].set_xlabel("training step (dotted: where it was stopped)")
    figure.supylabel("loss, less that of the unstopped training (nats)", fontsize=11)
    equal = sum(not gap.any() for gap in gaps.values())
    put_title(figure, f"{equal} of {len(gaps)} went on as if nothing had happened")
    return figure


def plot_layer_memory(kept: Mapping[str, float]) -> Figure:
    """Draw what one layer keeps for the pass backward: bytes by what they are, as bars in MiB."""
    names = list(kept)
    sizes = [kept[name] / MIB for name in names]
    figure, axis = plt.subplots(figsize=(WIDTH, 0.45 * len(names) + 1.2))
    colors = [ACCENT if "pairs" in name else STRONG for name in names]
    axis.barh(range(len(names)), sizes, color=colors, height=0.65)
    label_bars(axis, names, sizes, ".1f")
    axis.set_xlabel("MiB")
    largest = max(kept, key=lambda name: kept[name])
    put_title(figure, f"The largest piece that a layer keeps: {largest}")
    return figure


def plot_memory(
    predicted: Mapping[str, Mapping[str, float]],
    measured: Mapping[str, Mapping[str, float]],
) -> Figure:
    """Draw the memory of trainings as stacked parts, predicted, with a mark for what was measured.

    Both map the name of a batch to bytes by part, in the order of `predict_memory`.
    """
    names = list(predicted)
    parts = list(next(iter(predicted.values())))
    figure, axis = plt.subplots(figsize=(WIDTH, 4.2))
    below = np.zeros(len(names))
    for part, color in zip(parts, PART_COLORS, strict=False):
        sizes = np.array([predicted[name][part] / MIB for name in names])
        axis.bar(names, sizes, bottom=below, color=color, width=0.6, label=part)
        below += sizes
    totals = [sum(measured[name].values()) / MIB for name in names]
    axis.plot(names, totals, "D", color="white", mec=DARK, markersize=8, label="measured")
    axis.set(ylabel="MiB", ylim=(0, 1.3 * max(*below, *totals)))
    axis.legend(ncols=3, loc="upper left")
    last = predicted[names[-1]]
    share = last["activations"] / sum(last.values())
    title = f"With {names[-1].replace(chr(10), ' ')}, {share:.0%} are activations"
    put_title(figure, title)
    return figure


def plot_similarities(similarities: Mapping[str, np.ndarray]) -> Figure:
    """Draw the cosine similarities of N texts, of shape (N, N), one map per way of reading them.

    Texts come in pairs that mean the same: 1 and 2, 3 and 4, and so on, framed in the maps.
    """
    figure, axes = plt.subplots(1, len(similarities), figsize=(WIDTH, 4.6), sharey=True)
    gaps = {}
    for axis, (name, table) in zip(np.atleast_1d(axes), similarities.items(), strict=True):
        texts = len(table)
        image = axis.imshow(table, cmap="Blues", vmin=0, vmax=1)
        for first in range(0, texts, 2):
            frame = Rectangle((first - 0.5, first - 0.5), 2, 2, fill=False, edgecolor=ACCENT, lw=2)
            axis.add_patch(frame)
        numbers = range(1, texts + 1)
        axis.set_xticks(range(texts), numbers)
        axis.set_yticks(range(texts), numbers)
        axis.grid(False)
        axis.set_title(name, loc="left", fontsize=11)
        within, across = pair_similarities(table)
        gaps[name] = within - across
        axis.set_xlabel(f"pairs {within:.2f}, others {across:.2f}")
    figure.colorbar(image, ax=axes, orientation="horizontal", label="cosine similarity", aspect=40)
    widest = max(gaps, key=lambda name: gaps[name])
    put_title(figure, f"Pairs are clearest with: {widest}")
    return figure


def pair_similarities(table: np.ndarray) -> tuple[float, float]:
    """Return the mean similarity of texts that mean the same, and of those that don't.

    `table`, of shape (N, N), has the pairs next to each other: rows 0 and 1, 2 and 3, and so on.
    """
    pair = np.arange(len(table)) // 2
    is_pair = (pair[:, None] == pair) & ~np.eye(len(table), dtype=bool)
    return float(table[is_pair].mean()), float(table[pair[:, None] != pair].mean())


def plot_accuracies(accuracies: Mapping[str, float], rows: int) -> Figure:
    """Draw the accuracies of a few classifiers on the same `rows`, with two standard errors."""
    names, values = list(accuracies), np.array(list(accuracies.values()))
    errors = 2 * np.sqrt(values * (1 - values) / rows)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.55 * len(names) + 1.3))
    axis.barh(range(len(names)), values, color=[PALE] + [STRONG] * (len(names) - 1), height=0.65)
    axis.errorbar(values, range(len(names)), xerr=errors, fmt="none", ecolor=DARK, capsize=4)
    axis.set_yticks(range(len(names)), [fill(name, NAME_WIDTH) for name in names])
    axis.invert_yaxis()
    axis.grid(False)
    axis.set(xlim=(0, 1), xlabel=f"accuracy on {rows:,} tweets (lines: two standard errors)")
    for place, (value, error) in enumerate(zip(values, errors, strict=True)):
        axis.text(value + error + 0.02, place, f"{value:.2f}", va="center")
    best = names[int(values.argmax())]
    put_title(figure, f"Best of {len(names)}: {best}")
    return figure


def draw_rotation(words: Sequence[str], start: int) -> Figure:
    """Draw a text as a row of words, and below it the same words from the word `start` on."""
    rows = [list(words), [*words[start:], *words[:start]]]
    figure, axis = plt.subplots(figsize=(WIDTH, 2.4))
    axis.set_axis_off()
    sizes = [len(word) + 2 for word in words]
    width = sum(sizes)
    axis.set(xlim=(0, width), ylim=(0, 3))
    for height, row, moved in ((2, rows[0], start), (0.2, rows[1], len(words) - start)):
        left = 0.0
        for place, word in enumerate(row):
            is_head = (place < moved) == (height == 2)
            color = LIGHT if is_head else "#f0e442"
            box = Rectangle((left + 0.1, height), len(word) + 1.8, 0.75, facecolor=color)
            axis.add_patch(box)
            axis.text(left + len(word) / 2 + 1, height + 0.37, word, ha="center", va="center")
            left += len(word) + 2
    head, tail = sum(sizes[:start]), sum(sizes[start:])
    for begin, end in ((head / 2, tail + head / 2), (head + tail / 2, tail / 2)):
        axis.annotate("", (end, 1.0), (begin, 1.95), arrowprops={"arrowstyle": "->", "lw": 1.5})
    axis.plot([head, head], [1.9, 2.85], color=DARK, ls=":")
    kept = len(words) - 2
    pairs = len(words) - 1
    put_title(figure, f"{kept} of {pairs} neighbouring pairs survive the cut")
    return figure


def plot_answers_moved(moved: Mapping[str, Sequence[int]]) -> Figure:
    """Draw how far the answers to N texts move when the texts are turned, in classes.

    `moved` maps who answers to N distances in classes, of at least 0; shares are drawn, and those
    that did not move are named in the legend.
    """
    most = max(max(distances) for distances in moved.values())
    classes = np.arange(1, max(most, 1) + 1)
    height = 0.8 / len(moved)
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2))
    stays = []
    for number, (name, color) in enumerate(zip(moved, (STRONG, "#e69f00"), strict=False)):
        counts = np.bincount(moved[name], minlength=len(classes) + 1) / len(moved[name])
        stays.append(counts[0])
        places = classes + (number - (len(moved) - 1) / 2) * height
        label = f"{name}: {counts[0]:.1%} stay"
        bars = axis.bar(places, 100 * counts[1:], height, color=color, label=label)
        axis.bar_label(bars, fmt="%.1f", padding=2)
    axis.set_xticks(classes, ["1 class", *(f"{count} classes" for count in classes[1:])])
    axis.set(ylabel="share of tweets (%)", xlabel="how far the answer moves")
    axis.margins(y=0.15)
    axis.legend()
    least = np.floor(1000 * min(stays)) / 10
    title = f"At least {least:.1f}% of the answers survive the turn"
    put_title(figure, title)
    return figure
