"""The one exception that users meet: a sentence that says what is wrong, where, and what to do."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager


class TweetsentError(Exception):
    """Bad input or a missing piece, in one sentence; the command prints it without a traceback."""


class Stopped(TweetsentError):  # noqa: N818 - what somebody wished is no error
    """Somebody stopped the work; what is finished stays, and it goes on from there."""


@contextmanager
def user_error(what: str, remedy: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of other libraries into one sentence.

    An exception of one of `kinds` is raised again as a `TweetsentError`: what is wrong, the
    library's own words in parentheses, shortened to 200 characters, and what to do.
    """
    try:
        yield
    except kinds as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = textwrap.shorten(words, 200, placeholder=" ...")
        raise TweetsentError(f"{what} ({reason}): {remedy}") from None
