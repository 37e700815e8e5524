"""The conventions of the notebooks: every notebook keeps each rule, and each rule objects to what breaks it."""

import ast
import copy
import math
import re
import runpy
import statistics
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode, v4

from tweetsent_utils.display import DOTS_PER_INCH
from tweetsent_utils.files import NOTEBOOKS, PROJECT_ROOT
from tweetsent_utils.parameters import notebooks

fingerprint = runpy.run_path(str(NOTEBOOKS / "store.py"))["fingerprint"]
NAMES = [path.name for path in notebooks()]
KNOWN = yaml.safe_load((NOTEBOOKS / "params" / "quick.yaml").read_text(encoding="utf-8"))
RESIDUE = {
    "an absolute path": rf"/(home|root|work|tmp|Users|private)/|\b[A-Z]:\\+Users|{re.escape(str(PROJECT_ROOT))}",
    "a warning": r"\b[A-Z]\w*Warning: ",
    "a progress bar": r"[\d?] ?(it/s|s/it)|\d%\||\r(?![\r\n])|\x1b\[",  # a tweet's line break is \r\r\n
    "the address of an object": r"\bat 0x[0-9a-f]+",
    "what a plotting call returns": r"\bText\(-?[\d.]|<(Axes|Figure|matplotlib)",
}
SHOWN_ANYWHERE = {"text/plain", "text/html", "text/markdown", "image/png"}  # a widget's view is shown nowhere but here
EMOJI = "[\u2600-\u27bf\U0001f000-\U0001faff]"


