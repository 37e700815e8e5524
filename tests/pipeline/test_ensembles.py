"""The folder of an ensemble: what it holds, what it says, and what cannot be averaged."""

import json
from pathlib import Path

import pandas as pd
import pytest
from fake_runs import make_member

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import load_predictions
from tweetsent_utils.files import load_json
from tweetsent_utils.pipeline.ensembles import write_ensemble
from tweetsent_utils.pipeline.runs import load_metrics


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of an ensemble to be."""
    (tmp_path / "ensemble").mkdir()
    return tmp_path / "ensemble"


def make_members(tmp_path: Path, *changes: dict) -> list[Path]:
    """Members with the seeds 0, 1 and so on, each with its changes."""
    return [
        make_member(tmp_path / f"seed-{seed}", seed, **change)
        for seed, change in enumerate(changes)
    ]


def test_predictions_are_like_a_runs_and_hold_the_members_mean(tmp_path, folder):
    runs = make_members(tmp_path, {}, {}, {})
    write_ensemble(folder, runs)
    for part in ("test", "validation"):
        own = load_predictions(folder, part)
        theirs = [load_predictions(run, part) for run in runs]
        assert list(own) == list(theirs[0])
        assert own["row_id"].equals(theirs[0]["row_id"])
        mean = sum(table["p_good"] for table in theirs) / 3
        assert own["p_good"].tolist() == pytest.approx(mean.tolist(), abs=1e-6)


def test_scores_gain_and_cost_are_on_record_next_to_those_of_each_member(tmp_path, folder):
    runs = make_members(tmp_path, {}, {})
    write_ensemble(folder, runs)
    metrics = load_metrics(folder)
    each = metrics["members"]["test"]["each"]
    assert list(each) == ["seed-0", "seed-1"]
    for run in runs:
        table = load_predictions(run, "test")
        accuracy = (table["prediction"] == table["label"]).mean()
        assert each[run.name]["accuracy"] == pytest.approx(accuracy)
    own = load_predictions(folder, "test")
    accuracy = (own["prediction"] == own["label"]).mean()
    assert metrics["test"]["accuracy"] == pytest.approx(accuracy)
    assert metrics["test"]["rows"] == 6
    mean = metrics["members"]["test"]["mean"]
    for name, sign in {"accuracy": 1, "macro_f1": 1, "loss": -1, "calibration_error": -1}.items():
        gain = sign * (metrics["test"][name] - mean[name])
        assert metrics["gain"]["test"][name] == pytest.approx(gain)
    assert metrics["gain"]["validation"]["loss"] >= 0
    assert metrics["cost"] == {
        "training_seconds": 121.0,
        "scoring_times": 2,
        "model_bytes": 1_000_000,
    }
    named = load_json(folder / "ensemble.json")["members"]
    assert named == [{"run": "seed-0", "seed": 0}, {"run": "seed-1", "seed": 1}]
    said = (folder / "ensemble.txt").read_text(encoding="utf-8")
    for fact in (f"{mean['accuracy']:.3f} ±", "2 minutes", "2 times", "1 MB", "6 test texts"):
        assert fact in said


def test_no_score_comes_from_rows_that_some_member_was_trained_on(tmp_path, folder):
    same = make_members(tmp_path / "same", {}, {})
    write_ensemble(folder, same)
    assert (folder / "validation_predictions.csv").exists()

    runs = make_members(tmp_path / "other", {}, {"validation_ids": (1, 2, 3, 5)})
    write_ensemble(folder, runs)
    metrics = load_metrics(folder)
    assert "validation" not in metrics
    assert "validation" not in metrics["gain"]
    assert metrics["gain"]["shared_validation"]["rows"] == 3
    assert len(metrics["members"]["validation"]["each"]) == 2  # each on the rows it held back
    assert not (folder / "validation_predictions.csv").exists()
    assert "(3 rows, by 2.0 seeds each)" in (folder / "ensemble.txt").read_text(encoding="utf-8")

    apart = make_members(tmp_path / "apart", {}, {"validation_ids": (6, 7)})
    write_ensemble(folder, apart)
    assert load_metrics(folder)["gain"]["shared_validation"] == {"rows": 0}
    assert "no validation score" in (folder / "ensemble.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ("good", "bad")}, "seed-0 has the classes 'bad', 'good', and seed-1 has"),
        ({"test_texts": tuple("abcdeX")}, "seed-0 and seed-1 were tested on different texts"),
        ({"test_texts": tuple("abc")}, "seed-0 and seed-1 were tested on different texts"),
    ],
)
def test_members_that_do_not_fit_together_are_refused(tmp_path, folder, change, message):
    with pytest.raises(TweetsentError, match=message):
        write_ensemble(folder, make_members(tmp_path, {}, change))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("predictions.csv", r"seed-1/predictions.csv is not there yet: run 04_inference"),
        ("validation_predictions.csv", "run 03_training"),
        ("dataset/test.parquet", "run 02_dataset_creation"),
    ],
)
def test_what_a_member_lacks_is_named_with_the_notebook_that_makes_it(
    tmp_path, folder, name, message
):
    runs = make_members(tmp_path, {}, {})
    (runs[1] / name).unlink()
    with pytest.raises(TweetsentError, match=message):
        write_ensemble(folder, runs)


def test_predictions_that_were_edited_are_refused(tmp_path, folder):
    runs = make_members(tmp_path, {}, {})
    table = pd.read_csv(runs[1] / "predictions.csv")
    table.assign(p_good=1.0).to_csv(runs[1] / "predictions.csv", index=False)
    with pytest.raises(TweetsentError, match="predictions.csv is damaged or was edited"):
        write_ensemble(folder, runs)


def test_a_member_without_its_clock_leaves_the_time_of_training_open(tmp_path, folder):
    runs = make_members(tmp_path, {}, {})
    (runs[0] / "timings.json").write_text(json.dumps({}))
    write_ensemble(folder, runs)
    assert load_metrics(folder)["cost"]["training_seconds"] is None
    assert "unknown time" in (folder / "ensemble.txt").read_text(encoding="utf-8")
