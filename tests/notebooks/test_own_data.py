"""Files of one's own through all notebooks: few classes and many, small and odd sets."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.notebooks import list_notebooks

pytestmark = pytest.mark.slow
STEPS = [path.stem for path in list_notebooks()]
ORDINAL = ("neighbour", "one class off", "moves the rank", "absolute error")
OF_THE_SAMPLE = (
    r"the sample|kaggle|covid|lockdown|\boriginal\b|real files?\b|pandemic|tweet(?!sent|dataset)"
)
NUMBERS = {
    "dataset": "02",
    "model": "02 03 04",
    "scores": "01 02 03 04 04b 04c",
    "audit": "02 03 04 04b 04c 05 05b",
    "all": "01 02 03 04 04b 04c 05 05b 06",
}

RUN = """
import sys
from tweetsent_utils.pipeline.driver import run_pipeline
from tweetsent_utils.pipeline.notebooks import list_notebooks, step_number
from tweetsent_utils.pipeline.parameters import gather_parameters
given = zip(sys.argv[2::2], sys.argv[3::2])
steps = [path for path in list_notebooks() if step_number(path) in sys.argv[1].split()]
run_pipeline(gather_parameters(overrides=given), steps=steps)
"""


def start(folder: Path, encoder: Path, steps: str, **parameters: object) -> subprocess.Popen:
    """Start some notebooks of the pipeline in a process of its own."""
    given = {
        "run_name": folder,
        "encoder": encoder,
        "device": "cpu",
        "precision": "fp32",
        "batch_size": 32,
        "num_epochs": 1,
        "max_length": 32,
        "max_train_rows": 0,
        "explained_rows": 5,
        "text_column": "body",
        "date_column": "",
        "label_order": "[]",
        **parameters,
    }
    pairs = [str(part) for pair in given.items() for part in pair]
    return subprocess.Popen(
        [sys.executable, "-c", RUN, NUMBERS[steps], *pairs],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """Files that are unlike the sample, by name."""
    folder = tmp_path_factory.mktemp("own")
    write_forty_classes(folder)
    write_two_classes(folder)
    write_grades(folder)
    write_russian(folder)
    write_rare_class(folder)
    write_emoji(folder)
    return {path.name: path for path in folder.iterdir()}


def write_forty_classes(folder: Path) -> None:
    """Forty numbered classes as JSON lines, without a test file."""
    rows = range(320)
    texts = [f"the shop {n} and the queue {n % 40} 😀" for n in rows]
    table = pd.DataFrame({"body": texts, "kind": [n % 40 for n in rows]})
    table.to_json(folder / "many.jsonl", orient="records", lines=True)


def write_two_classes(folder: Path) -> None:
    """Two classes as TSV, in German, with mixed line ends and a byte order mark."""
    ends = ["\n", "\r\n", "\r\n\r\n"]
    for name, numbers in (("train", range(60)), ("test", range(60, 80))):
        lines = ["wahl\tbrief"]
        lines += [f"{('ja', 'nein')[n % 2]}\t„Straße“ {n} schön" for n in numbers]
        text = "".join(line + ends[n % 3] for n, line in enumerate(lines))
        (folder / f"{name}.tsv").write_bytes(text.encode("utf-8-sig"))


def write_grades(folder: Path) -> None:
    """Grades as Parquet; only the test file has the best one."""
    for name, grades in (("train", "poor fair good"), ("test", "poor fair good superb")):
        rows = [
            (f"a {grade} day {n} at the {name} desk", grade)
            for n in range(20)
            for grade in grades.split()
        ]
        table = pd.DataFrame(rows, columns=["body", "grade"])
        table.to_parquet(folder / f"{name}.parquet")


def write_russian(folder: Path) -> None:
    """Texts without a letter that the cleaning "words" keeps."""
    rows = [
        (f"в магазине нет {chr(ord('а') + n % 32)} {'молока ' * (n // 8)}", n % 2)
        for n in range(40)
    ]
    pd.DataFrame(rows, columns=["body", "kind"]).to_csv(folder / "russian.csv", index=False)


def write_rare_class(folder: Path) -> None:
    """Sixty rows of three classes, one of which has three rows, and no test file."""
    kinds = ["rare"] * 3 + ["late", "fine"] * 28 + ["late"]
    rows = [(f"the parcel {number} came {kind} 😀", kind) for number, kind in enumerate(kinds)]
    pd.DataFrame(rows, columns=["body", "kind"]).to_csv(folder / "rare.csv", index=False)


def write_emoji(folder: Path) -> None:
    """Twenty texts without a word, eighteen of them of one class, and a test file of one row."""
    rows = [("📦" * number, "in" if number > 2 else "out") for number in range(1, 21)]
    pd.DataFrame(rows, columns=["body", "kind"]).to_csv(folder / "emoji.csv", index=False)
    (folder / "emoji-test.csv").write_text("body,kind\n🧻🧻,out\n", encoding="utf-8")


@pytest.fixture(scope="module")
def processes(files, tiny_encoder, tmp_path_factory) -> Iterator[dict[str, subprocess.Popen]]:
    """All runs at the same time, since kernels take long to start."""
    folder = tmp_path_factory.mktemp("runs")
    started = {
        "many": start(
            folder / "many",
            tiny_encoder,
            "audit",
            train_file=files["many.jsonl"],
            test_file="",
            label_column="kind",
            validation_share=0.3,
        ),
        "two": start(
            folder / "two",
            tiny_encoder,
            "scores",
            train_file=files["train.tsv"],
            test_file=files["test.tsv"],
            text_column="brief",
            label_column="wahl",
        ),
        "grades": start(
            folder / "grades",
            tiny_encoder,
            "model",
            train_file=files["train.parquet"],
            test_file=files["test.parquet"],
            label_column="grade",
            label_order="[poor, fair, good, superb]",
        ),
        "russian": start(
            folder / "russian",
            tiny_encoder,
            "dataset",
            train_file=files["russian.csv"],
            test_file="",
            label_column="kind",
            cleaning="words",
        ),
        "rare": start(
            folder / "rare",
            tiny_encoder,
            "all",
            train_file=files["rare.csv"],
            test_file="",
            label_column="kind",
            audit_rows=20,
            class_weights="balanced",
        ),
        "emoji": start(
            folder / "emoji",
            tiny_encoder,
            "audit",
            train_file=files["emoji.csv"],
            test_file=files["emoji-test.csv"],
            label_column="kind",
        ),
    }
    for name, process in started.items():
        process.folder = folder / name
    yield started
    for process in started.values():
        process.kill()


@pytest.fixture(scope="module")
def runs(processes) -> dict[str, Path]:
    """The folders of the runs that must succeed."""
    folders = {}
    for name in ("many", "two", "grades", "rare", "emoji"):
        _, error = processes[name].communicate(timeout=900)
        assert processes[name].returncode == 0, error
        folders[name] = processes[name].folder
    return folders


def outputs(notebook: Path) -> str:
    """All that the cells of an executed notebook show, but for sources and the bytes of images."""
    cells = nbformat.read(notebook, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    shown = [
        output for cell in code if "show_source(" not in cell.source for output in cell.outputs
    ]
    for output in shown:
        output.get("data", {}).pop("image/png", None)
    return " ".join(json.dumps(output) for output in shown)


def prose(notebook: Path) -> list:
    """The Markdown cells of an executed notebook."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "markdown"]


