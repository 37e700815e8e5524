"""A confusion matrix whose cells can be picked; of a large one, its most frequent mistakes."""

from collections.abc import Sequence

import numpy as np

from tweetsent_utils.explore.buttons import button
from tweetsent_utils.explore.foreign_text import name_to_html

MOST_CLASSES = 10  # that a matrix has room for
MOST_CELLS = 12  # of a larger matrix


def cells_html(
    matrix: np.ndarray,
    names: Sequence[str],
    cell: tuple[int, int] | None,
    is_live: bool,
) -> str:
    """Return a matrix of counts, of shape (classes, classes), as HTML.

    Its rows are labels and its columns answers. `cell` is the one that is picked, if one is. Where
    it is not live, nothing is a button.
    """
    draw = matrix_html if len(names) <= MOST_CLASSES else busiest_cells_html
    return draw(matrix, names, cell, is_live)


def matrix_html(
    matrix: np.ndarray,
    names: Sequence[str],
    cell: tuple[int, int] | None,
    is_live: bool,
) -> str:
    """Return a matrix of counts as a table of buttons: count, share of the row, and a shade."""
    heads = "".join(f'<th scope="col">{name_to_html(name)}</th>' for name in names)
    rows = [f"<tr><td>label ↓ answer →</td>{heads}</tr>"]
    for label, name in enumerate(names):
        cells = [
            f"<td>{cell_button(matrix, (label, answer), names, cell, is_live)}</td>"
            for answer in range(len(names))
        ]
        rows.append(f'<tr><th scope="row">{name_to_html(name)}</th>{"".join(cells)}</tr>')
    how = " Pick a cell to read its texts, surest first." if is_live else ""
    caption = f"<caption>Each row is a label and adds up to 100%.{how}</caption>"
    return f'<div class="scroll"><table class="matrix">{caption}{"".join(rows)}</table></div>'


def cell_button(
    matrix: np.ndarray,
    place: tuple[int, int],
    names: Sequence[str],
    cell: tuple[int, int] | None,
    is_live: bool,
) -> str:
    """Return the cell of a matrix at a place, a label and an answer, as a button."""
    label, answer = place
    count = matrix[place]
    share = count / max(matrix[label].sum(), 1)
    kind = "cell right" if label == answer else "cell"
    numbers = f"{count:,} <small>{share:.0%}</small>" if count else '<span class="quiet">0</span>'
    content = f'<span class="{kind}" style="--share:{100 * share:.0f}%">{numbers}</span>'
    spoken = f"label {names[label]}, answer {names[answer]}: {count:,}, {share:.0%} of the label"
    return button(f"cell {label} {answer}", content, place == cell, spoken, is_live)


def busiest_cells_html(
    matrix: np.ndarray,
    names: Sequence[str],
    cell: tuple[int, int] | None,
    is_live: bool,
) -> str:
    """Return the mistakes that are most frequent in a large matrix, as a table of buttons."""
    mistakes = matrix * (1 - np.eye(len(matrix), dtype=int))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:MOST_CELLS]
    places = [divmod(int(position), len(matrix)) for position in order]
    rows = []
    for place in places:
        if mistakes[place]:
            label, answer = (name_to_html(names[rank]) for rank in place)
            shown = cell_button(matrix, place, names, cell, is_live)
            rows.append(f"<tr><td>{shown}</td><td>{label}</td><td>{answer}</td></tr>")
    if not rows:
        return '<p class="quiet">There is no mistake among these texts.</p>'
    head = "<tr>" + "".join(f'<th scope="col">{name}</th>' for name in ("", "label", "answer"))
    caption = (
        "<caption>The most frequent mistakes, with their share of the label's texts.</caption>"
    )
    return f'<table class="matrix">{caption}{head}</tr>{"".join(rows)}</table>'
