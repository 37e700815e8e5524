"""Execute the notebooks on their defaults and store them with their outputs: `make notebooks`.

    python scripts/store_notebooks.py            # execute everything; minutes
    python scripts/store_notebooks.py --sources  # only the sources that the notebooks show; seconds

Each notebook runs in a fresh kernel, in order, on the CPU, into a run folder that is thrown away.
With `--sources` (`make sources`) no kernel starts: the output of each cell that consists of a call
such as `show_source(train_step)` is written again, after a change in the package's code or
docstrings that changes no figure. A second time, on the same machine, neither changes a byte.

Why not jupyter-cache? It decides what is stale by the code of the cells alone, so a change in the
package would go unnoticed, and it keeps a database. All that we need is one execution; stale
outputs are found by nbval, which runs every cell and compares (`make test`).
"""

import argparse
import ast
import configparser
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tweetsent_utils.errors import NOTES_VARIABLE, TweetsentError
from tweetsent_utils.files import write_atomically
from tweetsent_utils.paths import NOTEBOOKS, PROJECT_ROOT
from tweetsent_utils.show.display import show_source

METADATA = {  # the same whoever stores; a kernel and JupyterLab would add their versions
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
    },
}
SECONDS_TO_START = 600  # what a kernel may take on a busy machine
TIMING = ("execution", "ExecuteTime", "papermill")  # what tools note in a cell's metadata
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",  # the stored outputs are a CPU's
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else every kernel warns of frozen modules
    NOTES_VARIABLE: os.devnull,  # else progress is printed where a training takes minutes
}


def find_notebooks() -> list[Path]:
    """Return all notebooks, those in subfolders last."""
    found = sorted(NOTEBOOKS.rglob("*.ipynb"))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def store(paths: Sequence[Path]) -> None:
    """Execute notebooks and store them; one printed line each.

    Raises `TweetsentError` for a notebook that fails, which stays as it was.
    """
    with tempfile.TemporaryDirectory(prefix="tweetsent-outputs-") as outputs:
        for path in paths:
            update(path, lambda notebook, path=path: execute(notebook, path, outputs))


def refresh_sources(paths: Sequence[Path]) -> None:
    """Write the sources that notebooks show again, without executing them; one printed line each.

    Raises `TweetsentError` for a shown name that the notebook does not import from the package.
    """
    for path in paths:
        update(path, lambda notebook, path=path: write_sources(notebook, path))


def update(path: Path, change: Callable[[NotebookNode], None]) -> None:
    """Change a notebook and write it, whole or not at all, if it became another."""
    before = path.read_bytes()
    notebook = nbformat.reads(before.decode("utf-8"), as_version=4)
    change(notebook)
    after = (nbformat.writes(notebook) + "\n").encode()
    if path.read_bytes() != before:
        raise TweetsentError(f"{path.stem} was edited meanwhile and is left as it is: repeat this")
    if after == before:
        print(f"{path.stem}: unchanged", flush=True)
    else:
        write_atomically(path, lambda file: file.write_bytes(after))
        print(f"{path.stem}: stored", flush=True)


def execute(notebook: NotebookNode, path: Path, outputs: str) -> None:
    """Execute a notebook in place, with `outputs` as the folder of all runs."""
    stored = [list(cell.get("outputs", [])) for cell in notebook.cells]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=None,
        startup_timeout=SECONDS_TO_START,
        iopub_timeout=SECONDS_TO_START,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # else the kernel's flushes decide how many outputs a cell has
        extra_arguments=["--log-level=CRITICAL"],  # the kernel's errors come back as outputs
    )
    environment = os.environ | ENVIRONMENT | {"TWEETSENT_OUTPUTS": outputs}
    try:
        client.execute(cwd=str(path.parent), env=environment)
    except (CellExecutionError, DeadKernelError) as error:
        reason = "its kernel died"
        if isinstance(error, CellExecutionError):
            reason = f"{error.ename}: {error.evalue}".rstrip(": ").splitlines()[-1]
        where = f"{path.stem} failed in code cell {client.code_cells_executed}"
        raise TweetsentError(f"{where} and is left as it is: {reason}") from None
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell, old_outputs in zip(notebook.cells, stored, strict=True):
        for name in TIMING:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = keep_equal_outputs(cell.outputs, old_outputs)


def keep_equal_outputs(
    outputs: Sequence[NotebookNode],
    old_outputs: Sequence[NotebookNode],
) -> list[NotebookNode]:
    """Return new outputs, or the old one for each that differs only in figures of memory."""
    kept = []
    for new, old in zip_longest(outputs, old_outputs[: len(outputs)]):
        is_equal = without_memory(old) == without_memory(new)
        kept.append(old if is_equal else new)
    return kept


def without_memory(output: NotebookNode | None) -> str:
    """Return an output as text without figures of memory, which nbval leaves out as well."""
    config = configparser.ConfigParser()
    config.read(PROJECT_ROOT / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
    return re.sub(config["memory"]["regex"], "", json.dumps(output, sort_keys=True))


def write_sources(notebook: NotebookNode, path: Path) -> None:
    """Write the output of each cell of a notebook that shows sources and has been executed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    functions = {}
    for cell in cells:
        functions |= imported_functions(cell.source)
        names = shown_names(cell.source)
        if not names or cell.execution_count is None:
            continue
        unknown = [name for name in names if name not in functions]
        if unknown:
            what = f"{path.stem} shows the source of {unknown[0]}"
            raise TweetsentError(f"{what} and does not import it from tweetsent_utils")
        source = show_source(*(functions[name] for name in names))
        output = nbformat.v4.new_output(
            "execute_result",
            data={"text/markdown": source.data, "text/plain": repr(source)},
            execution_count=cell.execution_count,
        )
        cell.outputs = [output]


def imported_functions(source: str) -> dict[str, Any]:
    """Return what a cell imports from the package, by the names that it has in the notebook."""
    functions = {}
    for node in parse(source):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "tweetsent_utils":
            module = import_module(node.module)
            for alias in node.names:
                if hasattr(module, alias.name):  # else a submodule, which has no source to show
                    functions[alias.asname or alias.name] = getattr(module, alias.name)
    return functions


def shown_names(source: str) -> list[str]:
    """Return the names in a cell that is `show_source(name, ...)` and nothing else."""
    match parse(source):
        case [ast.Expr(ast.Call(ast.Name("show_source"), arguments))]:
            return [argument.id for argument in arguments if isinstance(argument, ast.Name)]
    return []


def parse(source: str) -> list[ast.stmt]:
    """Return a cell's statements; none if it has a line that only IPython understands."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sources",
        action="store_true",
        help="write only the sources that the notebooks show, without executing them",
    )
    options = parser.parse_args(arguments)
    try:
        if options.sources:
            refresh_sources(find_notebooks())
        else:
            store(find_notebooks())
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
