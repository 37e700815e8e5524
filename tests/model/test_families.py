"""Every family of encoders either works from tokens to a plain pipeline, or is refused at once."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from families import FAMILIES, NOT_BUILT, make_config, make_tokenizer, save_encoder
from scipy.special import softmax
from tokenizers import pre_tokenizers
from transformers import AutoModelForSequenceClassification, Qwen2Tokenizer, pipeline

from tweetsent_utils.data.batching import collate
from tweetsent_utils.data.tokenizing import (
    POSITIONS_AFTER_PADDING,
    load_tokenizer,
    longest_input,
    tokenize,
)
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.calibration import apply_temperature
from tweetsent_utils.evaluation.inference import predict_logits
from tweetsent_utils.model.classifier import check_classifier, load_classifier
from tweetsent_utils.model.cpu_kernels import FAMILIES as WITH_OUR_ATTENTION
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.model.head import count_parameters
from tweetsent_utils.model.trial import check_encoder, check_precision
from tweetsent_utils.training.memory import predict_memory
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.step import train_step

LABELS = ["bad", "so so", "good"]
TEXTS = [
    "Soap and bread, no queue today!",
    "",
    "@shop PANIC in the shop https://t.co/a1",
    "happy " * 50,
    "love the staff, hate the empty shelf",
]
COMMON = (
    "bert",
    "distilbert",
    "roberta",
    "xlm-roberta",
    "camembert",
    "deberta-v2",
    "gpt2",
    "mpnet",
)

# What is said of those that do not work, before any training.
REFUSED = {
    "canine": "have no word embeddings",
    "convbert": "answer otherwise when a text is padded",
    "diffllama": "does not support `attention_dropout > 0`",
    "fnet": "answer otherwise when a text is padded",
    "funnel": "cannot be trained on texts",
    "mra": "answer every text alike",
    "nystromformer": "answer otherwise when a text is padded",
    "qwen2": "answer every text alike",  # its class makes nothing of a tokenizer of whole words
    "reformer": "cannot be trained on texts",
    "xlnet": "answer otherwise when a text is padded",
    "yoso": "answer otherwise when a text is padded",
}
ONLY_FLOAT32 = ("deberta", "xmod")

works = [family for family in FAMILIES if family not in REFUSED]
marks = [() if family in COMMON else pytest.mark.slow for family in works]
each_that_works = pytest.mark.parametrize(
    "family",
    [pytest.param(family, marks=mark) for family, mark in zip(works, marks, strict=True)],
)


def test_every_family_is_tried_or_has_a_reason_why_not():
    assert not set(NOT_BUILT) & set(FAMILIES)
    assert set(REFUSED) <= set(FAMILIES)
    assert len(works) > 80


@each_that_works
def test_a_plain_pipeline_gives_what_was_predicted_after_a_training(family, tmp_path):
    train_and_open(family, tmp_path, "cls")


@pytest.mark.parametrize("family", ["bert", "distilbert", "mpnet"])
def test_a_plain_pipeline_takes_the_mean_that_training_took(family, tmp_path):
    train_and_open(family, tmp_path, "mean")


def train_and_open(family: str, tmp_path: Path, pooling: str) -> None:
    """Go the whole way with an encoder: from its files to a pipeline on the trained model."""
    folder = save_encoder(family, tmp_path / "encoder")
    tokenizer = load_tokenizer(folder, "words", 24)
    check_encoder(folder, tokenizer, LABELS)
    torch.manual_seed(0)
    model = load_classifier(folder, LABELS, pad_token_id=tokenizer.pad_token_id, pooling=pooling)
    use_cpu_kernels(model)
    losses = train_two_steps(model, tokenizer)
    assert torch.stack(losses).isfinite().all()

    counts = count_parameters(model)
    assert sum(counts.values()) == sum(weight.numel() for weight in model.parameters())
    assert min(counts.values()) > 0
    assert min(predict_memory(model, 2, 24, torch.float32).values()) > 0

    input_ids = tokenize(TEXTS, tokenizer)
    trained = predict_logits(input_ids, model, batch_size=2)
    apply_temperature(model, 1.7)
    logits = predict_logits(input_ids, model, batch_size=2)
    assert np.ptp(logits, axis=0).max() > 0.01
    np.testing.assert_allclose(logits * 1.7, trained, atol=1e-4)

    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    check_classifier(tmp_path / "model", LABELS)
    for batch_size in (1, len(TEXTS)):
        probabilities = classify(tmp_path / "model", batch_size)
        np.testing.assert_allclose(probabilities, softmax(logits, axis=1), atol=1e-3)


def train_two_steps(model: torch.nn.Module, tokenizer) -> list[torch.Tensor]:
    """Train in both precisions that notebook 3 knows, and return the losses."""
    rows = []
    for row, ids in enumerate(tokenize(TEXTS, tokenizer)):
        rows.append({"row_id": row, "input_ids": ids, "label": row % len(LABELS)})
    batch = collate(rows, tokenizer.pad_token_id)
    optimizer = make_optimizer(model, 1e-3, 0.01)
    scheduler = make_scheduler(optimizer, 1e-3, 20, 0.3)
    step = partial(train_step, model, batch, optimizer, scheduler)
    losses = [step(torch.float32)]
    if model.config.model_type in ONLY_FLOAT32:
        with pytest.raises(TweetsentError, match="bfloat16 .*: set precision to 'fp32'"):
            check_precision(model, torch.bfloat16)
    else:
        check_precision(model, torch.bfloat16)
        losses.append(step(torch.bfloat16))
    check_precision(model, torch.float32)
    return losses


def classify(folder: Path, batch_size: int) -> list[list[float]]:
    """Return the probabilities that a plain pipeline gives, in the order of the labels."""
    plain = pipeline("text-classification", str(folder), device="cpu", top_k=None)
    answers = plain(TEXTS, truncation=True, batch_size=batch_size)
    found = []
    for answer in answers:
        by_label = {entry["label"]: entry["score"] for entry in answer}
        found.append([by_label[label] for label in LABELS])
    return found


@pytest.mark.parametrize("family", REFUSED)
def test_a_family_that_does_not_work_is_refused_before_training(family, tmp_path):
    folder = save_encoder(family, tmp_path / "encoder")
    before = torch.get_rng_state()
    with pytest.raises(TweetsentError) as caught:
        check_encoder(folder, load_tokenizer(folder, "words", 24), LABELS)
    message = str(caught.value)
    assert REFUSED[family] in message
    assert "\n" not in message
    assert torch.equal(torch.get_rng_state(), before)


def test_a_tokenizer_that_would_open_without_its_cleaning_is_refused(tmp_path):
    folder = save_encoder("qwen2", tmp_path / "encoder", vocab_size=300)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    Qwen2Tokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    check_encoder(folder, load_tokenizer(folder, "raw", 24), LABELS)
    with pytest.raises(TweetsentError, match="family qwen2 without the cleaning"):
        check_encoder(folder, load_tokenizer(folder, "words", 24), LABELS)


@pytest.mark.parametrize("family", WITH_OUR_ATTENTION)
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_our_attention_answers_as_the_familys_own(family, precision):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(make_config(family)).eval()
    input_ids = torch.randint(5, 20, (2, 30))  # longer than the window of those that have one
    attention_mask = torch.ones_like(input_ids)
    attention_mask[1, 7:] = 0
    batch = {"input_ids": input_ids, "attention_mask": attention_mask}
    with torch.inference_mode(), torch.autocast("cpu", enabled=precision == torch.bfloat16):
        model.set_attn_implementation("eager")
        expected = model(**batch).logits
        use_cpu_kernels(model)
        assert model.config._attn_implementation == "cpu_low_precision"
        logits = model(**batch).logits
    atol = 1e-5 if precision == torch.float32 else 0.05
    torch.testing.assert_close(logits, expected, atol=atol, rtol=0)


@pytest.mark.parametrize("family", ["gpt2", "llama", "mt5", "gemma2", "eurobert", "mpnet"])
def test_families_that_attend_in_other_ways_keep_their_attention(family):
    model = AutoModelForSequenceClassification.from_config(make_config(family))
    own = model.config._attn_implementation
    use_cpu_kernels(model)
    assert model.config._attn_implementation == own


@pytest.mark.parametrize("family", POSITIONS_AFTER_PADDING)
def test_positions_that_begin_after_the_padding_id_leave_fewer_for_tokens(family):
    config = make_config(family)
    assert (config.max_position_embeddings, config.pad_token_id) == (40, 1)
    assert longest_input(config, make_tokenizer()) == 38
    assert runs(config, 38)
    assert not runs(config, 39)


@pytest.mark.parametrize("family", ["bert", "distilbert", "albert", "electra", "gpt2", "bart"])
def test_learned_positions_are_all_for_tokens_elsewhere(family):
    config = make_config(family)
    assert longest_input(config, make_tokenizer()) == 40
    assert runs(config, 40)
    assert not runs(config, 41)


@pytest.mark.parametrize("family", ["mt5", "bloom", "xlnet"])
def test_an_encoder_without_a_limit_leaves_it_to_its_tokenizer(family):
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 100
    assert longest_input(make_config(family), tokenizer) == 100
    assert runs(make_config(family), 100)


def runs(config, length: int) -> bool:
    """Tell whether a model of a configuration reads a text of that many tokens."""
    model = AutoModelForSequenceClassification.from_config(config).eval()
    input_ids = torch.full((1, length), 6)
    input_ids[0, -1] = 2  # the end of a text
    try:
        with torch.inference_mode():
            model(input_ids=input_ids)
    except (IndexError, RuntimeError):
        return False
    return True