def records(folder: Path) -> list[Path]:
    """The executed notebooks of a run."""
    found = sorted(folder.glob("[0-9]*.ipynb"))
    assert found and not [path for path in found if ".partial" in path.name]
    return found


class Page(HTMLParser):
    """A report: its text without code, and its tags with their attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags, self.words, self.skipped = [], [], 0
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        self.skipped += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag == "style"

    def handle_data(self, data: str) -> None:
        self.words += [] if self.skipped else [data]


def test_the_notebooks_run_on_files_of_ones_own(runs):
    for name, labels in (("two", ["ja", "nein"]), ("many", [str(n) for n in range(40)])):
        meta = load_json(runs[name] / "dataset" / "meta.json")
        assert meta["label_order"] == labels and meta["ordered"] is False
        assert [step for step in STEPS[1:4] if not (runs[name] / f"{step}.ipynb").exists()] == []
    assert load_split(runs["two"], "test")["text"].tolist()[0] == "„Straße“ 60 schön"
    assert load_json(runs["many"] / "metrics.json")["test"]["rows"] == 96
    assert len(pd.read_csv(runs["many"] / "predictions.csv")) == 96
    labels = load_json(runs["many"] / "dataset" / "meta.json")["label_order"]
    suspects = pd.read_csv(runs["many"] / "suspects.csv", dtype={"label": str, "suggested": str})
    assert set(suspects["label"]) | set(suspects["suggested"]) <= set(labels)
    assert set(suspects["split"]) <= {"validation", "test"}


def test_a_held_out_test_set_has_its_own_rows_of_every_class(runs, files):
    parts = {name: load_split(runs["many"], name) for name in ("train", "validation", "test")}
    rows = [row for part in parts.values() for row in part["row_id"]]
    assert sorted(rows) == list(range(320))
    texts = pd.read_json(files["many.jsonl"], lines=True)["body"]
    for part in parts.values():
        assert part["text"].tolist() == texts[part["row_id"]].tolist()
        assert part["label"].tolist() == [row % 40 for row in part["row_id"]]
        assert part["label"].nunique() == 40
    assert len(parts["test"]) == 96 and len(parts["validation"]) == round(0.3 * 224)


@pytest.mark.parametrize("name", ["many", "two"])
def test_no_distance_is_shown_between_classes_without_an_order(runs, name):
    for notebook in sorted(runs[name].glob("[0-9]*.ipynb")):
        shown = outputs(notebook)
        assert not [word for word in ORDINAL if word in shown], notebook
    assert "mean_absolute_error" not in (runs[name] / "metrics.json").read_text()


def test_the_audit_of_classes_without_an_order_asks_for_the_answer_and_not_the_rank(runs):
    words = load_json(runs["many"] / "audit.json")["words"]
    assert words["off the list"] > 0
    assert words["same side"] is None  # without an order there are no sides


def test_a_class_that_training_lacks_keeps_its_place_in_the_order(runs):
    meta = load_json(runs["grades"] / "dataset" / "meta.json")
    assert meta["label_order"] == ["poor", "fair", "good", "superb"] and meta["ordered"] is True
    metrics = load_json(runs["grades"] / "metrics.json")
    assert metrics["per_class"]["superb"]["support"] == 20
    assert metrics["per_class"]["superb"]["recall"] == 0  # it was never seen
    assert metrics["test"]["mean_absolute_error"] >= 1 - metrics["test"]["accuracy"] >= 0.25


def test_a_rare_class_is_in_every_part_and_the_run_comes_to_its_end(runs):
    assert [step for step in STEPS if not (runs["rare"] / f"{step}.ipynb").exists()] == []
    label_order = load_json(runs["rare"] / "dataset" / "meta.json")["label_order"]
    for part in ("train", "validation", "test"):
        labels = load_split(runs["rare"], part)["label"]
        assert (labels == label_order.index("rare")).sum() == 1
    metrics = load_json(runs["rare"] / "metrics.json")
    assert metrics["per_class"]["rare"]["support"] == 1
    assert metrics["per_class"]["rare"]["training_share"] == round(1 / 38, 6)
    assert metrics["training"]["class_weights"] == "balanced"
    assert metrics["test"]["rows"] == 12
    audit = load_json(runs["rare"] / "audit.json")["audit"]
    assert audit["rows"] == 20
    assert 0 <= audit["agreement"] <= 1


def test_where_nothing_can_be_audited_the_rest_is_done_and_figures_are_gaps(runs):
    """Two training tweets of one class, one test tweet, and no word in any of them."""
    found = load_json(runs["emoji"] / "audit.json")
    assert found["audit"]["agreement"] is None
    assert found["words"]["correlation"] is None
    assert found["words"]["on the list"] is None
    assert set(found["disagreement"]) == {"0.2 or more from a cut", "no listed word"}
    metrics = load_json(runs["emoji"] / "metrics.json")
    assert metrics["test"]["rows"] == 1
    assert metrics["slices"] == {}
    assert metrics["baselines"]["bag_of_words"] == metrics["baselines"]["majority"]
    assert "too few to audit" in outputs(runs["emoji"] / "05_label_audit.ipynb")


@pytest.mark.parametrize("name", ["rare", "emoji"])
def test_small_and_odd_sets_are_analysed_without_a_warning(runs, name):
    for notebook in sorted(runs[name].glob("0[456]*.ipynb")):
        assert "Warning" not in outputs(notebook), notebook


def test_a_cleaning_that_leaves_nothing_of_a_language_is_refused(processes):
    _, error = processes["russian"].communicate(timeout=300)
    assert "cleaning 'words' leaves no word in 100% of the training texts" in error
    assert "set cleaning to 'repaired' or 'raw'" in error


@pytest.mark.parametrize("name", ["many", "two", "grades", "rare", "emoji"])
def test_a_run_leaves_no_prose_of_the_tutorial_and_no_word_about_its_file(runs, files, name):
    used = {"many": "many.jsonl", "two": "train.tsv", "grades": "train.parquet"}
    for notebook in records(runs[name]):
        top, *others = prose(notebook)
        assert f"on the file `{used.get(name, f'{name}.csv')}`" in top.source
        if (runs[name] / "01_data_analysis.ipynb").exists():  # as in every run of the command
            assert "](report.html)" in top.source
        for cell in others:
            assert "any-data" in cell.metadata.tags, cell.source
        words = " ".join([outputs(notebook), *(cell.source for cell in others)]).casefold()
        assert re.findall(OF_THE_SAMPLE, words) == [], notebook


@pytest.mark.parametrize("name", ["many", "two", "grades", "rare", "emoji"])
def test_a_run_leaves_a_report_of_its_own_figures(runs, name):
    page = Page(runs[name] / "report.html")
    metrics = load_json(runs[name] / "metrics.json")
    test = metrics["test"]
    assert f"this model{test['accuracy']:.3f}" in page.text.replace(" ", "").replace(
        "this", "this "
    )
    for label, scores in metrics["per_class"].items():
        row = [label, *(f"{scores[part]:.3f}" for part in ("precision", "recall", "f1-score"))]
        assert scores["support"] == 0 or "".join(row) in page.text.replace(" ", "")
    assert re.findall(OF_THE_SAMPLE, page.text.casefold()) == []
    assert not re.search(r"\b1 (texts|classes|steps)\b|\bNone\b|\bnan\b", page.text)


@pytest.mark.parametrize("name", ["many", "two", "grades", "rare", "emoji"])
def test_a_report_has_words_for_its_images_and_asks_no_other_host(runs, name):
    page = Page(runs[name] / "report.html")
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed")
        if tag == "img":
            assert attributes["src"].startswith("data:image/png;base64,")
            assert len(attributes["alt"]) > 10
        if tag == "a":
            target = attributes["href"]
            assert target.startswith("#") or (runs[name] / target).exists(), target
