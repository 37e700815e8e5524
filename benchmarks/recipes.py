"""What moved the score, and what did not: changed trainings against the same baseline.

    python benchmarks/recipes.py [--rows 6000] [--epochs 4] [--seeds 0] [--only NAME ...]
                                 [--device cpu] [--workers 1]

Every training sees the same rows of the Kaggle files and is scored on the same validation rows; the
test file is never scored. What is measured stays: the same command goes on with what is left. A
large GPU has room for several trainings at once, each a worker. The figures go to
`outputs/bench/recipes.json`.
"""

import argparse
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from common import make_parser
from scipy.special import softmax
from techniques import (
    TokenSum,
    add_token_weights,
    drop_words,
    find_neutral_words,
    insert_words,
    make_rank_one,
    neighbour_targets,
    read_before_training,
    symmetric_divergence,
    worse_embeddings,
)
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.augmentation import RotatedTweets, rotate
from tweetsent_utils.data.batching import LengthBucketSampler, collate
from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.data.dataset import TweetDataset, tokenize_split
from tweetsent_utils.data.loading import load_tweets
from tweetsent_utils.data.splitting import hold_out_rows, sample_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.calibration import fit_temperature
from tweetsent_utils.evaluation.ensemble import margin_of_mean
from tweetsent_utils.evaluation.inference import predict_logits
from tweetsent_utils.evaluation.metrics import cross_entropy, score
from tweetsent_utils.files import load_json, load_record, save_json
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.pipeline.environment import describe_environment, processor_name
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.training.device import pick_device
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.randomness import seed_everything

DEFAULTS = default_parameters()
LABEL_ORDER = DEFAULTS["label_order"]
NEUTRAL = LABEL_ORDER.index("Neutral")
CLEANING = "words"
EVAL_BATCH_SIZE = 64
MASKED_LR = 1e-4
FIRST_MASKED = 10_000  # epochs with masked words count from here, for an order of their own
BASELINE = "baseline"


@dataclass(frozen=True)
class Recipe:
    """How a training is done. The defaults are the baseline, without any regularisation."""

    batch_size: int = 32
    max_lr: float = 1.5e-4
    longer: float = 1.0  # times the epochs of the others
    label_smoothing: float = 0.0
    attention_dropout: float = 0.0
    hidden_dropout: float = 0.0
    pooling: str = "mean"
    rotation: float = 0.0
    neutral_words: float = 0.0  # share of the tweets that get words of a neutral one
    word_drops: float = 0.0  # share of the neutral words that an epoch leaves out
    plain_epochs: int = 0  # the last ones, which have the tweets as written
    neighbours: float = 0.0  # share of the target that the neighbouring classes get
    rank_one: bool = False
    token_sum: float = 0.0  # weight of the auxiliary loss
    average: float = 0.0  # decay of the moving average of the weights
    r_drop: float = 0.0  # weight of the divergence
    adversarial: float = 0.0  # distance of the step on the embeddings
    token_weights: float = 0.0  # distance that a weight of 1 moves a token's embedding
    masked_epochs: int = 0  # of guessing masked words, before the labels come


RECIPES = {
    BASELINE: Recipe(),
    "the first token instead of the mean": Recipe(pooling="cls"),
    "label smoothing": Recipe(label_smoothing=0.1),
    "smoothing towards neighbours": Recipe(neighbours=0.1),
    "dropout": Recipe(hidden_dropout=0.1),
    "dropout of attention": Recipe(attention_dropout=0.1),
    "rotation": Recipe(rotation=0.7),
    "rotation, but not in the last epoch": Recipe(rotation=0.7, plain_epochs=1),
    "smoothing, dropout and rotation": Recipe(
        label_smoothing=0.1,
        hidden_dropout=0.1,
        rotation=0.7,
    ),
    "words of neutral tweets": Recipe(neutral_words=0.5),
    "neutral words dropped": Recipe(word_drops=0.2),
    "weights of a bag of tokens": Recipe(token_weights=0.3),
    "masked words first": Recipe(masked_epochs=2),
    "rank-one head": Recipe(rank_one=True),
    "sum over tokens as a second loss": Recipe(token_sum=0.5),
    "moving average of weights": Recipe(average=0.995),
    "R-Drop": Recipe(hidden_dropout=0.1, r_drop=1.0),
    "adversarial embeddings": Recipe(adversarial=1.0),
    "half the learning rate": Recipe(max_lr=7.5e-5),
    "twice the learning rate": Recipe(max_lr=3e-4),
    "batches of 64": Recipe(batch_size=64, max_lr=2e-4),
    "twice the epochs": Recipe(longer=2.0),
}


