"""The tokens of a text under the three cleanings, and what is lost."""

from pathlib import Path

import pytest

from tweetsent_utils.data.cleaning import CLEANINGS
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.explore.token_view import TokenView

TEXT = "Best shop @corner &amp; queue \U0001f600 it\u00c2\u0092s #panic https://t.co/x café"


@pytest.mark.parametrize("built_in", CLEANINGS)
@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize("max_length", [8, 64])
def test_what_is_shown_as_read_is_what_the_model_would_read(
    tiny_encoder: Path, built_in, cleaning, max_length
):
    view = TokenView(load_tokenizer(tiny_encoder, built_in, max_length))
    assert view.cleaning == built_in
    pieces = view.split(TEXT, cleaning)
    read = [piece.token for piece in pieces if not piece.is_cut]
    tokenizer = load_tokenizer(tiny_encoder, cleaning, max_length)
    (ids,) = tokenize([TEXT], tokenizer)
    assert read == tokenizer.convert_ids_to_tokens(ids)[1:-1]
    assert any(piece.is_cut for piece in pieces) == (max_length == 8)


def test_cut_and_unknown_tokens_are_marked(tiny_encoder):
    view = TokenView(load_tokenizer(tiny_encoder, "raw", 5))
    text = "queue \U0001f600 shop people panic"
    by_cleaning = {name: view.split(text, name) for name in CLEANINGS}
    cut = {name: [p.source for p in pieces if p.is_cut] for name, pieces in by_cleaning.items()}
    unknown = {
        name: [p.source for p in pieces if p.is_unknown] for name, pieces in by_cleaning.items()
    }
    emoji, last = ["\U0001f600"], ["people", "panic"]
    assert cut == {"raw": last, "repaired": last, "words": ["panic"]}
    assert unknown == {"raw": emoji, "repaired": emoji, "words": []}
    html = view.html(text)
    assert html.count("token unknown") == 1  # cleanings that agree share a row
    assert html.count("<del") == 3
    assert "cut off" in html
    assert "cut off" not in TokenView(load_tokenizer(tiny_encoder, "raw", 64)).html("queue")


def test_the_view_leaves_the_tokenizer_as_it_was(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder, "words", 8)
    before = tokenize([TEXT], tokenizer)
    TokenView(tokenizer).html(TEXT)
    assert tokenize([TEXT], tokenizer) == before


def test_a_long_text_does_not_make_a_long_picture(tiny_encoder):
    view = TokenView(load_tokenizer(tiny_encoder, "raw", 24))
    assert len(view.html("a" * 10_000)) + len(view.html("queue " * 2_000)) < 60_000
