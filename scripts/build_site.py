"""Render README, notebooks and docs as pages, into outputs/site/: `make site`.

    python scripts/build_site.py [--output FOLDER]

Nothing is executed, the notebooks' stored outputs are shown, and nothing is fetched. It needs only
the packages of `requirements-site.txt`. What links or pictures lack is an error. The pages come to
their place when all are made; if something is wrong, those that were there stay.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT

SITE = PROJECT_ROOT / "site"
BOOK = PROJECT_ROOT / "outputs" / "book" / "tweetsent.pdf"  # written by scripts/build_book.py
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/*.md",
    "data/**/*.md",
    "docs/**/*.md",
    "site/playground/README.md",
    "notebooks/**/*.ipynb",
    "tests/**/*.md",
)
PICTURES = ("docs/*.png", "outputs/reference/**/*.png")
# The playground in a page, if it was built: see site/playground/README.md.
PLAYGROUND = PROJECT_ROOT / "outputs" / "site-playground"
FRAGMENT = "fragment.html"  # what goes into a page, which says where the rest is
ONLY_WITH = re.compile(
    r"<!-- only with the (?P<what>\w+) -->\n+(?P<text>.*?)"
    r"<!-- end of only with the (?P=what) -->\n+",
    re.DOTALL,
)
UNUSED = (  # files of the theme's that no page asks for
    "_static/**/*.map",
    "_static/locales",
    "_static/scripts/fontawesome.js*",
    "_static/*webpack-macros.html",
    "_static/vendor",
)
WIDGET_LOOK = "tweetsent_utils/explore/explore.css"


def build_site(output: Path) -> None:
    """Render all pages into a folder, which is replaced.

    Raises `TweetsentError` if Sphinx warns of anything.
    """
    with tempfile.TemporaryDirectory(prefix="tweetsent-site-") as name:
        source, made = Path(name) / "source", Path(name) / "made"
        gather(source, (*PAGES, *PICTURES))
        (source / "index.md").write_text(landing_page(), encoding="utf-8")
        run_sphinx(source, made)
        if BOOK.is_file():
            shutil.copyfile(BOOK, made / BOOK.name)
        if (PLAYGROUND / FRAGMENT).is_file():
            shutil.copytree(PLAYGROUND, made / "_static" / "playground")
            (made / "_static" / "playground" / "index.html").unlink(missing_ok=True)
        replace_folder(made, output)


def gather(source: Path, patterns: Sequence[str]) -> None:
    """Copy files of the repository into a folder, to the places that they have in it."""
    for pattern in patterns:
        for path in sorted(PROJECT_ROOT.glob(pattern)):
            if ".ipynb_checkpoints" not in path.parts:
                target = source / path.relative_to(PROJECT_ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def landing_page() -> str:
    """Return the landing page, which offers what was made."""
    fragment = PLAYGROUND / FRAGMENT
    there = {"playground": fragment.is_file(), "book": BOOK.is_file()}
    text = (SITE / "index.md").read_text(encoding="utf-8")
    text = ONLY_WITH.sub(lambda part: part["text"] if there[part["what"]] else "", text)
    if fragment.is_file():
        html = fragment.read_text(encoding="utf-8").replace("{{ base }}", "_static/playground/")
        text = text.replace("PLAYGROUND", html)
    return from_folder_up(text)


def from_folder_up(text: str) -> str:
    """Return a page of `site/` with links as from the folder above, where it will be."""
    return text.replace("](../", "](").replace('src="../', 'src="')


def run_sphinx(source: Path, target: Path, options: Sequence[str] = ("-b", "html")) -> None:
    """Run Sphinx with the project's configuration; every warning is an error."""
    missing = [name for name in ("sphinx", "myst_nb") if find_spec(name) is None]
    if missing:
        raise TweetsentError(f"{missing[0]} is missing: pip install -r requirements-site.txt")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--jobs=auto"]
    command += [*options, f"--conf-dir={SITE}", f"--doctree-dir={target}-doctrees"]
    environment = os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    done = subprocess.run([*command, str(source), str(target)], env=environment)
    if done.returncode:
        raise TweetsentError("Sphinx found something wrong, see above: nothing was written")
    look = target / "_static" / "explore.css"  # one file for the widgets of all pages
    shutil.copyfile(PROJECT_ROOT / WIDGET_LOOK, look)
    for pattern in UNUSED:
        for path in list(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def replace_folder(made: Path, output: Path) -> None:
    """Move a folder to its place; what was there before goes."""
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.with_name(f".{output.name}-new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(made, beside)
    shutil.rmtree(output, ignore_errors=True)
    beside.rename(output)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=PROJECT_ROOT / "outputs" / "site")
    options = parser.parse_args(arguments)
    try:
        build_site(options.output)
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The pages are in {options.output}: open index.html there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
