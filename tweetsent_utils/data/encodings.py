"""From a file's bytes to text: which encoding it is in, and what a wrong one would do to it."""

import codecs
import re
from pathlib import Path

from tweetsent_utils.errors import TweetsentError, note
from tweetsent_utils.paths import short_path

# A byte order mark decides. The longer ones come first, as they begin like a shorter one.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def decode_text(
    path: str | Path,
    data: bytes,
    encoding: str = "",
    say_guess: bool = True,
) -> str:
    """Return a file's text, without a byte order mark.

    An empty `encoding` is guessed and, with `say_guess`, printed unless it is UTF-8. `path` only
    serves the messages.
    Raises `TweetsentError`, with the line, for a text that is not in this encoding, and for UTF-8
    that another encoding would garble.
    """
    if not encoding:
        encoding = guess_encoding(data)
        if say_guess and encoding != "utf-8":
            note(f"{short_path(path)} is read as {encoding}: set encoding if letters look wrong")
    try:
        is_unicode = codecs.lookup(encoding).name.startswith("utf")
        text = data.decode(encoding)
    except (LookupError, ValueError) as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        what = f"{path}: line {line:,} cannot be read as {encoding} ({error})"
        raise TweetsentError(
            f"{what}: repair it, or try another encoding, such as cp1252"
        ) from None
    if not is_unicode:
        refuse_garbled_utf_8(path, data, encoding)
    return text.removeprefix("\ufeff")


def guess_encoding(data: bytes) -> str:
    """Guess `utf-8`, `utf-16`, `utf-32`, `ISO-8859-1` or `cp1252` for a file's bytes."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    # Without a mark, every other byte of plain English in UTF-16 is a zero.
    for encoding, zeros in (("utf-16-le", data[1:1000:2]), ("utf-16-be", data[0:1000:2])):
        if 2 * zeros.count(0) > len(zeros):
            return encoding
    if looks_like_utf_8(data):
        return "utf-8"
    # ISO-8859-1 where two bytes are one control character, or where cp1252 has no character.
    is_latin_1 = re.search(rb"\xc2[\x80-\x9f]|[\x81\x8d\x8f\x90\x9d]", data)
    return "ISO-8859-1" if is_latin_1 else "cp1252"


def looks_like_utf_8(data: bytes) -> bool:
    """Tell whether at most half of what is not ASCII would be damage if read as UTF-8.

    Damage is a byte that cannot be read and a control character from U+0080 to U+009F. A stray one
    of these does occur between proper letters, in files that are UTF-8 all the same. But in the
    Kaggle files nine of ten characters beyond ASCII are such control characters: the files were
    garbled before they were written, and are meant to be read as ISO-8859-1, even where every byte
    of them happens to be valid UTF-8.
    """
    text = decode_as_utf_8(data)
    beyond_ascii = len(re.findall(r"[^\x00-\x7f]", text))
    damage = len(re.findall("[\x80-\x9f\ufffd]", text)) - data.count("\ufffd".encode())
    return 2 * damage <= beyond_ascii


def refuse_garbled_utf_8(path: str | Path, data: bytes, encoding: str) -> None:
    """Refuse to read UTF-8 as something else, which never fails but garbles every such letter."""
    text = decode_as_utf_8(data)
    sign = re.search(r"[^\x00-\x7f]", text)
    if sign and guess_encoding(data) == "utf-8" and text.encode() == data:
        line = text.count("\n", 0, sign.start()) + 1
        what = f"{path} is UTF-8, and {encoding} garbles {sign[0]!r} in line {line:,}"
        raise TweetsentError(f"{what}: set utf-8")


def decode_as_utf_8(data: bytes) -> str:
    """Return the text as UTF-8, with U+FFFD for each undecodable byte."""
    return data.decode("utf-8", errors="replace")
