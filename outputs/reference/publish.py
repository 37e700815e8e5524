"""Copy the figures of finished runs into outputs/reference/ and write the README's tables from them.

    python outputs/reference/publish.py [RUN_FOLDER | outputs/bench ...]
    python outputs/reference/publish.py --labels RUN_FOLDER
    python outputs/reference/publish.py --sweep PARAMETER RUN_FOLDER ...

Only numbers, curves and parameters are copied; no file with a tweet in it. Without an argument, the README's tables
are written anew from what lies here. With `--labels`, the figures that notebook 05 has found on real files
become `label_audit.json`, which it shows from then on beside its own; NLTK and its word list belong to such a run.
With `--sweep`, the validation scores of runs that differ in a parameter and in the seed become `sweeps/PARAMETER.json`.
After `make sweeps` these are `outputs/cleanings-cleaning-*` for the cleaning, and for the split, whose random half they
hold already, `outputs/cleanings-cleaning-words-*` and `outputs/splits-validation_split-*`.
"""

import shutil
import sys
from pathlib import Path

import pandas as pd

from tweetsent_utils.files import PROJECT_ROOT, REFERENCE, load_json, save_json
from tweetsent_utils.runs import load_params

FILES = ("metrics.json", "history.csv", "params.yaml", "environment.json", "seconds.json")
FIGURES = ("history.png", "confusion_matrix.png", "reliability.png", "slices.png")
BENCHMARKS = ("speed.json", "scaling.json", "startup.json")
BEGIN, END = "<!-- {}: written by outputs/reference/publish.py -->", "<!-- end of {} -->"


def publish(run: Path) -> None:
    """Copy the figures of one run into `outputs/reference/<its name>/`, those of `make bench` into `bench/` there."""
    if (run / BENCHMARKS[0]).exists():
        (REFERENCE / "bench").mkdir(exist_ok=True)
        for name in filter(lambda name: (run / name).exists(), BENCHMARKS):
            shutil.copyfile(run / name, REFERENCE / "bench" / name)
        return
    target = REFERENCE / run.name
    (target / "figures").mkdir(parents=True, exist_ok=True)
    for name in (*FILES, *(f"figures/{figure}" for figure in FIGURES)):
        shutil.copyfile(run / name, target / name)


def publish_sweep(parameter: str, runs: list[Path]) -> None:
    """Write `sweeps/<parameter>.json`: the validation scores of runs that differ in one parameter and in the seed."""
    rows, shared = [], []
    for run in runs:
        given, metrics = load_params(run), load_json(run / "metrics.json")
        scores, environment = metrics["validation"], load_json(run / "environment.json")
        rows.append(
            {
                parameter: given.pop(parameter),
                "seed": given.pop("seed"),
                "accuracy": scores["accuracy"],
                "macro_f1": scores["macro_f1"],
                "seconds": metrics["training"]["seconds"],
            }
        )
        sizes = {"training_tweets": metrics["training"]["tweets"], "validation_rows": scores["rows"]}
        given = {name: value for name, value in given.items() if name not in ("run_name", "runs")}
        shared.append(sizes | {"parameters": given, "environment": environment})
    if any(other != shared[0] for other in shared):
        raise SystemExit(f"these runs differ in more than {parameter} and the seed: nothing is published")
    save_json(REFERENCE / "sweeps" / f"{parameter}.json", {"runs": rows} | shared[0])


def sweep_table() -> str:
    """Return the README's table of sweeps on real tweets: a row per value, mean and spread over seeds."""
    head = ["swept", "value", "validation accuracy", "macro-F1", "seeds", "tweets (train / validation)", "training"]
    rows = [head, ["---"] * len(head)]
    for path in sorted((REFERENCE / "sweeps").glob("*.json")):
        sweep, parameter = load_json(path), path.stem
        by_value = pd.DataFrame(sweep["runs"]).groupby(parameter, sort=False)
        for value, runs in by_value:
            rows.append(
                [
                    f"[`{parameter}`](outputs/reference/sweeps/{path.name})",
                    str(value),
                    f"{runs['accuracy'].mean():.3f} ± {runs['accuracy'].std():.3f}",
                    f"{runs['macro_f1'].mean():.3f} ± {runs['macro_f1'].std():.3f}",
                    str(len(runs)),
                    f"{sweep['training_tweets']:,} / {sweep['validation_rows']:,}",
                    f"{sweep['parameters']['num_epochs']} epochs, {duration(runs['seconds'].mean())}",
                ]
            )
    return as_table(rows)


