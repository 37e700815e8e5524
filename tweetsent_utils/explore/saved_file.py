"""Where a file is that somebody fills in by hand, and a link that downloads it."""

from base64 import b64encode
from codecs import BOM_UTF8
from html import escape

from tweetsent_utils.explore.by_hand import HandTable


def saved_html(table: HandTable) -> str:
    """Return as HTML where a table is saved, and a link to its file, for which no kernel is needed.

    JupyterLab shows the files below the folder in which it was opened only, and runs are elsewhere.
    """
    name = escape(table.name)
    if not table.known:
        return f"To be saved in {name}, without the texts."
    others = table.count_others()
    stay = f" Rows for other texts or classes stay in it: {others:,}." if others else ""
    return f"Saved in {name}, without the texts.{stay} {download_link(table)}"


def download_link(table: HandTable) -> str:
    """Return a link that saves a copy of a table's file where the browser saves downloads."""
    content = table.known.removeprefix(BOM_UTF8)
    # The mark tells spreadsheets which encoding this is.
    address = f"data:text/csv;charset=utf-8;base64,{b64encode(BOM_UTF8 + content).decode()}"
    name = escape(table.path.name)
    return f'<a download="{name}" href="{address}">Download {name}</a>'
