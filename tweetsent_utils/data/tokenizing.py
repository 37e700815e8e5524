"""From texts to token ids: an encoder's tokenizer with a cleaning built in."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from tokenizers import Tokenizer, normalizers, processors
from transformers import (
    AutoConfig,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from tweetsent_utils.data.cleaning import CLEANINGS, cleaning_steps
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import encoder_errors, require_file

# Their first position is the one after their padding id: of 514 positions, 512 are for tokens.
POSITIONS_AFTER_PADDING = (
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "layoutlmv3",
    "lilt",
    "longformer",
    "luke",
    "markuplm",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
)
UNLIMITED = 10**20  # what transformers gives as the length of a tokenizer without a limit is larger


def load_tokenizer(folder: str | Path, cleaning: str, max_length: int) -> PreTrainedTokenizerFast:
    """Load an encoder's tokenizer and put a cleaning before its own normalizer.

    The cleaning is then saved with the tokenizer. The backend is wrapped as a plain
    `PreTrainedTokenizerFast`, because model-specific classes rebuild their normalizer when they are
    loaded and would silently drop the cleaning. `max_length` counts tokens, with the special ones.
    A tokenizer that can pad and mark where a text begins comes back, whatever its encoder was made
    for. Raises `TweetsentError` for a folder without a tokenizer or with one that has no fast form,
    and for a length that the encoder lacks.
    """
    with encoder_errors(folder):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        plain = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        limit = longest_input(config, plain)
    if not plain.is_fast:
        what = f"the tokenizer of the encoder folder {folder}, {type(plain).__name__}"
        remedy = "choose an encoder with a tokenizer.json"
        raise TweetsentError(f"{what}, has no fast form, into which a cleaning could go: {remedy}")
    # Without its files, transformers makes a tokenizer that knows no word.
    if len(plain) <= len(plain.all_special_ids):
        what = f"the encoder folder {folder} has no tokenizer"
        raise TweetsentError(f"{what}: add its tokenizer.json")
    if max_length > limit:
        what = f"max_length is {max_length}, but this encoder reads {limit} tokens"
        raise TweetsentError(f"{what}: take no more")
    plain.pad_token = find_padding(plain, config)
    backend = plain.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    own_steps = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence(cleaning_steps(cleaning) + own_steps)
    if backend.num_special_tokens_to_add(is_pair=False) == 0:
        mark_beginnings(backend, plain.bos_token or plain.eos_token or plain.pad_token)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_length,
        model_input_names=["input_ids", "attention_mask"],
        **plain.special_tokens_map,
    )


def cleaned_otherwise(tokenizer: PreTrainedTokenizerBase, cleaning: str) -> Tokenizer:
    """Return what a tokenizer from `load_tokenizer` would be with another cleaning.

    It neither cuts nor pads. The tokenizer itself is left as it is.
    """
    backend = deepcopy(tokenizer.backend_tokenizer)
    backend.no_padding()
    backend.no_truncation()
    _, own_steps = split_steps(backend)
    backend.normalizer = normalizers.Sequence(cleaning_steps(cleaning) + own_steps)
    return backend


def find_cleaning(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the cleaning that is built into a tokenizer: "raw" where there is none of ours."""
    return split_steps(tokenizer.backend_tokenizer)[0]


def split_steps(backend: Tokenizer) -> tuple[str, list[normalizers.Normalizer]]:
    """Return the cleaning in a tokenizer's normalizer, and the steps that the encoder brought."""
    steps = list_steps(backend.normalizer)
    states = [step.__getstate__() for step in steps]
    for cleaning in CLEANINGS:
        cleaning_states = [step.__getstate__() for step in cleaning_steps(cleaning)]
        count = len(cleaning_states)
        if count and states[:count] == cleaning_states:
            return cleaning, steps[count:]
    return "raw", steps


def list_steps(normalizer: normalizers.Normalizer | None) -> list[normalizers.Normalizer]:
    """Return the steps of a normalizer, of which there may be none."""
    if normalizer is None:
        return []
    if isinstance(normalizer, normalizers.Sequence):
        return [normalizer[place] for place in range(len(normalizer))]
    return [normalizer]


