"""What each cleaning makes of a text; that a saved tokenizer keeps it is in test_tokenizing.py."""

import random
import re

import pytest
from tokenizers import Regex, normalizers

from tweetsent_utils.data.cleaning import CLEANINGS, clean
from tweetsent_utils.errors import TweetsentError

DIRTY = "@cornershop Prices UP &amp; up!! It\u00c2\x92s #panic\r\r\nhttps://t.co/aB1 100% café"
# What `words` drops, written without a thought of the time that it takes.
DROPPED = r"[@#][A-Za-z0-9]+|\w+://\S+|[^A-Za-z0-9 \t]"
PIECES = [*"abZ09@#:/_.é汉ß²Ⅳ٣ \t\n\r\u0301\u00a0\u2003\x00\U0001f600", "://", "#a", "@b", "a://b"]
STRAIGHT_QUOTES = str.maketrans("‘’‚“”„", "'''\"\"\"")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@shop hello @Other_shop there", "hello shop there"),
        ("#panic buying #stay-home now #2020", "buying home now"),
        ("see https://t.co/x1 or http://a.b/c?d=e#f, ftp://x end", "see or end"),
        ("Stop, It's (not) a 'war'; 50% off... a_b", "Stop It s not a war 50 off a b"),
        ("KEEP Case As It IS", "KEEP Case As It IS"),
        ("  one\ttwo \r\n\r\n\r\n three\u00a0four ", "one two three four"),
        ("café naïve \u00c2\x92 — 😀 ok", "caf na ve ok"),
        ("alone @ and # signs", "alone and signs"),
        ("mail me@example.com", "mail me com"),
        ("@only #tags https://t.co/z", ""),
        ("", ""),
    ],
)
def test_words_keeps_only_words(text, expected):
    assert clean(text, "words") == expected


def slow_words(text: str) -> str:
    """Return a text under `words`, by an expression that is plain and slow."""
    words = normalizers.Replace(Regex(DROPPED), " ").normalize_str(text)
    return re.sub(" +", " ", words.replace("\t", " ")).strip(" ")


def test_words_drops_the_same_from_any_text():
    generator = random.Random(0)
    for _ in range(20_000):
        text = "".join(generator.choices(PIECES, k=generator.randint(1, 30)))
        assert clean(text, "words") == slow_words(text), ascii(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("é://x y", "y"),  # a word may have any letters
        ("汉字a_1://x y", "y"),
        ("#panic_now://x y", "y"),  # the hashtag ends before the link
        ("@shopé://x y", "y"),
        ("#panic://x y", "x y"),  # what is left of it is no link
        ("a:// b", "a b"),
        ("-a://b://c d", "d"),
    ],
)
def test_words_finds_a_link_wherever_it_begins(text, expected):
    assert clean(text, "words") == expected == slow_words(text)


@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize(
    "piece", ["x", "aB9+/", "汉", "_", "#x_", "@", "://", "a b ", " \n", "\u00c2"]
)
def test_long_texts_take_no_longer_by_the_letter(cleaning, piece):
    """Each would take minutes if the time grew with the square of the length."""
    text = piece * (200_000 // len(piece))
    once = clean(piece * 3, cleaning)
    cleaned = clean(text, cleaning)
    assert len(cleaned) <= len(text)
    assert set(cleaned) == set(once)


def test_raw_changes_nothing():
    assert clean(DIRTY, "raw") == DIRTY


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        ("It\u00c2\x92s \u00c2\x93so\u00c2\x94", 'It\'s "so"'),
        ("\u00c2\xa35 or \u00c2\x80 5", "£5 or € 5"),
        ("a\u00c2\xa0b", "a b"),
        ("bread &amp; butter &lt;3 &gt;", "bread & butter <3 >"),
        ("&amp;lt;", "&lt;"),  # one level of HTML escaping
        ("nothing broken: café, naïve, £5", "nothing broken: café, naïve, £5"),
        ("@shop #tag https://t.co/x\r\r\nstay", "@shop #tag https://t.co/x\r\r\nstay"),
    ],
)
def test_repaired_puts_the_right_characters_back(broken, repaired):
    assert clean(broken, "repaired") == repaired


def test_repaired_knows_every_garbled_character():
    meant = bytes(range(0x80, 0x100)).decode("cp1252", errors="replace")
    for code, character in zip(range(0x80, 0x100), meant, strict=True):
        if character not in "\ufffd\xa0":
            garbled = chr(code).encode("utf-8").decode("ISO-8859-1")
            assert clean(garbled, "repaired") == character.translate(STRAIGHT_QUOTES), hex(code)


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_cleaning_twice_is_cleaning_once(cleaning):
    assert clean(clean(DIRTY, cleaning), cleaning) == clean(DIRTY, cleaning)


def test_unknown_cleaning_is_refused_with_the_choices():
    with pytest.raises(TweetsentError, match="'word'.*raw, repaired, words"):
        clean("x", "word")
