"""Memory: what is held, what training needs, and what is said when it runs out."""

import mmap
import weakref
from collections.abc import Callable
from functools import partial

import pytest
import torch
from families import make_config
from torch import nn
from torch.nn.utils import parameters_to_vector
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.training.memory import (
    check_memory,
    explain_out_of_memory,
    is_out_of_memory,
    measure_activations,
    measure_memory,
    predict_layer,
    predict_memory,
)
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

CPU = torch.device("cpu")


def test_resident_memory_grows_by_what_is_held():
    before = check_memory(CPU)["resident"]
    size = 64 * 2**20
    with mmap.mmap(-1, size) as held:  # new pages, which an allocator might reuse
        for page in range(0, size, mmap.PAGESIZE):
            held[page] = 1
        assert check_memory(CPU)["resident"] - before == pytest.approx(64, abs=8)


def test_on_a_gpu_memory_is_that_devices(monkeypatch):
    functions = ("memory_allocated", "memory_reserved", "max_memory_allocated")
    for mib, name in enumerate(functions, start=1):

        def memory(device: torch.device, mib: int = mib) -> int:
            return (mib + 10 * device.index) * 2**20

        monkeypatch.setattr(torch.cuda, name, memory)
    figures = check_memory(torch.device("cuda:2"))
    assert figures == {"allocated": 21, "reserved": 22, "peak": 23}


@pytest.mark.parametrize(("precision", "most"), [(torch.float32, 1.1), (torch.bfloat16, 1.4)])
def test_activations_are_counted_once_each_and_are_near_the_formula(
    model_with_dropout, batch, precision, most
):
    model = model_with_dropout.train()
    use_cpu_kernels(model)
    measured = measure_activations(model, batch, precision)
    predicted = predict_memory(model, *batch["input_ids"].shape, precision)
    # The formula leaves out embeddings and head.
    assert 1 < measured / predicted["activations"] < most


def test_a_trained_model_holds_what_was_predicted_and_no_gradients_after_that(model, batch):
    optimizer = make_optimizer(model, 0.1, 0.01)
    assert measure_memory(model, optimizer, batch, torch.float32)["averages"] == 0
    train_step(model, batch, optimizer, make_scheduler(optimizer, 0.1, 20, 0.3))
    before = parameters_to_vector(model.parameters()).detach()
    measured = measure_memory(model, optimizer, batch, torch.float32)
    assert all(weight.grad is None for weight in model.parameters())
    assert torch.equal(parameters_to_vector(model.parameters()), before)

    size = before.nbytes
    expected = {"weights": size, "gradients": size, "averages": 2 * size}
    activations = measure_activations(model, batch, torch.float32)
    assert measured == expected | {"activations": activations}
    predicted = predict_memory(model, *batch["input_ids"].shape, torch.float32)
    assert predicted == expected | {"activations": predicted["activations"]}


@pytest.mark.parametrize(
    ("family", "sizes", "width", "inner_width", "layers", "heads"),
    [
        ("bert", {"intermediate_size": 48}, 16, 48, 2, 2),
        ("gpt2", {"n_inner": None}, 16, 64, 2, 2),
        ("opt", {"ffn_dim": 40}, 16, 40, 2, 2),
        ("mt5", {"d_ff": 24}, 16, 24, 2, 2),
        ("fnet", {"intermediate_size": 48}, 16, 48, 2, 0),  # attends to nothing
    ],
)
def test_the_formula_knows_the_sizes_of_every_family(
    family, sizes, width, inner_width, layers, heads
):
    config = make_config(family)
    for name, value in sizes.items():
        setattr(config, name, value)
    model = AutoModelForSequenceClassification.from_config(config)
    # Of 3 texts of 5 tokens: states, inner states and dropout masks, and three numbers a pair.
    states = 3 * 5 * (8 * width + 2 * inner_width + 2 * width)
    pairs = 3 * (3 * 5 * 5 * heads)
    predicted = predict_memory(model, 3, 5, torch.float32)
    assert predicted["activations"] == 4 * layers * (states + pairs)


def run_within_memory(
    step: Callable[[int], object],
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    rows: int,
) -> object:
    """Make a step in parts of `rows` tweets; where memory runs out, raise what explains it."""
    try:
        return step(rows)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise explain_out_of_memory(error, model, batch, torch.float32, rows) from None


