"""An encoder with a classification head: a fresh one to train, and a check of a trained one."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig
from transformers.utils import logging

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import encoder_errors, load_json, read_errors, require_file

MODEL_FILES = ("config.json", "tokenizer.json", "model.safetensors")
ATTENTION_DROPOUT = ("attention_dropout", "attention_probs_dropout_prob")  # as its family calls it

# The report on a fresh head and the loading bars say nothing that the notebooks do not explain.
logging.set_verbosity_error()
logging.disable_progress_bar()


def load_classifier(
    folder: Path,
    label_order: Sequence[str],
    attention_dropout: float = 0.1,
) -> torch.nn.Module:
    """Load an encoder under a fresh classification head with one logit per label; seed torch first.

    Returns a transformers model whose `id2label` and `label2id` follow `label_order`.
    `attention_dropout`, the share of attention weights that training drops, replaces the encoder's
    own. Only safetensors weights are read, as float32. Raises `TweetsentError` for a folder that
    lacks weights of the encoder's body.
    """
    with encoder_errors(folder):
        config = make_config(folder, label_order, attention_dropout)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    refuse_missing_weights(folder, model, report["missing_keys"])
    if report["mismatched_keys"] or not report["missing_keys"]:
        what = "this encoder came with a head of its own"
        print(f"{what}: a fresh one for {len(label_order)} labels takes its place")
        draw_head(model)
    return model


def make_config(
    folder: Path,
    label_order: Sequence[str],
    attention_dropout: float,
) -> PretrainedConfig:
    """Return an encoder's configuration for one label a text, with the names of the labels."""
    config = AutoConfig.from_pretrained(
        folder,
        trust_remote_code=False,
        problem_type="single_label_classification",
        id2label=dict(enumerate(label_order)),
        label2id={name: rank for rank, name in enumerate(label_order)},
    )
    for name in ATTENTION_DROPOUT:
        if hasattr(config, name):
            setattr(config, name, attention_dropout)
    if hasattr(config, "calibration_temperature"):  # of the head that came with a model of ours
        del config.calibration_temperature
    return config


@torch.no_grad()
def draw_head(model: torch.nn.Module) -> None:
    """Draw the linear layers outside of an encoder's body at random, as transformers does."""
    for name, part in model.named_modules():
        is_head = not name.startswith(model.base_model_prefix)
        if is_head and isinstance(part, torch.nn.Linear):
            part.weight.normal_(mean=0.0, std=getattr(model.config, "initializer_range", 0.02))
            if part.bias is not None:
                part.bias.zero_()


def refuse_missing_weights(folder: Path, model: torch.nn.Module, missing: Sequence[str]) -> None:
    """Refuse an encoder without some weights of its body, which would be drawn at random.

    A pooler, which belongs to the head, may be missing.
    """
    prefix = model.base_model_prefix
    body = [name for name in missing if name.startswith(prefix) and "pooler" not in name]
    if body:
        what = f"the encoder folder {Path(folder).name} lacks {len(body)} weights"
        raise TweetsentError(f"{what}, such as {min(body)}: choose a whole one")


def check_classifier(folder: Path, label_order: Sequence[str]) -> Path:
    """Return the folder of a trained model if it is whole and answers with `label_order`.

    Raises `TweetsentError` otherwise.
    """
    for name in MODEL_FILES:
        require_file(folder / name, "03_training")
    weights = folder / "model.safetensors"
    with read_errors(weights), safe_open(weights, "pt"):
        labels = list(load_json(folder / "config.json").get("id2label", {}).values())
    if labels != list(label_order):
        answers = f"the model in {folder} answers with {', '.join(labels)}"
        what = f"{answers}, its dataset has {', '.join(label_order)}"
        raise TweetsentError(f"{what}: run 03_training.ipynb again")
    return folder