class AugmentedTweets(RotatedTweets):
    """Tokenised tweets whose words a recipe changes anew in every epoch."""

    def __init__(
        self,
        tweets: pd.DataFrame,
        tokenizer: PreTrainedTokenizerBase,
        recipe: Recipe,
        epochs: int,
        seed: int,
    ) -> None:
        super().__init__(tokenize_split(tweets, tokenizer), tokenizer, recipe.rotation, seed)
        self.texts = [clean(text, CLEANING) for text in self.texts]
        pairs = zip(self.texts, self.labels, strict=True)
        self.neutral_texts = [text for text, label in pairs if label == NEUTRAL]
        self.droppable = find_neutral_words(self.neutral_texts) if recipe.word_drops else set()
        self.recipe, self.epochs = recipe, epochs

    def set_epoch(self, epoch: int) -> None:
        """Change the tweets' words as an epoch has them."""
        recipe, draws = self.recipe, np.random.default_rng([self.seed, epoch])
        texts = self.texts
        if epoch < self.epochs - recipe.plain_epochs:
            texts = rotate(texts, recipe.rotation, draws)
            texts = drop_words(texts, self.droppable, recipe.word_drops, draws)
            texts = insert_words(texts, self.neutral_texts, recipe.neutral_words, draws)
        self.input_ids = tokenize(texts, self.tokenizer)
        self.lengths = [len(ids) for ids in self.input_ids]


class Training:
    """A model in training by a recipe."""

    def __init__(
        self,
        recipe: Recipe,
        pad_id: int,
        total_steps: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        self.device = device
        seed_everything(seed)
        self.model = load_classifier(
            packaged_encoder(),
            LABEL_ORDER,
            attention_dropout=recipe.attention_dropout,
            hidden_dropout=recipe.hidden_dropout,
            pad_token_id=pad_id,
            pooling=recipe.pooling,
        )
        if recipe.rank_one:
            make_rank_one(self.model)
        self.model.to(device)
        use_cpu_kernels(self.model)
        self.weights = nn.ModuleList([self.model])
        self.token_sum = None
        if recipe.token_sum:
            self.token_sum = TokenSum(self.model.config.hidden_size, len(LABEL_ORDER)).to(device)
            self.weights.append(self.token_sum)
        self.optimizer = make_optimizer(self.weights, recipe.max_lr, DEFAULTS["weight_decay"])
        self.scheduler = make_scheduler(
            self.optimizer, recipe.max_lr, total_steps, DEFAULTS["warmup_ratio"]
        )
        self.average = None
        if recipe.average:
            update = get_ema_multi_avg_fn(recipe.average)
            self.average = AveragedModel(self.model, multi_avg_fn=update)
        seed_everything(seed)

    def step(self, batch: dict[str, torch.Tensor]) -> None:
        """Update the model once on a batch."""
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        self.model.train()
        self.optimizer.zero_grad()
        self.loss(batch).backward()
        if self.recipe.adversarial:
            with worse_embeddings(self.model, self.recipe.adversarial):
                self.loss(batch).backward()
        nn.utils.clip_grad_norm_(self.weights.parameters(), max_norm=1.0)
        self.optimizer.step()
        self.scheduler.step()
        if self.average is not None:
            self.average.update_parameters(self.model)

    def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the loss of a batch, with what the recipe adds to it."""
        recipe = self.recipe
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
        output = self.model(**inputs, output_hidden_states=self.token_sum is not None)
        loss = self.main_loss(output.logits, batch["labels"])
        if self.token_sum is not None:
            states = output.hidden_states[-2]  # before the averaging layer
            tokens = inputs["attention_mask"]
            loss = loss + recipe.token_sum * self.token_sum(states, tokens, batch["labels"])
        if recipe.r_drop:
            again = self.model(**inputs).logits
            loss = (loss + self.main_loss(again, batch["labels"])) / 2
            loss = loss + recipe.r_drop * symmetric_divergence(output.logits, again)
        return loss

    def main_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the cross entropy of logits of shape (B, classes)."""
        if self.recipe.neighbours:
            targets = neighbour_targets(len(LABEL_ORDER), self.recipe.neighbours).to(labels.device)
            return F.cross_entropy(logits, targets[labels])
        return F.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)

    def trained(self) -> nn.Module:
        """Return the model to score: the average of the weights, where there is one."""
        return self.model if self.average is None else self.average.module


