"""The whole pipeline on a few dozen tweets and a tiny random encoder: by the driver, and by plain papermill."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import LABEL_ORDER, write_kaggle_csv
from transformers import pipeline

from tweetsent_utils.__main__ import main
from tweetsent_utils.dataset import load_split
from tweetsent_utils.files import NOTEBOOKS
from tweetsent_utils.parameters import declared_parameters
from tweetsent_utils.reading import read_tweets
from tweetsent_utils.runs import load_params

TIMES = ("seconds", "tweets_per_second")
STEPS = sorted(path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb"))


HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)> $x$ "quoted", the van'
ODD_ROWS = [
    (HOSTILE, "Neutral"),  # first, so that every table that shows first rows shows it
    ("queue " * 170_000, "Neutral"),  # a million characters
    ("good \x07\x1b[31m\x7f people", "  positive "),  # control characters, and a label that is accepted and said
    ("#only #marks https://t.co/aB", "Neutral"),  # no word is left under "words"
    ("sad to see empty shelves", "Negative"),
]


@pytest.fixture
def tiny_run(tiny_encoder, tiny_tweets, tmp_path):
    """The parameters of a run that takes seconds, on tweets that are odd in every way that is accepted."""
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


def figures(folder: Path) -> dict:
    """The run's metrics without its times."""
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["training"] = {name: value for name, value in metrics["training"].items() if name not in TIMES}
    return metrics


def drive(folder: Path, parameters: dict) -> int:
    """Run the pipeline by its command line into `folder`."""
    pairs = [part for name, value in parameters.items() for part in ("-p", name, str(value))]
    return main(["run", "--run", str(folder), *pairs])


