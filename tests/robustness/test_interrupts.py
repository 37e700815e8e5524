"""Ctrl-C and its kin: the kernel ends its step, nothing is left behind, and the command goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tweetsent_utils.paths import PROJECT_ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals reach processes in another way"),
]
SECONDS = 60  # more than enough, on a busy machine too

# A stand-in for training: it counts steps, keeps the count when it is stopped, and goes on there.
STEPS = """import signal, time
from tweetsent_utils.errors import Stopped
kept = run.parent / "kept"
step = int(kept.read_text()) if kept.exists() else 0
wishes = []
signal.signal(signal.SIGINT, lambda *_: wishes.append(1))
print("going on after step", step)
(run.parent / "begun").touch()
while (run.parent / "slow").exists():
    step += 1
    time.sleep(0.05)
    if wishes and not (run.parent / "deaf").exists():
        kept.write_text(str(step))
        raise Stopped(f"stopped after step {step} of 150; run this cell again to go on")"""


@pytest.fixture
def trained(outputs: Path, write_notebook) -> Path:
    """The outputs folder; the second notebook trains as long as there is a file `slow` in it."""
    second = outputs.parent / "notebooks" / "02_second.ipynb"
    metrics = '{"test": {"accuracy": 0.75, "rows": 9}, "baselines": {}}'
    meta = '{"share_cut": 0.0, "max_length": 128}'
    save = f"""(run / 'metrics.json').write_text({metrics!r})
(run / 'dataset').mkdir(exist_ok=True)
(run / 'dataset' / 'meta.json').write_text({meta!r});"""
    setup = 'import os\nfrom pathlib import Path\nrun = Path(os.environ["TWEETSENT_OUTPUTS"])'
    write_notebook(second, 'run_name = "quick"', f"{setup} / run_name", STEPS, save)
    outputs.mkdir()
    (outputs / "slow").touch()
    return outputs


def command(outputs: Path) -> list[str]:
    """The command line in a process of its own, on the small notebooks."""
    code = f"""
import sys
from pathlib import Path
from tweetsent_utils.pipeline import cli, notebooks
notebooks.NOTEBOOKS = Path({str(outputs.parent / "notebooks")!r})
sys.exit(cli.main(["run"]))
"""
    return [sys.executable, "-c", code]


def start(outputs: Path, *before: str) -> subprocess.Popen:
    """Start the command in a session of its own, so that it has no terminal."""
    return subprocess.Popen(
        [*before, *command(outputs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=PROJECT_ROOT,
    )


def wait_for(is_there, process: subprocess.Popen) -> None:
    end = time.monotonic() + SECONDS
    while not is_there() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert is_there()


def wait_for_training(outputs: Path, process: subprocess.Popen) -> None:
    wait_for((outputs / "begun").exists, process)


def kernels_of(process: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def have_ended(kernels: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(kernels, timeout=SECONDS)[1]


def go_on(outputs: Path) -> str:
    """Let the training end and run the same command again; return what the notebook printed."""
    (outputs / "slow").unlink()
    first = outputs / "quick" / "01_first.ipynb"
    finished = first.stat().st_mtime_ns
    ended = subprocess.run(command(outputs), capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert first.stat().st_mtime_ns == finished
    assert not list((outputs / "quick").glob("*.partial.ipynb"))
    return (outputs / "quick" / "02_second.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("send", "number", "code"),
    [
        (os.kill, signal.SIGINT, 130),
        (os.kill, signal.SIGTERM, 143),
        (os.kill, getattr(signal, "SIGHUP", 0), 129),
        (getattr(os, "killpg", None), signal.SIGINT, 130),  # as a terminal sends it
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP", "Ctrl-C on a terminal"],
)
def test_a_signal_lets_the_cell_end_its_step_and_the_same_command_goes_on(
    trained, send, number, code
):
    process = start(trained)
    wait_for_training(trained, process)
    kernels = kernels_of(process)
    assert kernels
    send(process.pid, number)
    shown, errors = process.communicate(timeout=SECONDS)
    step = (trained / "kept").read_text()
    assert process.returncode == code
    assert f"02_second: stopped after step {step} of 150" in errors
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    assert "stopping" in shown
    assert not (trained / "quick" / "02_second.ipynb").exists()
    assert have_ended(kernels)
    assert f"going on after step {step}" in go_on(trained)


def test_a_second_signal_ends_a_cell_that_does_not_listen(trained):
    (trained / "deaf").touch()
    process = start(trained)
    wait_for_training(trained, process)
    kernels = kernels_of(process)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(2)
    assert process.poll() is None  # it still waits for the step
    os.kill(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 130
    assert errors.startswith("\n02_second was ended")
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    assert have_ended(kernels)
    (trained / "deaf").unlink()
    assert "going on after step 0" in go_on(trained)


def test_a_signal_to_a_cell_that_knows_nothing_of_it_ends_the_notebook(outputs):
    outputs.mkdir()
    (outputs / "slow").touch()
    process = start(outputs)
    wait_for_training(outputs, process)
    os.kill(process.pid, signal.SIGTERM)
    errors = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 143
    assert "02_second stopped in code cell 4" in errors
    assert "Traceback" not in errors
    go_on(outputs)


def test_a_signal_while_the_kernel_starts_ends_the_command(trained):
    process = start(trained)
    wait_for(lambda: kernels_of(process), process)
    kernels = kernels_of(process)
    os.kill(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 130
    assert errors.startswith("\n01_first was ")
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    assert have_ended(kernels)
    assert not (trained / "begun").exists()


def test_a_stop_ends_a_sweep_and_not_one_of_its_runs(trained, write_notebook):
    write_notebook(trained.parent / "notebooks" / "06_compare.ipynb", 'run_name = "quick"')
    line = command(trained)
    line[-1] = line[-1].replace('["run"]', '["run", "--seeds", "2"]')
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)
    wait_for_training(trained, process)
    os.kill(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 130
    assert "02_second: stopped after step" in errors
    assert not (trained / "quick-seed-1").exists()


def test_signals_that_are_ignored_under_nohup_stay_ignored(trained):
    process = start(trained, "sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    wait_for_training(trained, process)
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(1)
    (trained / "slow").unlink()
    errors = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0
    assert "stopped" not in errors
    assert (trained / "quick" / "02_second.ipynb").exists()


def test_a_command_that_is_killed_leaves_no_kernel(trained):
    process = start(trained)
    wait_for_training(trained, process)
    kernels = kernels_of(process)
    process.kill()
    assert have_ended(kernels)
    process.communicate()
