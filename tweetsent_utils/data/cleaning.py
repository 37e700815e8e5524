"""What happens to a tweet's text before it is tokenised: nothing, mojibake repair, or words only.

A cleaning is a `tokenizers` normalizer. So it is saved inside the model's tokenizer, and every
later user of the model, a plain `transformers.pipeline` included, cleans the text the same way.
"""

from functools import cache

from tokenizers import Regex, normalizers

from tweetsent_utils.errors import TweetsentError

CLEANINGS = ("raw", "repaired", "words")

# One expression, one pass: a mention or hashtag; else a link; else anything but ASCII letters,
# digits, space and tab. It takes a time that grows with the text and no faster: `++` never gives
# back what it has taken, and a link is looked for only where a word begins, or where a mention or
# hashtag has taken a part of the word. (Looked for at each letter, it takes hours for a long word.)
MENTION_OR_HASHTAG = "[@#][A-Za-z0-9]++"
LINK = r"\w++://\S++"
NOT_WORDS = rf"{MENTION_OR_HASHTAG}(?:{LINK})?|(?<!\w){LINK}|[^A-Za-z0-9 \t]"

HTML_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def mojibake_repairs() -> dict[str, str]:
    """Map every two-character mojibake of the Kaggle files to the one character that was meant.

    The tweets went through cp1252 -> (read as Latin-1) -> UTF-8 -> (read as Latin-1), so each
    character from U+0080 to U+00FF became two. `ftfy` knows which cp1252 character hides behind a
    C1 control character.
    """
    import ftfy  # here, as nothing else needs it: a machine that only trains may not have it

    repairs = {}
    for code in range(0x80, 0x100):
        pair = chr(code).encode("utf-8").decode("latin-1")
        repairs[pair] = ftfy.fix_text(chr(code), normalization=None)
    repairs["Â\xa0"] = " "  # to a reader, a no-break space is a space
    return repairs


@cache
def cleaning_steps(cleaning: str) -> list[normalizers.Normalizer]:
    """Return the normalizers of a cleaning, to be put before an encoder's own.

    Raises `TweetsentError` for a cleaning that is none of `CLEANINGS`.
    """
    if cleaning == "raw":
        return []
    if cleaning == "repaired":
        repairs = mojibake_repairs() | HTML_ENTITIES
        return [normalizers.Replace(broken, meant) for broken, meant in repairs.items()]
    if cleaning == "words":
        return [
            normalizers.Replace(Regex(NOT_WORDS), " "),
            normalizers.Replace(Regex(r"\s++"), " "),
            normalizers.Strip(),
        ]
    known = ", ".join(CLEANINGS)
    raise TweetsentError(f"cleaning is {cleaning!r}, which is none of {known}: choose one of them")


def clean(text: str, cleaning: str) -> str:
    """Return `text` as the encoder's tokenizer will see it under a cleaning.

    >>> clean("@shop prices UP again! #panic https://t.co/x1", "words")
    'prices UP again'
    """
    return normalizers.Sequence(cleaning_steps(cleaning)).normalize_str(text)