def plain_papermill(folder: Path, parameters: dict, working_directory: Path) -> None:
    """Run every notebook with the command line of papermill, from a working directory."""
    folder.mkdir()
    for step in STEPS:
        notebook = NOTEBOOKS / f"{step}.ipynb"
        declared = declared_parameters(notebook)
        given = {name: value for name, value in {**parameters, "run_name": str(folder)}.items() if name in declared}
        command = [sys.executable, "-m", "papermill", str(notebook), str(folder / f"{step}.ipynb"), "--no-progress-bar"]
        command += [part for name, value in given.items() for part in ("-p", name, str(value))]
        finished = subprocess.run(command, cwd=working_directory, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr[-2000:]


def test_driver_and_plain_papermill_from_another_working_directory_make_the_same_run(tmp_path, tiny_run, capsys):
    (tmp_path / "elsewhere").mkdir()
    with ThreadPoolExecutor() as pool:  # side by side, for the time that kernels take to start
        plain = pool.submit(plain_papermill, tmp_path / "plain", tiny_run, tmp_path / "elsewhere")
        assert drive(tmp_path / "driven", tiny_run) == 0
        plain.result()
    assert "test accuracy" in capsys.readouterr().out
    assert figures(tmp_path / "plain") == figures(tmp_path / "driven")
    assert load_params(tmp_path / "plain") | {"run_name": ""} == load_params(tmp_path / "driven") | {"run_name": ""}

    check_run_folder(tmp_path / "driven")
    check_splits(tmp_path / "driven", tiny_run)
    check_tweets_are_escaped(tmp_path / "driven")
    check_finished_run(tmp_path / "driven", tiny_run, capsys)


def check_run_folder(folder: Path) -> None:
    """A run folder holds all that DESIGN promises, and nothing half-written."""
    whole = ["params.yaml", "environment.json", "history.csv", "metrics.json", "predictions.csv", "seconds.json"]
    whole += [f"{step}.ipynb" for step in STEPS] + ["model/model.safetensors", "dataset/meta.json"]
    assert [name for name in whole if not (folder / name).is_file()] == []
    assert not list(folder.rglob("*.part")) and not list(folder.rglob("*.partial.ipynb"))

    metrics = json.loads((folder / "metrics.json").read_text())
    for part, rows in (("validation", 13), ("test", 20)):
        assert set(metrics[part]) == {"loss", "accuracy", "macro_f1", "mean_class_distance", "rows"}
        assert metrics[part]["rows"] == rows
    assert set(metrics["baselines"]) == {"majority", "bag_of_words"}
    assert metrics["training"]["tweets"] == 52 and metrics["training"]["seconds"] > 0

    links = re.findall(r"\]\((?!https:)([^)#]+)\)", (folder / "04_inference.ipynb").read_text(encoding="utf-8"))
    assert [link for link in links if not (folder / link).exists()] == []

    predictions = pd.read_csv(folder / "predictions.csv")
    assert predictions["row_id"].tolist() == list(range(20))
    assert (predictions["label"] == predictions["prediction"]).mean() == pytest.approx(metrics["test"]["accuracy"])

    classify = pipeline("text-classification", model=str(folder / "model"))
    plain, decorated = classify(["the shop opens at nine", "@corner the shop, opens at nine! #x https://t.co/x"])
    assert plain == decorated  # the cleaning "words" travels with the model


def check_splits(folder: Path, parameters: dict) -> None:
    """Train and validation share out the training file's rows, test holds the test file's, each with its own text."""
    parts = {name: load_split(folder, name) for name in ("train", "validation", "test")}
    learnt = pd.concat([parts["train"], parts["validation"]])
    for table, file in ((learnt, parameters["train_file"]), (parts["test"], parameters["test_file"])):
        tweets = read_tweets(file, "OriginalTweet", "Sentiment", "ISO-8859-1")
        assert sorted(table["row_id"]) == tweets.index.tolist()
        assert table["text"].tolist() == tweets.loc[table["row_id"], "OriginalTweet"].tolist()
        names = [LABEL_ORDER[label] for label in table["label"]]
        assert names == tweets.loc[table["row_id"], "Sentiment"].str.strip().str.title().tolist()
        assert (table["input_ids"].str.len() <= parameters["max_length"]).all()


def check_tweets_are_escaped(folder: Path) -> None:
    """A tweet with a script in it is shown as text, in every table and card."""
    shown = 0
    for step in STEPS:
        for cell in nbformat.read(folder / f"{step}.ipynb", as_version=4).cells:
            for output in cell.get("outputs", []):
                html = output.get("data", {}).get("text/html", "")
                assert "<script>alert" not in html and "<img src=x" not in html
                shown += "&lt;script&gt;alert" in html
    assert shown >= 3


def check_finished_run(folder: Path, parameters: dict, capsys) -> None:
    """The same command keeps what is finished; other parameters are refused."""
    before = (folder / "metrics.json").stat().st_mtime_ns
    assert drive(folder, parameters) == 0
    said = capsys.readouterr().out
    assert [f"{step}: finished before" in said for step in STEPS] == [True] * len(STEPS)
    assert (folder / "metrics.json").stat().st_mtime_ns == before

    assert drive(folder, parameters | {"num_epochs": 2}) == 1
    assert "num_epochs 1 -> 2" in capsys.readouterr().err


def test_a_notebook_that_misses_its_input_says_which_notebook_to_run(tmp_path):
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(NOTEBOOKS / "03_training.ipynb")]
    command += [str(tmp_path / "out.ipynb"), "-p", "run_name", str(tmp_path / "empty")]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode != 0
    assert "run 02_dataset_creation.ipynb with the same run_name first" in finished.stderr.strip().splitlines()[-1]


def test_a_failing_notebook_gives_one_sentence_and_the_partial_notebook(tmp_path, tiny_run, capsys):
    assert drive(tmp_path / "failed", tiny_run | {"train_file": "data/nowhere.csv"}) == 1
    error = capsys.readouterr().err
    assert re.search(r"01_data_analysis stopped in code cell \d+: data/nowhere.csv cannot be read", error)
    assert "Traceback" not in error
    partial = tmp_path / "failed" / "01_data_analysis.partial.ipynb"
    assert str(partial) in error and partial.is_file()
    assert not (tmp_path / "failed" / "01_data_analysis.ipynb").exists()
