"""What starting costs: from the command to the first training step, and the pipeline's kernels and imports.

    python tests/benchmarks/startup.py [--times 3]

The pipeline runs once on a few tweets; the first training step begins when the bar of the first epoch appears in
`progress.log`. Each notebook's import statements run in a fresh process, and a bare kernel starts, a number of times;
medians are kept. The figures go to `outputs/bench/startup.json`.
"""

import argparse
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

from common import save_figures
from jupyter_client.manager import start_new_kernel

from tweetsent_utils.__main__ import KERNEL_SETTINGS
from tweetsent_utils.driver import code_of
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, load_json
from tweetsent_utils.parameters import notebooks

FEW = {"max_train_rows": 64, "max_eval_rows": 64, "num_epochs": 1}
FIRST_STEP = re.compile(r"epoch 1 of \d+:")


def import_statements(notebook: Path) -> str:
    """Return a notebook's import statements, a line each."""
    statements = [statement for cell in code_of(notebook) for statement in ast.parse(cell).body]
    return "\n".join(ast.unparse(node) for node in statements if isinstance(node, ast.Import | ast.ImportFrom))


def import_seconds(statements: str) -> float:
    """Return how long import statements take in a fresh process, its own start left out."""
    code = f"import time\nstarted = time.perf_counter()\n{statements}\nprint(time.perf_counter() - started)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def command_seconds() -> float:
    """Return how long the command takes to say what it can do: all that it needs before a notebook starts."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tweetsent_utils", "run", "--help"]
    subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def kernel_seconds() -> float:
    """Return how long a bare kernel takes until it answers."""
    started = time.perf_counter()
    manager, client = start_new_kernel()
    seconds = time.perf_counter() - started
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def pipeline_seconds(parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the pipeline; return the seconds to its first training step, of each notebook, and of all."""
    with tempfile.TemporaryDirectory() as outputs:
        given = [part for name, value in parameters.items() for part in ("-p", name, str(value))]
        command = [sys.executable, "-m", "tweetsent_utils", "run", "--run", "startup", *given]
        folder, log = Path(outputs) / "startup", Path(outputs) / "said"
        environment = {**os.environ, "TWEETSENT_OUTPUTS": outputs}
        started, first = time.perf_counter(), None
        progress = folder / "progress.log"
        with open(log, "wb") as said:
            process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=said, stderr=said)
            try:
                while process.poll() is None:
                    time.sleep(0.02)
                    if first is None and progress.exists() and FIRST_STEP.search(progress.read_text(encoding="utf-8")):
                        first = time.perf_counter() - started
            finally:
                process.kill()  # where this one is interrupted
        whole = time.perf_counter() - started
        if process.returncode or first is None:
            raise TweetsentError(f"the pipeline failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
        return {"first_training_step": first, "notebooks": load_json(folder / "seconds.json"), "whole": whole}


def bench(times: int, parameters: dict[str, Any]) -> dict[str, Any]:
    """Measure all, print it, and return it."""
    kernel = statistics.median(kernel_seconds() for _ in range(times))
    imports = {
        path.stem: statistics.median(import_seconds(import_statements(path)) for _ in range(times))
        for path in notebooks()
    }
    result = {
        "what": "seconds; the pipeline ran once, imports, kernel and command are medians",
        "times": times,
        "command": statistics.median(command_seconds() for _ in range(times)),
        "kernel": kernel,
        "imports": imports,
        "sum_over_kernels": sum(kernel + seconds for seconds in imports.values()),
        "pipeline": pipeline_seconds(parameters),
    }
    print(f"command {result['command']:.1f} s, a bare kernel {kernel:.1f} s")
    for name, seconds in imports.items():
        print(f"{name:24}imports {seconds:.1f} s")
    print(f"kernels and imports of all notebooks: {result['sum_over_kernels']:.1f} s")
    print(f"from the command to the first training step: {result['pipeline']['first_training_step']:.1f} s")
    return result


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="measurements of each import and start (default 3)")
    options = parser.parse_args(arguments)
    os.environ.update({**KERNEL_SETTINGS, **os.environ})
    save_figures("startup", bench(options.times, FEW))


if __name__ == "__main__":
    main()
