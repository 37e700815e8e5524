"""What a notebook shows of itself is current and can be read without looking."""

import re
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.formatters import format_display_data
from matplotlib import pyplot as plt

from tweetsent_utils import batching, display, memory
from tweetsent_utils.batching import collate
from tweetsent_utils.display import show_figure, show_source, somebody_is_there
from tweetsent_utils.memory import check_memory


def test_nobody_is_there_outside_a_kernel():
    assert not somebody_is_there()


@pytest.mark.parametrize("answers", [True, False])
def test_in_a_kernel_somebody_is_there_if_input_can_be_asked_for(monkeypatch, answers):
    shell = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=answers))
    monkeypatch.setattr(display, "get_ipython", lambda: shell)
    assert somebody_is_there() is answers


def test_nobody_is_there_in_plain_ipython(monkeypatch):
    monkeypatch.setattr(display, "get_ipython", SimpleNamespace)
    assert not somebody_is_there()


def test_source_is_todays_source_in_a_python_fence():
    shown = show_source(collate, check_memory).data
    assert shown.startswith("```python\ndef collate(")
    assert shown.endswith("\n```")
    assert shown.count("```") == 2
    collate_source, check_memory_source = re.split(r"\n\n\n+", shown.removeprefix("```python\n").removesuffix("```"))
    assert f"\n\n\n{collate_source}\n\n\n" in Path(batching.__file__).read_text(encoding="utf-8")
    assert f"\n\n\n{check_memory_source}" in Path(memory.__file__).read_text(encoding="utf-8")


def test_figure_is_saved_as_png_closed_and_shown_with_its_alt_text(tmp_path):
    figure, axis = plt.subplots(figsize=(4, 2))
    axis.plot([1, 2])
    image = show_figure(figure, tmp_path / "figures" / "line.png", alt="A line that rises")
    png = (tmp_path / "figures" / "line.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    assert figure.number not in plt.get_fignums()
    data, metadata = format_display_data(image)
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == "A line that rises"
    pixels_wide = struct.unpack(">I", png[16:20])[0]
    assert pixels_wide >= 1.5 * metadata["image/png"]["width"] > 100


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    def draw(name: str) -> bytes:
        figure, axis = plt.subplots(figsize=(2, 1))
        axis.bar([1, 2], [3, 4])
        show_figure(figure, tmp_path / name, alt="Two bars")
        return (tmp_path / name).read_bytes()

    assert draw("a.png") == draw("b.png")
    assert b"Software" not in draw("c.png")
