"""An encoder with a classification head: a fresh one to train, and a check of a trained one."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig
from transformers.utils import logging

from tweetsent_utils.checksums import verify_folder
from tweetsent_utils.errors import TweetsentError, note
from tweetsent_utils.files import encoder_errors, load_json, read_errors, require_file
from tweetsent_utils.model.head import draw_head, find_head
from tweetsent_utils.model.pooling import add_averaging_layer

MODEL_FILES = ("config.json", "tokenizer.json", "model.safetensors")
# Entries of a model's JSON files that name code to fetch and run.
ASKS_FOR_CODE = ("auto_map", "custom_pipelines", "attn_implementation", "_attn_implementation")
# As a family calls it.
ATTENTION_DROPOUT = ("attention_dropout", "attention_probs_dropout_prob", "attn_pdrop")
HIDDEN_DROPOUT = ("hidden_dropout_prob", "hidden_dropout", "dropout", "dropout_rate", "resid_pdrop")

# The report on a fresh head and the loading bars say nothing that the notebooks do not explain.
logging.set_verbosity_error()
logging.disable_progress_bar()


def load_classifier(
    folder: Path,
    label_order: Sequence[str],
    attention_dropout: float = 0.1,
    hidden_dropout: float = 0.1,
    pad_token_id: int | None = None,
    pooling: str = "cls",
) -> nn.Module:
    """Load an encoder under a fresh classification head with one logit per label; seed torch first.

    Returns a transformers model whose `id2label` and `label2id` follow `label_order`.
    `attention_dropout` and `hidden_dropout`, the shares of attention weights and of states that
    training drops, replace the encoder's own, and `pad_token_id`, its tokenizer's, the one of its
    configuration. With `pooling` "mean"
    instead of "cls", the head reads an average over all tokens, by `add_averaging_layer`. Only
    safetensors weights are read, as float32. Raises `TweetsentError` for a folder whose weights of
    the encoder's body are incomplete, of another shape or not finite, and for a family without a
    head that `find_head` finds.
    """
    with encoder_errors(folder):
        config = make_config(folder, label_order, attention_dropout, hidden_dropout, pad_token_id)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    check_weights(folder, model, report)
    find_head(model)
    if has_own_head(model, report["missing_keys"]):
        what = "this encoder came with a head of its own"
        note(f"{what}: a fresh one for {len(label_order)} labels takes its place")
        draw_head(model)
    if pooling == "mean":
        add_averaging_layer(model)
    return model


def make_config(
    folder: Path,
    label_order: Sequence[str],
    attention_dropout: float,
    hidden_dropout: float,
    pad_token_id: int | None = None,
) -> PretrainedConfig:
    """Return an encoder's configuration for one label a text, with the names of the labels.

    A `pad_token_id` replaces its own: families that read the last token find it by that.
    """
    config = AutoConfig.from_pretrained(
        folder,
        trust_remote_code=False,
        problem_type="single_label_classification",
        id2label=dict(enumerate(label_order)),
        label2id={name: rank for rank, name in enumerate(label_order)},
    )
    # Its own choice may be code that transformers would fetch from the hub, or what is not here.
    config._attn_implementation = None
    shares = dict.fromkeys(ATTENTION_DROPOUT, attention_dropout)
    shares |= dict.fromkeys(HIDDEN_DROPOUT, hidden_dropout)
    for name, share in shares.items():
        if hasattr(config, name):
            setattr(config, name, share)
    # What is of no use any more: code that is not run, and the head of a model of ours.
    for name in ("auto_map", "custom_pipelines", "calibration_temperature"):
        if hasattr(config, name):
            delattr(config, name)
    if pad_token_id is not None:
        config.get_text_config().pad_token_id = pad_token_id
        config.pad_token_id = pad_token_id
    return config


def check_weights(folder: Path, model: nn.Module, report: dict[str, Collection]) -> None:
    """Raise a `TweetsentError` unless the weights of the encoder's body are whole, by a report.

    `report` is what transformers says of its loading.
    """
    refuse_missing_weights(folder, model, report["missing_keys"])
    refuse_mismatched_weights(folder, model, report["mismatched_keys"])
    refuse_infinite_weights(folder, model)


def has_own_head(model: nn.Module, missing: Collection[str]) -> bool:
    """Tell whether an encoder's folder brought weights of a head: those of another training."""
    head = [name for name, _ in model.named_parameters() if not is_in_body(model, name)]
    return any(name not in missing for name in head)


