"""Token ids, and tokenizers that keep their cleaning wherever they are loaded."""

import json
import shutil

import pytest
from families import make_tokenizer, save_encoder
from tokenizers import processors
from transformers import AutoTokenizer, pipeline

from tweetsent_utils.data.cleaning import CLEANINGS, clean
from tweetsent_utils.data.tokenizing import load_tokenizer, require_words, share_cut, tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import inference
from tweetsent_utils.model.classifier import load_classifier

DIRTY = "@cornershop Prices UP &amp; up!! It\u00c2\x92s #panic\r\r\nhttps://t.co/aB1 100% café"


def test_tokenize_gives_the_encoders_own_ids_cut_and_unpadded(tiny_encoder):
    texts = ["Good PEOPLE help in the Queue, café!", "panic", "", "the queue " * 50]
    tokenizer = load_tokenizer(tiny_encoder, "raw", 12)
    rows = tokenize(texts, tokenizer)
    own = AutoTokenizer.from_pretrained(tiny_encoder)
    expected = [own(text)["input_ids"] for text in texts]
    assert rows[:3] == expected[:3]
    assert rows[3] == [*expected[3][:11], own.sep_token_id]
    assert tokenizer.pad_token_id == own.pad_token_id


@pytest.mark.parametrize(("max_length", "share"), [(3, 0.75), (4, 0.25), (5, 0.25), (52, 0.0)])
def test_the_share_of_texts_that_are_cut_counts_those_that_lose_a_token(
    tiny_encoder, max_length, share
):
    """With the two marks, the texts have 3, 4, 4 and 52 tokens: 4 of 4 tokens are no cut."""
    texts = ["panic", "panic panic", "shop shop", "queue " * 50]
    tokenizer = load_tokenizer(tiny_encoder, "raw", max_length)
    assert share_cut(texts, tokenize(texts, tokenizer), tokenizer) == share


def test_tokenizer_without_a_normalizer_takes_a_cleaning(tiny_encoder, tmp_path):
    plain = load_tokenizer(tiny_encoder, "raw", 32)
    plain.backend_tokenizer.normalizer = None
    plain.save_pretrained(tmp_path)
    shutil.copy(tiny_encoder / "config.json", tmp_path)
    cleaned = tokenize(["@shop good  people!"], load_tokenizer(tmp_path, "words", 32))
    assert cleaned == tokenize(["good people"], plain)


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_saved_tokenizer_keeps_its_cleaning(tiny_encoder, tmp_path, cleaning):
    load_tokenizer(tiny_encoder, cleaning, 128).save_pretrained(tmp_path)
    saved = AutoTokenizer.from_pretrained(tmp_path)
    own = AutoTokenizer.from_pretrained(tiny_encoder)
    assert tokenize([DIRTY], saved) == tokenize([clean(DIRTY, cleaning)], own)
    assert (tokenize([DIRTY], saved) == tokenize([DIRTY], own)) == (cleaning == "raw")


@pytest.mark.parametrize("text", [DIRTY, DIRTY * 5], ids=["short", "too long"])
def test_plain_pipeline_of_a_saved_model_cleans_too(tiny_encoder, tmp_path, label_order, text):
    tokenizer = load_tokenizer(tiny_encoder, "words", 16)
    model = load_classifier(tiny_encoder, label_order)
    tokenizer.save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    classify = pipeline("text-classification", model=str(tmp_path), device="cpu", top_k=None)
    (ranking,) = classify([text], truncation=True)
    answers = {answer["label"]: answer["score"] for answer in ranking}
    (probabilities,) = inference([text], model, tokenizer).tolist()
    (of_cleaned,) = inference([clean(text, "words")], model, tokenizer).tolist()
    assert answers == pytest.approx(dict(zip(label_order, probabilities, strict=True)), abs=1e-5)
    assert probabilities == pytest.approx(of_cleaned, abs=1e-6)


def without(folder, *names: str) -> None:
    """Take special tokens out of a tokenizer's settings, and let it mark no ends of texts."""
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.Sequence([])
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    kept = {name: value for name, value in settings.items() if name not in names}
    file.write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("missing", "configured", "padding"),
    [
        ((), 1, "<pad>"),
        (("pad_token",), None, "</s>"),  # as GPT-2: what ends a text may fill it up
        (("pad_token", "eos_token", "sep_token"), None, "<unk>"),
        ((), 2, "</s>"),  # the encoder was trained with another one than its tokenizer has
        ((), 9, "<pad>"),  # a word, which its tokenizer would take out of every text
    ],
)
def test_every_tokenizer_can_pad(tmp_path, missing, configured, padding):
    folder = save_encoder("llama", tmp_path, pad_token_id=configured)
    without(folder, *missing)
    tokenizer = load_tokenizer(folder, "raw", 16)
    assert tokenizer.pad_token == padding
    assert tokenize(["soap panic"], tokenizer) == [[0, 5, 9]]


def test_an_empty_text_has_a_token_even_where_a_tokenizer_marks_no_ends(tmp_path):
    folder = save_encoder("llama", tmp_path / "encoder")
    without(folder)
    assert AutoTokenizer.from_pretrained(folder)("")["input_ids"] == []
    load_tokenizer(folder, "words", 3).save_pretrained(tmp_path / "saved")
    saved = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert tokenize(["", "@shop", "Soap panic", "soap soap soap"], saved) == [
        [0],
        [0],
        [0, 5, 9],
        [0, 5, 5],
    ]


def test_a_cleaning_may_empty_half_of_the_texts_and_no_more(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder, "words", 20)
    require_words(tokenize(["panic", "молоко"], tokenizer), tokenizer, "words", "own.csv")
    with pytest.raises(TweetsentError, match="leaves no word in 67% .* of own.csv: set cleaning"):
        rows = tokenize(["panic", "молоко", "хлеб"], tokenizer)
        require_words(rows, tokenizer, "words", "own.csv")
