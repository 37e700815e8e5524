"""The whole pipeline on few tweets and a tiny random encoder: by the command and by papermill."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from tiny import LABEL_ORDER, write_kaggle_csv
from transformers import pipeline

from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.files import load_json, load_yaml
from tweetsent_utils.pipeline.cli import main
from tweetsent_utils.pipeline.notebooks import declared_parameters, list_notebooks, step_number

pytestmark = pytest.mark.slow
STEPS = [path.stem for path in list_notebooks()]
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)> $x$ "quoted", the van'
ODD_ROWS = [
    (HOSTILE, "Neutral"),  # first, so that every table that shows first rows shows it
    ("queue " * 170_000, "Neutral"),  # a million characters
    ("good \x07\x1b[31m\x7f people", "  positive "),  # control characters; a label to be accepted
    ("#only #marks https://t.co/aB", "Neutral"),  # no word is left under "words"
    ("sad to see empty shelves", "Negative"),
]


@pytest.fixture
def tiny_run(tiny_encoder, tiny_tweets):
    """The parameters of a run that takes seconds, on tweets that are odd in every accepted way."""
    known = pd.read_csv(tiny_tweets.train, encoding="ISO-8859-1")
    tweets = list(zip(known["OriginalTweet"], known["Sentiment"], strict=True))
    write_kaggle_csv(tiny_tweets.train, [ODD_ROWS[0], *tweets, *ODD_ROWS[1:]])
    return {
        "train_file": str(tiny_tweets.train),
        "test_file": str(tiny_tweets.test),
        "encoder": str(tiny_encoder),
        "cleaning": "words",
        "device": "cpu",
        "precision": "fp32",
        "batch_size": 8,
        "num_epochs": 1,
        "max_length": 32,
    }


def run_command(folder: Path, parameters: dict) -> int:
    """Run the pipeline by its command line into a folder."""
    arguments = ["run", "--run", str(folder)]
    for name, value in parameters.items():
        arguments += ["-p", name, str(value)]
    return main(arguments)


def run_papermill(notebook: Path, target: Path, parameters: dict, cwd: Path):
    """Run one notebook with the command line of papermill."""
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(notebook), str(target)]
    declared = declared_parameters(notebook)
    for name, value in parameters.items():
        if name in declared:
            command += ["-p", name, str(value)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def run_by_papermill(folder: Path, parameters: dict, cwd: Path) -> None:
    """Run the notebooks that make a model and compute its scores."""
    folder.mkdir()
    given = parameters | {"run_name": str(folder)}
    for notebook in list_notebooks():
        if step_number(notebook) > "04c":
            break
        finished = run_papermill(notebook, folder / notebook.name, given, cwd)
        assert finished.returncode == 0, finished.stderr[-2000:]


def figures(folder: Path) -> dict:
    """The run's metrics, in which there are no clock times."""
    return load_json(folder / "metrics.json")


def test_the_command_and_plain_papermill_from_elsewhere_make_the_same_run(
    tmp_path, tiny_run, capsys
):
    driven, plain = tmp_path / "driven", tmp_path / "plain"
    (tmp_path / "elsewhere").mkdir()
    with ThreadPoolExecutor() as pool:  # at the same time, since kernels take long to start
        other = pool.submit(run_by_papermill, plain, tiny_run, tmp_path / "elsewhere")
        assert run_command(driven, tiny_run) == 0
        other.result()
    assert "test accuracy" in capsys.readouterr().out
    assert figures(plain) == figures(driven)
    recorded = load_yaml(plain / "params.yaml")
    by_command = load_yaml(driven / "params.yaml")
    assert recorded.pop("run_name") != by_command.pop("run_name")
    assert recorded == {name: by_command[name] for name in recorded}

    check_files(driven)
    check_scores(driven)
    check_splits(driven, tiny_run)
    check_links(driven)
    check_tweets_are_escaped(driven)
    check_model_opens_anywhere(driven)
    check_finished_run(driven, tiny_run, capsys)


def check_files(folder: Path) -> None:
    """A run folder holds all that is promised, and nothing half-written."""
    whole = [f"{step}.ipynb" for step in STEPS]
    whole += ["params.yaml", "environment.json", "timings.json", "dataset/meta.json"]
    whole += ["history.csv", "metrics.json", "predictions.csv", "model/model.safetensors"]
    whole += ["validation_predictions.csv", "suspects.csv"]
    whole += [f"figures/{name}.png" for name in ("confusion_matrix", "reliability", "slices")]
    assert [name for name in whole if not (folder / name).is_file()] == []
    assert not list(folder.rglob("*.part")) and not list(folder.rglob("*.partial.ipynb"))


