"""Encodings: guessed where none is given, and said unless it is UTF-8."""

import pytest

from tweetsent_utils.data.encodings import decode_text

WORDS = "naïve café – “so”, 20 €"
KAGGLE = b"caf\xe9 it\xc2\x92s"


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
        (WORDS.encode("utf-16"), "utf-16", WORDS),
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
