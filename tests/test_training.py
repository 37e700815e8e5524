"""Training's parts against what can be worked out by hand."""

import copy
import itertools
import random
import weakref
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import notebook_functions
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils import training
from tweetsent_utils.batching import LengthBucketSampler, collate
from tweetsent_utils.dataset import TweetDataset, tokenize
from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training import eval_step, pick_device, pick_precision, train_step

notebook = notebook_functions("03")
make_optimizer, make_scheduler = notebook.make_optimizer, notebook.make_scheduler
seed_everything, settle, epochs_since_best = notebook.seed_everything, notebook.settle, notebook.epochs_since_best

TEXTS = [
    "horrible panic and death",
    "nice full shelves in the shop",
    "the shop opens at nine",
    "best happy lovely delivery thank you",
    "sad empty shelves",
    "good people help",
    "a van stands in the street",
    "wonderful heroes",
]
LABELS = [0, 3, 2, 4, 1, 3, 2, 4]


@pytest.fixture
def batch(tiny_encoder) -> dict[str, torch.Tensor]:
    tokenizer = load_tokenizer(tiny_encoder, "raw", 64)
    items = [
        {"row_id": row, "input_ids": tokenizer(text)["input_ids"], "label": label}
        for row, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    return collate(items, tokenizer.pad_token_id)


@pytest.fixture
def model(tiny_encoder, label_order) -> nn.Module:
    seed_everything(0)
    return load_classifier(tiny_encoder, label_order)


@pytest.fixture
def steady_model(tiny_encoder) -> nn.Module:
    """The same without dropout, so that training is a function of its input."""
    seed_everything(0)
    no_dropout = {"dropout": 0.0, "attention_dropout": 0.0, "seq_classif_dropout": 0.0}
    return AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=5, **no_dropout)


def weights_of(model: nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()]).clone()


