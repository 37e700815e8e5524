"""The pages' tables, as Markdown, from the numbers in outputs/reference/."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.files import load_json, load_yaml
from tweetsent_utils.paths import REFERENCE


def make_tables(reference: Path = REFERENCE) -> dict[str, str]:
    """Return every table by the name that its place in a page has; `results` is README's."""
    return {
        "results": short_results_table(reference),
        "all_results": results_table(reference),
        "sweeps": sweep_table(reference),
        "speed": speed_table(load_json(reference / "bench" / "speed.json")),
        "agreement": agreement_table(load_json(reference / "published.json")),
    }


def list_runs(reference: Path) -> list[Path]:
    """Return the folders of the published runs, the best test accuracy first."""
    folders = [path.parent for path in reference.glob("*/metrics.json")]
    return sorted(folders, key=read_accuracy, reverse=True)


def read_accuracy(folder: Path) -> float:
    """Return a published run's accuracy on the test tweets."""
    return load_json(folder / "metrics.json")["test"]["accuracy"]


def short_results_table(reference: Path = REFERENCE) -> str:
    """Return what a first reader wants to know of each published run."""
    head = ["run", "test accuracy", "bag of words"]
    rows = []
    for folder in list_runs(reference):
        metrics = load_json(folder / "metrics.json")
        row = [
            f"`{folder.name}`, {kind_of_tweets(folder)}",
            f"**{metrics['test']['accuracy']:.3f}**",
            f"{metrics['baselines']['bag_of_words']['accuracy']:.3f}",
        ]
        rows.append(row)
    return as_table(head, rows)


def kind_of_tweets(folder: Path) -> str:
    """Return what a published run was trained on, and what of it."""
    parameters = load_yaml(folder / "params.yaml")
    if parameters["train_file"].startswith("data/sample/"):
        return "invented tweets"
    return {
        "raw": "real tweets",
        "repaired": "real tweets, repaired",
        "words": "real tweets, bare words",
    }[parameters["cleaning"]]


def training_time(folder: Path) -> str:
    """Return how long a published run was trained."""
    return duration(load_json(folder / "timings.json")["training"]["seconds"])


def results_table(reference: Path = REFERENCE) -> str:
    """Return a row per published run: its scores next to the baselines', and where it ran."""
    head = [
        "run",
        "test",
        "bag of words",
        "majority",
        "macro-F1",
        "validation",
        "cleaning",
        "tweets (train / test)",
        "training",
    ]
    return as_table(head, [results_row(folder) for folder in list_runs(reference)])


def results_row(folder: Path) -> list[str]:
    """Return a published run's row in the table of results."""
    metrics = load_json(folder / "metrics.json")
    parameters = load_yaml(folder / "params.yaml")
    machine = load_json(folder / "environment.json")
    test = metrics["test"]
    baselines = metrics["baselines"]
    training = metrics["training"]
    place = training["device"]
    if place == "cpu":
        place = f"{machine['cores']} cores, {machine['processor']}"
    return [
        f"[`{folder.name}`](../outputs/reference/{folder.name}/metrics.json)",
        f"**{test['accuracy']:.3f}**",
        f"{baselines['bag_of_words']['accuracy']:.3f}",
        f"{baselines['majority']['accuracy']:.3f}",
        f"{test['macro_f1']:.3f}",
        f"{metrics['validation']['accuracy']:.3f}",
        parameters["cleaning"],
        f"{training['tweets']:,} / {test['rows']:,}",
        f"{training['epochs']} epochs, {training_time(folder)} ({place})",
    ]


def sweep_table(reference: Path = REFERENCE) -> str:
    """Return a row per value of each published sweep: mean and spread over seeds."""
    head = [
        "swept",
        "value",
        "validation accuracy",
        "macro-F1",
        "seeds",
        "tweets (train / validation)",
        "training",
    ]
    rows = []
    for path in sorted((reference / "sweeps").glob("*.json")):
        sweep = load_json(path)
        runs = pd.DataFrame(sweep["runs"])
        for value, same in runs.groupby(path.stem, sort=False):
            seconds = duration(same["seconds"].mean())
            row = [
                f"[`{path.stem}`](../outputs/reference/sweeps/{path.name})",
                str(value),
                f"{same['accuracy'].mean():.3f} ± {same['accuracy'].std():.3f}",
                f"{same['macro_f1'].mean():.3f} ± {same['macro_f1'].std():.3f}",
                str(len(same)),
                f"{sweep['training_tweets']:,} / {sweep['validation_rows']:,}",
                f"{sweep['parameters']['num_epochs']} epochs, {seconds}",
            ]
            rows.append(row)
    return as_table(head, rows)


def speed_table(speed: dict) -> str:
    """Return a row per device and peer of `make bench`, from the contents of `speed.json`."""
    if not speed:
        return "Not measured yet."
    head = [
        "training",
        "device",
        "tweets/s",
        "x original",
        "x Trainer",
        "real tokens/s",
        "padding",
        "useful GFLOP/s",
        "of the matrix rate",
        "peak MiB",
        "validation accuracy",
    ]
    table = as_table(head, [speed_row(peer) for peer in speed["summary"]])
    for device in speed["not_measured"]:
        table += f"\n\n{device}: not measured (no GPU)"
    return table


def speed_row(peer: dict) -> list[str]:
    """Return one peer's row in the table of speeds."""
    return [
        peer["title"],
        peer["device"],
        measured(peer, "tweets_per_second", ".1f"),
        measured(peer, "ratio_to_original", ".2f"),
        measured(peer, "ratio_to_trainer", ".2f"),
        measured(peer, "real_tokens_per_second", ",.0f"),
        measured(peer, "padding", ".1%"),
        measured(peer, "useful_flops", ".1f", scale=1e-9),
        measured(peer, "share_of_matrix_rate", ".1%"),
        measured(peer, "peak_mib", ",.0f"),
        accuracy_over_seeds(peer),
    ]


def accuracy_over_seeds(peer: dict) -> str:
    """Return a peer's accuracy with its spread, or how far it came before it was stopped."""
    if not peer["finished"]:
        return f"unfinished: {peer['tweets']:,} tweets in {peer['seconds']:.0f} s"
    accuracy = measured(peer, "accuracy_mean", ".3f")
    if peer["seeds"] > 1 and "accuracy_mean" in peer:  # one seed has no spread
        accuracy += f" ± {peer['accuracy_std']:.3f}"
    return accuracy


def agreement_table(published: dict) -> str:
    """Return a row per scorer and cleaning: how many labels of the official files it reproduces."""
    head = [
        "scorer",
        "dropped from the tweet",
        "agrees with train labels",
        "with test labels",
    ]
    rows = []
    for measurement in published["rule_agreement"]:
        row = [
            measurement["scorer"],
            measurement["cleaning"].replace("none", "nothing"),
            f"{measurement['train']:.1%}",
            f"{measurement['test']:.1%}",
        ]
        rows.append(row)
    return as_table(head, rows)


def measured(peer: dict, name: str, form: str, scale: float = 1.0) -> str:
    """Return one of a peer's figures in a format, or a dash where it was not measured."""
    return format(peer[name] * scale, form) if name in peer else "-"


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def duration(seconds: float) -> str:
    """Return seconds in the unit that a reader thinks in."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
