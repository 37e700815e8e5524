"""What happens to a tweet's text before it is tokenised: nothing, mojibake repair, or words only.

A cleaning is a `tokenizers` normalizer, so that it is saved inside the model's tokenizer and every later user
of the model, a plain `transformers.pipeline` included, cleans the text in exactly the same way.
"""

from functools import cache

import ftfy
from tokenizers import Regex, normalizers

from tweetsent_utils.errors import TweetsentError

CLEANINGS = ("raw", "repaired", "words")

# One expression, one pass: a mention or hashtag; else a link; else anything but ASCII letters, digits, space, tab.
NOT_WORDS = r"[@#][A-Za-z0-9]+|\w+://\S+|[^A-Za-z0-9 \t]"


def mojibake_repairs() -> dict[str, str]:
    """Map every two-character mojibake of this kind of file to the one character that was meant.

    The tweets went through cp1252 -> (read as Latin-1) -> UTF-8 -> (read as Latin-1), so that each character from
    U+0080 to U+00FF stands as two. `ftfy` knows which cp1252 character hides behind a C1 control character.
    """
    broken = (chr(code).encode("utf-8").decode("latin-1") for code in range(0x80, 0x100))
    repairs = {pair: ftfy.fix_text(pair.encode("latin-1").decode("utf-8"), normalization=None) for pair in broken}
    repairs["Â\xa0"] = " "  # a no-break space is a space to every reader
    return repairs | {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@cache
def cleaning_steps(cleaning: str) -> list[normalizers.Normalizer]:
    """Return the normalizers of a cleaning (`raw`, `repaired` or `words`), to stand before an encoder's own."""
    if cleaning == "raw":
        return []
    if cleaning == "repaired":
        return [normalizers.Replace(broken, meant) for broken, meant in mojibake_repairs().items()]
    if cleaning == "words":
        return [*(normalizers.Replace(Regex(form), " ") for form in (NOT_WORDS, r"\s+")), normalizers.Strip()]
    raise TweetsentError(f"cleaning is {cleaning!r}, which is none of {', '.join(CLEANINGS)}: choose one of them")


def clean(text: str, cleaning: str) -> str:
    """Return `text` as the encoder's tokenizer will see it under a cleaning.

    >>> clean("@shop prices UP again! #panic https://t.co/x1", "words")
    'prices UP again'
    """
    return normalizers.Sequence(cleaning_steps(cleaning)).normalize_str(text)
