"""`recipes.py`: trainings that differ in one thing, measured once each."""

from dataclasses import fields

import numpy as np
import pytest
import recipes
from families import save_encoder

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
    file = tmp_path / "recipes.json"
    recipes.measure(["baseline"], [0, 1], small, 1, file)
    first = load_json(file)
    monkeypatch.setattr(recipes, "train_recipe", None)
    recipes.measure(["baseline"], [0, 1], small, 1, file)
    assert load_json(file) == first
    assert [training["seed"] for training in first["trainings"]] == [0, 1]


def test_a_change_is_compared_row_by_row_with_the_baseline_of_its_seed(tmp_path):
    file = tmp_path / "recipes.json"
    names = ["baseline", "no dropout"]
    answers = {"baseline": [0, 1, 1, 2], "no dropout": [0, 0, 1, 1]}
    for name in names:
        kept = recipes.logits_file(file, name, 3)
        kept.parent.mkdir(exist_ok=True)
        np.save(kept, np.eye(5)[answers[name]])
    save_json(file, {"trainings": [{"name": name, "seed": 3} for name in names]})
    recipes.compare_with_baseline(file, np.array([0, 0, 1, 2]))
    baseline, changed = load_json(file)["trainings"]
    assert (baseline["gained"], baseline["lost"]) == (0, 0)
    assert (changed["gained"], changed["lost"]) == (1, 1)
