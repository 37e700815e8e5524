"""Settings against each other: what differs between runs, and what is noise."""

import numpy as np
import pandas as pd
import pytest
from fake_runs import make_run

from tweetsent_utils.evaluation import comparison
from tweetsent_utils.pipeline import finished_runs

# --- what differs ---


def test_gap_is_no_difference_by_itself():
    values = {"seed": ["0", "1"], "new": ["0.1", None], "same": ["a", "a"]}
    older = pd.DataFrame(values, ["run", "old"])
    assert comparison.find_differing(older) == ["seed"]
    newest = pd.DataFrame({"seed": ["0"], "new": ["0.2"], "same": ["a"]}, ["newest"])
    assert comparison.find_differing(pd.concat([older, newest])) == ["seed", "new"]


def test_equal_rows_get_one_number_and_a_gap_only_equals_a_gap():
    files = pd.DataFrame({"file": ["a", "b", "a", None, None], "n": ["1"] * 5}, list("vwxyz"))
    groups = comparison.number_groups(files)
    assert groups.to_dict() == {"v": 1, "w": 2, "x": 1, "y": 3, "z": 3}


def test_curves_go_by_the_share_of_the_training(tmp_path):
    history = finished_runs.read_run(make_run(tmp_path / "run", 0.8)).history
    loss, accuracy = comparison.training_curves(history)
    assert accuracy.to_dict() == {50.0: 0.4, 100.0: 0.8}
    assert loss.index.tolist() == list(range(10, 101, 10))


def test_noise_of_single_steps_is_smoothed_away_and_the_trend_is_not():
    trend = np.linspace(120, 1, 120)
    noise = np.tile([-5.0, 5.0], 60)
    history = pd.DataFrame({"train_loss": trend + noise, "validation_accuracy": 0.5})
    loss, _ = comparison.training_curves(history.set_index(np.arange(1, 121)))
    assert loss.to_numpy()[10:-10] == pytest.approx(trend[10:-10], abs=1)


# --- noise ---


def by_seed(*accuracies: float | None) -> pd.Series:
    return pd.Series(accuracies, range(len(accuracies)), dtype=float)


def test_three_shared_seeds_are_compared_seed_by_seed():
    one, other = by_seed(0.70, 0.80, 0.90, 0.99), by_seed(0.68, 0.79, 0.87, None)
    gap, margin = comparison.compare_settings(one, other[::-1], rows=600)
    assert gap == pytest.approx(0.02)
    # Student's t for two degrees of freedom, times the standard error of the mean.
    assert margin == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)


@pytest.mark.parametrize("lead", [0.0, 0.05])
def test_lead_that_is_the_same_on_every_seed_has_no_margin(lead, recwarn):
    accuracies = by_seed(0.7, 0.8, 0.9)
    compared = comparison.compare_settings(accuracies + lead, accuracies, rows=20)
    assert compared == pytest.approx((lead, 0), abs=1e-12)
    assert not recwarn.list


def test_fewer_shared_seeds_leave_the_errors_of_single_scores():
    gap, margin = comparison.compare_settings(by_seed(0.8, 0.8), by_seed(0.5), rows=100)
    assert gap == pytest.approx(0.3)
    assert margin == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 200 + 0.5 * 0.5 / 100), rel=1e-4)


# --- runs as tables ---


def record(accuracy: float, **scores: float) -> dict:
    return {"validation_accuracy": accuracy, "validation_macro_f1": accuracy, "rows": 600} | scores


def test_best_validation_accuracy_comes_first_and_then_macro_f1():
    scores = {"a": record(0.7), "b": record(0.8), "c": record(0.8, validation_macro_f1=0.9)}
    assert list(comparison.rank_runs(scores).index) == ["c", "b", "a"]


def compare(runs: dict[str, tuple[float, dict]]) -> tuple:
    table = comparison.rank_runs({name: record(score) for name, (score, _) in runs.items()})
    parameters = comparison.tabulate_parameters({name: given for name, (_, given) in runs.items()})
    return table, parameters, comparison.number_tasks(table, parameters)


def test_names_of_runs_and_what_only_the_audit_knows_are_not_compared():
    runs = {"a": (0.7, {"run_name": "a", "runs": [], "audit_rows": 9, "seed": 0})}
    _, parameters, _ = compare(runs)
    assert list(parameters) == ["seed"]


def test_other_files_other_labels_and_held_out_rows_make_other_tasks():
    base = {"train_file": "a.csv", "seed": 0, "label_order": ["x", "y"], "test_file": "t.csv"}
    changes = {
        "base": {},
        "seed": {"seed": 1},
        "rate": {"max_lr": 0.1},
        "file": {"train_file": "b.csv"},
        "labels": {"label_order": ["y", "z"]},
        "held out": {"test_file": ""},
    }
    table, parameters, task = compare({name: (0.7, base | new) for name, new in changes.items()})
    assert task["base"] == task["seed"] == task["rate"]
    assert task.nunique() == 4
    words = comparison.describe_tasks(task, table, parameters)
    assert "600 rows, seed 0, 1\n    a.csv\n    base, rate, seed" in words
    assert "not comparable" in words
    one = task[task == task["base"]]
    assert "not comparable" not in comparison.describe_tasks(one, table, parameters)


