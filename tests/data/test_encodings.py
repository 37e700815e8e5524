"""Encodings: guessed where none is given, and said unless it is UTF-8."""

from pathlib import Path

import pytest

from tweetsent_utils.data.encodings import decode_text, guess_encoding
from tweetsent_utils.errors import TweetsentError

WORDS = "naïve café – “so”, 20 €"
KAGGLE = b"caf\xe9 it\xc2\x92s"
FRENCH = "text,label\n" + "café fermé,neg\n" * 50 + "déjà\x85 vu,pos\n"
SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.mark.parametrize(
    ("data", "expected", "text"),
    [
        (b"plain", "utf-8", "plain"),
        (WORDS.encode(), "utf-8", WORDS),
        ("é".encode(), "utf-8", "é"),
        ("\ufeffé".encode(), "utf-8", "é"),  # a byte order mark is no part of the text
        ("smile 😀".encode(), "utf-8", "smile 😀"),
        ("lost \ufffd before".encode(), "utf-8", "lost \ufffd before"),
        ("日本語 and a stray \x85".encode(), "utf-8", "日本語 and a stray \x85"),
        (FRENCH.encode(), "utf-8", FRENCH),
        ("\ufeffit\x92s".encode(), "utf-8", "it\x92s"),  # a mark decides, whatever follows
        (WORDS.encode("utf-16"), "utf-16", WORDS),
        (("\ufeff" + WORDS).encode("utf-16-be"), "utf-16", WORDS),
        (WORDS.encode("utf-16-le"), "utf-16-le", WORDS),
        (WORDS.encode("utf-16-be"), "utf-16-be", WORDS),
        (WORDS.encode("utf-32"), "utf-32", WORDS),
        (WORDS.encode("cp1252"), "cp1252", WORDS),
        (b"caf\xe9 \x9d", "ISO-8859-1", "café \x9d"),  # cp1252 has no 9d
        (KAGGLE, "ISO-8859-1", "café it\u00c2\x92s"),
        # Valid UTF-8, as a part of the Kaggle files is, but with a control character.
        ("it\x92s".encode(), "ISO-8859-1", "it\u00c2\x92s"),
    ],
)
def test_encoding_is_guessed_and_said_unless_it_is_utf_8(data, expected, text, capsys):
    assert decode_text("tweets.csv", data) == text
    said = capsys.readouterr().out
    if expected == "utf-8":
        assert said == ""
    else:
        assert "tweets.csv" in said
        assert f"read as {expected}" in said


@pytest.mark.parametrize("name", ["Corona_NLP_train.csv", "Corona_NLP_test.csv"])
def test_the_sample_is_meant_to_be_read_as_latin_1_though_its_bytes_are_valid_utf_8(name):
    data = (SAMPLE / name).read_bytes()
    data.decode("utf-8")
    assert guess_encoding(data) == "ISO-8859-1"


def test_utf_8_with_one_broken_byte_is_reported_and_not_garbled():
    data = FRENCH.encode() + b"fianc\xe9,neg\n"
    with pytest.raises(TweetsentError, match=r"tweets.csv: line 53 cannot be read as utf-8"):
        decode_text("tweets.csv", data)


@pytest.mark.parametrize("data", [FRENCH.encode(), "\ufeffit\x92s".encode()])
def test_utf_8_is_not_read_as_another_encoding(data):
    with pytest.raises(TweetsentError, match=r"tweets.csv is UTF-8, and cp1252 garbles"):
        decode_text("tweets.csv", data, "cp1252")


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf 8", "u8", "utf-8-sig"])
def test_names_of_utf_8_mean_the_same(encoding):
    assert decode_text("tweets.csv", "\ufeffé".encode(), encoding) == "é"


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "zlib", "utf-8\x00"])
def test_what_is_no_encoding_is_refused(encoding):
    with pytest.raises(TweetsentError, match=r"tweets.csv: line 1 cannot be read as"):
        decode_text("tweets.csv", b"plain", encoding)
