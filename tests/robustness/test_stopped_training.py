"""A training that somebody stops, at whatever place, ends with the bits of one nobody stops."""

import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import make_tweets, write_kaggle_csv

from tweetsent_utils.errors import Stopped, TweetsentError
from tweetsent_utils.evaluation import inference
from tweetsent_utils.pipeline.notebooks import code_of, declared_parameters, list_notebooks
from tweetsent_utils.pipeline.runs import (
    delete_checkpoints,
    forget_training,
    load_metrics,
    save_metrics,
)
from tweetsent_utils.training import checkpoints
from tweetsent_utils.training import step as step_module
from tweetsent_utils.training.checkpoints import last_checkpoint

pytestmark = pytest.mark.slow
VALUES = {
    "max_length": 32,
    "batch_size": 8,  # 48 training tweets: 6 steps an epoch
    "num_epochs": 3,
    "rotation": 0.5,
    "save_every": 4,
    "device": "cpu",
    "precision": "fp32",
}


class Notebook:
    """A notebook's code, run cell by cell in this process, as a person would."""

    def __init__(self, number: str, run: Path, values: dict[str, Any]) -> None:
        (path,) = [path for path in list_notebooks() if path.name.startswith(number)]
        values = values | {"run_name": str(run)}
        given = {name: value for name, value in values.items() if name in declared_parameters(path)}
        parameters, *self.cells = code_of(path)
        self.names: dict[str, Any] = {}
        self.run_cell(parameters)
        self.names |= given

    def run_cell(self, source: str) -> None:
        exec(compile(source, "cell", "exec"), self.names)

    def place(self, text: str) -> int:
        """Where the one cell that holds a text is."""
        (place,) = [place for place, source in enumerate(self.cells) if text in source]
        return place

    def run(self, first: int = 0, last: int | None = None) -> None:
        # Encoding pictures takes half of the time.
        with patch("tweetsent_utils.show.display.show_figure"):
            for source in self.cells[first:last]:
                self.run_cell(source)


class Prepared(NamedTuple):
    """A run with a dataset, its parameters, and the results of its training."""

    run: Path
    values: dict[str, Any]
    results: dict[str, bytes]


LOOP = "for epoch in record.epochs"

# Each is a function that a step calls, by the notebook's name for its owner.
PLACES = {
    "clearing the gradients": ("optimizer", "zero_grad"),
    "taking a batch apart": (step_module, "split_batch"),
    "the pass forward": (torch.nn.functional, "cross_entropy"),
    "the pass backward": (torch.Tensor, "backward"),
    "clipping the gradients": (torch.nn.utils, "clip_grad_norm_"),
    "the update": ("optimizer", "step"),
    "the learning rate": (torch.optim.lr_scheduler.OneCycleLR, "step"),
}


