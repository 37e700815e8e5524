"""Servers that a command starts."""

import os
import sys

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.servers import run_until_stopped


def test_an_end_with_an_error_is_told():
    with pytest.raises(TweetsentError, match="exit code 3"):
        run_until_stopped([sys.executable, "-c", "exit(3)"], dict(os.environ), "bye")