def step_within_memory(model: nn.Module, batch: dict[str, torch.Tensor], rows: int) -> torch.Tensor:
    """Make a training step in parts of `rows` tweets, as the notebook does."""
    optimizer = make_optimizer(model, 0.1, 0.01)
    scheduler = make_scheduler(optimizer, 0.1, 20, 0.3)
    step = partial(train_step, model, batch, optimizer, scheduler, torch.float32)
    return run_within_memory(step, model, batch, rows)


@pytest.fixture
def limit_memory(model, monkeypatch) -> Callable[[int], list[tuple[int, bool]]]:
    """A function that lets memory run out, on the way back, with more than some tweets at once.

    It returns a list that fills with how many tweets the model is given, and whether it then
    holds gradients.
    """
    forward = model.forward
    given = []
    failed = []

    def run_out(_: torch.Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    def limit(most: int) -> list[tuple[int, bool]]:
        def run(input_ids: torch.Tensor, **inputs: torch.Tensor) -> object:
            is_held = [reference() is not None for reference in failed]
            assert not any(is_held), "what failed is still in memory"
            has_gradients = any(weight.grad is not None for weight in model.parameters())
            given.append((len(input_ids), has_gradients))
            output = forward(input_ids=input_ids, **inputs)
            if len(input_ids) > most:
                output.logits.register_hook(run_out)
                failed.append(weakref.ref(output.logits))
            return output

        monkeypatch.setattr(model, "forward", run)
        return given

    return limit


@pytest.mark.parametrize(("rows", "parts"), [(16, [8]), (4, [4, 4])])
def test_a_step_that_fits_is_made_once(model, batch, limit_memory, rows, parts):
    given = limit_memory(8)
    assert torch.isfinite(step_within_memory(model, batch, rows))
    assert [tweets for tweets, _ in given] == parts


@pytest.mark.parametrize(
    ("rows", "most", "fitting", "parts"),
    [(8, 3, 2, 4), (16, 3, 2, 4), (4, 3, 2, 4), (6, 5, 3, 3), (8, 1, 1, 8)],
)
def test_when_memory_runs_out_the_error_says_what_was_tried_and_fits(
    model, batch, limit_memory, rows, most, fitting, parts
):
    limit_memory(most)
    before = parameters_to_vector(model.parameters()).detach()
    what = rf"cpu is out of memory with {min(rows, 8)} texts at once \(resident [\d,]+ MiB\)"
    with pytest.raises(TweetsentError, match=rf"{what}.*micro_batch_size to {fitting}\b.*{parts} "):
        step_within_memory(model, batch, rows)
    assert torch.equal(parameters_to_vector(model.parameters()), before)
    assert all(weight.grad is None for weight in model.parameters())
    assert torch.isfinite(step_within_memory(model, batch, fitting))


def test_a_trial_has_room_for_the_gradients_of_one_part_but_starts_without_any(
    model, batch, limit_memory
):
    def step(_: int) -> None:
        model.classifier.weight.grad = torch.zeros_like(model.classifier.weight)
        raise torch.OutOfMemoryError("CUDA out of memory")

    given = limit_memory(8)
    with pytest.raises(TweetsentError, match="micro_batch_size to 4"):
        run_within_memory(step, model, batch, 8)
    assert given == [(4, False), (4, True)]


def test_when_a_single_tweet_does_not_fit_there_is_another_remedy(model, batch, limit_memory):
    limit_memory(0)
    with pytest.raises(TweetsentError, match="with 3 texts .*lower max_length"):
        step_within_memory(model, batch, 3)


def test_a_cpu_that_runs_out_gets_the_same_error(model, batch):
    def allocate(_: int) -> None:
        torch.empty(2**60)

    with pytest.raises(TweetsentError, match="with 8 texts .*micro_batch_size to 4"):
        run_within_memory(allocate, model, batch, 8)


def test_another_fault_is_not_taken_for_a_lack_of_memory(model, batch):
    def fail(_: int) -> None:
        raise RuntimeError("a wrong shape")

    with pytest.raises(RuntimeError, match="a wrong shape"):
        run_within_memory(fail, model, batch, 8)


def test_a_layer_keeps_numbers_for_each_token_and_each_pair_of_tokens(model):
    config = model.config
    one, two = (
        predict_layer(model, rows=1, length=length, precision=torch.float32) for length in (10, 20)
    )
    per_token = 10 * config.hidden_size + 2 * config.hidden_dim
    per_pair = 3 * config.num_attention_heads
    assert sum(one.values()) == 4 * (10 * per_token + 100 * per_pair)
    assert sum(two.values()) == 4 * (20 * per_token + 400 * per_pair)
    whole = predict_memory(model, 1, 10, torch.float32)["activations"]
    assert whole == config.num_hidden_layers * sum(one.values())
