"""The tokens that a text becomes under each cleaning, and what of it is lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.cleaning import CLEANINGS
from tweetsent_utils.data.tokenizing import cleaned_otherwise, find_cleaning
from tweetsent_utils.explore.foreign_text import make_readable

MOST_TOKENS = 150  # of a text that are shown


@dataclass(frozen=True)
class Piece:
    """A token, the part of the text that it comes from, and what became of it."""

    token: str
    source: str
    is_unknown: bool
    is_cut: bool


class TokenView:
    """A tokenizer and what it would be under the other cleanings, to see texts through.

    The tokenizers are made once; a text then takes less than a millisecond.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.cleaning = find_cleaning(tokenizer)  # the model's
        self.backends = {name: cleaned_otherwise(tokenizer, name) for name in CLEANINGS}
        self.unknown = tokenizer.unk_token
        special = tokenizer.num_special_tokens_to_add()
        self.room = max(tokenizer.model_max_length - special, 0)
        self.cuts_left = tokenizer.truncation_side == "left"

    def split(self, text: str, cleaning: str) -> list[Piece]:
        """Return the tokens of a text under a cleaning, without special ones, uncut."""
        encoding = self.backends[cleaning].encode(text, add_special_tokens=False)
        tokens, offsets = encoding.tokens, encoding.offsets  # each is made anew when asked for
        first = max(len(tokens) - self.room, 0) if self.cuts_left else 0
        pieces = []
        for place, (start, end) in enumerate(offsets):
            token = tokens[place]
            is_read = first <= place < first + self.room
            pieces.append(Piece(token, text[start:end], token == self.unknown, not is_read))
        return pieces

    def complain(self, text: str) -> str:
        """Return in a sentence why the model cannot read a text, or "" if it can."""
        pieces = self.split(text, self.cleaning)
        if not text.strip():
            return "There is no text: this is what the model answers to nothing at all."
        if not pieces and self.cleaning == "words":
            why = "its cleaning keeps nothing but ASCII letters and digits"
            return f"The model cannot read this: {why}. It answers as it does to an empty text."
        if not pieces:
            return "The model cannot read this: no token is left. It answers as to an empty text."
        if all(piece.is_unknown or piece.is_cut for piece in pieces):
            return "The model cannot read this: none of it is in its vocabulary."
        return ""

    def html(self, text: str) -> str:
        """Return the tokens of a text as an HTML table, a row for cleanings that agree."""
        rows: dict[tuple, list[str]] = {}
        for cleaning in CLEANINGS:
            pieces = tuple(self.split(text, cleaning))
            rows.setdefault(pieces, []).append(cleaning)
        lines = [self.show_row(pieces, names) for pieces, names in rows.items()]
        return f'<table class="tokens">{"".join(lines)}</table>'

    def show_row(self, pieces: Sequence[Piece], cleanings: Sequence[str]) -> str:
        """Return the tokens that some cleanings agree on as a row of a table."""
        names = ", ".join(cleanings)
        if self.cleaning in cleanings:
            names = f"<b>{names}</b><br><small>the model's</small>"
        shown = " ".join(show_piece(piece) for piece in pieces[:MOST_TOKENS])
        note = f'<small class="quiet">{describe_losses(pieces)}</small>'
        return f'<tr><th scope="row">{names}</th><td>{shown} {note}</td></tr>'


def show_piece(piece: Piece) -> str:
    """Return a token as HTML; an unknown one with its source, a cut one struck through."""
    token = f'<bdi dir="ltr">{escape(piece.token)}</bdi>'  # "##" comes first in any script
    if piece.is_unknown:
        source = f"{token} <bdi>{escape(make_readable(piece.source[:20]))}</bdi>"
        return f'<span class="token unknown" title="not in the vocabulary">{source}</span>'
    if piece.is_cut:
        return f'<del class="token" title="beyond the model\'s length">{token}</del>'
    return f'<span class="token">{token}</span>'


def describe_losses(pieces: Sequence[Piece]) -> str:
    """Return as HTML how many tokens there are, how many are cut off, and how many unknown."""
    if not pieces:
        return "nothing is left"
    parts = ["1&nbsp;token" if len(pieces) == 1 else f"{len(pieces):,}&nbsp;tokens"]
    if len(pieces) > MOST_TOKENS:
        parts.append(f"the first {MOST_TOKENS} shown")
    cut = sum(piece.is_cut for piece in pieces)
    if cut:
        parts.append(f"{cut:,} beyond the model's length, cut off")
    unknown = sum(piece.is_unknown for piece in pieces)
    if unknown:
        parts.append(f"{unknown:,} not in the vocabulary")
    return ", ".join(parts)