def check_scores(folder: Path) -> None:
    metrics = load_json(folder / "metrics.json")
    for part, rows in (("validation", 13), ("test", 20)):
        scores = {"loss", "accuracy", "macro_f1", "mean_absolute_error", "rows"}
        assert set(metrics[part]) == scores
        assert metrics[part]["rows"] == rows
    assert {"intervals", "per_class", "slices"} <= set(metrics)
    assert set(metrics["calibration"]["test_error"]) == {"as trained", "calibrated"}
    assert metrics["intervals"]["accuracy"]["score"] == pytest.approx(metrics["test"]["accuracy"])
    baselines = {"majority", "bag_of_words", "ordinal_bag_of_words"}
    assert set(metrics["baselines"]) == set(metrics["baselines_validation"]) == baselines
    assert metrics["training"]["tweets"] == 52 and metrics["training"]["epochs"] == 1
    assert load_json(folder / "timings.json")["training"]["seconds"] > 0
    predictions = pd.read_csv(folder / "predictions.csv")
    assert predictions["row_id"].tolist() == list(range(20))
    accuracy = (predictions["label"] == predictions["prediction"]).mean()
    assert accuracy == pytest.approx(metrics["test"]["accuracy"])


def check_splits(folder: Path, parameters: dict) -> None:
    """Train and validation share the training file's rows, test holds the test file's."""
    parts = {name: load_split(folder, name) for name in ("train", "validation", "test")}
    not_test = pd.concat([parts["train"], parts["validation"]])
    for table, file in (
        (not_test, parameters["train_file"]),
        (parts["test"], parameters["test_file"]),
    ):
        tweets = read_tweets(file, "OriginalTweet", "Sentiment", "ISO-8859-1")
        rows = tweets.loc[table["row_id"]]
        assert sorted(table["row_id"]) == tweets.index.tolist()
        assert table["text"].tolist() == rows["OriginalTweet"].tolist()
        names = [LABEL_ORDER[label] for label in table["label"]]
        assert names == rows["Sentiment"].str.strip().str.title().tolist()
        assert (table["input_ids"].str.len() <= parameters["max_length"]).all()


def check_links(folder: Path) -> None:
    """The links of an executed notebook lead to the project from where the notebook is."""
    text = (folder / "04_inference.ipynb").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https:)([^)#]+)\)", text)
    assert links and [link for link in links if not (folder / link).exists()] == []


def check_tweets_are_escaped(folder: Path) -> None:
    """A tweet with a script in it is shown as text, in every table and card."""
    shown = 0
    for step in STEPS:
        for cell in nbformat.read(folder / f"{step}.ipynb", as_version=4).cells:
            for output in cell.get("outputs", []):
                html = output.get("data", {}).get("text/html", "")
                assert "<script>alert" not in html and "<img src=x" not in html
                shown += "&lt;script&gt;alert" in html
    assert shown >= 2
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in report and "<img src=x" not in report


def check_model_opens_anywhere(folder: Path) -> None:
    """A plain pipeline opens the model, and the cleaning "words" has travelled with it."""
    classify = pipeline("text-classification", model=str(folder / "model"))
    plain, decorated = classify(
        ["the shop opens at nine", "@corner the shop, opens at nine! #x https://t.co/x"]
    )
    assert plain == decorated


def check_finished_run(folder: Path, parameters: dict, capsys) -> None:
    """The same command keeps what is finished; other parameters are refused."""
    before = (folder / "metrics.json").stat().st_mtime_ns
    assert run_command(folder, parameters) == 0
    output = capsys.readouterr().out
    assert [step for step in STEPS if f"{step}: finished before" not in output] == []
    assert (folder / "metrics.json").stat().st_mtime_ns == before

    assert run_command(folder, parameters | {"num_epochs": 2}) == 1
    assert "num_epochs 1 -> 2" in capsys.readouterr().err


def test_a_failing_notebook_gives_one_sentence_and_the_partial_notebook(tmp_path, tiny_run, capsys):
    folder = tmp_path / "failed"
    assert run_command(folder, tiny_run | {"train_file": "data/nowhere.csv"}) == 1
    error = capsys.readouterr().err
    assert re.search(r"01_data_analysis stopped in code cell \d+: \S+nowhere\.csv", error)
    assert "Traceback" not in error
    partial = folder / "01_data_analysis.partial.ipynb"
    assert str(partial) in error and json.loads(partial.read_text(encoding="utf-8"))
    assert not (folder / "01_data_analysis.ipynb").exists()
