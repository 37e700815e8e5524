"""JupyterLab in Chromium, opened as `make lab` opens it, on working copies that train a tiny model.

Ask for `lab`, a `Lab`: it opens notebooks, runs them, and knows what they show. A test that uses it
fails on any error in the browser's console, on a request to another host, and when a tracked file
has changed. Each leaves its last screenshot, and those that it takes, in `outputs/screenshots/`, or
in the folder that `TWEETSENT_SCREENSHOTS` names. Where there is no browser, it is skipped.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import nbformat
import pytest
from tiny import make_tweets, write_kaggle_csv

from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.notebooks import declared_parameters

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAB_OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--IdentityProvider.token=",
    "--expose-app-in-browser",
    "--ServerApp.disable_check_xsrf=True",
]
SCHEMES = {"http", "https", "ws", "wss"}
OWN_HOSTS = {"127.0.0.1", "localhost"}
ASKING = ("/lab/api/news", "/lab/api/update")  # where JupyterLab would ask other hosts
PATIENCE = 300  # seconds for JupyterLab, a kernel or a page to appear on a busy machine
# What JupyterLab knows of the cells of the notebook in front, also of those that it doesn't draw.
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => ({
    id: cell.model.id,
    prompt: String(cell.prompt ?? ""),
    outputs: cell.model.type === "code" ? cell.model.outputs.toJSON() : [],
}))"""
PROMPTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map(cell => String(cell.prompt ?? "")).join()"""


def find_browser() -> str | None:
    """The path of the machine's Chromium, if it has one."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((path for path in found if path), None)


def what_is_missing() -> str:
    """Why no test can open a browser here; empty if one can."""
    if find_spec("playwright") is None:
        return "Playwright is not installed (pip install -r requirements-dev.txt)"
    return "" if find_browser() else "there is no Chromium on this machine"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = what_is_missing()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    names = [report.nodeid for report in reports if "tests/browser/" in report.nodeid]
    if names and what_is_missing():
        terminalreporter.section(f"browser tests skipped: {what_is_missing()}")
        for name in names:
            terminalreporter.write_line(name)


class Server(NamedTuple):
    """A JupyterLab that runs: its address, the folders of the copies and of the runs.

    `untouched` is what each copy of a notebook holds before anybody runs it.
    """

    url: str
    copies: Path
    outputs: Path
    untouched: dict[Path, bytes]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_until_open(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"{url}/api", timeout=PATIENCE).close()
            return
        except HTTPError:
            return  # it answers
        except URLError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="session")
def tiny_parameters(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> dict[str, Any]:
    """Parameters with which every notebook takes seconds."""
    folder = tmp_path_factory.mktemp("tweets")
    return {
        "train_file": str(write_kaggle_csv(folder / "train.csv", make_tweets(12, 0))),
        "test_file": str(write_kaggle_csv(folder / "test.csv", make_tweets(4, 100))),
        "encoder": str(tiny_encoder),
        "device": "cpu",
        "precision": "fp32",
        "batch_size": 8,
        "num_epochs": 1,
        "max_length": 32,
    }


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, tiny_parameters: dict[str, Any]
) -> Iterator[Server]:
    """JupyterLab for all tests, in an outputs folder of its own; it must end when it is asked."""
    outputs = tmp_path_factory.mktemp("lab-outputs")
    port = free_port()
    found = Server(f"http://127.0.0.1:{port}", outputs / "lab", outputs, {})
    command = [sys.executable, "-m", "tweetsent_utils", "lab", "--", *LAB_OPTIONS, f"--port={port}"]
    command.append("--ServerApp.ip=127.0.0.1")
    environment = os.environ | {"TWEETSENT_OUTPUTS": str(outputs)}
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment)
    try:
        wait_until_open(found.url, process)
        for copy in found.copies.rglob("*.ipynb"):
            change_parameters(copy, tiny_parameters)
            found.untouched[copy] = copy.read_bytes()
        yield found
    finally:
        process.terminate()  # which it passes on to JupyterLab
        code = process.wait(PATIENCE)
    assert code == 0


@pytest.fixture(scope="session")
def finished_run(server: Server) -> Path:
    """The folder of a tiny run, `quick`, of which notebooks 02 and 03 are finished."""
    execute(server, "02_dataset_creation")
    execute(server, "03_training")
    return server.outputs / "quick"