def train_recipe(
    recipe: Recipe,
    tweets: dict[str, pd.DataFrame],
    epochs: int,
    seed: int,
    device: str = "cpu",
) -> tuple[dict[str, Any], np.ndarray]:
    """Train by a recipe; return the validation scores, on a CPU with the cost, and the logits.

    A GPU multiplies float32 matrices in TF32.
    """
    if pick_device(device).type == "cuda":
        torch.set_float32_matmul_precision("high")
    tokenizer = load_tokenizer(packaged_encoder(), CLEANING, DEFAULTS["max_length"])
    epochs = round(epochs * recipe.longer)
    train = AugmentedTweets(tweets["train"], tokenizer, recipe, epochs, seed)
    validation = TweetDataset(tokenize_split(tweets["validation"], tokenizer))
    sampler = LengthBucketSampler(train.lengths, recipe.batch_size, seed)
    collate_fn = partial(collate, pad_id=tokenizer.pad_token_id)
    loader = DataLoader(train, batch_sampler=sampler, collate_fn=collate_fn)
    started = time.process_time()  # of all cores, and of nothing else that the machine does
    training = Training(
        recipe,
        tokenizer.pad_token_id,
        epochs * len(sampler),
        seed,
        pick_device(device),
    )
    prepare_encoder(training.model, recipe, train, loader, tokenizer)
    for epoch in range(epochs):
        train.set_epoch(epoch)
        sampler.set_epoch(epoch, lengths=train.lengths)
        for batch in loader:
            training.step(batch)
    cpu_seconds = time.process_time() - started
    logits = predict_logits(validation.input_ids, training.trained(), EVAL_BATCH_SIZE)
    scores = score(np.array(validation.labels), logits, ordered=True)
    cost = {"cpu_seconds": cpu_seconds} if training.device.type == "cpu" else {}
    return scores | cost, logits