def sgd(model: nn.Module, rate: float) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def learning_rates(total_steps: int, warmup_ratio: float, max_lr: float = 3e-5) -> list[float]:
    optimizer = make_optimizer(nn.Linear(2, 2), max_lr, 0.01)
    schedule = make_scheduler(optimizer, max_lr, total_steps, warmup_ratio)
    rates = []
    for _ in range(total_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_seed_everything_repeats_all_three_kinds_of_random_numbers():
    def draw(seed: int) -> list[float]:
        seed_everything(seed)
        return [random.random(), float(np.random.rand()), float(torch.rand(1))]

    first, again, other = draw(5), draw(5), draw(6)
    assert first == again
    assert all(a != b for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(("available", "expected"), [(True, "cuda:0"), (False, "cpu")])
def test_auto_takes_the_gpu_where_there_is_one(monkeypatch, available, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert pick_device("auto") == torch.device(expected)


def test_cpu_is_taken_when_asked_for_even_beside_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("device", ["cuda:0", "cuda"])
def test_gpu_asked_for_and_absent_is_told(monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TweetsentError, match=f"'{device}'.*no GPU"):
        pick_device(device)


def test_gpu_number_beyond_those_there_are_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(TweetsentError, match="'cuda:7'"):
        pick_device("cuda:7")


@pytest.mark.parametrize("device", ["gpu", "", "cpu:x"])
def test_unknown_device_is_told_with_names_to_try(device):
    with pytest.raises(TweetsentError, match=f"'{device}'.*'auto'"):
        pick_device(device)


def test_named_precisions_are_taken_at_their_word():
    assert pick_precision("fp32", torch.device("cpu")) == torch.float32
    assert pick_precision("bf16", torch.device("cpu")) == torch.bfloat16
    with pytest.raises(TweetsentError, match="'fp16'.*'bf16'"):
        pick_precision("fp16", torch.device("cpu"))


@pytest.mark.parametrize(
    ("bf16_seconds", "expected"),
    [(0.1, torch.bfloat16), (0.5, torch.bfloat16), (0.9, torch.float32), (1.7, torch.float32), (20.0, torch.float32)],
)
def test_auto_precision_on_a_cpu_is_bf16_only_where_products_are_clearly_faster_in_it(
    monkeypatch, bf16_seconds, expected
):
    """Also on a machine that computes for others during the first half of the calls, or the second."""
    seconds = {torch.bfloat16: bf16_seconds, torch.float32: 1.0}
    for others in (range(50), range(50, 100)):
        calls = itertools.count()

        def timeit(product: Callable, number: int, calls: Iterator = calls, others: range = others) -> float:
            assert number == 1
            return seconds[product().dtype] * (2.5 if next(calls) in others else 1.0)

        monkeypatch.setattr(training.timeit, "timeit", timeit)
        assert pick_precision("auto", torch.device("cpu")) == expected
        assert next(calls) >= 100


@pytest.mark.parametrize(("native", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_precision_on_a_gpu_takes_bf16_only_where_it_is_not_emulated(monkeypatch, native, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert pick_precision("auto", torch.device("cuda:0")) == expected


def test_weight_decay_reaches_matrices_and_spares_biases_and_norms(model):
    optimizer = make_optimizer(model, max_lr=0.1, weight_decay=0.5)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    for name, weight in model.named_parameters():
        spared = name.endswith("bias") or "norm" in name.lower()
        torch.testing.assert_close(weight.detach(), before[name] * (1 if spared else 1 - 0.1 * 0.5), msg=name)


@pytest.mark.parametrize(("total_steps", "warmup_ratio"), [(100, 0.1), (4520, 0.06), (40, 0.5), (30, 0.3)])
def test_rate_rises_linearly_to_its_peak_and_falls_linearly_to_zero(total_steps, warmup_ratio):
    rates = np.array(learning_rates(total_steps, warmup_ratio))
    peak = int(rates.argmax())
    rise, fall = np.diff(rates[:peak]), np.diff(rates[peak + 1 :])
    assert 3e-5 - rise[0] <= rates[peak] <= 3e-5 * 1.000001
    assert abs(peak + 1 - warmup_ratio * total_steps) <= 1
    assert rise.min() > 0 > fall.max()
    np.testing.assert_allclose(rise, rise[0], rtol=1e-6)
    np.testing.assert_allclose(fall, fall[0], rtol=1e-6)
    assert 0 <= rates[0] <= 3e-5 / 10
    assert 0 <= rates[-1] < 3e-5 / 1000
    assert (rates >= 0).all()


@pytest.mark.parametrize(("total_steps", "warmup_ratio"), [(10, 0.1), (1, 0.1), (2, 0.5), (3, 0.1), (5, 0.2), (7, 0.0)])
def test_short_runs_have_a_schedule_too(total_steps, warmup_ratio):
    rates = learning_rates(total_steps, warmup_ratio)
    assert len(rates) == total_steps
    assert all(0 <= rate <= 3e-5 * 1.0001 for rate in rates)


def test_train_step_returns_the_batchs_cross_entropy_before_the_update(steady_model, batch):
    with torch.no_grad():
        logits = steady_model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits.double().numpy()
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    by_hand = -np.log(chances[range(len(LABELS)), LABELS]).mean()
    loss = train_step(steady_model, batch, *sgd(steady_model, 0.1))
    assert loss.shape == ()
    assert not loss.requires_grad
    assert loss.item() == pytest.approx(by_hand, abs=1e-5)


def test_train_step_is_one_step_against_the_gradient(steady_model, batch):
    logits = steady_model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    nn.functional.cross_entropy(logits, batch["labels"]).backward()
    gradient = torch.cat([weight.grad.flatten() for weight in steady_model.parameters()])
    steady_model.zero_grad()
    before = weights_of(steady_model)
    train_step(steady_model, batch, *sgd(steady_model, 0.1))
    step = gradient * min(1, 1 / gradient.norm().item())
    torch.testing.assert_close(weights_of(steady_model), before - 0.1 * step, atol=1e-6, rtol=1e-4)


def test_train_step_leaves_no_gradients_and_moves_the_schedule_once(model, batch):
    optimizer = make_optimizer(model, 1e-3, 0.01)
    schedule = make_scheduler(optimizer, 1e-3, 20, 0.3)
    before, rate = weights_of(model), schedule.get_last_lr()[0]
    train_step(model, batch, optimizer, schedule)
    assert all(weight.grad is None or not weight.grad.any() for weight in model.parameters())
    assert not torch.equal(weights_of(model), before)
    assert schedule.last_epoch == 1
    assert schedule.get_last_lr()[0] > rate


def test_train_step_trains_with_dropout_even_after_evaluation(model, batch):
    eval_step(model, batch)
    losses = {train_step(model, batch, *sgd(model, 0.0)).item() for _ in range(4)}
    assert len(losses) > 1


def test_a_huge_gradient_moves_the_weights_by_a_bounded_step(steady_model, batch):
    with torch.no_grad():
        steady_model.classifier.weight *= 1000
    before = weights_of(steady_model)
    train_step(steady_model, batch, *sgd(steady_model, 1.0))
    assert (weights_of(steady_model) - before).norm().item() == pytest.approx(1, abs=1e-3)


def test_train_step_in_bf16_keeps_float32_weights_and_nearly_the_same_loss(steady_model, batch):
    exact = train_step(steady_model, batch, *sgd(steady_model, 0.0)).item()
    loss = train_step(steady_model, batch, *sgd(steady_model, 0.0), precision=torch.bfloat16)
    assert loss.item() == pytest.approx(exact, rel=0.05)
    assert loss.item() != exact
    assert {weight.dtype for weight in steady_model.parameters()} == {torch.float32}


def test_eight_tweets_are_learnt_by_heart(steady_model, batch):
    def loss() -> float:
        return nn.functional.cross_entropy(eval_step(steady_model, batch), batch["labels"]).item()

    before = loss()
    optimizer = make_optimizer(steady_model, 2e-2, 0.0)
    schedule = make_scheduler(optimizer, 2e-2, 30, 0.3)
    for _ in range(30):
        train_step(steady_model, batch, optimizer, schedule)
    assert loss() < before / 2


def test_eval_step_gives_float32_logits_without_dropout_or_gradients(model, batch):
    model.train()
    first, again = eval_step(model, batch), eval_step(model, batch)
    assert first.shape == (8, 5)
    assert torch.equal(first, again)
    assert not first.requires_grad
    assert eval_step(model, batch, torch.bfloat16).dtype == first.dtype == torch.float32
    torch.testing.assert_close(eval_step(model, batch, torch.bfloat16), first, atol=0.1, rtol=0.1)


def test_eval_step_does_not_change_the_model(model, batch):
    before = weights_of(model)
    eval_step(model, batch)
    assert torch.equal(weights_of(model), before)
    assert all(weight.grad is None for weight in model.parameters())


def test_padding_does_not_change_the_logits(model, batch):
    longer = {
        "input_ids": nn.functional.pad(batch["input_ids"], (0, 20), value=0),
        "attention_mask": nn.functional.pad(batch["attention_mask"], (0, 20), value=0),
    }
    torch.testing.assert_close(eval_step(model, longer), eval_step(model, batch), atol=1e-5, rtol=0)
    other_filling = longer | {"input_ids": longer["input_ids"].where(longer["attention_mask"] == 1, 7)}
    torch.testing.assert_close(eval_step(model, other_filling), eval_step(model, batch), atol=1e-5, rtol=0)
    assert eval_step(model, batch).std(dim=0).min() > 1e-3


def update_of(model: nn.Module, batch: dict, **options: object) -> tuple[float, torch.Tensor]:
    """The loss of one step on a copy of a model, and what the step did to the weights."""
    copied = copy.deepcopy(model)
    before = weights_of(copied)
    loss = train_step(copied, batch, *sgd(copied, 0.1), **options)
    return loss.item(), weights_of(copied) - before


@pytest.mark.parametrize("micro_batch_size", [1, 3, 4, 7, 8, 100])
def test_a_batch_in_parts_gives_the_update_of_the_whole(steady_model, batch, micro_batch_size):
    loss, update = update_of(steady_model, batch)
    loss_in_parts, update_in_parts = update_of(steady_model, batch, micro_batch_size=micro_batch_size)
    assert loss_in_parts == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(update_in_parts, update, atol=1e-6, rtol=1e-4)
    assert update.norm() > 0.01


def test_label_smoothing_spreads_a_share_of_the_target_over_all_classes(steady_model, batch):
    logits = steady_model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    targets = 0.8 * nn.functional.one_hot(batch["labels"], 5) + 0.2 / 5
    by_hand = -(targets * logits.log_softmax(-1)).sum(-1).mean().item()
    assert update_of(steady_model, batch, label_smoothing=0.2)[0] == pytest.approx(by_hand, abs=1e-5)


def test_gradients_that_are_not_finite_show_in_the_loss(steady_model, batch):
    with torch.no_grad():
        steady_model.classifier.weight[0, 0] = float("inf")
    assert not np.isfinite(update_of(steady_model, batch)[0])
    steady_model.classifier.weight.register_hook(lambda gradient: gradient * float("nan"))
    with torch.no_grad():
        steady_model.classifier.weight[0, 0] = 0.0
    loss = train_step(steady_model, batch, *sgd(steady_model, 0.1))
    assert torch.isnan(loss)


def test_settle_turns_the_losses_into_numbers_and_forgets_the_rows(tmp_path):
    history = [{"train_loss": 2.0}, {"train_loss": torch.tensor(1.5), "row_ids": torch.tensor([4, 2])}]
    settle(history, tmp_path)
    settle(history, tmp_path)
    assert history == [{"train_loss": 2.0}, {"train_loss": 1.5}]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_with_its_step_its_tweets_and_the_last_good_checkpoint(loss, tmp_path):
    def stopped() -> str:
        rows = [{"train_loss": torch.tensor(value), "row_ids": torch.tensor([4, 2])} for value in (1.0, loss, 1.0)]
        with pytest.raises(TweetsentError) as caught:
            settle(rows, tmp_path)
        return str(caught.value)

    what = "the loss of step 2 is not finite, on the tweets of rows [4, 2]"
    assert stopped().startswith(f"{what} (last good checkpoint: none yet): look at these tweets, or start a")
    for step in (500, 1000):
        (tmp_path / f"step-{step:08}").mkdir()
    assert f"{what} (last good checkpoint: {tmp_path / 'step-00001000'}): " in stopped()


def in_parts(model: nn.Module, batch: dict, rows: int) -> torch.Tensor:
    """A step in parts of `rows`, as the notebook's loop makes it."""
    step = partial(train_step, model, batch, *sgd(model, 0.1))
    return notebook.within_memory(model, batch, torch.float32, rows, lambda fits: step(micro_batch_size=fits))


@pytest.fixture
def narrow(steady_model, monkeypatch) -> Callable[[int], list[int]]:
    """Make the model run out of memory with more than some tweets at once; returns the sizes that it is given."""
    forward, sizes, held = steady_model.forward, [], []

    def narrowed(most: int) -> list[int]:
        def pass_through(input_ids: torch.Tensor, **inputs: torch.Tensor) -> object:
            assert not any(reference() is not None for reference in held)  # what a failed pass held is free again
            sizes.append(len(input_ids))
            if len(input_ids) > most:
                tensor = torch.ones(3)
                held.append(weakref.ref(tensor))
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(input_ids=input_ids, **inputs)

        monkeypatch.setattr(steady_model, "forward", pass_through)
        return sizes

    return narrowed


def test_a_step_that_fits_is_made_once(steady_model, batch, narrow):
    sizes = narrow(8)
    assert torch.isfinite(in_parts(steady_model, batch, 16))
    assert torch.isfinite(in_parts(steady_model, batch, 4))
    assert sizes == [8, 4, 4]


@pytest.mark.parametrize(
    ("rows", "most", "fits", "parts"), [(8, 3, 2, 4), (16, 3, 2, 4), (4, 3, 2, 4), (6, 5, 3, 3), (8, 1, 1, 8)]
)
def test_memory_that_runs_out_is_told_with_the_parts_that_were_tried_and_fit(
    steady_model, batch, narrow, rows, most, fits, parts
):
    narrow(most)
    before = weights_of(steady_model)
    what = rf"cpu is out of memory with {min(rows, 8)} tweets at once \(resident [\d,]+ MiB\)"
    remedy = rf"set micro_batch_size to {fits}, which was tried on this batch and fits \({parts} parts a batch, for"
    with pytest.raises(TweetsentError, match=f"{what}: {remedy}"):
        in_parts(steady_model, batch, rows)
    assert torch.equal(weights_of(steady_model), before)
    assert all(weight.grad is None for weight in steady_model.parameters())  # nor does a trial disturb the next step
    assert torch.isfinite(in_parts(steady_model, batch, fits))


def test_a_single_tweet_that_does_not_fit_gets_another_remedy(steady_model, batch, narrow):
    narrow(0)
    with pytest.raises(TweetsentError, match="with 3 tweets .*: a new run with a lower max_length or"):
        in_parts(steady_model, batch, 3)


def test_what_a_pass_held_that_failed_on_its_way_back_is_free_again(steady_model, batch, monkeypatch):
    forward, failed = steady_model.forward, []

    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    def pass_through(input_ids: torch.Tensor, **inputs: torch.Tensor) -> object:
        assert [reference for reference in failed if reference() is not None] == []
        found = forward(input_ids=input_ids, **inputs)
        if len(input_ids) > 2:
            found.loss.register_hook(no_room)
            failed.append(weakref.ref(found.loss))
        return found

    monkeypatch.setattr(steady_model, "forward", pass_through)
    with pytest.raises(TweetsentError, match="set micro_batch_size to 2"):
        notebook.within_memory(steady_model, batch, torch.float32, 16, no_room)
    assert len(failed) == 1  # 4 tweets at once; 8 were the step's


def test_a_cpu_that_runs_out_is_told_alike_and_another_fault_is_no_lack_of_memory(steady_model, batch):
    def greedy(_: int) -> None:
        torch.empty(2**60)

    with pytest.raises(TweetsentError, match="with 8 tweets .*: set micro_batch_size to 4"):
        notebook.within_memory(steady_model, batch, torch.float32, 8, greedy)

    def faulty(_: int) -> None:
        raise RuntimeError("a wrong shape")

    with pytest.raises(RuntimeError, match="shape"):
        notebook.within_memory(steady_model, batch, torch.float32, 8, faulty)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_the_temperature_that_logits_were_multiplied_by_is_found(temperature):
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (5000, 4))
    labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)  # drawn with the logits' own probabilities
    assert notebook.fit_temperature(labels, logits * temperature) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize(
    ("scores", "epochs"), [([], 0), ([0.3], 0), ([0.3, 0.2], 1), ([0.3, 0.5, 0.5, 0.4], 2), ([0.1, 0.2, 0.3], 0)]
)
def test_epochs_since_the_best_are_counted_from_its_first_time(scores, epochs):
    history = [{"train_loss": 1.0}, *({"train_loss": 1.0, "validation_macro_f1": value} for value in scores)]
    assert epochs_since_best(history) == epochs


def test_rotation_turns_its_share_of_texts_and_keeps_their_words_in_a_circle():
    words = ["we", "bought", "the", "very", "last", "bread"]
    texts = [" ".join(words)] * 4000
    turned = notebook.rotate(texts, 0.5, np.random.default_rng(0))
    circle = {" ".join(words[start:] + words[:start]) for start in range(6)}
    counts = {text: turned.count(text) / 4000 for text in turned}
    assert set(counts) == circle
    assert all(abs(counts[text] - 0.5 / 6) < 0.02 for text in circle - {texts[0]})  # four standard deviations
    assert notebook.rotate(texts, 0.5, np.random.default_rng(0)) == turned
    assert notebook.rotate(texts[:9], 0.0, np.random.default_rng(0)) == texts[:9]
    assert notebook.rotate(["", "alone"], 1.0, np.random.default_rng(0)) == ["", "alone"]


def test_an_epoch_turns_the_tweets_anew_and_again_the_same_way(monkeypatch, tiny_encoder):
    train = pd.DataFrame({"row_id": [4, 7], "text": [TEXTS[0], TEXTS[1]], "label": [0, 1]})
    tokenizer = load_tokenizer(tiny_encoder, "raw", 32)
    train_set = TweetDataset(train.assign(input_ids=tokenize(train["text"], tokenizer)))
    sampler = LengthBucketSampler(train_set.lengths, 1, 0)
    given = {"train": train, "tokenizer": tokenizer, "train_set": train_set, "sampler": sampler, "seed": 3}
    for name, value in (given | {"rotation": 0.0}).items():
        monkeypatch.setitem(notebook.begin_epoch.__globals__, name, value)
    epochs = []
    for rotation, epoch, skip in ((0.0, 5, 1), (1.0, 0, 0), (1.0, 1, 0), (1.0, 2, 0), (1.0, 1, 0)):
        monkeypatch.setitem(notebook.begin_epoch.__globals__, "rotation", rotation)
        notebook.begin_epoch(epoch, skip)
        assert (sampler.epoch, sampler.skip) == (epoch, skip)
        epochs.append([tokenizer.decode(train_set[row]["input_ids"], skip_special_tokens=True) for row in (0, 1)])
        assert [train_set[row]["row_id"] for row in (0, 1)] == [4, 7]
    assert epochs[0] == [TEXTS[0], TEXTS[1]]
    assert epochs[2] == epochs[4] and len({tuple(epoch) for epoch in epochs}) > 2
    assert all(
        [sorted(text.split()) for text in epoch] == [sorted(text.split()) for text in epochs[0]] for epoch in epochs
    )