@pytest.fixture(scope="module")
def prepared(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A run that has a dataset, and one that has been trained without a stop."""
    folder = tmp_path_factory.mktemp("prepared")
    values = VALUES | {
        "train_file": str(write_kaggle_csv(folder / "train.csv", make_tweets(12, 0))),
        "test_file": str(write_kaggle_csv(folder / "test.csv", make_tweets(4, 100))),
        "encoder": str(tiny_encoder),
    }
    Notebook("02", folder / "dataset only", values).run()
    shutil.copytree(folder / "dataset only", folder / "undisturbed")
    undisturbed = Notebook("03", folder / "undisturbed", values)
    undisturbed.run()
    return Prepared(folder / "dataset only", values, results(undisturbed))


@pytest.fixture
def open_training(prepared: Prepared, tmp_path: Path) -> Callable[..., Notebook]:
    """A function that opens notebook 03 on a run with a dataset, with some parameters changed."""
    run = shutil.copytree(prepared.run, tmp_path / "run")

    def open_it(**changes: Any) -> Notebook:
        return Notebook("03", run, prepared.values | changes)

    return open_it


@pytest.fixture
def expected(prepared: Prepared) -> dict[str, bytes]:
    """What a training leaves that nobody stops."""
    return prepared.results


def results(notebook: Notebook) -> dict[str, bytes]:
    """The files in which two trainings would differ if they differed in anything but time."""
    names = ("model/model.safetensors", "history.csv", "metrics.json", "validation_predictions.csv")
    return {name: (notebook.names["run"] / name).read_bytes() for name in names}


def interrupt(
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    call: int,
    press: Callable[[], None],
) -> None:
    """Let somebody press Stop after one call of a function has begun, and before it ends."""
    function = getattr(owner, name)
    calls = itertools.count()

    def interrupted(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        if next(calls) == call:
            press()
        return result

    monkeypatch.setattr(owner, name, interrupted)


def press_stop(signals: Sequence[signal.Signals]) -> None:
    for number in signals:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("times", [1, 2])
def test_a_training_stopped_anywhere_in_a_step_ends_with_the_same_bits(
    open_training, expected, monkeypatch, place, times
):
    """Once: it finishes its step and says where it is. Twice: it ends in the middle of a step."""
    signals = [signal.SIGINT] * times
    notebook = open_training()
    loop = notebook.place(LOOP)
    notebook.run(last=loop)
    owner, name = PLACES[place]
    owner = notebook.names.get(owner, owner) if isinstance(owner, str) else owner
    with monkeypatch.context() as context:
        interrupt(context, owner, name, 7, lambda: press_stop(signals))
        with pytest.raises(Stopped if times == 1 else KeyboardInterrupt) as caught:
            notebook.run(loop, loop + 1)
    if times == 1:
        assert str(caught.value) == "stopped after step 8 of 18: run this cell again to go on"
    notebook.run(loop)
    assert results(notebook) == expected


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGHUP")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_ends_a_process_lets_the_step_end_too(open_training, monkeypatch, name):
    before = signal.getsignal(getattr(signal, name))
    notebook = open_training()
    loop = notebook.place(LOOP)
    notebook.run(last=loop)
    with monkeypatch.context() as context:
        stop = [getattr(signal, name)]
        interrupt(context, torch.nn.utils, "clip_grad_norm_", 7, lambda: press_stop(stop))
        with pytest.raises(Stopped, match="after step 8 of 18"):
            notebook.run(loop, loop + 1)
    assert last_checkpoint(notebook.names["record"].checkpoints).name == "step-00000008"
    assert signal.getsignal(getattr(signal, name)) == before


@pytest.mark.parametrize("place", ["the last step of an epoch", "validation", "a checkpoint"])
def test_a_training_stopped_between_steps_ends_with_the_same_bits(
    open_training, expected, monkeypatch, place
):
    notebook = open_training()
    loop = notebook.place(LOOP)
    notebook.run(last=loop)
    owner, name, call = {
        "the last step of an epoch": (torch.nn.utils, "clip_grad_norm_", 5),
        "validation": (inference, "eval_step", 0),
        "a checkpoint": (checkpoints, "generator_states", 1),
    }[place]
    with monkeypatch.context() as context:
        interrupt(context, owner, name, call, lambda: press_stop([signal.SIGINT]))
        with pytest.raises(Stopped):
            notebook.run(loop, loop + 1)
    notebook.run(loop)
    assert results(notebook) == expected


def test_a_stopped_training_goes_on_in_a_new_kernel_and_its_bar_too(
    open_training, expected, monkeypatch
):
    notebook = open_training()
    loop = notebook.place(LOOP)
    notebook.run(last=loop)
    with monkeypatch.context() as context:
        stop = [signal.SIGINT]
        interrupt(context, torch.nn.utils, "clip_grad_norm_", 7, lambda: press_stop(stop))
        with pytest.raises(Stopped):
            notebook.run(loop, loop + 1)
    log = notebook.names["record"].log
    log.unlink()
    notebook = open_training()
    notebook.run()
    bars = log.read_text(encoding="utf-8").split("\r")
    first = next(bar for bar in bars if "epoch 2 of 3" in bar)
    assert "16/48" in first
    assert results(notebook) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("num_epochs", 4), ("max_lr", 1e-3), ("batch_size", 4), ("patience", 1)]
)
def test_a_parameter_changed_after_the_run_was_opened_is_refused_by_the_loop(
    open_training, name, value
):
    notebook = open_training()
    loop = notebook.place(LOOP)
    notebook.run(last=loop + 1)
    before = notebook.names[name]
    notebook.names[name] = value
    with pytest.raises(
        TweetsentError, match=f"{name} is {value}, and was {before} .*: run the cells"
    ):
        notebook.run(loop, loop + 1)


def test_the_loop_of_a_finished_training_can_be_run_again(open_training, expected):
    notebook = open_training()
    notebook.run()
    notebook.run(notebook.place(LOOP))
    assert results(notebook) == expected


def test_a_finished_training_opens_from_its_files_without_training(open_training, expected, capsys):
    run = open_training()
    run.run()
    scores = load_metrics(run.names["run"]) | {"test": {"accuracy": 0.5}}
    save_metrics(run.names["run"], scores)
    delete_checkpoints(run.names["run"])
    capsys.readouterr()

    again = open_training()
    again.run()
    assert "finished" in capsys.readouterr().out
    assert not again.names["optimizer"].state
    assert len(again.names["record"].steps) == 18
    np.testing.assert_allclose(again.names["logits"], run.names["logits"], atol=1e-5)
    for name in ("model/model.safetensors", "history.csv"):
        assert results(again)[name] == expected[name]
    assert load_metrics(run.names["run"]) == scores


def test_a_finished_training_with_other_parameters_starts_over(open_training, capsys):
    open_training().run()
    again = open_training(max_lr=1e-3)
    again.run()
    assert again.names["record"].steps["learning_rate"].max() > 5e-4
    assert "another max_lr" in capsys.readouterr().out


def test_a_forgotten_training_is_done_over(open_training, expected):
    notebook = open_training()
    notebook.run()
    forget_training(notebook.names["run"])
    again = open_training()
    again.run()
    assert again.names["optimizer"].state  # it has been trained
    assert results(again) == expected


def test_other_weights_in_the_same_encoder_folder_make_another_training(prepared, tmp_path, capsys):
    encoder = Path(shutil.copytree(prepared.values["encoder"], tmp_path / "encoder"))
    run = shutil.copytree(prepared.run, tmp_path / "run")
    values = prepared.values | {"encoder": str(encoder)}
    Notebook("02", run, values).run()
    Notebook("03", run, values).run()
    tensors = load_file(encoder / "model.safetensors")
    tensors["embeddings.word_embeddings.weight"] += 1
    save_file(tensors, encoder / "model.safetensors", metadata={"format": "pt"})
    capsys.readouterr()
    again = Notebook("03", run, values)
    again.run()
    assert "another encoder's weights: training starts over" in capsys.readouterr().out
    assert again.names["optimizer"].state


def test_coming_back_to_earlier_parameters_never_opens_another_ones_model(
    open_training, expected, monkeypatch
):
    open_training().run()
    other = open_training(seed=1)
    last = other.place("finish_training(run")
    other.run(last=last)  # its curves are written, and somebody closes the laptop
    assert results(other)["history.csv"] != expected["history.csv"]
    again = open_training()
    again.run()
    assert results(again) == expected


def test_damaged_scores_of_a_finished_training_are_written_again_without_training(
    open_training, expected, capsys
):
    notebook = open_training()
    notebook.run()
    run = notebook.names["run"]
    delete_checkpoints(run)
    (run / "metrics.json").write_bytes(bytes(40))
    again = open_training()
    again.run()
    assert not again.names["optimizer"].state
    assert "metrics.json is damaged" in capsys.readouterr().out
    scores = load_metrics(run)["validation"]
    assert scores == json.loads(expected["metrics.json"])["validation"]


def test_a_finished_training_that_will_be_replaced_is_told(open_training, capsys):
    open_training().run()
    other = open_training(seed=1)
    other.run(last=other.place(LOOP) + 1)
    assert "choose another run_name, if you want to keep it" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["model/model.safetensors", "history.csv"])
@pytest.mark.parametrize("has_checkpoints", [True, False])
def test_a_damaged_file_of_a_finished_training_is_made_again(
    open_training, expected, name, has_checkpoints, capsys
):
    notebook = open_training()
    notebook.run()
    run = notebook.names["run"]
    if not has_checkpoints:
        delete_checkpoints(run)
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[:-40] + bytes(40))
    again = open_training()
    again.run()
    assert f"{name} is damaged" in capsys.readouterr().out
    assert results(again) == expected


@pytest.mark.parametrize("name", ["training.json", "timings.json", "precision.json", "params.yaml"])
def test_a_damaged_record_stops_nothing(open_training, expected, name):
    notebook = open_training()
    notebook.run()
    (notebook.names["run"] / name).write_bytes(bytes(20))
    again = open_training()
    again.run()
    assert results(again) == expected
