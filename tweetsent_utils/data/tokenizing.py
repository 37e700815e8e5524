"""From texts to token ids: an encoder's tokenizer with a cleaning built in."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import normalizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tweetsent_utils.data.cleaning import cleaning_steps
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import encoder_errors, load_json


def load_tokenizer(folder: str | Path, cleaning: str, max_length: int) -> PreTrainedTokenizerFast:
    """Load an encoder's tokenizer and put a cleaning before its own normalizer.

    The cleaning is then saved with the tokenizer. The backend is wrapped as a plain
    `PreTrainedTokenizerFast`, because model-specific classes rebuild their normalizer when they are
    loaded and would silently drop the cleaning. `max_length` counts tokens, with the special ones.
    Raises `TweetsentError` for a folder without a tokenizer, and a length that the encoder lacks.
    """
    with encoder_errors(folder):
        plain = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        backend = plain.backend_tokenizer
    # Without its files, transformers makes a tokenizer that knows no word.
    if len(plain) <= len(plain.all_special_ids):
        what = f"the encoder folder {Path(folder).name} has no tokenizer"
        raise TweetsentError(f"{what}: add its tokenizer.json")
    limit = longest_input(folder, plain)
    if max_length > limit:
        what = f"max_length is {max_length}, but this encoder reads {limit} tokens"
        raise TweetsentError(f"{what}: take no more")
    backend.no_padding()
    backend.no_truncation()
    own_steps = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence(cleaning_steps(cleaning) + own_steps)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_length,
        model_input_names=["input_ids", "attention_mask"],
        **plain.special_tokens_map,
    )


def longest_input(folder: str | Path, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens an encoder reads, by its tokenizer and its number of positions."""
    config = load_json(Path(folder) / "config.json")
    return min(
        tokenizer.model_max_length,
        config.get("max_position_embeddings", tokenizer.model_max_length),
    )


def tokenize(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """Turn N texts into N lists of token ids, cut at the tokenizer's length; uses all cores."""
    encoded = tokenizer(list(texts), truncation=True, return_attention_mask=False)
    return encoded["input_ids"]
