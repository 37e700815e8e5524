"""Files of one's own through all notebooks: two classes and many, without an order or a test file, in odd formats."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import notebook_functions

from tweetsent_utils.dataset import load_split
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import NOTEBOOKS, PROJECT_ROOT, load_json

STEPS = sorted(path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
ORDINAL = ("neighbour", "one class off", "moves the rank", "class distance")
split_rows = notebook_functions("02").split_rows


RUN = """
import sys
from tweetsent_utils.driver import run
from tweetsent_utils.parameters import gather_parameters, notebooks
given = list(zip(sys.argv[2::2], sys.argv[3::2]))
run(gather_parameters(overrides=given), steps=notebooks()[: int(sys.argv[1])])
"""


def start(folder: Path, encoder: Path, steps: int, **parameters: object) -> subprocess.Popen:
    """Start the first notebooks of the pipeline in a process of its own; to be waited for."""
    small = {"encoder": encoder, "device": "cpu", "precision": "fp32", "batch_size": 32, "num_epochs": 1}
    given = {"run_name": folder, "date_column": "", "label_order": "[]", "max_train_rows": 0, "max_length": 32}
    given |= {"explained_rows": 5, **small, **parameters}
    pairs = [str(part) for pair in given.items() for part in pair]
    command = [sys.executable, "-c", RUN, str(steps), *pairs]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """Forty numbered classes as JSON lines with no test file; two in TSV, with mixed line ends and a mark; in Parquet
    grades, the best of which only the test file has; and Russian texts."""
    folder = tmp_path_factory.mktemp("own")
    many = pd.DataFrame({"body": [f"the shop {n} and the queue {n % 40} 😀" for n in range(320)]})
    many["kind"] = [n % 40 for n in range(320)]
    many.to_json(folder / "many.jsonl", orient="records", lines=True)
    ends = ["\n", "\r\n", "\r\n\r\n"]
    for name, numbers in (("train", range(60)), ("test", range(60, 80))):
        rows = [f"{('ja', 'nein')[n % 2]}\t„Straße“ {n} schön" for n in numbers]
        text = "".join(line + ends[n % 3] for n, line in enumerate(["wahl\tbrief", *rows]))
        (folder / f"{name}.tsv").write_bytes(text.encode("utf-8-sig"))
    for name, grades in (("train", ["poor", "fair", "good"]), ("test", ["poor", "fair", "good", "superb"])):
        rows = [(f"a {grade} day {n} at the {name} desk", grade) for n in range(20) for grade in grades]
        pd.DataFrame(rows, columns=["body", "grade"]).to_parquet(folder / f"{name}.parquet")
    rows = [(f"в магазине нет {chr(ord('а') + n % 32)} и {'молока ' * (n // 8)}", n % 2) for n in range(40)]
    pd.DataFrame(rows, columns=["body", "kind"]).to_csv(folder / "russian.csv", index=False)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def russian(files, tiny_encoder, tmp_path_factory) -> Iterator[subprocess.Popen]:
    """Russian texts under a cleaning that leaves none of their letters: a process that runs beside the others."""
    given = {"train_file": files["russian.csv"], "test_file": "", "text_column": "body", "label_column": "kind"}
    process = start(tmp_path_factory.mktemp("russian") / "run", tiny_encoder, 2, **given, cleaning="words")
    yield process
    process.kill()


@pytest.fixture(scope="module")
def runs(files, tiny_encoder, russian, tmp_path_factory) -> dict[str, Path]:
    """Forty and two classes through all notebooks that read files, four as far as the scores of the test set."""
    folder = tmp_path_factory.mktemp("runs")
    many = {"train_file": files["many.jsonl"], "test_file": "", "text_column": "body", "label_column": "kind"}
    two = {"train_file": files["train.tsv"], "test_file": files["test.tsv"]}
    two |= {"text_column": "brief", "label_column": "wahl"}
    four = {"train_file": files["train.parquet"], "test_file": files["test.parquet"], "text_column": "body"}
    four |= {"label_column": "grade", "label_order": "[poor, fair, good, superb]"}
    processes = [start(folder / "many", tiny_encoder, 5, **many, validation_share=0.3)]
    processes.append(start(folder / "two", tiny_encoder, 5, **two))
    processes.append(start(folder / "four", tiny_encoder, 4, **four))
    try:
        for process in processes:
            said = process.communicate(timeout=900)[1]
            assert process.returncode == 0, said
    finally:
        for process in processes:
            process.kill()
    return {name: folder / name for name in ("many", "two", "four")}


def outputs(file: Path) -> str:
    """All that the cells of an executed notebook show."""
    cells = nbformat.read(file, as_version=4).cells
    return " ".join(json.dumps(output) for cell in cells for output in cell.get("outputs", []))


def test_the_notebooks_run_on_files_of_ones_own(runs):
    for name, names in (("two", ["ja", "nein"]), ("many", [str(n) for n in range(40)])):
        meta = load_json(runs[name] / "dataset" / "meta.json")
        assert meta["label_order"] == names and meta["ordered"] is False
    assert load_split(runs["two"], "test")["text"].tolist()[0] == "„Straße“ 60 schön"
    for name, steps in (("many", STEPS[:5]), ("two", STEPS[:5]), ("four", STEPS[:4])):
        assert [step for step in steps if not (runs[name] / f"{step}.ipynb").exists()] == []
    assert load_json(runs["many"] / "metrics.json")["test"]["rows"] == 96
    assert len(pd.read_csv(runs["many"] / "predictions.csv")) == 96


def test_a_carved_test_set_has_its_own_rows_of_every_class(runs, files):
    parts = {name: load_split(runs["many"], name) for name in ("train", "validation", "test")}
    rows = [row for part in parts.values() for row in part["row_id"]]
    assert sorted(rows) == list(range(320))
    texts = pd.read_json(files["many.jsonl"], lines=True)["body"]
    for part in parts.values():
        assert part["text"].tolist() == texts[part["row_id"]].tolist()
        assert part["label"].tolist() == [row % 40 for row in part["row_id"]]
        assert part["label"].nunique() == 40
    assert len(parts["test"]) == 96 and len(parts["validation"]) == round(0.3 * 224)


def test_no_distance_between_classes_without_an_order_is_shown(runs):
    for file in sorted(path for name in ("many", "two") for path in runs[name].glob("[0-9]*.ipynb")):
        assert not [word for word in ORDINAL if word in outputs(file)], file
    for name in ("many", "two"):
        assert "mean_class_distance" not in json.dumps(load_json(runs[name] / "metrics.json"))
        assert "on the list moves the answer by" in outputs(runs[name] / "05_label_audit.ipynb")


def test_classes_with_an_order_have_their_distances_also_when_training_lacks_one(runs):
    meta, metrics = load_json(runs["four"] / "dataset" / "meta.json"), load_json(runs["four"] / "metrics.json")
    assert meta["label_order"] == ["poor", "fair", "good", "superb"] and meta["ordered"] is True
    assert metrics["test"]["mean_class_distance"] >= 1 - metrics["test"]["accuracy"] >= 0.25  # who never saw it errs
    assert metrics["per_class"]["superb"]["support"] == 20 and metrics["per_class"]["superb"]["recall"] == 0


def test_a_cleaning_that_leaves_nothing_of_a_language_is_told(russian):
    said = russian.communicate(timeout=300)[1]
    assert "cleaning 'words' leaves no word in 100% of the training texts" in said
    assert "set cleaning to 'repaired' or 'raw'" in said


def test_a_class_too_small_to_be_carved_is_told():
    labels = pd.Series([0] * 20 + [1])
    with pytest.raises(TweetsentError, match="the class 'b' has one training tweet"):
        split_rows(labels, ["a", "b"], 5000, 0.2, 0)
