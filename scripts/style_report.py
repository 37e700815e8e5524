"""Report how the code and the notebooks read: `make style`. It judges nothing and never fails.

Read it as a thermometer. Long lines, long functions and cells that show nothing are places to look
at; no figure here is a limit. Lines that are blank or only a comment are not counted as code.
"""

import ast
from collections import defaultdict
from pathlib import Path

import nbformat
import pandas as pd

from tweetsent_utils.paths import PROJECT_ROOT

FOLDERS = ("tweetsent_utils", "scripts", "benchmarks", "tests")
LONG = 100  # characters of a line


def python_table() -> pd.DataFrame:
    """Return a row per folder of Python files."""
    files_by_folder = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            name = path.parent.relative_to(PROJECT_ROOT).as_posix()
            files_by_folder[name].append(path)
    rows = {name: describe_files(files) for name, files in files_by_folder.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def describe_files(files: list[Path]) -> dict[str, object]:
    """Return what there is to say of some Python files."""
    sources = [path.read_text(encoding="utf-8") for path in files]
    functions = [function for source in sources for function in find_functions(source)]
    longest = max(functions, default=(0, "-"))
    largest = max(files, key=lambda path: len(path.read_text(encoding="utf-8").splitlines()))
    return {
        "modules": len(files),
        **describe_lines(sources),
        "lines per module": round(len("".join(sources).splitlines()) / len(files)),
        "largest module": largest.name,
        "longest function": f"{longest[0]} {longest[1][:24]}",
    }


def describe_lines(sources: list[str]) -> dict[str, object]:
    """Return the number of lines of code in some sources, and how long the lines are."""
    lengths = pd.Series(
        [len(line) for source in sources for line in code_lines(source)],
        dtype=int,
    )
    return {
        "code lines": len(lengths),
        "mean length": round(lengths.mean()) if len(lengths) else 0,
        "longest": lengths.max() if len(lengths) else 0,
        f"over {LONG}": int((lengths > LONG).sum()),
    }


def code_lines(source: str) -> list[str]:
    """Return a source's lines, without blank lines and comments."""
    lines = [line.rstrip() for line in source.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def find_functions(source: str) -> list[tuple[int, str]]:
    """Return the length in lines and the name of each function in a source."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [(node.end_lineno - node.lineno + 1, node.name) for node in nodes]


def notebook_table() -> pd.DataFrame:
    """Return a row per notebook."""
    rows = {}
    for path in sorted((PROJECT_ROOT / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            rows[path.stem] = describe_notebook(path)
    return pd.DataFrame.from_dict(rows, orient="index")


def describe_notebook(path: Path) -> dict[str, object]:
    """Return what there is to say of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return {
        "words": len(" ".join(prose).split()),
        "cells": len(cells),
        "code cells": len(code),
        "show nothing": sum(not cell.outputs for cell in code),
        **describe_lines([cell.source for cell in code]),
        "KiB": path.stat().st_size // 1024,
    }


def main() -> None:
    """Print the report."""
    print(python_table().to_string(), end="\n\n")
    print(notebook_table().to_string())


if __name__ == "__main__":
    main()
