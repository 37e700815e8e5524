"""The report of a run: one page that says what is true of its data, and opens anywhere."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import write_atomically
from tweetsent_utils.pipeline.own_data import is_own_data
from tweetsent_utils.pipeline.report_facts import choose_advice, file_name, gather_facts
from tweetsent_utils.pipeline.report_outputs import collect_outputs
from tweetsent_utils.pipeline.runs import REPORT

PLURALS = {"class": "classes", "core": "cores"}
MOST_NAMES = 5
MINUTE, HOUR = 60, 3600


def write_report(folder: Path) -> Path:
    """Write `report.html` into the folder of a run that has trained; return its path.

    Raises `TweetsentError` if the run has not trained or one of its files is damaged.
    """
    if not (folder / "metrics.json").exists():
        what = f"{folder} holds no run that has trained"
        raise TweetsentError(f"{what}: name one with --run NAME, or run it first")
    others = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, OSError)
    kinds = (TemplateError, RuntimeError, *others)
    remedy = "run its notebooks again (--from 01)"
    with user_error(f"the report of {folder.name} cannot be made", remedy, *kinds):
        page = render_report(folder)
    path = folder / REPORT
    write_atomically(path, lambda file: file.write_text(page, encoding="utf-8"))
    return path


def render_report(folder: Path) -> str:
    """Return the report of a run as HTML that asks nothing of any other file or host."""
    environment = Environment(
        loader=PackageLoader("tweetsent_utils", "pipeline"),
        autoescape=True,  # all that comes from somebody's file
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters = (count, percent, name_all, duration, value_text)
    environment.filters |= {function.__name__: function for function in filters}
    facts = gather_facts(folder)
    outputs = collect_outputs(folder)
    return environment.get_template("report.html.j2").render(
        outputs=outputs,
        advice=choose_advice(facts, outputs),
        is_own=is_own_data(facts["parameters"]),
        file_name=file_name,
        notebooks=[path.name for path in list_records(folder)],
        **facts,
    )


def list_records(folder: Path) -> list[Path]:
    """Return the executed notebooks in a run's folder, in their order."""
    found = folder.glob("[0-9]*.ipynb")
    return sorted(path for path in found if not path.name.endswith(".partial.ipynb"))


def count(number: int, thing: str) -> str:
    """Return a number of things in words that fit it.

    >>> count(1, "text"), count(1200, "class")
    ('1 text', '1,200 classes')
    """
    things = thing if number == 1 else PLURALS.get(thing, f"{thing}s")
    return f"{number:,} {things}"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in percent, and a dash where there is none.

    A share is never rounded to nothing or to all.

    >>> percent(0.9333), percent(1.0), percent(0.9999), percent(None)
    ('93.3%', '100%', '>99.9%', '–')
    """
    if share is None:
        return "–"
    if share in (0, 1):
        return f"{share:.0%}"
    shown = f"{share:.{digits}%}"
    least = 10**-digits
    if float(shown[:-1]) >= 100:
        return f">{100 - least:.{digits}f}%"
    return shown if float(shown[:-1]) > 0 else f"<{least:.{digits}f}%"


def name_all(names: Iterable[object], most: int = MOST_NAMES) -> Markup:
    """Return names as HTML, each escaped and emphasised, as a sentence lists them.

    >>> str(name_all(["a", "b", "<c>"]))
    '<b>a</b>, <b>b</b> and <b>&lt;c&gt;</b>'
    """
    names = list(names)
    shown: Sequence[Markup] = [Markup("<b>{}</b>").format(name) for name in names[:most]]
    if len(names) > most:
        shown = [*shown, escape(f"{len(names) - most:,} more")]
    if len(shown) < 2:
        return Markup("").join(shown)
    return Markup("{} and {}").format(Markup(", ").join(shown[:-1]), shown[-1])


def duration(seconds: float) -> str:
    """Return a time as one says it.

    >>> duration(28.9), duration(300), duration(9000)
    ('29 seconds', '5 minutes', '2.5 hours')
    """
    if seconds < 1.5 * MINUTE:
        return count(max(round(seconds), 1), "second")
    if seconds < 1.5 * HOUR:
        return count(round(seconds / MINUTE), "minute")
    return f"{seconds / HOUR:.1f} hours"


def value_text(value: object) -> str:
    """Return a parameter's value as one reads it.

    >>> value_text(["a", "b"]), value_text(""), value_text(3e-4)
    ('a, b', 'none', '0.0003')
    """
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value != "" else "none"
