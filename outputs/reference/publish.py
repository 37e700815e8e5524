"""Copy the figures of finished runs into outputs/reference/ and write the README's table of results from them.

    python outputs/reference/publish.py [RUN_FOLDER ...]
    python outputs/reference/publish.py --labels RUN_FOLDER

Only numbers, curves and parameters are copied; no file with a tweet in it. Without an argument, the README's table is
written anew from what lies here. With `--labels`, the figures that notebook 05 has found on real files become
`label_audit.json`, which it shows from then on beside its own; NLTK and its word list belong to such a run.
"""

import shutil
import sys
from pathlib import Path

from tweetsent_utils.files import PROJECT_ROOT, REFERENCE, load_json
from tweetsent_utils.runs import load_params

FILES = ("metrics.json", "history.csv", "params.yaml", "environment.json", "seconds.json")
FIGURES = ("history.png", "confusion_matrix.png")
BEGIN, END = "<!-- results: written by outputs/reference/publish.py -->", "<!-- end of results -->"


def publish(run: Path) -> None:
    """Copy one run's figures into `outputs/reference/<its name>/`."""
    target = REFERENCE / run.name
    (target / "figures").mkdir(parents=True, exist_ok=True)
    for name in (*FILES, *(f"figures/{figure}" for figure in FIGURES)):
        shutil.copyfile(run / name, target / name)


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
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def duration(seconds: float) -> str:
    """Return seconds as the unit that a reader thinks in."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def main(runs: list[str]) -> None:
    """Publish the named run folders, then write the README's table, or one run's audit."""
    if runs[:1] == ["--labels"]:
        shutil.copyfile(Path(runs[1]) / "audit.json", REFERENCE / "label_audit.json")
        return
    for run in runs:
        publish(Path(run))
    readme = PROJECT_ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n\n{results_table()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