@cache
def stored(name: str) -> NotebookNode:
    return nbformat.read(NOTEBOOKS / name, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    """The text in our own voice: without code, quotes, and the targets of links."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    foreign = r'```.*?```|`[^`]*`|"[^"]*"|“[^”]*”|!(?=\[)|(?<=\])\([^)]*\)'
    return "\n\n".join(re.sub(foreign, "", source, flags=re.S) for source in sources)


def nodes(*cells: NotebookNode) -> list[ast.AST]:
    return [node for cell in cells for node in ast.walk(ast.parse(cell.source))]


def sizes(notebook: NotebookNode) -> list[int]:
    """The numbers of lines of the code cells that are not empty, from small to large."""
    return sorted(sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in code_cells(notebook))


def defaults(notebook: NotebookNode) -> dict:
    cell = next(cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", []))
    return {line.targets[0].id: ast.literal_eval(line.value) for line in ast.parse(cell.source).body}


def helpers(notebook: NotebookNode) -> set[str]:
    """The names of functions and classes that a notebook defines, lambdas that get a name included."""
    found = set()
    for node in nodes(*code_cells(notebook)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(node.value, ast.Lambda):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def package_names() -> set[str]:
    """The functions and classes of the package."""
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in (PROJECT_ROOT / "tweetsent_utils").glob("*.py")]
    definitions = (ast.FunctionDef, ast.ClassDef)
    return {node.name for module in modules for node in module.body if isinstance(node, definitions)}


def anchors(text: str) -> set[str]:
    """The names that a code host gives to a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def page(path: Path) -> str:
    """A Markdown file's text, or that of a notebook's Markdown cells."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def navigation(name: str) -> str:
    """The line that leads up, back and on."""

    def link(there: str) -> str:
        number, words = there.removesuffix(".ipynb").split("_", 1)
        return f"[{int(number)}. {words.replace('_', ' ').capitalize()}]({there})"

    place = NAMES.index(name)
    back = [f"previous: {link(there)}" for there in NAMES[:place][-1:]]
    on = [f"next: {link(there)}" for there in NAMES[place + 1 :][:1]]
    return " · ".join(["[Contents](../README.md)", *back, *on])


# The rules for one notebook: each takes it and the name of its file, and asserts.


def begins_with_title_promise_and_navigation_and_ends_with_navigation(notebook, name):
    blocks = notebook.cells[0].source.split("\n\n")
    assert len(blocks) == 3
    assert re.fullmatch(rf"# {int(name[:2])}\. \S.*", blocks[0])
    assert re.fullmatch(r"[*\w].*\.\*?", blocks[1])  # one line
    assert blocks[2] == navigation(name)
    assert notebook.cells[-1].source == navigation(name)


def says_why_what_and_how_long(notebook, name):
    form = r"\*\*Why it matters\.\*\* (.+)\*\*What you will learn\*\*(.+)\*\*How long it takes\.\*\* (.+)"
    parts = re.fullmatch(form, notebook.cells[1].source, re.S)
    assert parts
    assert len(re.findall(r"^- \w", parts[2], re.M)) >= 3
    assert re.search(r"About \d+ (seconds|minutes|hours) on .*(CPU|GPU)", parts[3], re.S)


def ends_with_takeaways_and_exercises(notebook, name):
    takeaways, exercises = (cell.source for cell in notebook.cells[-3:-1])
    assert re.match(r"(## Takeaways|\*\*Takeaways\*\*)\n", takeaways)
    assert len(re.findall(r"^- \S", takeaways, re.M)) >= 3
    assert re.match(r"(## Exercises|\*\*Exercises\*\*)\n", exercises)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. \S", exercises, re.M)]
    assert len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))


def links_lead_to_files_and_headings(notebook, name):
    ours = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)\s]+)\)", ours):
        if not target.startswith("https://"):
            file, _, anchor = target.partition("#")
            path = (NOTEBOOKS / (file or name)).resolve()
            assert path.exists() and path.is_relative_to(PROJECT_ROOT), target
            assert not anchor or anchor in anchors(page(path) if file else ours), target


def speaks_plainly(notebook, name):
    assert not re.findall(rf"(?i).*(?:!|\b(?:simply|just|let's)\b|{EMOJI}).*", prose(notebook))


def declares_parameters_in_one_cell_of_plain_lines(notebook, name):
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert [cell.cell_type for cell in tagged] == ["code"]
    for node in ast.parse(tagged[0].source).body:
        line = ast.get_source_segment(tagged[0].source, node)
        assert re.fullmatch(r'\w+ = ("[^"\n]*"|True|False|-?\d[\d.e-]*|\[[^\[\]()\n]*\])', line), line
    for line in tagged[0].source.splitlines():
        assert line.startswith("#") or line.count("=") <= 1, line  # papermill does not read a line with a second one
    for block in tagged[0].source.split("\n\n"):
        lines = block.splitlines()
        assert lines[0].startswith("# ") or all("  # " in line for line in lines), block


def declares_no_parameter_that_is_unknown_or_unused(notebook, name):
    declared = set(defaults(notebook))
    assert declared <= set(KNOWN)
    place = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    later = [cell for cell in notebook.cells[place + 1 :] if cell.cell_type == "code"]
    used = {node.id for node in nodes(*later) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    opens = [node for node in nodes(*later) if isinstance(node, ast.Call) and ast.unparse(node.func) == "open_run"]
    for call in opens:  # it reads run_name from the globals, and the declared names from the notebook it is given
        assert ast.unparse(call) == f"open_run('{Path(name).stem}', globals())"
        used.add("run_name")
    assert not declared - used


def leads_into_every_code_cell_with_prose(notebook, name):
    kinds = ["nothing", *(cell.cell_type for cell in notebook.cells)]
    assert [place for place, pair in enumerate(pairwise(kinds)) if pair[1] == "code" and pair[0] != "markdown"] == []
    assert [place for place, cell in enumerate(notebook.cells) if not cell.source.strip()] == []


def has_code_cells_that_fit_on_a_screen(notebook, name):
    lines = sizes(notebook)
    assert statistics.median(lines) <= 6
    assert lines[math.ceil(0.9 * len(lines)) - 1] <= 15
    assert lines[-1] <= 25


def controls_its_checks_by_tags_only(notebook, name):
    assert not [cell.source for cell in code_cells(notebook) if re.search(r"#\s*(NBVAL|PYTEST)_", cell.source)]


def stores_outputs_of_todays_code(notebook, name):
    code = notebook.metadata.get("tweetsent", {}).get("code")
    assert code == fingerprint(notebook), "the outputs are those of other code: run make notebooks"


def ran_in_order_without_an_error(notebook, name):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def stores_nothing_that_dies_with_the_kernel(notebook, name):
    assert "widgets" not in notebook.metadata
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        data = output.get("data", {})
        assert set(data) <= SHOWN_ANYWHERE
        for text in [output.get("text", ""), *(data[kind] for kind in data if kind.startswith("text/"))]:
            for what, form in RESIDUE.items():
                assert not re.search(form, text), what


def is_smaller_than_500_kib(notebook, name):
    assert len(nbformat.writes(notebook).encode()) < 500 * 1024


def shows_each_figure_with_an_alt_text_at_most_8_inches_wide(notebook, name):
    for cell in code_cells(notebook):
        figures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert figures or "show_figure(" not in cell.source
        for figure in figures:
            shown = figure.metadata.get("image/png", {})
            assert len(shown.get("alt", "")) > 20
            assert shown.get("width", math.inf) / DOTS_PER_INCH <= 8


def asserts_on_the_data_behind_each_figure(notebook, name):
    cells = code_cells(notebook)
    asserts = [any(isinstance(node, ast.Assert) for node in nodes(cell)) for cell in cells]
    for place, cell in enumerate(cells):
        near = asserts[max(place - 1, 0) : place + 2]
        assert "show_figure(" not in cell.source or any(near), cell.source


# The rules for all notebooks together.


def prose_and_code_are_in_balance(all_notebooks):
    kinds = [cell.cell_type for notebook in all_notebooks for cell in notebook.cells]
    assert 1.3 <= kinds.count("markdown") / kinds.count("code") <= 1.7


def a_parameter_has_one_default(all_notebooks):
    found = [item for notebook in all_notebooks for item in defaults(notebook).items()]
    assert not [(name, value) for name, value in found if value != dict(found)[name]]


def no_helper_is_defined_that_the_package_has(all_notebooks):
    assert not package_names() & set().union(*map(helpers, all_notebooks))


def no_helper_is_defined_twice(all_notebooks):
    found = [name for notebook in all_notebooks for name in helpers(notebook)]
    assert not [name for name in found if found.count(name) > 1]


# A small notebook that keeps all rules; below, each rule with what breaks it.

NAME = NAMES[1]
OPENING = """**Why it matters.** It does.

**What you will learn**

- one thing;
- another thing;
- a third thing.

**How long it takes.** About 5 seconds on 2 CPU cores."""
PARAMETERS = """run_name = "quick"  # the folder

# The rest
seed = 0
label_order = ["low", "high"]"""
OPEN = f'run = open_run("{Path(NAME).stem}", globals())\nprint(f"{{seed}}", label_order)'
FIGURE = 'show_figure(figure, run / "figure.png", alt="Bars of a height")'
CHECK = "assert bars.sum() == 1"


def build() -> NotebookNode:
    shown = {"image/png": {"alt": "Bars, one per class of tweets", "width": 750}}
    image = v4.new_output("display_data", {"image/png": "AAAA", "text/plain": "<Image>"}, metadata=shown)
    cells = [v4.new_markdown_cell(f"# 2. A question?\n\n*We answer it.*\n\n{navigation(NAME)}")]
    cells.append(v4.new_markdown_cell(OPENING))
    for source in (PARAMETERS, OPEN, FIGURE, CHECK, "1 + 1", "2 + 2", "3 + 3", "4 + 4"):
        cells += [v4.new_markdown_cell('A cell with `code!` and "just a quote!".'), v4.new_code_cell(source)]
    cells.append(v4.new_markdown_cell("**Takeaways**\n\n- One.\n- Two.\n- Three."))
    cells.append(v4.new_markdown_cell("## Exercises\n\n1. Do.\n2. Do it.\n3. Do it again."))
    cells.append(v4.new_markdown_cell(navigation(NAME)))
    notebook = v4.new_notebook(cells=cells)
    for count, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = count
    cells[3].metadata["tags"] = ["parameters"]
    cells[5].outputs = [v4.new_output("stream", name="stdout", text="a tweet\r\r\nof two lines\n")]
    cells[7].outputs = [image]
    notebook.metadata["tweetsent"] = {"code": fingerprint(notebook)}
    return notebook


GOOD = build()

Breakage = Callable[[NotebookNode], None]


def edit(place: int, old: str, new: str) -> Breakage:
    """Replace something in the source of a cell."""

    def broken(notebook: NotebookNode) -> None:
        assert old in notebook.cells[place].source
        notebook.cells[place].source = notebook.cells[place].source.replace(old, new)

    return broken


def put(place: int, cell: NotebookNode, times: int = 1) -> Breakage:
    """Insert a cell."""
    return lambda notebook: notebook.cells.__setitem__(slice(place, place), [cell] * times)


def show(output_type: str = "display_data", data: dict | None = None, **values: str) -> Breakage:
    """Add an output to the first cell of code after the parameters."""
    return lambda notebook: notebook.cells[5].outputs.append(v4.new_output(output_type, data, **values))


def write(text: str) -> Breakage:
    return show("stream", name="stdout", text=text)


def set_in(get: Callable[[NotebookNode], dict], key: str, value: object) -> Breakage:
    return lambda notebook: get(notebook).__setitem__(key, value)


def shown(notebook: NotebookNode) -> dict:
    return notebook.cells[7].outputs[0].metadata["image/png"]


LONG = "\n".join(["1"] * 26)
BREAKAGES: dict[Callable, list[Breakage]] = {
    begins_with_title_promise_and_navigation_and_ends_with_navigation: [
        edit(0, "# 2.", "# 3."),
        edit(0, "# 2. A", "A"),
        edit(0, "*We answer it.*\n\n", ""),
        edit(0, "We answer", "We\nanswer"),
        edit(0, navigation(NAME), f"{navigation(NAME)}\n\nMore."),
        edit(0, "previous: ", "before: "),
        edit(-1, " · next: ", ""),
    ],
    says_why_what_and_how_long: [
        edit(1, "**Why it matters.** It does.", ""),
        edit(1, "- one thing;\n", ""),
        edit(1, " on 2 CPU cores", ""),
        edit(1, "About 5 seconds", "A moment"),
    ],
    ends_with_takeaways_and_exercises: [
        edit(-3, "Takeaways", "Summary"),
        edit(-3, "- Two.\n", ""),
        edit(-2, "Exercises", "Homework"),
        edit(-2, "3. Do it again.", ""),
        edit(-2, "3. ", "4. "),
        put(-1, v4.new_markdown_cell("One more thing.")),
    ],
    links_lead_to_files_and_headings: [
        put(2, v4.new_markdown_cell("[no file](../data/nowhere.md)")),
        put(2, v4.new_markdown_cell("[no heading](../data/README.md#nowhere)")),
        put(2, v4.new_markdown_cell("[no heading here](#nowhere)")),
        put(2, v4.new_markdown_cell("[none](01_data_analysis.ipynb#nowhere)")),
        put(2, v4.new_markdown_cell("[outside](../../../etc)")),
        put(2, v4.new_markdown_cell("[plain](http://example.org)")),
    ],
    speaks_plainly: [
        edit(1, "It does.", "It does!"),
        edit(1, "It does.", "Just do it."),
        edit(1, "It does.", "It simply does."),
        edit(1, "It does.", "It does \U0001f680."),
    ],
    declares_parameters_in_one_cell_of_plain_lines: [
        lambda notebook: notebook.cells[3].metadata.pop("tags"),
        set_in(lambda notebook: notebook.cells[5].metadata, "tags", ["parameters"]),
        edit(3, "seed = 0", "seed: int = 0"),
        edit(3, "seed = 0", "seed = batch_size = 0"),
        edit(3, "seed = 0", "seed = 0  # not = 1"),
        edit(3, '["low", "high"]', '[\n    "low",\n]'),
        edit(3, "seed = 0", "seed = int(0)"),
        edit(3, "seed = 0", "print(seed)"),
        edit(3, "# The rest\n", ""),
        edit(3, "  # the folder", ""),
    ],
    declares_no_parameter_that_is_unknown_or_unused: [
        lambda notebook: [edit(place, "seed", "sede")(notebook) for place in (3, 5)],
        edit(3, "seed = 0", "seed = 0\nmax_lr = 0.1"),
        edit(5, "{seed}", "seed"),
        edit(5, 'open_run("02', 'open_run("01'),
        edit(5, "open_run(", "open_another("),
    ],
    leads_into_every_code_cell_with_prose: [
        lambda notebook: notebook.cells.pop(6),
        put(0, v4.new_code_cell("1")),
        put(len(GOOD.cells), v4.new_markdown_cell(" \n")),
    ],
    has_code_cells_that_fit_on_a_screen: [
        lambda notebook: [edit(-4, "4 + 4", LONG)(notebook), put(2, v4.new_code_cell("5 + 5"), times=5)(notebook)],
        edit(-4, " ", "\\\n" * 8),
        lambda notebook: [edit(place, " ", "\\\n" * 3)(notebook) for place in range(-4, -13, -2)],
    ],
    controls_its_checks_by_tags_only: [edit(5, "run = ", "# NBVAL_SKIP\nrun = ")],
    stores_outputs_of_todays_code: [
        edit(5, "label_order", "label_order[0]"),
        lambda notebook: notebook.metadata.pop("tweetsent"),
    ],
    ran_in_order_without_an_error: [
        set_in(lambda notebook: notebook.cells[5], "execution_count", 7),
        set_in(lambda notebook: notebook.cells[5], "execution_count", None),
        show("stream", name="stderr", text="careful"),
        show("error", ename="ValueError", evalue="no"),
    ],
    stores_nothing_that_dies_with_the_kernel: [
        set_in(lambda notebook: notebook.metadata, "widgets", {}),
        show(data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox()"}),
        write("saved in /home/me/run"),
        write("saved in C:\\Users\\me"),
        write(f"saved in {PROJECT_ROOT}"),
        write("loader.py:3: UserWarning: slow"),
        write("12 tweets, 3.1it/s"),
        write(" 50%|#####     |"),
        write("step 1\rstep 2"),
        write("\x1b[32mdone"),
        show(data={"text/html": "<object at 0x7f00>"}),
        show(data={"text/plain": "Text(0, 0.5, 'share')"}),
        show(data={"text/plain": "<Axes: xlabel='share'>"}),
    ],
    is_smaller_than_500_kib: [write("x" * 500 * 1024)],
    shows_each_figure_with_an_alt_text_at_most_8_inches_wide: [
        set_in(shown, "alt", "Bars"),
        set_in(shown, "width", 801),
        lambda notebook: shown(notebook).pop("alt"),
        lambda notebook: shown(notebook).pop("width"),
        lambda notebook: notebook.cells[7].outputs.clear(),
    ],
    asserts_on_the_data_behind_each_figure: [edit(9, "assert ", ""), put(8, v4.new_code_cell("between"))],
}
COMMON_BREAKAGES: dict[Callable, list[Breakage]] = {
    prose_and_code_are_in_balance: [
        put(2, v4.new_markdown_cell("More."), times=2),
        put(5, v4.new_code_cell("more"), times=4),
    ],
    a_parameter_has_one_default: [edit(3, "seed = 0", "seed = 1")],
    no_helper_is_defined_that_the_package_has: [
        edit(5, "run = ", "def train_step(): ...\nrun = "),
        edit(5, "run = ", "clean = lambda text: text\nrun = "),
    ],
    no_helper_is_defined_twice: [
        edit(5, "run = ", "class Helper: ...\nrun = "),
        edit(5, "run = ", "if helper := lambda: 0: ...\nrun = "),
    ],
}


def by_name(piece: object) -> str:
    return getattr(piece, "__name__", "")


def pairs(table: dict[Callable, list[Breakage]]) -> list[tuple[Callable, Breakage]]:
    return [(rule, breakage) for rule, breakages in table.items() for breakage in breakages]


@pytest.mark.parametrize("rule", BREAKAGES, ids=by_name)
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_keeps_the_rule(name, rule):
    rule(stored(name), name)


@pytest.mark.parametrize("rule", COMMON_BREAKAGES, ids=by_name)
def test_all_notebooks_keep_the_common_rule(rule):
    rule([stored(name) for name in NAMES])


@pytest.mark.parametrize("rule", BREAKAGES, ids=by_name)
def test_a_rule_accepts_a_good_notebook(rule):
    rule(GOOD, NAME)


@pytest.mark.parametrize("rule", COMMON_BREAKAGES, ids=by_name)
def test_a_common_rule_accepts_good_notebooks(rule):
    rule([GOOD, GOOD])


@pytest.mark.parametrize(("rule", "breakage"), pairs(BREAKAGES), ids=by_name)
def test_a_rule_objects_to_a_broken_notebook(rule, breakage):
    notebook = copy.deepcopy(GOOD)
    breakage(notebook)
    with pytest.raises(AssertionError):
        rule(notebook, NAME)


@pytest.mark.parametrize(("rule", "breakage"), pairs(COMMON_BREAKAGES), ids=by_name)
def test_a_common_rule_objects_to_broken_notebooks(rule, breakage):
    broken = copy.deepcopy(GOOD)
    breakage(broken)
    with pytest.raises(AssertionError):
        rule([GOOD, broken, broken])
