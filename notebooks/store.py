"""Execute the notebooks on their defaults and store them with their outputs: `make notebooks`.

    python notebooks/store.py [NUMBER ...]

They run in fresh kernels, in order, on the CPU, into a run folder that is thrown away. With numbers, such as `01 03`,
only these are stored; the notebooks before them run all the same, because the later ones read what they make. A second
time on the same machine changes no byte.
"""

import argparse
import ast
import configparser
import copy
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, write_whole
from tweetsent_utils.parameters import notebooks

PACKAGE = "tweetsent_utils"
DATA = ("data/sample/*.csv", f"{PACKAGE}/*.mplstyle")  # what the notebooks and the package read by default
METADATA = {  # the same whoever stores; a kernel and JupyterLab would add their versions
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
TIMING = ("execution", "ExecuteTime", "papermill")
ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # the stored outputs are a CPU's


def store(paths: Sequence[Path], numbers: Sequence[str] = ()) -> None:
    """Execute notebooks and store those that `numbers` names, or all; one printed line each.

    Raises `TweetsentError` for an unknown number and for a notebook that fails, which then stays as it was.
    """
    known = [path.name[:2] for path in paths]
    wanted = {number.zfill(2) for number in numbers} or set(known)
    if unknown := sorted(wanted - set(known)):
        raise TweetsentError(f"no notebook has the number {unknown[0]!r}: give some of {', '.join(known)}")
    last = max(place for place, number in enumerate(known) if number in wanted)
    with tempfile.TemporaryDirectory(prefix="tweetsent-outputs-") as outputs:
        for path, number in zip(paths[: last + 1], known, strict=False):
            before = path.read_bytes()
            after = execute(path, outputs)
            if number not in wanted:
                print(f"{path.stem}: executed, not stored", flush=True)
            elif path.read_bytes() != before:
                raise TweetsentError(f"{path.stem} was edited while it ran and is left as it is: store it again")
            elif after == before:
                print(f"{path.stem}: unchanged", flush=True)
            else:
                write_whole(path, lambda file, content=after: file.write_bytes(content))
                print(f"{path.stem}: stored", flush=True)


def execute(path: Path, outputs: str) -> bytes:
    """Execute a notebook with `outputs` as the folder of all runs; return the content of the file to store."""
    notebook = nbformat.read(path, as_version=4)
    stored = copy.deepcopy(notebook)
    code = fingerprint(notebook)  # of what the kernel is about to load
    options = {"kernel_name": "python3", "record_timing": False, "store_widget_state": False, "allow_errors": False}
    options["extra_arguments"] = ["--log-level=CRITICAL"]  # the kernel's errors come back as outputs
    # Else the moment at which a kernel flushes would decide how many outputs a cell has.
    client = NotebookClient(notebook, timeout=None, coalesce_streams=True, **options)
    try:
        client.execute(cwd=str(path.parent), env={**os.environ, **ENVIRONMENT, "TWEETSENT_OUTPUTS": outputs})
    except (CellExecutionError, DeadKernelError) as error:
        told = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else "its kernel died"
        where = f"{path.stem} failed in code cell {client.code_cells_executed}"
        raise TweetsentError(f"{where} and is left as it is: {told.rstrip(': ').splitlines()[-1]}") from None
    settle(notebook, stored)
    notebook.metadata = nbformat.from_dict({**METADATA, "tweetsent": {"code": code}})
    return (nbformat.writes(notebook) + "\n").encode()


def settle(notebook: NotebookNode, stored: NotebookNode) -> None:
    """Take out times, and keep each stored output that differs from the new one in figures of memory only."""
    config = configparser.ConfigParser()
    config.read(PROJECT_ROOT / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
    noise = re.compile(config["memory"]["regex"])

    def quiet(output: NotebookNode | None) -> str:
        return noise.sub("", json.dumps(output, sort_keys=True))

    for cell, before in zip(notebook.cells, stored.cells, strict=True):
        for name in TIMING:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            pairs = zip_longest(cell.outputs, before.outputs[: len(cell.outputs)])
            cell.outputs = [old if quiet(old) == quiet(new) else new for new, old in pairs]


def fingerprint(notebook: NotebookNode, root: Path = PROJECT_ROOT) -> str:
    """Return 16 hex digits of all that a notebook's outputs come from, so that a stale output can be told unexecuted.

    That is its code cells, the modules of the package that they import directly or through others, the figures' style
    and the sample. Comments, formatting and the package's docstrings do not count.
    """
    transform = TransformerManager().transform_cell
    cells = [ast.parse(transform(cell.source)) for cell in notebook.cells if cell.cell_type == "code"]
    modules, new = {}, {name for cell in cells for name in imported(cell, root)}
    while new:
        modules |= {name: ast.parse((root / name).read_bytes()) for name in new}
        new = {name for module in new for name in imported(modules[module], root)} - set(modules)
    parts = [essence(cell) for cell in cells]
    parts += [[name, essence(undocumented(modules[name]))] for name in sorted(modules)]
    parts += [[path.name, path.read_bytes().hex()] for files in DATA for path in sorted(root.glob(files))]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def imported(tree: ast.AST, root: Path) -> set[str]:
    """Return the files of the package that a piece of code imports, counted from the project's root."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([PACKAGE] * (node.level > 0) + [node.module] * bool(node.module))
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    parts = [name.split(".") for name in names]
    ours = {"/".join(part[:length]) for part in parts if part[0] == PACKAGE for length in range(1, len(part) + 1)}
    return {file for name in ours for file in (f"{name}.py", f"{name}/__init__.py") if (root / file).is_file()}


def undocumented(tree: ast.AST) -> ast.AST:
    """Take the docstrings out of a module's tree and return it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    return tree


def essence(node: Any) -> Any:
    """Return a syntax tree as nested lists; unlike `ast.dump`, the same in every version of Python."""
    if isinstance(node, ast.AST):
        fields = [[name, essence(value)] for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *fields]
    return [essence(part) for part in node] if isinstance(node, list) else ascii(node)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="a notebook to store, such as 01 (all by default)")
    try:
        store(notebooks(), parser.parse_args(arguments).numbers)
    except TweetsentError as error:
        print(f"store.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
