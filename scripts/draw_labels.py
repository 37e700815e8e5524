"""Draw the figure of the main page, who made the labels, from published figures: `make labels`.

    python scripts/draw_labels.py

The histogram and its cuts are those of `outputs/reference/label_audit.json`, which notebook 05
found on the real files and which holds no text of a tweet. The picture goes to `docs/labels.png`.
"""

from pathlib import Path

import matplotlib

matplotlib.use("agg")

from tweetsent_utils.files import load_json, write_atomically
from tweetsent_utils.paths import PROJECT_ROOT, REFERENCE
from tweetsent_utils.show.audit_plots import plot_score_by_class
from tweetsent_utils.show.display import encode_png
from tweetsent_utils.show.style import use_style

TARGET = PROJECT_ROOT / "docs" / "labels.png"


def draw_labels(target: Path) -> None:
    """Draw the score of the real training tweets, coloured by class, to a file."""
    use_style()
    real = load_json(REFERENCE / "label_audit.json")
    rule = real["rule_agreement"]["no hashtags"]
    figure = plot_score_by_class(
        real["score_histograms"],
        real["classes"],
        ordered=True,
        cuts=rule["cuts"],
        explained=rule["train"],
    )
    picture = encode_png(figure)
    target.parent.mkdir(exist_ok=True)
    write_atomically(target, lambda file: file.write_bytes(picture))
    print(f"written: {target.name}")


if __name__ == "__main__":
    draw_labels(TARGET)
