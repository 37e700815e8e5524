"""The main page's figure is what its program draws from the published figures."""

import draw_labels
from PIL import Image

from tweetsent_utils.show.style import WIDTH


def test_the_picture_on_the_main_page_is_the_one_that_is_drawn(tmp_path, capsys):
    draw_labels.draw_labels(tmp_path / "labels.png")
    assert "labels.png" in capsys.readouterr().out
    drawn, stored = Image.open(tmp_path / "labels.png"), Image.open(draw_labels.TARGET)
    assert drawn.size == stored.size
    assert drawn.size[0] == int(1.5 * 125 * WIDTH)  # every figure's width, in dots
