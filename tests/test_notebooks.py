"""What the notebooks show and say is true today: sources, parameters, promised times, published figures."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from tweetsent_utils import audit, batching, dataset, encoder, evaluation, memory, reading, training
from tweetsent_utils.display import show_source
from tweetsent_utils.files import NOTEBOOKS, PROJECT_ROOT, REFERENCE, load_json
from tweetsent_utils.parameters import gather_parameters, known_parameters, notebooks

PATHS = notebooks()
PARAMETER_FILES = sorted((NOTEBOOKS / "params").glob("*.yaml"))
PIECES = {
    name: piece
    for module in (audit, batching, dataset, encoder, evaluation, memory, reading, training)
    for name, piece in vars(module).items()
    if getattr(piece, "__module__", "") == module.__name__
}
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_quick_yaml_is_the_notebooks_defaults_written_out():
    quick = yaml.safe_load((NOTEBOOKS / "params" / "quick.yaml").read_text())
    assert quick == known_parameters()


@pytest.mark.parametrize("path", PARAMETER_FILES, ids=lambda path: path.stem)
def test_a_parameter_file_is_accepted_and_names_its_run(path):
    assert gather_parameters(path)["run_name"] == path.stem


@every_notebook
def test_the_source_that_is_shown_is_todays(path):
    shown = [
        (cell, match) for cell in code_cells(path) if (match := re.search(r"^show_source\((.+)\)$", cell.source, re.M))
    ]
    for cell, match in shown:
        names = [name.strip() for name in match[1].split(",")]
        assert cell.outputs[0].data["text/markdown"] == show_source(*(PIECES[name] for name in names)).data


def test_every_piece_that_the_tutorial_rests_on_is_shown():
    shown = "".join(cell.source for path in PATHS for cell in code_cells(path))
    for name in ("TweetDataset", "collate", "train_step", "eval_step", "check_memory"):
        assert f"show_source({name})" in shown


def test_few_cells_are_exempt_from_comparison():
    tags = [tag for path in PATHS for cell in code_cells(path) for tag in cell.metadata.get("tags", [])]
    assert sum(tag.startswith("nbval") for tag in tags) <= 3
    assert "nbval-skip" not in tags


@every_notebook
def test_the_promised_seconds_are_those_of_the_published_quick_run(path):
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    promised = int(re.search(r"About (\d+) seconds on 2 CPU cores", prose)[1])
    measured = load_json(REFERENCE / "quick" / "seconds.json")[path.stem]
    assert load_json(REFERENCE / "quick" / "environment.json")["cores"] == 2
    assert 0.7 * measured <= promised <= 1.4 * measured


def test_the_encoder_beats_the_bag_of_words_by_ten_points_over_three_seeds():
    published = load_json(REFERENCE / "three_seeds.json")
    gains = [run["encoder"] - run["bag_of_words"] for run in published["runs"]]
    assert len(gains) == 3
    assert sum(gains) / 3 == pytest.approx(published["mean_gain"])
    assert published["mean_gain"] >= 0.10
    readme = " ".join((PROJECT_ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"the encoder beats the bag of words by {100 * published['mean_gain']:.0f} points" in readme


def test_the_figures_on_the_labels_are_those_of_their_sources():
    page = (PROJECT_ROOT / "data" / "README.md").read_text(encoding="utf-8")
    published = load_json(REFERENCE / "published.json")
    for row in published["rule_agreement"]:
        assert f"| {row['scorer']} | {row['cleaning'].replace('none', 'nothing')} | " in page
        assert f"| {100 * row['train']:.1f}% | {100 * row['test']:.1f}% |" in page
    for row in published["human_labels"]:
        assert f"{100 * row['accuracy']:.1f}%" in page


def test_what_notebook_1_says_of_other_models_is_in_their_sources():
    prose = "\n".join(cell.source for cell in nbformat.read(PATHS[0], as_version=4).cells)
    by_model = {
        row["model"]: row["accuracy"] for row in load_json(REFERENCE / "published.json")["five_class_test_accuracy"]
    }
    assert max(by_model.values()) == by_model["DeBERTa-v3-base, full fine-tune, raw text"]
    for model in ("DeBERTa-v3-base, full fine-tune, raw text", "GPT-4, no fine-tuning"):
        assert f"{100 * by_model[model]:.1f}%" in prose


def test_baselines_learn_from_training_rows_and_every_epoch_has_its_own_order():
    """What no figure of a small run would betray: four lines are pinned as they stand."""
    code = {path.stem[:2]: "\n".join(cell.source for cell in code_cells(path)) for path in PATHS}
    assert 'score_baselines(texts, train["label"], validation_texts, validation["label"])' in code["03"]
    assert 'score_baselines(train_texts, train["label"], texts, labels)' in code["04"]
    assert "    begin_epoch(epoch, skip=" in code["03"] and "    sampler.set_epoch(epoch, skip)" in code["03"]
