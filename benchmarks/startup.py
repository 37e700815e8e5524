"""What starting costs: from the command to the first training step, and kernels and imports.

    python benchmarks/startup.py [--times 3]

The pipeline runs once on a few tweets; the first training step begins when the bar of the first
epoch appears in `progress.log`. Each notebook's import statements run in a fresh process, and a
bare kernel starts, a number of times; medians are kept. The figures go to
`outputs/bench/startup.json`.
"""

import ast
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import make_parser, median_seconds, process_settings, save_figures
from jupyter_client.manager import start_new_kernel

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.notebooks import code_of, list_notebooks

RUN_NAME = "startup"
FEW_TWEETS = {"max_train_rows": 64, "max_eval_rows": 64, "num_epochs": 1}
FIRST_STEP = re.compile(r"epoch 1 of \d+:")
SECONDS_BETWEEN_LOOKS = 0.02


def import_statements(notebook: Path) -> str:
    """Return a notebook's import statements, one a line."""
    statements = ast.parse("\n".join(code_of(notebook))).body
    imports = [line for line in statements if isinstance(line, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(line) for line in imports)


def import_seconds(statements: str) -> float:
    """Return how long import statements take in a process of their own, without its start."""
    lines = [
        "import time",
        "started = time.perf_counter()",
        statements,
        "print(time.perf_counter() - started)",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def start_command() -> None:
    """Have the command say what it can do, for which it loads what it needs before a notebook."""
    command = [sys.executable, "-m", "tweetsent_utils", "run", "--help"]
    subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=True)


def kernel_seconds() -> float:
    """Return how long a bare kernel takes until it answers."""
    started = time.perf_counter()
    manager, client = start_new_kernel()
    seconds = time.perf_counter() - started
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def pipeline_seconds(parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the pipeline; return the seconds to its first training step, of each notebook, and all.

    Raises `TweetsentError`, with its last words, if it fails.
    """
    with tempfile.TemporaryDirectory() as outputs:
        folder = Path(outputs) / RUN_NAME
        log = Path(outputs) / "log"
        command = [sys.executable, "-m", "tweetsent_utils", "run", "--run", RUN_NAME]
        for name, value in parameters.items():
            command += ["-p", name, str(value)]
        started = time.perf_counter()
        with open(log, "wb") as file:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env={**os.environ, "TWEETSENT_OUTPUTS": outputs},
                stdout=file,
                stderr=file,
            )
            first_step = await_first_step(process, folder / "progress.log")
        ended = time.perf_counter()
        if process.returncode or first_step is None:
            words = log.read_text(encoding="utf-8")[-2000:]
            raise TweetsentError(f"the pipeline failed:\n{words}")
        return {
            "first_training_step": first_step - started,
            "notebooks": load_json(folder / "timings.json")["notebooks"],
            "whole": ended - started,
        }


def await_first_step(process: subprocess.Popen, progress: Path) -> float | None:
    """Wait until a pipeline ends; return the clock's time when its training began, if it did."""
    first_step = None
    try:
        while process.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            if first_step is None and has_begun_training(progress):
                first_step = time.perf_counter()
    finally:
        process.kill()  # if this process is interrupted
    return first_step


def has_begun_training(progress: Path) -> bool:
    """Tell whether the bar of the first epoch is in a progress log."""
    return progress.exists() and bool(FIRST_STEP.search(progress.read_text(encoding="utf-8")))


def bench(times: int, parameters: dict[str, Any]) -> dict[str, Any]:
    """Measure all, print it, and return it."""
    kernel = statistics.median(kernel_seconds() for _ in range(times))
    imports = {}
    for notebook in list_notebooks():
        statements = import_statements(notebook)
        imports[notebook.stem] = statistics.median(import_seconds(statements) for _ in range(times))
    result = {
        "what": "seconds; the pipeline ran once, imports, kernel and command are medians",
        "times": times,
        "command": median_seconds(start_command, times),
        "kernel": kernel,
        "imports": imports,
        "sum_over_kernels": sum(kernel + seconds for seconds in imports.values()),
        "pipeline": pipeline_seconds(parameters),
    }
    first_step = result["pipeline"]["first_training_step"]
    print(f"command {result['command']:.1f} s, a bare kernel {kernel:.1f} s")
    for name, seconds in imports.items():
        print(f"{name:24}imports {seconds:.1f} s")
    print(f"kernels and imports of all notebooks: {result['sum_over_kernels']:.1f} s")
    print(f"from the command to the first training step: {first_step:.1f} s")
    return result


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--times",
        type=int,
        default=3,
        help="measurements of each import and start (default 3)",
    )
    options = parser.parse_args(arguments)
    os.environ.update(process_settings())
    save_figures("startup", bench(options.times, FEW_TWEETS))


if __name__ == "__main__":
    main()