@pytest.fixture(scope="session")
def scored_run(server: Server, finished_run: Path) -> Path:
    """The folder of the same run, of which notebook 04 is finished too."""
    execute(server, "04_inference")
    return finished_run


def execute(server: Server, name: str) -> None:
    """Execute a working copy without a browser."""
    environment = os.environ | {"TWEETSENT_OUTPUTS": str(server.outputs)}
    copy = server.copies / "notebooks" / f"{name}.ipynb"
    copy.write_bytes(server.untouched[copy])
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(copy), os.devnull]
    done = subprocess.run(command, cwd=copy.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture
def playground_url(finished_run: Path) -> Iterator[str]:
    """The address of the page that `tweetsent explore` serves; it must end when it is asked."""
    pytest.importorskip("voila", reason="Voilà is not installed (requirements-explore.txt)")
    port = free_port()
    command = [sys.executable, "-m", "tweetsent_utils", "explore", "--run", finished_run.name]
    command += ["--", "--no-browser", f"--port={port}", "--base_url=/secret/"]
    environment = os.environ | {"TWEETSENT_OUTPUTS": str(finished_run.parent)}
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment)
    try:
        wait_until_open(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}/secret/"
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()


def change_parameters(copy: Path, values: dict[str, Any]) -> None:
    """Set a notebook's parameters among some values, as somebody would who edits their cell.

    Each is a line at the end of the cell.
    """
    names = declared_parameters(copy)
    notebook = nbformat.read(copy, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for name in set(names) & set(values):
                cell.source += f"\n{name} = {values[name]!r}"
    nbformat.write(notebook, copy)


class Lab:
    """JupyterLab in a browser. `page` is Playwright's, and `problems` is what nobody should see."""

    def __init__(self, page: Any, server: Server, name: str) -> None:
        self.page = page
        self.server = server
        self.name = name
        self.problems: list[str] = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self.watch)
        self.page.on("websocket", self.watch)

    def hear(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def watch(self, request: Any) -> None:
        address = urlsplit(request.url)
        asks_elsewhere = address.scheme in SCHEMES and address.hostname not in OWN_HOSTS
        if asks_elsewhere or address.path.startswith(ASKING):
            self.problems.append(f"request to {request.url}")

    def open_welcome(self) -> None:
        """Open what `make lab` opens."""
        self.page.goto(self.server.url)
        self.page.locator(".jp-MarkdownViewer a:visible").first.wait_for()

    def open(self, name: str, **parameters: Any) -> None:
        """Open a notebook alone, such as "03_training", as if nobody had touched it.

        Some of its parameters may be others. No other kernel runs then.
        """
        self.end_kernels()
        copy = self.server.copies / self.place_of(name)
        copy.write_bytes(self.server.untouched[copy])
        change_parameters(copy, parameters)
        self.open_again(name)

    def open_again(self, name: str) -> None:
        """Open a notebook alone, as it was saved, and with its kernel if it has one."""
        self.page.goto(f"{self.server.url}/lab/tree/{self.place_of(name)}?reset")
        self.wait_for_notebook()

    def place_of(self, name: str) -> str:
        """Return the path of a notebook among the working copies."""
        (path,) = self.server.copies.glob(f"notebooks/**/{name}.ipynb")
        return path.relative_to(self.server.copies).as_posix()

    def end_kernels(self) -> None:
        """End all kernels."""
        sessions = f"{self.server.url}/api/sessions"
        with urlopen(sessions, timeout=PATIENCE) as answer:
            for session in json.load(answer):
                end = Request(f"{sessions}/{session['id']}", method="DELETE")
                urlopen(end, timeout=PATIENCE).close()

    def wait_for_notebook(self) -> None:
        """Wait until the notebook in front has its cells and a kernel that is ready."""
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'",
            polling=200,
        )

    def choose(self, menu: str, entry: str) -> None:
        """Choose an entry of a menu of JupyterLab."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def run_all(self, seconds: float = 600) -> None:
        """Run all cells, and wait until they have run or one has failed."""
        self.start_all()
        self.wait_until_done(seconds)

    def start_all(self) -> None:
        """Begin to run all cells."""
        before = self.page.evaluate(PROMPTS)
        self.choose("Run", "Run All Cells")
        self.page.wait_for_function(f"before => ({PROMPTS})() !== before", arg=before, polling=50)

    def wait_until_done(self, seconds: float = 600) -> None:
        """Wait until no cell runs or waits."""
        self.page.wait_for_function(
            f"() => !({PROMPTS})().includes('*')", polling=200, timeout=1000 * seconds
        )

    def stop(self) -> None:
        """Press the square in the toolbar, which interrupts the kernel."""
        panel = ".jp-NotebookPanel:not(.lm-mod-hidden)"
        self.page.locator(f"{panel} [data-command='notebook:interrupt-kernel']").click()

    def run_cell(self, cell: str, seconds: float = 600) -> None:
        """Run one cell, and wait until it is done."""
        self.start_cell(cell)
        self.wait_until_done(seconds)

    def start_cell(self, cell: str) -> None:
        """Begin to run one cell."""
        self.cell(cell)
        before = self.page.evaluate(PROMPTS)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell') }")
        self.page.wait_for_function(f"before => ({PROMPTS})() !== before", arg=before, polling=50)

    def cells(self) -> list[dict[str, Any]]:
        """The cells of the notebook in front: `id`, `prompt`, and `outputs` as in a file."""
        return self.page.evaluate(CELLS)

    def outputs_of(self, cell: str) -> list[dict[str, Any]]:
        """What the cell with an id shows, as nbformat has it."""
        return next(found["outputs"] for found in self.cells() if found["id"] == cell)

    def text_of(self, cell: str) -> str:
        """What the cell with an id shows as plain text."""
        texts = []
        for output in self.outputs_of(cell):
            text = output.get("text", output.get("data", {}).get("text/plain", ""))
            texts.append(text if isinstance(text, str) else "".join(text))
        return "".join(texts)

    def errors(self) -> list[dict[str, Any]]:
        """The outputs of the notebook in front that are errors."""
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        return [output for output in outputs if output["output_type"] == "error"]

    def cell(self, cell: str) -> Any:
        """Bring the cell with an id into view, select it, and return where it is on the page."""
        index = [found["id"] for found in self.cells()].index(cell)
        self.page.evaluate(
            """async index => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, "start");
            }""",
            index,
        )
        found = self.page.locator(
            f".jp-NotebookPanel:not(.lm-mod-hidden) [data-windowed-list-index='{index}']"
        )
        found.wait_for()
        return found

    def narrow(self, pixels: int) -> None:
        """Make the window narrow, and fold the list of files away."""
        self.page.evaluate(
            "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
        )
        self.page.set_viewport_size({"width": pixels, "height": 1000})

    def use_theme(self, theme: str) -> None:
        """Change the system's theme to "dark" or "light", which JupyterLab follows."""
        self.page.emulate_media(color_scheme=theme)
        light = str(theme == "light").lower()
        self.page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")

    def save(self) -> None:
        """Save the notebook in front."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page, and return its place."""
        path = self.screenshot_path(name)
        self.page.screenshot(path=path)
        return path

    def screenshot_path(self, name: str) -> Path:
        """Return the place of a picture with a name."""
        given = os.environ.get("TWEETSENT_SCREENSHOTS")
        folder = Path(given) if given else PROJECT_ROOT / "outputs" / "screenshots"
        test = re.sub(r"\W+", "-", self.name).strip("-")  # a parametrised name has brackets
        return folder / f"{test}-{name}.png"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the files of a folder, and prints nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def serve_folder() -> Iterator[Callable[[Path], str]]:
    """A function that serves the files of a folder, and returns their address."""
    servers = []

    def serve(folder: Path) -> str:
        handler = partial(QuietHandler, directory=str(folder))
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def browser() -> Iterator[Any]:
    """The machine's Chromium, started anew, as Playwright has it."""
    from playwright.sync_api import sync_playwright  # has a loop of its own: only in these tests

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        yield found
        found.close()


@pytest.fixture
def tracked_files() -> Iterator[None]:
    """The tracked files are afterwards what they were, and no other has come among them."""
    command = ["git", "status", "--porcelain"]
    before = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True)
    yield
    after = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert after.stdout == before.stdout


@pytest.fixture
def lab(
    browser: Any, server: Server, tracked_files: None, request: pytest.FixtureRequest
) -> Iterator[Lab]:
    """JupyterLab in a new browser."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    found = Lab(page, server, request.node.name)
    yield found
    found.screenshot("end")
    page.close()
    assert found.problems == []