def longest_input(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens an encoder reads, by its tokenizer and its number of positions."""
    text_config = config.get_text_config()
    positions = getattr(text_config, "max_position_embeddings", None)
    if not positions or positions < 0:  # without a limit, as XLNet
        return tokenizer.model_max_length
    if config.model_type in POSITIONS_AFTER_PADDING:
        positions -= text_config.pad_token_id + 1
    return min(tokenizer.model_max_length, positions)


def find_padding(tokenizer: PreTrainedTokenizerBase, config: PretrainedConfig) -> str:
    """Return the token that fills up short texts: the encoder's, or one that it has instead.

    Configuration and tokenizer may differ; the configuration's is what the encoder was trained
    with, if the tokenizer knows it as a special token. Encoders without padding, such as GPT-2,
    take the token that ends a text: what comes after it is not looked at.
    """
    pad_id = getattr(config.get_text_config(), "pad_token_id", None)
    if pad_id in tokenizer.all_special_ids:
        return tokenizer.convert_ids_to_tokens(pad_id)
    found = tokenizer.pad_token or tokenizer.eos_token or tokenizer.unk_token
    if not found:
        what = "this encoder's tokenizer has no token to fill up short texts with"
        raise TweetsentError(f"{what}: choose another encoder, such as BERT or RoBERTa")
    return found


def mark_beginnings(backend: Tokenizer, token: str) -> None:
    """Let each text begin with a token, as an empty text would otherwise have none at all."""
    template = processors.TemplateProcessing(
        single=f"{token} $A",
        special_tokens=[(token, backend.token_to_id(token))],
    )
    own = [backend.post_processor] if backend.post_processor else []
    backend.post_processor = processors.Sequence([*own, template])


def open_tokenizer(folder: Path, notebook: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer that a run has saved, as it is, and without running code of its folder.

    Raises `TweetsentError` for a damaged one, and names the notebook that makes it.
    """
    file = require_file(folder / "tokenizer.json", notebook)
    # Of a file that is no tokenizer, a library in Rust raises a bare Exception.
    with user_error(f"{file} is damaged", f"run {notebook}.ipynb again", Exception):
        Tokenizer.from_file(str(file))
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def tokenize(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """Turn N texts into N lists of token ids, cut at the tokenizer's length; uses all cores.

    The backend in Rust is called itself, since what transformers wraps around each text takes
    longer than the tokens do.
    """
    if not tokenizer.is_fast:
        return tokenizer(list(texts), truncation=True, return_attention_mask=False)["input_ids"]
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    if tokenizer.model_max_length < UNLIMITED:
        backend.enable_truncation(
            tokenizer.model_max_length,
            direction=tokenizer.truncation_side,
        )
    return [encoding.ids for encoding in backend.encode_batch_fast(list(texts))]


def find_cut(
    texts: Sequence[str],
    input_ids: Sequence[Sequence[int]],
    tokenizer: PreTrainedTokenizerBase,
) -> list[bool]:
    """Tell for each of N texts whether the tokenizer's length did not hold all of its tokens.

    `input_ids` are those that `tokenize` gave for these texts.
    """
    most = tokenizer.model_max_length
    is_cut = [len(ids) >= most for ids in input_ids]
    full = [text for text, fills in zip(texts, is_cut, strict=True) if fills]
    if full:
        uncut = tokenizer(full, truncation=False, return_attention_mask=False, verbose=False)
        lengths = iter(uncut["input_ids"])
        is_cut = [fills and len(next(lengths)) > most for fills in is_cut]
    return is_cut


def share_cut(
    texts: Sequence[str],
    input_ids: Sequence[Sequence[int]],
    tokenizer: PreTrainedTokenizerBase,
) -> float:
    """Return the share of N texts of which the tokenizer's length did not hold all tokens.

    `input_ids` are those that `tokenize` gave for these texts.
    """
    return sum(find_cut(texts, input_ids, tokenizer)) / len(texts)


def require_words(
    input_ids: Sequence[Sequence[int]],
    tokenizer: PreTrainedTokenizerBase,
    cleaning: str,
    train_file: str | Path,
) -> None:
    """Raise a `TweetsentError` if a cleaning leaves nothing of more than half of N texts.

    `words` keeps ASCII letters, and leaves nothing of a text in Cyrillic. `input_ids` are those
    that `tokenize` gave for the texts of `train_file`.
    """
    special = tokenizer.num_special_tokens_to_add()
    empty = sum(len(ids) <= special for ids in input_ids) / len(input_ids)
    if empty > 0.5:
        what = f"cleaning {cleaning!r} leaves no word in {empty:.0%} of the training texts"
        raise TweetsentError(f"{what} of {train_file}: set cleaning to 'repaired' or 'raw'")
