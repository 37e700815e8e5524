"""What the notebooks define, for tests and benchmarks to call."""

import ast
from pathlib import Path
from types import SimpleNamespace


def notebook_functions(number: str) -> SimpleNamespace:
    """The functions and classes that a notebook defines, with its imports, tested like the package's."""
    import nbformat

    (path,) = (Path(__file__).parents[1] / "notebooks").glob(f"{number}_*.ipynb")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    names: dict = {"__name__": path.stem}
    for cell in cells:
        found = [node for node in ast.parse(cell).body if isinstance(node, kinds)]
        exec(compile(ast.Module(found, []), path.name, "exec"), names)
    return SimpleNamespace(**names)
