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
        "gpu": gpu_table(load_json(reference / "bench" / "gpu.json")),
        "scoring": scoring_table(load_json(reference / "bench" / "scoring.json")),
        "pages": pages_table(load_json(reference / "bench" / "pages.json")),
        "agreement": agreement_table(load_json(reference / "published.json")),
        "three_tweets": tweets_table(load_json(reference / "three_tweets.json")),
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
    head = ["run", "test accuracy", "bag of words", "ordinal bag of words"]
    rows = []
    for folder in list_runs(reference):
        metrics = load_json(folder / "metrics.json")
        row = [
            f"`{folder.name}`, {kind_of_tweets(folder)}",
            f"**{metrics['test']['accuracy']:.3f}**",
            baseline_accuracy(metrics, "bag_of_words"),
            baseline_accuracy(metrics, "ordinal_bag_of_words"),
        ]
        rows.append(row)
    return as_table(head, rows)


def baseline_accuracy(metrics: dict, name: str) -> str:
    """Return a baseline's accuracy on a run's test tweets, or a dash where it was not scored."""
    scores = metrics["baselines"].get(name)
    return f"{scores['accuracy']:.3f}" if scores else "–"


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
        "ordinal bag of words",
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
    training = metrics["training"]
    place = training["device"]
    if place == "cpu":
        place = f"{machine['cores']} cores, {machine['processor']}"
    return [
        f"[`{folder.name}`](../outputs/reference/{folder.name}/metrics.json)",
        f"**{test['accuracy']:.3f}**",
        baseline_accuracy(metrics, "bag_of_words"),
        baseline_accuracy(metrics, "ordinal_bag_of_words"),
        baseline_accuracy(metrics, "majority"),
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
        table += f"\n\n{device}: not on this machine (no GPU)"
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


def gpu_table(gpu: dict) -> str:
    """Return what `make gpu` measured, from the contents of `gpu.json`, or that nobody has yet.

    A row per size and training, then the card and its versions, then the other figures and what is
    missing, a line each.
    """
    if not gpu:
        return "Not measured yet: no GPU has run this project. `make gpu` measures one."
    head = [
        "encoder",
        "training",
        "tweets/s",
        "x original",
        "x best Trainer",
        "two epochs",
        "set up before",
        "with setting up and scoring",
        "of the matrix rate",
        "peak MiB",
        "validation accuracy",
    ]
    rows = []
    for size in gpu["speed"].values():
        rows += [gpu_row(size, peer) for peer in size["summary"]]
    lines = [describe_card(gpu), *describe_profile(gpu)]
    lines += [*describe_scoring(gpu), *describe_memory(gpu)]
    lines += [describe_goal(goal) for goal in gpu.get("goals", [])]
    lines += describe_tests(gpu.get("tests", {}))
    for name, status in gpu["status"].items():
        if name != "tests" and status["is"] != "done":
            lines.append(f"Not measured, {name}: {status['is']} ({status['why']}).")
    return as_table(head, rows) + "\n\n" + "\n".join(f"- {line}" for line in lines)


def gpu_row(size: dict, peer: dict) -> list[str]:
    """Return one training's row in the table of a GPU."""
    seconds = f"{peer['seconds_of_training']:.1f} s"
    return [
        f"{size['title']}, {size['weights']} weights",
        peer["title"],
        measured(peer, "tweets_per_second", ",.0f"),
        measured(peer, "ratio_to_original", ".1f"),
        measured(peer, "ratio_to_best_trainer", ".1f"),
        seconds if peer["finished"] else f"{seconds}, by its rate",
        f"{peer['setup_seconds']:.1f} s" if peer["setup_seconds"] else "-",
        measured(peer, "seconds_with_setup_and_evaluation", ".1f s"),
        measured(peer, "share_of_matrix_rate", ".1%"),
        measured(peer, "peak_mib", ",.0f"),
        measured(peer, "accuracy_mean", ".3f"),
    ]


def describe_card(gpu: dict) -> str:
    """Return a line of the card, the versions and what was trained on it."""
    card = gpu["gpu"]
    packages = gpu["environment"]["packages"]
    versions = f"driver {card['driver']}, CUDA {card['cuda']}, torch {packages['torch']}"
    versions += f", transformers {packages['transformers']}"
    rows = f"{gpu['rows']['train']:,} tweets, {gpu['epochs']} epochs, one run each"
    return f"{card['name']}, {card['memory_mib']:,} MiB ({versions}): {rows}."


def describe_profile(gpu: dict) -> list[str]:
    """Return a line of what a step's time is made of, for the loop and for recorded steps."""
    profile = gpu.get("profile", {})
    lines = []
    for name, title in {"loop": "of notebook 3's loop", "recorded": "that is recorded"}.items():
        if "gpu_busy" in profile.get(name, {}):
            found = profile[name]
            line = f"A step {title}, batch {profile['batch_size']}: "
            line += f"{found['milliseconds_a_step']:.1f} ms, "
            line += f"{found['kernels_a_step']:.0f} kernels, "
            lines.append(f"{line}the GPU busy {found['gpu_busy']:.0%} of the time.")
    return lines


def describe_scoring(gpu: dict) -> list[str]:
    """Return a line of the fastest scoring in each precision, if it was measured."""
    rates = pd.DataFrame(gpu.get("scoring", {}).get("rates", []))
    if rates.empty:
        return []
    fastest = rates.loc[rates.groupby("precision")["tweets_per_second"].idxmax()]
    words = [
        f"{row.tweets_per_second:,.0f} tweets/s in {row.precision} (batch {row.batch_size})"
        for row in fastest.itertuples()
    ]
    return [f"Scoring tokenised tweets at DistilBERT's size: {', '.join(words)}."]


def describe_memory(gpu: dict) -> list[str]:
    """Return a line of the memory that was predicted and taken, for each shape of batch."""
    lines = []
    for shape in gpu.get("memory", {}).get("shapes", []):
        line = f"Memory for {shape['rows']} x {shape['length']} tokens in {shape['precision']}: "
        line += f"{shape['predicted_mib']:,.0f} MiB predicted, "
        if shape.get("out_of_memory"):
            lines.append(f"{line}and it ran out.")
        else:
            counted, peak = shape["counted_mib"], shape["peak_mib"]
            lines.append(f"{line}{counted:,.0f} counted, {peak:,.0f} at the peak of a step.")
    return lines


def describe_tests(tests: dict) -> list[str]:
    """Return a line of how many tests passed on the card, and of which did not."""
    if not tests:
        return ["Not run: the tests."]
    counts = [f"{count} {kind}" for kind, count in tests.items() if kind != "failures"]
    names = [failure.split("::test_")[-1].replace("_", " ") for failure in tests["failures"]]
    return [f"Tests on the card: {', '.join(counts)}{': ' if names else ''}{'; '.join(names)}."]


def describe_goal(goal: dict) -> str:
    """Return a line of a goal and what was reached."""
    verdict = "reached" if goal["is_met"] else "missed"
    reached = f"{goal['reached']:.1f}"
    return f"Our goal of {goal['asked']:g} ({goal['goal']}) was {verdict}: {reached}."


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


def scoring_table(measured: dict) -> str:
    """Return a row per engine that answers texts, from the contents of `scoring.json`."""
    if not measured:
        return "Not measured yet: `python benchmarks/scoring.py` does it."
    head = ["engine", "texts/s", "x pipeline", "of the matrix rate", "one text: median", "95%"]
    rows = []
    for name, engine in measured["engines"].items():
        single = measured["milliseconds_of_one_text"].get(name)
        row = [
            name,
            f"{engine['texts_per_second']:,.0f}",
            f"{engine['times_the_pipeline']:.1f}",
            f"{engine['share_of_matrix_rate']:.0%}",
            *(f"{single[key]:.0f} ms" if single else "-" for key in ("median", "p95")),
        ]
        rows.append(row)
    machine = measured["environment"]
    kind = "synthetic" if measured["are_synthetic"] else "real"
    line = f"{measured['texts']:,} {kind} tweets, the best of {measured['rounds']} rounds, "
    line += f"{measured['threads']} threads on {machine['cores']} cores of {machine['processor']}, "
    line += f"torch {machine['packages']['torch']}. A model opens in "
    line += f"{measured['seconds_to_open']:.1f} s."
    return f"{as_table(head, rows)}\n\n{line}"


def pages_table(measured: dict) -> str:
    """Return a row per rendered page, from the contents of `pages.json`: its paint and weight."""
    if not measured:
        return "Not measured yet: `make bench` does it where there is a Chromium."
    head = ["page", "desk: first paint", "desk: weight", "phone: first paint", "phone: weight"]
    rows = []
    for name, screens in measured["pages"].items():
        row = ["landing page" if name == "index" else name.rpartition("/")[2]]
        for screen in ("desk", "phone"):
            row.append(f"{screens[screen]['first_paint_ms']:.0f} ms")
            row.append(f"{screens[screen]['bytes'] / 1e6:.2f} MB")
        rows.append(row)
    machine = measured["environment"]
    line = f"All {measured['pages_rendered']} pages, {measured['bytes'] / 1e6:.0f} MB, "
    line += f"are rendered in {measured['build_seconds_median']:.0f} s "
    line += f"(median of {len(measured['build_seconds'])}). Paints are medians of "
    line += f"{measured['visits']} visits with Chromium {measured['chromium']}, on "
    line += f"{machine['cores']} cores of {machine['processor']}."
    return f"{as_table(head, rows)}\n\n{line}"


def tweets_table(answers: dict) -> str:
    """Return a row per tweet that a model was asked about: its answer, and how sure it is."""
    rows = []
    for tweet, probabilities in zip(answers["tweets"], answers["probabilities"], strict=True):
        surest = max(probabilities)
        label = answers["labels"][probabilities.index(surest)]
        rows.append([tweet, f"**{label}**", f"{surest:.2f}"])
    return as_table(["tweet", "the model's answer", "probability"], rows)


def measured(peer: dict, name: str, form: str, scale: float = 1.0) -> str:
    """Return one of a peer's figures, or a dash where it was not measured.

    A unit may come after the format: `.1f s`.
    """
    specification, *unit = form.split(" ")
    if name not in peer:
        return "-"
    return " ".join([format(peer[name] * scale, specification), *unit])


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def duration(seconds: float) -> str:
    """Return seconds in the unit that a reader thinks in."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