def test_settings_are_averaged_over_seeds_and_runs_of_one_seed_are_one_draw():
    runs = {
        f"{rate}-{seed}": (score, {"train_file": "a", "max_lr": rate, "seed": seed})
        for rate, scores in {0.1: (0.8, 0.82, 0.81), 0.2: (0.7, 0.72, 0.71)}.items()
        for seed, score in enumerate(scores)
    }
    runs["again"] = runs["0.1-1"]
    table, parameters, task = compare(runs)
    by_seed = comparison.group_by_seed(table, parameters, task)
    means = comparison.average_seeds(by_seed)
    assert means["max_lr"].tolist() == ["0.1", "0.2"]
    assert means["mean"].tolist() == pytest.approx([0.81, 0.71])
    assert means["std"].tolist() == pytest.approx([0.01, 0.01])
    assert means["seeds"].tolist() == [3, 3]
    words = comparison.judge_settings(by_seed, {1: 600})
    assert words == "task 1: 2 settings\n  max_lr 0.1 over 0.2: +0.100 ± 0.000, more than noise"


def test_two_runs_keep_their_whole_names_where_the_last_parts_agree():
    names = ["a/run", "b/run", "c/other"]
    assert list(comparison.shorten_names(names).values()) == ["a/run", "b/run", "other"]


def test_summary_has_a_gap_where_a_run_was_never_tested():
    table = comparison.rank_runs({"a": record(0.7, test_accuracy=0.6), "x/b": record(0.8)})
    summary = comparison.summarize_runs(table)
    assert summary.to_dict("index") == {
        "b": {"validation accuracy": 0.8, "rows": 600, "test accuracy": comparison.GAP},
        "a": {"validation accuracy": 0.7, "rows": 600, "test accuracy": 0.6},
    }


def test_differences_are_those_within_a_task():
    base = {"train_file": "a.csv", "seed": 0, "max_lr": 0.1, "rotation": 0.0}
    other_task = base | {"train_file": "b.csv", "rotation": 0.7}
    runs = {"one": base, "two": base | {"max_lr": 0.2}, "alone": other_task}
    _, parameters, task = compare({name: (0.7, given) for name, given in runs.items()})
    differences = comparison.tabulate_differences(parameters, task)
    assert differences.to_dict() == {"max_lr": {"one": "0.1", "two": "0.2"}}
    _, parameters, task = compare({"one": (0.7, base), "alone": (0.7, other_task)})
    assert comparison.tabulate_differences(parameters, task).empty


def test_setting_is_named_by_what_differs_or_by_its_best_run():
    base = {"train_file": "a.csv", "seed": 0, "max_lr": 0.1, "rotation": 0.0, "pooling": "cls"}
    rates = {
        f"{rate}-{seed}": base | {"max_lr": rate, "seed": seed}
        for rate in (0.1, 0.2)
        for seed in (0, 1)
    }
    named = name_settings({name: (0.7 + given["max_lr"], given) for name, given in rates.items()})
    assert named.index.tolist() == ["max_lr 0.2", "max_lr 0.1"]
    assert named["seeds"].tolist() == [2, 2]
    changed = base | {"max_lr": 0.2, "rotation": 0.7, "pooling": "mean"}
    named = name_settings({"x/old": (0.7, base), "x/new": (0.8, changed)})
    assert named.index.tolist() == ["new", "old"]
    assert named["std"].tolist() == [comparison.GAP] * 2


def name_settings(runs: dict[str, tuple[float, dict]]) -> pd.DataFrame:
    table, parameters, task = compare(runs)
    means = comparison.average_seeds(comparison.group_by_seed(table, parameters, task))
    return comparison.name_settings(means, table, parameters, task)


def test_each_change_of_a_setting_has_a_line_of_its_own():
    base = {"train_file": "a", "seed": 0, "max_lr": 0.1, "rotation": 0.0}
    runs = {"a": (0.7, base), "b": (0.9, base | {"max_lr": 0.2, "rotation": 0.7})}
    by_seed = comparison.group_by_seed(*compare(runs))
    words = comparison.judge_settings(by_seed, {1: 600}).splitlines()
    assert words[:3] == ["task 1: 2 settings", "  max_lr 0.2 over 0.1,", "  rotation 0.7 over 0.0:"]
    assert words[3].startswith("    +0.200 ± ")


def test_one_setting_has_nothing_to_be_compared_with():
    table, parameters, task = compare({"a": (0.7, {"train_file": "a", "seed": 0})})
    by_seed = comparison.group_by_seed(table, parameters, task)
    words = comparison.judge_settings(by_seed, {1: 600})
    assert words == "task 1: one setting only"


def test_a_lead_of_single_scores_says_that_the_luck_of_seeds_is_unknown():
    small = comparison.describe_lead(by_seed(0.80), by_seed(0.79), rows=100)
    assert small.endswith("may be noise")
    large = comparison.describe_lead(by_seed(0.80), by_seed(0.50), rows=100)
    assert large.endswith("more than the choice of rows explains;\nother seeds untested")
