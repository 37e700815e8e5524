"""Sphinx's configuration for the pages and the book; scripts/build_site.py calls it.

The sources are copies of README, notebooks and docs, in the folders that they have in the
repository, so that their links hold. Nothing is executed, and nothing is fetched: fonts and icons
are files of the theme's and of this folder's, and formulas need neither.
"""

import json
import os
import subprocess
import sys
from html import escape
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REFERENCE = ROOT / "outputs" / "reference"
sys.path.insert(0, str(HERE / "extensions"))


def read_git(*arguments: str) -> str:
    """Return what git says of this checkout; nothing where there is none."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git there is
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def find_address() -> str:
    """Return the repository's address on its code host; nothing if nobody has said it.

    GitHub says it in its workflows; elsewhere, TWEETSENT_REPOSITORY does. A clone's remote may be
    a private place, so it isn't asked.
    """
    given = os.environ.get("TWEETSENT_REPOSITORY", "")
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    return given.rstrip("/") or (f"{server}/{name}" if server and name else "")


def describe_machines() -> list[str]:
    """Return the machines on which the published runs were trained, with their versions."""
    machines: dict[str, list[str]] = {}
    for path in sorted(REFERENCE.glob("*/environment.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        packages = found["packages"]
        machine = f"{found['processor']}, {found['cores']} cores, Python {found['python']}"
        machine += f", torch {packages['torch']}, transformers {packages['transformers']}"
        machines.setdefault(machine, []).append(path.parent.name)
    return [f"{' and '.join(runs)}: {machine}" for machine, runs in machines.items()]


def write_footer() -> str:
    """Return the HTML of the footer: of which commit the pages are, and whose numbers they show."""
    built = f"Sphinx {version_of('sphinx')}, myst-nb {version_of('myst-nb')}"
    built += f" and sphinx-book-theme {version_of('sphinx-book-theme')}"
    commit = f" from commit <code>{escape(repository_commit[:10])}</code>"
    commit += f" of {escape(read_git('log', '-1', '--format=%cs'))}"
    if read_git("status", "--porcelain", "--untracked-files=no"):
        commit += ", with changes"
    lines = [f"Built{commit if repository_commit else ''} with {built}."]
    lines += [f"Published numbers of {escape(machine)}." for machine in describe_machines()]
    lines += ["Code and text: MIT licence."]
    return "".join(f"<p>{line}</p>" for line in lines)


repository_root = str(ROOT)
repository_address = find_address()
repository_commit = read_git("rev-parse", "HEAD")
repository_downloads = not tags.has("book")  # noqa: F821 - Sphinx defines it

# The playground in a page, where it was built; else notebook 04 shows its stored picture.
fragment = ROOT / "outputs" / "site-playground" / "fragment.html"
if fragment.is_file() and not tags.has("book"):  # noqa: F821
    playground_fragment = fragment.read_text(encoding="utf-8")

project = "tweetsent"
author = "the tweetsent developers"
html_title = "tweetsent"
language = "en"

extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "dark_figures",
    "math_without_script",
    "notebook_outputs",
    "repository_links",
]
root_doc = "index"
nitpicky = True
nb_execution_mode = "off"
nb_merge_streams = True
nb_number_source_lines = False
myst_enable_extensions = ["colon_fence", "dollarmath", "html_image"]
myst_heading_anchors = 4
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
html_math_renderer = "mathml"
copybutton_selector = "div.cell_input pre, div.highlight-bash pre, div.highlight-python pre"
copybutton_exclude = ".linenos, .gp, .go"

is_book = tags.has("book")  # noqa: F821 - Sphinx defines it
html_theme = "basic" if is_book else "sphinx_book_theme"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["explore.css", *(["book.css"] if is_book else ["icons.css", "site.css"])]
templates_path = ["_templates"]
html_copy_source = not is_book
html_scaled_image_link = False
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_permalinks_icon = "#"
html_search_language = "en"
pygments_style = "a11y-high-contrast-light"
if is_book:
    html_permalinks = False
else:
    html_context = {"default_mode": "auto"}
    html_theme_options = {
        "extra_footer": write_footer(),
        "footer_content_items": ["extra-footer.html"],
        "logo": {"text": "tweetsent", "link": "index"},
        "navbar_persistent": [],
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
        "repository_url": repository_address,
        "show_navbar_depth": 1,
        "show_toc_level": 2,
        "toc_title": "On this page",
        "use_download_button": True,
        "use_fullscreen_button": False,
        "use_repository_button": bool(repository_address),
    }
