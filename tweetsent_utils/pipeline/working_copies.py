"""Working copies of notebooks and pages, to play with: made when missing, renewed, never lost."""

import json
import os
import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import nbformat
from jinja2 import Template
from nbformat.sign import NotebookNotary

from tweetsent_utils.errors import TweetsentError, note, quote_names, user_error
from tweetsent_utils.files import load_record, save_json, write_atomically, write_errors
from tweetsent_utils.paths import PROJECT_ROOT

WELCOME = "Welcome.md"
RECORD = ".copies.json"  # what each copy was when it was made
OLDER = "older"  # where copies go that are replaced
# What the notebooks and the pages link to, so that each link leads to a copy.
COPIED = (
    "*.md",
    "LICENSE",
    "benchmarks/*.md",
    "benchmarks/*.py",
    "configs/*.yaml",
    "data/**/README.md",
    "docs/*",
    "notebooks/**/*.ipynb",
    "outputs/reference/**/*",
    "site/playground/*",
    "tests/robustness/README.md",
    "tests/robustness/test_scoring.py",
    "tweetsent_utils/**/*.py",
)
PACKAGE = "tweetsent_utils/"
# The package's copy has another name, since a notebook next to it would import the copy.
SOURCE = "source/"
# The map of the copies is the welcome page, and not the main page.
LINKS = (
    (re.compile(rf"(\]\((?:\.\./)*){PACKAGE}"), rf"\g<1>{SOURCE}"),
    (re.compile(r"(\[Contents\]\((?:\.\./)*)README\.md"), rf"\g<1>{WELCOME}"),
)
LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:)([^)\s#]+)\)")
ANCHORED = re.compile(r"\]\((?!\w+:)([^)\s#]*)#([^)\s]+)\)")  # a link to a heading
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
STORY = re.compile(r"^## The story\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def update_copies(folder: Path, keys: Path, fresh: bool = False) -> None:
    """Bring the working copies in `folder` up to date with the project's files.

    A missing copy is made. One whose original has changed is made again, unless somebody has edited
    it: then it stays, which is said in a note. With `fresh`, every copy that differs from its
    original is made again. What is replaced and isn't just a copy moves into `older/`; nothing is
    lost. `keys` is the folder with which JupyterLab signs notebooks: copies are signed with it, so
    that what is stored in them shows at once. Raises `TweetsentError` where it cannot write.
    """
    if (folder / "params.yaml").exists():
        what = f"{folder} holds a run, and is where the working copies go"
        raise TweetsentError(f"{what}: give the run's folder another name")
    record = load_record(folder / RECORD)
    older = next_older_folder(folder)
    notary = open_notary(keys)
    edited, renewed = [], []
    for name, content in make_copies().items():
        copy = folder / name
        now = {"bytes": digest(content), "text": fingerprint(name, content)}
        made = record.get(name, now)
        found = read_copy(copy)
        if found is not None and not fresh:
            text = fingerprint(name, found)
            if made["bytes"] == now["bytes"] or text == now["text"]:
                record[name] = now
                continue
            if text != made["text"]:
                edited.append(name)
                continue
            renewed.append(name)
        if found is not None and digest(found) not in (made["bytes"], now["bytes"]):
            set_aside(copy, older / name)
        if found != content:
            write_copy(copy, content, notary)
        record[name] = now
    save_json(folder / RECORD, record)
    tell(edited, renewed, older)


def make_copies() -> dict[str, bytes]:
    """Return what the working copies hold that are made now, by their place among the copies."""
    copies = {WELCOME: make_welcome().encode()}
    for pattern in COPIED:
        for path in sorted(PROJECT_ROOT.glob(pattern)):
            name = path.relative_to(PROJECT_ROOT).as_posix()
            if path.is_file() and ".ipynb_checkpoints" not in path.parts:
                copies[name.replace(PACKAGE, SOURCE)] = copy_of(path)
    return copies


def make_welcome() -> str:
    """Return the page at which JupyterLab opens, with the map of notebooks of the main page."""
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    story = STORY.search(COMMENT.sub("", readme))
    page = files("tweetsent_utils.pipeline").joinpath("welcome.md.j2").read_text(encoding="utf-8")
    return Template(page).render(story=story.group().strip() if story else "") + "\n"


def copy_of(path: Path) -> bytes:
    """Return what a working copy of a file holds: the file, with links that lead to copies."""
    content = path.read_bytes()
    if path.suffix == ".md":
        return lead_to_copies(content.decode("utf-8"), path).encode()
    if path.suffix != ".ipynb":
        return content
    with user_error(f"{path} is damaged", "restore it, as with git restore", ValueError, KeyError):
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                text = lead_to_copies("".join(cell["source"]), path)
                cell["source"] = text.splitlines(keepends=True)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def lead_to_copies(text: str, path: Path) -> str:
    """Return a text of the file `path` with links as they must be among the copies.

    Some files have another place there; JupyterLab opens no folder by a link, and calls headings by
    other names than a code host.
    """

    def name_folder(link: re.Match) -> str:
        words, place = link.groups()
        if not (path.parent / place).is_dir():
            return link.group()
        name = place.strip("./")
        return words if name in words else f"{words} (in the folder `{name}`)"

    def name_heading(link: re.Match) -> str:
        page, anchor = link.groups()
        target = (path.parent / page).resolve() if page else path
        return f"]({page}#{heading_names(target).get(anchor, anchor)})"

    text = ANCHORED.sub(name_heading, LINK.sub(name_folder, text))
    for pattern, place in LINKS:
        text = pattern.sub(place, text)
    return text


@cache
def heading_names(path: Path) -> dict[str, str]:
    """Return the names of a page's headings in JupyterLab, by those that a code host gives them.

    "What's new?" is `whats-new` on a code host, and `What's-new?` in JupyterLab.
    """
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    names = {}
    for heading in HEADING.findall(CODE_BLOCK.sub("", text)):
        plain = re.sub("[`*]", "", heading)
        names[re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")] = plain.replace(" ", "-")
    return names


def fingerprint(name: str, content: bytes) -> str:
    """Return a checksum of what people write in a file: of a notebook, its cells without outputs.

    So a notebook that was only run has the checksum of one that wasn't.
    """
    if not name.endswith(".ipynb"):
        return digest(content)
    try:
        cells = [
            [cell["cell_type"], "".join(cell["source"])] for cell in json.loads(content)["cells"]
        ]
    except (ValueError, KeyError, TypeError):  # damaged: somebody may want to repair it
        return digest(content)
    return digest(json.dumps(cells).encode())


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal digits."""
    return sha256(content).hexdigest()


def read_copy(copy: Path) -> bytes | None:
    """Return what a copy holds; None if there is none."""
    with write_errors(copy):
        return copy.read_bytes() if copy.exists() else None


def write_copy(copy: Path, content: bytes, notary: NotebookNotary) -> None:
    """Write a copy, whole or not at all, and sign it if it is a notebook."""
    write_atomically(copy, lambda file: file.write_bytes(content))
    if copy.suffix == ".ipynb":
        notary.sign(nbformat.reads(content.decode("utf-8"), as_version=4))


def open_notary(keys: Path) -> NotebookNotary:
    """Return what signs notebooks as trusted, with the keys of a folder, which is made."""
    with write_errors(keys):
        keys.mkdir(parents=True, exist_ok=True)
        return NotebookNotary(data_dir=str(keys))


def set_aside(copy: Path, place: Path) -> None:
    """Move a copy to another place."""
    with write_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(copy, place)


def next_older_folder(folder: Path) -> Path:
    """Return a folder that does not exist yet, for copies that are replaced."""
    taken = [path.name for path in folder.glob(f"{OLDER}/*")]
    numbers = [int(name) for name in taken if name.isdecimal()]
    return folder / OLDER / str(max(numbers, default=0) + 1)


def tell(edited: list[str], renewed: list[str], older: Path) -> None:
    """Say which copies differ from what somebody may expect."""
    notebooks = only_notebooks(renewed)
    if notebooks:
        note(f"made anew, because the project's have changed: {quote_names(notebooks)}")
    if edited:
        what = "kept as you've edited them, although the project's have changed"
        note(f"{what}: {quote_names(edited)} (tweetsent lab --fresh takes new copies)")
    if older.exists():
        note(f"the copies that were there are in {older}")


def only_notebooks(names: Iterable[str]) -> list[str]:
    """Return those names that are notebooks'."""
    return [name for name in names if name.endswith(".ipynb")]