def prepare_encoder(
    model: nn.Module,
    recipe: Recipe,
    train: AugmentedTweets,
    loader: DataLoader,
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    """Do what a recipe does with the encoder before the training begins."""
    if recipe.token_weights:
        add_token_weights(model, train.input_ids, train.labels, recipe.token_weights)
    # The last layer that came with the encoder: the one after it averages.
    layer = model.config.num_hidden_layers - (recipe.pooling == "mean")
    for epoch in range(recipe.masked_epochs):
        loader.batch_sampler.set_epoch(FIRST_MASKED + epoch)
        read_before_training(
            model, loader, layer, tokenizer.mask_token_id, tokenizer.all_special_ids, MASKED_LR
        )


def read_rows(train_file: str, test_file: str, rows: int) -> dict[str, pd.DataFrame]:
    """Return the validation rows that the pipeline draws with seed 0, and training rows to use."""
    columns = (DEFAULTS["text_column"], DEFAULTS["label_column"], DEFAULTS["date_column"])
    tweets, _ = load_tweets(train_file, test_file, *columns, LABEL_ORDER, "ISO-8859-1")
    known = tweets["train"]
    train, validation = hold_out_rows(
        known["label"],
        known["day"],
        label_order=LABEL_ORDER,
        validation_split=DEFAULTS["validation_split"],
        validation_rows=DEFAULTS["validation_rows"],
        validation_share=DEFAULTS["validation_share"],
        seed=0,
    )
    return {
        "train": sample_tweets(known.loc[train], rows, 0),
        "validation": known.loc[validation],
    }


def measure(
    plan: Sequence[tuple[str, int]],
    tweets: dict[str, pd.DataFrame],
    epochs: int,
    file: Path,
    device: str = "cpu",
    workers: int = 1,
) -> None:
    """Train every recipe and seed of a plan, apart from those in `file`; write each into it.

    Raises `TweetsentError` in the end if one failed; all others are kept.
    """
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    try:
        trainings = {}
        for name, seed in plan:
            mine = {
                "name": name,
                "recipe": asdict(RECIPES[name]),
                "training_rows": len(tweets["train"]),
                "epochs": epochs,
                "seed": seed,
                "hardware": name_hardware(pick_device(device)),
            }
            done = load_record(file).get("trainings", [])
            if not any(mine.items() <= training.items() for training in done):
                work = pool.submit(train_recipe, RECIPES[name], tweets, epochs, seed, device)
                trainings[work] = mine
        failures = []
        for work in as_completed(trainings):
            if error := work.exception():
                failures.append(f"{trainings[work]['name']}: {error}")
            else:
                keep(file, trainings[work], *work.result())
    finally:
        pool.shutdown(cancel_futures=True)
    if failures:
        raise TweetsentError(f"{len(failures)} did not train, the others are kept: {failures[0]}")


def keep(
    file: Path,
    training: Mapping[str, Any],
    scores: Mapping[str, Any],
    logits: np.ndarray,
) -> None:
    """Add to `file` what a training came to, with its logits next to it."""
    logits_file(file, training).parent.mkdir(parents=True, exist_ok=True)
    np.save(logits_file(file, training), logits)
    trainings = [*load_record(file).get("trainings", []), {**training, **scores}]
    save_json(file, {"trainings": trainings, "environment": describe_environment()})
    title = f"{training['name']}, seed {training['seed']}"
    print(f"{title}: {scores['accuracy']:.4f}, loss {scores['loss']:.4f}", flush=True)


def name_hardware(device: torch.device) -> str:
    """Return the name of a GPU, or else of the processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return processor_name()


def logits_file(file: Path, training: Mapping[str, Any]) -> Path:
    """Return where the validation logits of a training are kept, next to the figures."""
    folder = f"{training['training_rows']}-rows-{training['epochs']}-epochs"
    folder += f"-{training['hardware'].replace(' ', '-')}"
    name = f"{training['name'].replace(' ', '-')}-{training['seed']}.npy"
    return file.with_suffix("") / folder / name


def summarise(file: Path, labels: np.ndarray) -> None:
    """Add to the figures a `summary`: each recipe next to the baselines of the same plan.

    `labels` are those of the N validation rows. There is an entry for each number of training rows
    and epochs, the smallest first, and each hardware. Its `changes` are those of `compare_recipes`,
    its `ensembles` what several baselines have right together. Each training gets a
    `calibrated_loss`: the loss after the temperature that suits it best.
    """
    figures = load_json(file)
    for training in figures["trainings"]:
        logits = np.load(logits_file(file, training))
        training["calibrated_loss"] = cross_entropy(
            labels, logits / fit_temperature(labels, logits)
        )
    summary = []
    plans = pd.DataFrame(figures["trainings"]).groupby(["training_rows", "epochs", "hardware"])
    for (rows, epochs, hardware), runs in plans:
        logits = [np.load(logits_file(file, training)) for training in runs.to_dict("records")]
        right = [(given.argmax(axis=1) == labels).astype(float) for given in logits]
        baselines = np.array(logits)[(runs["name"] == BASELINE).to_numpy()]
        plan = {"training_rows": int(rows), "epochs": int(epochs), "hardware": hardware}
        plan["changes"] = compare_recipes(runs.assign(right=right))
        plan["ensembles"] = score_ensembles(baselines, labels)
        summary.append(plan)
    save_json(file, figures | {"summary": summary})


def compare_recipes(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each recipe: its means over seeds, next to those of all baselines.

    The baseline comes first; without one there is nothing to compare with, and no row.
    `runs` has a row for each training, with an array `right` of 0.0 and 1.0 for the N validation
    rows. A row that is returned has the mean `accuracy` over the `seeds`; the `difference` in
    accuracy, with half the width of its 95% interval over the validation rows as `margin`, which
    knows nothing of other seeds; `differences`, one a seed, which for the baselines themselves is
    what a seed alone may do; the difference in `loss`; and the `cost`, in times the baseline's,
    unless a GPU trained.
    """
    is_baseline = runs["name"] == BASELINE
    baselines = runs[is_baseline]
    if baselines.empty:
        return []
    before = np.mean(baselines["right"].tolist(), axis=0)
    rows = []
    for name, mine in pd.concat([baselines, runs[~is_baseline]]).groupby("name", sort=False):
        mine = mine.sort_values("seed")
        gains = np.array(mine["right"].tolist()) - before
        row = {
            "name": name,
            "seeds": mine["seed"].tolist(),
            "accuracy": mine["accuracy"].mean(),
            "difference": gains.mean(),
            "margin": margin_of_mean(gains.mean(axis=0)),
            "differences": gains.mean(axis=1).tolist(),
            "loss_difference": mine["loss"].mean() - baselines["loss"].mean(),
        }
        if "cpu_seconds" in runs and runs["cpu_seconds"].notna().all():
            row["cost"] = mine["cpu_seconds"].mean() / baselines["cpu_seconds"].mean()
        rows.append(row)
    return rows


def score_ensembles(logits: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """Return what ensembles of 1, 2 and more models have right, from their logits (M, N, classes).

    An ensemble answers with the mean of its models' probabilities. Each `accuracy` is the mean over
    all ensembles of so many `models`.
    """
    probabilities = softmax(logits, axis=-1)
    rows = []
    for count in range(1, len(logits) + 1):
        ensembles = combinations(range(len(logits)), count)
        answers = [probabilities[list(models)].mean(axis=0).argmax(axis=1) for models in ensembles]
        rows.append({"models": count, "accuracy": np.mean([given == labels for given in answers])})
    return rows


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--train-file", default="data/Corona_NLP_train.csv")
    parser.add_argument("--test-file", default="data/Corona_NLP_test.csv")
    parser.add_argument("--rows", type=int, default=6000, help="training rows (default 6000)")
    parser.add_argument("--epochs", type=int, default=4, help="default 4")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="default 0")
    parser.add_argument("--only", nargs="+", default=list(RECIPES), metavar="NAME", choices=RECIPES)
    parser.add_argument("--device", default="cpu", help="default cpu; or cuda:0")
    parser.add_argument("--workers", type=int, default=1, help="trainings at once (default 1)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train what is asked for, and keep the figures."""
    options = parse_options(arguments)
    tweets = read_rows(options.train_file, options.test_file, options.rows)
    file = outputs_root() / "bench" / "recipes.json"
    plan = [(name, seed) for seed in options.seeds for name in options.only]
    measure(plan, tweets, options.epochs, file, options.device, options.workers)
    summarise(file, tweets["validation"]["label"].to_numpy())
    print(f"\nwritten: {file}")


if __name__ == "__main__":
    main()
