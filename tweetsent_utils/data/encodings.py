"""From a file's bytes to text: which encoding it is in, and what a wrong one would do to it."""

import re
from pathlib import Path

from tweetsent_utils.errors import TweetsentError

UTF_8 = re.compile("utf[-_]?8", re.IGNORECASE)


def decode_text(path: str | Path, data: bytes, encoding: str = "") -> str:
    """Return a file's text.

    An empty `encoding` is guessed, and printed unless it is UTF-8. `path` only serves the messages.
    Raises `TweetsentError`, with the line, for a text that is not in this encoding, and for UTF-8
    that another encoding would garble.
    """
    if not encoding:
        encoding = guess_encoding(data)
        if encoding != "utf-8":
            what = f"{path} is not UTF-8, and is read as {encoding}"
            print(f"{what}: set encoding if letters look wrong")
    try:
        # A byte order mark is not part of the first column's name.
        text = data.decode("utf-8-sig" if UTF_8.fullmatch(encoding) else encoding)
    except (LookupError, UnicodeError) as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        what = f"{path}: line {line:,} cannot be read as {encoding} ({error})"
        raise TweetsentError(
            f"{what}: repair it, or try another encoding, such as cp1252"
        ) from None
    if not encoding.lower().startswith("utf"):
        refuse_garbled_utf_8(path, data, encoding)
    return text


def guess_encoding(data: bytes) -> str:
    """Guess `utf-8`, `utf-16`, `ISO-8859-1` or `cp1252` for a file's bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    beyond_latin_1 = re.findall("[^\x00-\xff\ufffd]", decode_as_utf_8(data))
    if len(beyond_latin_1) >= count_damage(data):
        return "utf-8"
    # ISO-8859-1 where two bytes are one control character, or where cp1252 has no character.
    is_latin_1 = re.search(rb"\xc2[\x80-\x9f]|[\x81\x8d\x8f\x90\x9d]", data)
    return "ISO-8859-1" if is_latin_1 else "cp1252"


def count_damage(data: bytes) -> int:
    """Count what proper UTF-8 text would not hold: C1 control characters and undecodable bytes.

    The Kaggle files were garbled before they were written and are meant to be read that way.
    The control characters U+0080 to U+009F, which no proper text has, give them away.
    """
    damage = re.findall("[\x80-\x9f\ufffd]", decode_as_utf_8(data))
    return len(damage) - data.count("\ufffd".encode())


def refuse_garbled_utf_8(path: str | Path, data: bytes, encoding: str) -> None:
    """Refuse to read UTF-8 as something else, which never fails but garbles every such letter."""
    text = decode_as_utf_8(data)
    sign = re.search(r"[^\x00-\x7f]", text)
    if sign and not count_damage(data):
        line = text.count("\n", 0, sign.start()) + 1
        what = f"{path} is UTF-8, and {encoding} garbles {sign[0]!r} in line {line:,}"
        raise TweetsentError(f"{what}: set utf-8")


def decode_as_utf_8(data: bytes) -> str:
    """Return the text as UTF-8, with U+FFFD for each undecodable byte."""
    return data.decode("utf-8", errors="replace")
