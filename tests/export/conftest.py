"""What the tests of exports need; they are skipped where its packages are missing."""

from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        what = f"{', '.join(missing)} not installed (requirements-export.txt)"
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(pytest.mark.skip(reason=what))
