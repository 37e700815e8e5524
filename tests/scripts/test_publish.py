"""`scripts/publish.py` copies figures, and nothing else, out of finished runs."""

import json

import publish
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, save_json, save_yaml


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """An empty folder for published figures."""
    folder = tmp_path / "reference"
    monkeypatch.setattr(publish, "REFERENCE", folder)
    return folder


@pytest.fixture
def make_run(tmp_path):
    """A function that makes the files of a finished run."""

    def make(name, accuracy=0.5, tweets=100, **parameters):
        folder = tmp_path / "outputs" / name
        for file in publish.RUN_FILES:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(file)
        (folder / "predictions.csv").write_text("a tweet")
        scores = {"accuracy": accuracy, "macro_f1": accuracy, "rows": 20}
        training = {"tweets": tweets, "epochs": 2}
        save_json(folder / "timings.json", {"training": {"seconds": 3.0}})
        metrics = {"validation": scores, "test": scores, "training": training}
        save_json(folder / "metrics.json", metrics)
        save_json(folder / "environment.json", {"cores": 2})
        save_yaml(folder / "params.yaml", {"run_name": name, "seed": 0, **parameters})
        return folder

    return make


def test_a_run_is_published_without_its_tweets(reference, make_run):
    publish.publish_run(make_run("mine"))
    published = {
        path.relative_to(reference / "mine").as_posix()
        for path in reference.rglob("*")
        if path.is_file()
    }
    assert published == set(publish.RUN_FILES)


def test_a_run_is_published_under_another_name(reference, make_run):
    publish.publish_run(make_run("mine-seed-0"), "mine")
    assert (reference / "mine" / "metrics.json").is_file()
    assert not (reference / "mine-seed-0").exists()


def test_an_ensemble_is_published_by_its_scores_alone(reference, tmp_path, monkeypatch):
    folder = tmp_path / "mine-ensemble"
    save_json(folder / "ensemble.json", {"members": []})
    save_json(folder / "metrics.json", {"test": {"accuracy": 0.5}})
    (folder / "predictions.csv").write_text("a tweet")
    monkeypatch.setattr(publish, "refresh_pages", lambda tables: [])
    monkeypatch.setattr(publish, "make_tables", dict)
    assert publish.main(["--name", "mine", str(folder)]) == 0
    published = [path for path in reference.rglob("*") if path.is_file()]
    assert published == [reference / "ensembles" / "mine.json"]


def test_a_run_that_is_not_finished_is_refused_before_anything_is_copied(reference, make_run):
    run = make_run("mine")
    (run / "metrics.json").unlink()
    with pytest.raises(TweetsentError, match="mine is not a finished run: metrics.json"):
        publish.publish_run(run)
    assert not reference.exists()


def test_benchmarks_are_published_without_a_run(reference, tmp_path):
    save_json(tmp_path / "bench" / "speed.json", {"summary": []})
    (tmp_path / "bench" / "notes.txt").write_text("mine")
    publish.publish_benchmarks(tmp_path / "bench")
    assert [path.name for path in (reference / "bench").iterdir()] == ["speed.json"]


def test_figures_of_a_gpu_are_published_and_those_of_a_rehearsal_are_not(reference, tmp_path):
    save_json(tmp_path / "bench" / "gpu.json", {"dry_run": False, "speed": {}})
    publish.publish_benchmarks(tmp_path / "bench")
    assert load_json(reference / "bench" / "gpu.json") == {"dry_run": False, "speed": {}}
    save_json(tmp_path / "rehearsal" / "gpu.json", {"dry_run": True, "speed": {"x": 1}})
    with pytest.raises(TweetsentError, match="rehearsal"):
        publish.publish_benchmarks(tmp_path / "rehearsal")
    assert load_json(reference / "bench" / "gpu.json")["speed"] == {}


def test_a_sweep_is_published_with_its_seeds_and_without_test_scores(reference, make_run):
    runs = [
        make_run("a", accuracy=0.6, cleaning="raw", seed=0),
        make_run("b", accuracy=0.7, cleaning="raw", seed=1),
        make_run("c", accuracy=0.8, cleaning="words", seed=0),
    ]
    publish.publish_sweep("cleaning", runs)
    sweep = load_json(reference / "sweeps" / "cleaning.json")
    assert [(run["cleaning"], run["seed"], run["accuracy"]) for run in sweep["runs"]] == [
        ("raw", 0, 0.6),
        ("raw", 1, 0.7),
        ("words", 0, 0.8),
    ]
    assert sweep["training_tweets"] == 100 and sweep["validation_rows"] == 20
    assert "test" not in json.dumps(sweep)


@pytest.mark.parametrize("other", [{"max_lr": 1e-3}, {"tweets": 90}])
def test_runs_that_differ_in_more_than_what_was_swept_are_refused(reference, make_run, other):
    runs = [
        make_run("a", **{"cleaning": "raw", "max_lr": 1e-4}),
        make_run("b", **{"cleaning": "words", "max_lr": 1e-4} | other),
    ]
    with pytest.raises(TweetsentError, match="differ in more than cleaning and the seed"):
        publish.publish_sweep("cleaning", runs)
    assert not reference.exists()


def test_the_command_publishes_what_it_is_given_and_refreshes_the_pages(
    reference, make_run, monkeypatch, capsys
):
    refreshed = []
    monkeypatch.setattr(publish, "refresh_pages", lambda tables: refreshed.append(tables) or [])
    run = make_run("mine", cleaning="raw")
    found = {"verdict": "found", "disagreement": {}}
    save_json(run / "audit.json", found)
    assert publish.main([str(run)]) == 0
    assert publish.main(["--labels", str(run)]) == 0
    assert publish.main(["--sweep", "cleaning", str(run)]) == 0
    assert (reference / "mine" / "metrics.json").is_file()
    assert load_json(reference / "label_audit.json") == found
    assert (reference / "sweeps" / "cleaning.json").is_file()
    assert len(refreshed) == 3

    assert publish.main(["--sweep", "max_lr", str(run)]) == 1
    assert "max_lr" in capsys.readouterr().err
