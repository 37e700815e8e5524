"""`recipes.py`: trainings that differ in one thing, measured once each."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import recipes
from families import save_encoder

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, save_json


@pytest.fixture
def small(tiny_tweets, tmp_path, monkeypatch):
    """A few rows of tweets, and a tiny BERT in the place of the packaged one."""
    encoder = save_encoder("bert", tmp_path / "bert", max_position_embeddings=128)
    monkeypatch.setattr(recipes, "packaged_encoder", lambda: encoder)
    return recipes.read_rows(str(tiny_tweets.train), str(tiny_tweets.test), rows=40)


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_differs_from_the_baseline_in_what_its_name_says(name):
    baseline, recipe = recipes.Recipe(), recipes.RECIPES[name]
    changed = [
        field.name
        for field in fields(recipe)
        if getattr(recipe, field.name) != getattr(baseline, field.name)
    ]
    assert (name == "baseline") == (not changed)


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_trains_and_is_scored(name, small):
    scores, logits = recipes.train_recipe(recipes.RECIPES[name], small, epochs=1, seed=0)
    assert 0 <= scores["accuracy"] <= 1
    assert logits.shape == (len(small["validation"]), 5)


@pytest.mark.slow
def test_what_is_measured_is_not_measured_again(small, tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    file = tmp_path / "recipes.json"
    plan = [("baseline", 0), ("baseline", 1)]
    recipes.measure(plan, small, 1, file)
    first = load_json(file)
    monkeypatch.setattr(recipes, "train_recipe", None)
    recipes.measure(plan, small, 1, file)
    assert load_json(file) == first
    assert [training["seed"] for training in first["trainings"]] == [0, 1]


def test_a_change_is_compared_row_by_row_with_the_baseline_of_its_seeds(tmp_path):
    file = tmp_path / "recipes.json"
    answers = {
        ("baseline", 0): [0, 1, 1, 2],
        ("baseline", 1): [0, 0, 1, 1],
        ("no dropout", 0): [0, 0, 1, 2],
        ("no dropout", 1): [0, 0, 1, 2],
        ("no dropout", 2): [4, 4, 4, 4],
    }
    trainings = []
    for (name, seed), ranks in answers.items():
        training = {"name": name, "seed": seed, "training_rows": 8, "epochs": 1}
        training["hardware"] = "a processor"
        kept = recipes.logits_file(file, training)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.eye(5)[ranks])
        scores = {"accuracy": 0.5 + seed / 10, "loss": 1.0, "cpu_seconds": 10.0 + seed}
        trainings.append(training | scores)
    save_json(file, {"trainings": trainings})
    recipes.summarise(file, np.array([0, 0, 1, 2]))
    (plan,) = load_json(file)["summary"]
    assert (plan["training_rows"], plan["epochs"]) == (8, 1)
    baseline, changed = plan["changes"]
    assert baseline["differences"] == [0, 0]
    assert (baseline["difference"], baseline["cost"]) == (0, 1)
    assert changed["seeds"] == [0, 1, 2]
    assert changed["differences"] == [0.25, 0.25, -0.75]
    assert changed["difference"] == pytest.approx(-1 / 12)
    assert [row["models"] for row in plan["ensembles"]] == [1, 2]
    assert all(training["calibrated_loss"] > 0 for training in load_json(file)["trainings"])


def test_the_baseline_comes_first_whatever_ended_first():
    runs = pd.DataFrame({"name": ["dropout", "baseline"], "seed": 0, "accuracy": 1.0, "loss": 1.0})
    runs["right"] = [np.ones(4), np.ones(4)]
    assert [row["name"] for row in recipes.compare_recipes(runs)] == ["baseline", "dropout"]
    assert recipes.compare_recipes(runs[:1]) == []


def test_figures_of_two_machines_are_kept_apart(tmp_path):
    """The same recipe and seed on a CPU and on a GPU: neither overwrites the other."""
    file = tmp_path / "recipes.json"
    for hardware, rank in {"a processor": 0, "a card": 1}.items():
        training = {"name": "baseline", "seed": 0, "training_rows": 8, "epochs": 1}
        scores = {"accuracy": 1.0 - rank, "loss": 1.0}
        recipes.keep(file, training | {"hardware": hardware}, scores, np.eye(5)[[rank] * 4])
    recipes.summarise(file, np.zeros(4, dtype=int))
    found = {plan["hardware"]: plan["ensembles"] for plan in load_json(file)["summary"]}
    assert [found[name][0]["accuracy"] for name in ("a processor", "a card")] == [1.0, 0.0]


def test_a_recipe_that_fails_costs_no_other_training(small, tmp_path, monkeypatch):
    def train(recipe, *_):
        if recipe.r_drop:
            raise RuntimeError("it is full")
        return {"accuracy": 0.5, "loss": 1.0}, np.zeros((2, 5))

    monkeypatch.setattr(recipes, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    monkeypatch.setattr(recipes, "train_recipe", train)
    file = tmp_path / "recipes.json"
    with pytest.raises(TweetsentError, match="R-Drop: it is full"):
        recipes.measure([("R-Drop", 0), ("baseline", 0), ("dropout", 0)], small, 1, file)
    assert [row["name"] for row in load_json(file)["trainings"]] == ["baseline", "dropout"]


def test_the_last_epoch_has_the_tweets_as_written_where_a_recipe_says_so(small):
    recipe = recipes.RECIPES["rotation, but not in the last epoch"]
    tokenizer = recipes.load_tokenizer(recipes.packaged_encoder(), recipes.CLEANING, 64)
    tweets = recipes.AugmentedTweets(small["train"], tokenizer, recipe, epochs=2, seed=0)
    written = [list(ids) for ids in tweets.input_ids]
    tweets.set_epoch(0)
    assert [list(ids) for ids in tweets.input_ids] != written
    tweets.set_epoch(1)
    assert [list(ids) for ids in tweets.input_ids] == written


def test_an_ensemble_has_right_what_most_of_its_models_have_right():
    """Three models, each wrong about another of three texts: any two are as good as one."""
    wrong = np.eye(3, dtype=int)
    logits = 4.0 * np.eye(5)[wrong]
    single, pair, all_three = recipes.score_ensembles(logits, np.zeros(3, dtype=int))
    assert single == {"models": 1, "accuracy": pytest.approx(2 / 3)}
    assert pair["models"] == 2
    assert all_three == {"models": 3, "accuracy": 1.0}