def results_table() -> str:
    """Return the README's table: a row per published run, its scores beside the baselines', and where it ran."""
    head = ["run", "tweets (train / test)", "cleaning", "validation", "test", "macro-F1", "bag of words", "majority"]
    rows = [[*head, "training"], ["---"] * (len(head) + 1)]
    for folder in sorted(path.parent for path in REFERENCE.glob("*/metrics.json")):
        metrics, parameters = load_json(folder / "metrics.json"), load_params(folder)
        test, baselines, training = metrics["test"], metrics["baselines"], metrics["training"]
        machine = load_json(folder / "environment.json")
        place = (
            f"{machine['cores']} cores, {machine['processor']}" if training["device"] == "cpu" else training["device"]
        )
        rows.append(
            [
                f"[`{folder.name}`](outputs/reference/{folder.name}/metrics.json)",
                f"{training['tweets']:,} / {test['rows']:,}",
                parameters["cleaning"],
                f"{metrics['validation']['accuracy']:.3f}",
                f"**{test['accuracy']:.3f}**",
                f"{test['macro_f1']:.3f}",
                f"{baselines['bag_of_words']['accuracy']:.3f}",
                f"{baselines['majority']['accuracy']:.3f}",
                f"{parameters['num_epochs']} epochs, {duration(training['seconds'])} ({place})",
            ]
        )
    return as_table(rows)


def speed_table(speed: dict) -> str:
    """Return the table of `make bench`: a row per device and peer, from the figures of `speed.json`."""
    if not speed:
        return "Not measured yet."
    head = ["training", "device", "tweets/s", "x original", "x Trainer", "real tokens/s", "padding", "useful GFLOP/s"]
    rows = [[*head, "of the matrix rate", "peak MiB", "validation accuracy"], ["---"] * (len(head) + 3)]
    for row in speed["summary"]:
        spread = f" ± {row['accuracy_std']:.3f}" if row["seeds"] > 1 else ""  # one seed has none
        accuracy = f"{row['accuracy_mean']:.3f}{spread}" if "accuracy_mean" in row else "-"
        unfinished = "unfinished: {tweets:,} tweets in {seconds:.0f} s".format(**row)
        rows.append(
            [
                row["title"],
                row["device"],
                figure(row, "tweets_per_second", ".1f"),
                figure(row, "ratio_to_original", ".2f"),
                figure(row, "ratio_to_trainer", ".2f"),
                figure(row, "real_tokens_per_second", ",.0f"),
                figure(row, "padding", ".1%"),
                figure(row, "useful_flops", ".1f", 1e-9),
                figure(row, "share_of_matrix_rate", ".1%"),
                figure(row, "peak_mib", ",.0f"),
                accuracy if row["finished"] else unfinished,
            ]
        )
    absent = [f"\n\n{device}: not measured (no GPU)" for device in speed["not_measured"]]
    return as_table(rows) + "".join(absent)


def figure(row: dict, name: str, form: str, scale: float = 1.0) -> str:
    """Return one figure of a row in a form, or a dash where it was not measured."""
    return format(row[name] * scale, form) if name in row else "-"


def as_table(rows: list[list[str]]) -> str:
    """Return rows as Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def duration(seconds: float) -> str:
    """Return seconds as the unit that a reader thinks in."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def tables() -> dict[str, str]:
    """Return the README's tables by the name that their place there has."""
    speed = load_json(REFERENCE / "bench" / "speed.json")
    return {"results": results_table(), "sweeps": sweep_table(), "speed": speed_table(speed)}


def main(runs: list[str]) -> None:
    """Publish the named folders or a sweep, then write the README's tables; or publish one run's audit."""
    if runs[:1] == ["--labels"]:
        shutil.copyfile(Path(runs[1]) / "audit.json", REFERENCE / "label_audit.json")
        return
    if runs[:1] == ["--sweep"]:
        publish_sweep(runs[1], [Path(run) for run in runs[2:]])
    else:
        for run in runs:
            publish(Path(run))
    readme = PROJECT_ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in tables().items():
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