def is_in_body(model: nn.Module, name: str) -> bool:
    """Tell by its name whether a weight belongs to the encoder's body."""
    return name.startswith(f"{model.base_model_prefix}.")


def refuse_missing_weights(folder: Path, model: nn.Module, missing: Collection[str]) -> None:
    """Refuse an encoder without some weights of its body, which would be drawn at random.

    A pooler, which belongs to the head, may be missing.
    """
    body = [name for name in missing if is_in_body(model, name) and "pooler" not in name]
    if body:
        what = f"the encoder folder {folder} lacks {len(body)} weights"
        raise TweetsentError(f"{what}, such as {min(body)}: choose a whole one")


def refuse_mismatched_weights(
    folder: Path,
    model: nn.Module,
    mismatched: Collection[tuple[str, torch.Size, torch.Size]],
) -> None:
    """Refuse an encoder with body weights of another shape, which would be drawn at random.

    `mismatched` holds names, each with its shape in the file and its shape in the model.
    """
    body = sorted(key for key in mismatched if is_in_body(model, key[0]))
    if body:
        name, in_file, in_model = body[0]
        what = f"the weights of the encoder folder {folder} do not fit its config.json"
        shapes = f"{name} has shape {list(in_file)}, and should have {list(in_model)}"
        raise TweetsentError(f"{what} ({shapes}): choose one whose files belong together")


def refuse_infinite_weights(folder: Path, model: nn.Module) -> None:
    """Refuse an encoder with weights that are not finite, with which every loss is NaN."""
    for name, weight in model.named_parameters():
        if not weight.isfinite().all():
            what = f"in the encoder folder {folder} the weight {name} holds numbers"
            raise TweetsentError(f"{what} that are not finite: choose a whole one")


def check_classifier(folder: Path, label_order: Sequence[str]) -> Path:
    """Return the folder of a trained model if it is whole and answers with `label_order`.

    It needs no code and no pickled weights, so that whoever opens it runs nothing of its folder's.
    Raises `TweetsentError` otherwise.
    """
    for name in MODEL_FILES:
        require_file(folder / name, "03_training")
    config = load_json(folder / "config.json")
    settings = config | load_json(folder / "tokenizer_config.json")
    remedy = "run 03_training.ipynb again"
    for name in ASKS_FOR_CODE:
        if name in settings:
            what = f"the model in {folder} may ask for code from elsewhere ({name}), which is not"
            raise TweetsentError(f"{what} run: {remedy}")
    weights = folder / "model.safetensors"
    with read_errors(weights), safe_open(weights, "pt"):
        pass
    names = config.get("id2label")
    labels = list(names.values()) if isinstance(names, dict) else []
    if labels != list(label_order):
        answers = f"the model in {folder} answers with {', '.join(map(str, labels)) or 'no labels'}"
        what = f"{answers}, its dataset has {', '.join(label_order)}"
        raise TweetsentError(f"{what}: {remedy}")
    return folder


def find_trained(run: Path, made_with: dict[str, Any]) -> Path:
    """Return the model folder of a run if it is whole and was trained on the run's dataset.

    `made_with` is what `load_meta` gives for the run. Raises `TweetsentError` otherwise.
    """
    folder = verify_folder(run / "model", "03_training")
    check_classifier(folder, made_with["label_order"])
    if load_json(folder / "dataset.json") != made_with:
        what = f"the model in {folder} was trained on another dataset than the run has now"
        raise TweetsentError(f"{what}: run 03_training.ipynb again")
    return folder
