"""The one exception that users meet: a sentence that says what is wrong, where, and what to do."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager


class TweetsentError(Exception):
    """Bad input or a missing piece, told in one sentence; the driver prints it without a traceback."""


@contextmanager
def told(what: str, remedy: str, *kinds: type[Exception]) -> Iterator[None]:
    """Tell errors of other libraries in one sentence: what is wrong (in short, their words): what to do."""
    try:
        yield
    except kinds as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise TweetsentError(f"{what} ({textwrap.shorten(words, 200, placeholder=' ...')}): {remedy}") from None
