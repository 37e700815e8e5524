"""The cleanings: what each makes of a text, and that the saved model keeps doing it."""

import re
import unicodedata

import pytest
from conftest import notebook_functions
from transformers import AutoTokenizer, PreTrainedTokenizerFast, pipeline

from tweetsent_utils.cleaning import CLEANINGS, clean
from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.errors import TweetsentError

inference = notebook_functions("04").inference

DIRTY = "@cornershop Prices UP &amp; up!! It\u00c2\x92s #panic\r\r\nhttps://t.co/aB1 100% café"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@shop hello @Other_shop there", "hello shop there"),
        ("#panic buying #stay-home now #2020", "buying home now"),
        ("see https://t.co/x1 or http://a.b/c?d=e#f, ftp://x end", "see or end"),
        ("Stop, buying! It's (not) a 'war'; 50% off... a_b", "Stop buying It s not a war 50 off a b"),
        ("KEEP Case As It IS", "KEEP Case As It IS"),
        ("  one\ttwo \r\r\n\r\r\n three\u00a0four ", "one two three four"),
        ("café naïve \u00c2\x92 — 😀 ok", "caf na ve ok"),
        ("alone @ and # signs", "alone and signs"),
        ("mail me@example.com", "mail me com"),
        ("@only #tags https://t.co/z", ""),
        ("", ""),
    ],
)
def test_words_keeps_only_words(text, expected):
    assert clean(text, "words") == expected


def test_words_agrees_with_the_rule_written_in_python(tiny_tweets):
    texts = tiny_tweets.train.read_text(encoding="ISO-8859-1").split(",")
    for text in [*texts, DIRTY]:
        without_names = re.sub(r"[@#][A-Za-z0-9]+|(\w+://\S+)|[^A-Za-z0-9 \t]", " ", text)
        assert clean(text, "words") == " ".join(without_names.split())


def test_raw_changes_nothing():
    assert clean(DIRTY, "raw") == DIRTY


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        ("It\u00c2\x92s", "It's"),
        ("\u00c2\x93yes\u00c2\x94", '"yes"'),
        ("\u00c2\x80 5", "€ 5"),
        ("a \u00c2\x96 b", "a – b"),
        ("wait\u00c2\x85", "wait…"),
        ("\u00c2\xa35", "£5"),
        ("caf\u00c3\xa9", "café"),
        ("a\u00c2\xa0b", "a b"),
        ("bread &amp; butter &lt;3 &gt;", "bread & butter <3 >"),
        ("nothing broken: café, naïve, £5", "nothing broken: café, naïve, £5"),
        ("@shop #tag https://t.co/x\r\r\nstay", "@shop #tag https://t.co/x\r\r\nstay"),
    ],
)
def test_repaired_puts_the_right_characters_back(broken, repaired):
    assert clean(broken, "repaired") == repaired


def test_repaired_mends_every_character_that_was_torn_apart():
    for code in range(0x80, 0x100):
        cp1252 = bytes([code]).decode("cp1252", errors="ignore")
        torn = chr(code).encode("utf-8").decode("ISO-8859-1")
        if code != 0xA0 and cp1252 and cp1252 not in "‘’‚“”„":
            assert clean(f"a{torn}b", "repaired") == f"a{cp1252}b", hex(code)
        elif cp1252 in ("‘", "’", "‚"):
            assert clean(torn, "repaired") in (cp1252, "'")
        elif cp1252 in ("“", "”", "„"):
            assert clean(torn, "repaired") in (cp1252, '"')


def test_repaired_undoes_one_level_of_html_escaping_only():
    assert clean("&amp;lt;", "repaired") == "&lt;"


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_cleaning_twice_is_cleaning_once(cleaning):
    assert clean(clean(DIRTY, cleaning), cleaning) == clean(DIRTY, cleaning)


def test_unknown_cleaning_is_refused_with_the_choices():
    with pytest.raises(TweetsentError) as caught:
        clean("x", "word")
    assert "'word'" in str(caught.value)
    assert all(cleaning in str(caught.value) for cleaning in CLEANINGS)


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_cleaning_survives_saving_and_auto_tokenizer(tiny_encoder, tmp_path, cleaning):
    load_tokenizer(tiny_encoder, cleaning, 128).save_pretrained(tmp_path)
    saved = AutoTokenizer.from_pretrained(tmp_path)
    encoders_own = AutoTokenizer.from_pretrained(tiny_encoder)
    assert saved(DIRTY)["input_ids"] == encoders_own(clean(DIRTY, cleaning))["input_ids"]
    if cleaning != "raw":
        assert saved(DIRTY)["input_ids"] != encoders_own(DIRTY)["input_ids"]


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_clean_is_what_the_saved_tokenizer_does_before_lower_casing(tiny_encoder, tmp_path, cleaning):
    load_tokenizer(tiny_encoder, cleaning, 128).save_pretrained(tmp_path)
    normalized = AutoTokenizer.from_pretrained(tmp_path).backend_tokenizer.normalizer.normalize_str(DIRTY)
    lowered = unicodedata.normalize("NFD", clean(DIRTY, cleaning).lower())
    without_accents = "".join(letter for letter in lowered if unicodedata.category(letter) != "Mn")
    assert normalized.split() == "".join(x for x in without_accents if x.isspace() or x.isprintable()).split()


def test_a_plain_pipeline_sees_the_cleaned_text(tiny_encoder, tmp_path, label_order):
    tokenizer, model = load_tokenizer(tiny_encoder, "words", 16), load_classifier(tiny_encoder, label_order)
    tokenizer.save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    long = f"{DIRTY} {'good people help ' * 20}"
    classify = pipeline("text-classification", model=str(tmp_path), device="cpu", top_k=None)
    assert isinstance(classify.tokenizer, PreTrainedTokenizerFast)
    for text in (DIRTY, long):
        answers, of_cleaned = (
            {answer["label"]: answer["score"] for answer in ranking}
            for ranking in classify([text, clean(text, "words")], truncation=True)
        )
        probabilities = inference([text], model, tokenizer)[0].tolist()
        assert answers == pytest.approx(dict(zip(label_order, probabilities, strict=True)), abs=1e-5)
        assert answers == pytest.approx(of_cleaned, abs=1e-6)
