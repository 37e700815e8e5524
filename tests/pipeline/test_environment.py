"""What a run notes about its machine: enough to judge its figures, and nothing private."""

import json
import platform
import re

import numpy

from tweetsent_utils.pipeline.environment import describe_environment


def test_versions_and_hardware_are_named_and_no_host_and_no_path(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    found = describe_environment()
    assert found["packages"]["numpy"] == numpy.__version__
    assert found["memory_gib"] > 0
    assert found["cores"] >= 1
    text = json.dumps(found)
    assert "secret-host" not in text
    assert not re.search(r'"(/|[A-Z]:\\\\)', text)


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert describe_environment()["git_commit"] is None
