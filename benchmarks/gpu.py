"""What a GPU gives us, in under eight minutes: tests, speed, scoring, memory and a profile.

    PYTHONPATH=. python benchmarks/gpu.py [--output FOLDER] [--seconds 480] [--dry-run]

It needs this checkout and a Python with torch and transformers; nothing is installed or fetched.
Where the packaged encoder is not installed, weights and tokenizer are made here, of the same shape.
Each measurement runs in a process of its own with a time limit. One that fails or takes too long
loses its own figures and no others, and what there is no time for is left out and named. The
figures go to `outputs/bench/gpu.json`, or into the folder that is named, after every measurement.

The exit code is 0 if everything was measured and all tests passed, 1 if not, and 2 without a GPU.
With `--dry-run` all of it runs on the CPU at a tiny size, to `gpu-dry-run.json`: a rehearsal, whose
figures mean nothing.
"""

import argparse
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from common import make_parser
from encoders import SIZES, prepare_encoder
from gpu_parts import Order
from gpu_peers import find_peer
from hardware import MIB
from measure import Job, measure_apart
from summary import derive_rates, summarise
from tweets import describe_lengths, save_tweets, synthetic_tweets

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.paths import PROJECT_ROOT, outputs_root
from tweetsent_utils.pipeline.environment import describe_environment

SECONDS = 480.0
# The official training file without its 5,000 validation tweets, as the original had it.
ROWS = {"train": 36_157, "validation": 5_000}
MAX_LR = 3e-5  # at a batch of 16: the original's
EPOCHS = 2
# Seconds of training after which a slow loop is stopped, as its rate is steady.
CAPS = {"original": 6.0, "trainer": 6.0, "ours": 6.0, "trainer_gpu": 20.0, "ours_gpu": 20.0}
# In the order of their worth, should time run out.
PEERS = {
    "distilbert": (
        "ours_recorded",
        "original",
        "trainer_gpu",
        "ours_gpu",
        "ours_compiled",
        "trainer",
    ),
    "minilm": (
        "ours_recorded",
        "original",
        "trainer_gpu",
        "ours_gpu",
        "ours",
        "trainer",
        "ours_compiled",
    ),
}
# What a measurement may take, and the least that must be left for it to begin.
LIMITS = {
    "tests": (110.0, 40.0),
    "training": (60.0, 25.0),
    "ours_compiled": (120.0, 60.0),
    "part": (50.0, 20.0),
}
MOST_CHARACTERS = 200  # of each of the two lines that the figures keep of a failure
GOALS = {
    "two epochs at DistilBERT's size, in seconds": ("seconds_of_training", 10.0),
    "times as fast as the original's loop": ("ratio_to_original", 15.0),
    "times as fast as the best Trainer": ("ratio_to_best_trainer", 3.0),
}


@dataclass
class Step:
    """One measurement: what it is called, its limits in seconds, and what does it.

    `work` gets the seconds that it may take, and puts its figures into the result itself.
    """

    name: str
    most: float
    least: float
    work: Callable[[float], None]


class Failed(TweetsentError):  # noqa: N818 -- what became of a measurement
    """A measurement that did not come to its end, and why."""


@dataclass(frozen=True)
class Scale:
    """How large all is: for a GPU, or for a rehearsal on a CPU."""

    device: str
    rows: dict[str, int]
    job: dict[str, Any]
    order: dict[str, Any]
    cap: float  # the longest of any training that has a cap
    patience: float = 1.0  # by which a measurement's limits are multiplied


REAL = Scale(
    device="cuda:0",
    rows=ROWS,
    job={"matrix_seconds": 0.1, "eval_batch_size": 512},
    order={},
    cap=max(CAPS.values()),
)
REHEARSAL = Scale(
    device="cpu",
    rows={"train": 600, "validation": 60},
    job={"matrix_seconds": 0.001, "matrix_size": 64, "eval_batch_size": 32},
    order={
        "batch_sizes": (8, 32),
        "shapes": ((4, 16), (8, 32)),
        "batch_size": 32,
        "steps": 3,
        "repeats": 1,
    },
    cap=1.0,
    patience=3.0,  # with a CPU that others may use too
)


def bench(options: argparse.Namespace, file: Path) -> dict[str, Any]:
    """Make all measurements for which there is time; return the result, which is in `file` too."""
    scale = REHEARSAL if options.dry_run else REAL
    started = time.monotonic()
    result: dict[str, Any] = {
        "what": "two epochs of synthetic tweets as long as the real ones; tweets/s over the steps "
        "after the first two, without scoring; a training that was stopped counts all its steps",
        "dry_run": options.dry_run,
        "device": scale.device,
        "gpu": {} if options.dry_run else describe_gpu(),
        "environment": describe_environment(),
        "rows": scale.rows,
        "epochs": EPOCHS,
        "max_lr": MAX_LR,
        "status": {},
        "speed": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        log = file.with_suffix(".log")
        for step in plan(result, scale, Path(folder), log):
            left = options.seconds - (time.monotonic() - started)
            step.most *= scale.patience
            result["status"][step.name] = take(step, left, log)
            print(f"{step.name}: {describe_status(result['status'][step.name])}", flush=True)
            result["seconds"] = time.monotonic() - started
            result["goals"] = judge_goals(result)
            save_json(file, result)
    return result


def take(step: Step, left: float, log: Path) -> dict[str, Any]:
    """Make one measurement if there is time; return whether it is done, left out or failed.

    All that is known of a failure goes into the log.
    """
    if left < step.least:
        why = f"{max(left, 0):.0f} s were left, and it may need {step.least:.0f} s"
        return {"is": "left out", "why": why}
    started = time.monotonic()
    try:
        step.work(min(step.most, left))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other figures must not be lost
        is_known = isinstance(error, TweetsentError)
        words = str(error) if is_known else f"{type(error).__name__}: {error}"
        append(log, f"{step.name} failed: {words}")
        seconds = time.monotonic() - started
        return {"is": "failed", "why": first_and_last(words), "seconds": seconds}
    return {"is": "done", "seconds": time.monotonic() - started}


def append(log: Path, words: str) -> None:
    """Add lines to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{words}\n")


def first_and_last(words: str) -> str:
    r"""Return the first and the last line of what a failure says: its place and its reason.

    >>> first_and_last("ours failed:\nTraceback\n  line 3\nRuntimeError: it is full\n")
    'ours failed: RuntimeError: it is full'
    """
    lines = [line.strip()[:MOST_CHARACTERS] for line in words.splitlines() if line.strip()]
    return " ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))


def describe_status(status: dict[str, Any]) -> str:
    """Say in a line what became of a measurement."""
    seconds = f" in {status['seconds']:.0f} s" if "seconds" in status else ""
    why = f" ({status['why']})" if "why" in status else ""
    return f"{status['is']}{seconds}{why}"


def plan(result: dict[str, Any], scale: Scale, folder: Path, log: Path) -> list[Step]:
    """Return all measurements in the order of their worth."""
    steps = [Step("tests", *LIMITS["tests"], lambda left: run_tests(result, scale, left, log))]
    for size in SIZES:

        def prepare(_: float, size: str = size) -> None:
            result["speed"][size] = prepare_size(size, scale, folder)

        steps.append(Step(f"{size}: encoder and tweets", 60.0, 20.0, prepare))
        for peer in PEERS[size]:

            def train(left: float, size: str = size, peer: str = peer) -> None:
                if size not in result["speed"]:
                    raise Failed("its encoder and tweets were not made")
                measure_training(result["speed"][size], size, peer, scale, folder, left)

            limits = LIMITS.get(peer, LIMITS["training"])
            steps.append(Step(f"{size}: {find_peer(peer).title}", *limits, train))
        if size == "distilbert":
            steps += plan_parts(result, size, scale, folder, log)
    return steps


def plan_parts(
    result: dict[str, Any],
    size: str,
    scale: Scale,
    folder: Path,
    log: Path,
) -> list[Step]:
    """Return the measurements of scoring, memory and time, with an encoder of a size."""
    steps = []
    for part in ("scoring", "memory", "profile"):

        def measure(left: float, part: str = part) -> None:
            result[part] = {"size": size}
            order = Order(
                device=scale.device,
                encoder=str(folder / size),
                tweets=str(folder / f"{size}-tweets"),
                **scale.order,
            )
            report = folder / f"{part}.json"
            save_json(folder / "order.json", asdict(order))
            script = Path(__file__).with_name("gpu_parts.py")
            command = [sys.executable, str(script), part, str(folder / "order.json"), str(report)]
            try:
                require_success(run_within(command, left, log, {}), part)
            finally:
                result[part] |= load_json(report)

        steps.append(Step(f"{size}: {part}", *LIMITS["part"], measure))
    return steps


def prepare_size(size: str, scale: Scale, folder: Path) -> dict[str, Any]:
    """Write an encoder and the tweets to train it on; return what they are."""
    encoder = folder / size
    described = prepare_encoder(size, encoder, tiny=scale is REHEARSAL)
    tweets = {part: synthetic_tweets(rows, part, 0, encoder) for part, rows in scale.rows.items()}
    save_tweets(folder / f"{size}-tweets", tweets)
    lengths = describe_lengths(tweets["train"]["text"].tolist(), ("raw",), encoder)
    return described | lengths | {"summary": [], "runs": []}


def measure_training(
    figures: dict[str, Any],
    size: str,
    peer: str,
    scale: Scale,
    folder: Path,
    left: float,
) -> None:
    """Measure one way to train, and add it to the figures of its size."""
    job = Job(
        peer=peer,
        seed=0,
        device=scale.device,
        encoder=str(folder / size),
        tweets=str(folder / f"{size}-tweets"),
        max_lr=MAX_LR,
        epochs=EPOCHS,
        cap=min(scale.cap, CAPS.get(peer, 0.0)),
        limit=left,
        **scale.job,
    )
    row = measure_apart(job)
    if not row["tweets"]:
        raise Failed(f"it was ended after {left:.0f} s, before its first step")
    figures["runs"].append(row)
    figures["summary"] = summarise_size(figures["runs"])
    if not row["finished"] and not job.cap:
        raise Failed(f"it was ended after {left:.0f} s, with {row['tweets']:,} tweets")


def summarise_size(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a summary of each training of a size, with the seconds that two epochs take.

    Those of a training that was stopped follow from its rate. The floor is what the products for
    the real tokens take at the rate of large matrices in bf16, and nothing else.
    """
    summary = summarise(rows)
    trainers = [peer for peer in summary if peer["peer"].startswith("trainer")]
    best = max((peer["tweets_per_second"] for peer in trainers), default=None)
    for row, peer in zip(rows, summary, strict=True):
        tweets = row["training_tweets"] * row["epochs"]
        peer["seconds_of_training"] = tweets / derive_rates(row)["tweets_per_second"]
        peer["setup_seconds"] = row.get("setup_seconds", 0.0)
        if "evaluation_seconds" in row:
            evaluations = row["epochs"] * row["evaluation_seconds"]
            peer["seconds_with_setup_and_evaluation"] = (
                peer["seconds_of_training"] + peer["setup_seconds"] + evaluations
            )
        real_tokens = row["real_tokens"] / row["tweets"] * tweets
        flops = 6 * row["layer_parameters"] * real_tokens
        peer["floor_seconds"] = flops / row["matrix_flops"]["bf16"]
        if best:
            peer["ratio_to_best_trainer"] = peer["tweets_per_second"] / best
    return summary


def judge_goals(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each goal with what our fastest training has reached at DistilBERT's size."""
    summary = result["speed"].get("distilbert", {}).get("summary", [])
    ours = [peer for peer in summary if peer["peer"].startswith("ours")]
    if not ours:
        return []
    fastest = min(ours, key=lambda peer: peer["seconds_of_training"])
    goals = []
    for title, (name, goal) in GOALS.items():
        reached = fastest.get(name)
        if reached is None:
            continue
        is_met = reached <= goal if name.startswith("seconds") else reached >= goal
        goals.append({"goal": title, "asked": goal, "reached": reached, "is_met": is_met})
    return goals


def run_tests(result: dict[str, Any], scale: Scale, left: float, log: Path) -> None:
    """Run the tests of tests/gpu on the GPU, and note how many passed and which did not."""
    command = [
        *(sys.executable, "-m", "pytest", "tests/gpu"),
        *("-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider", "-q", "-rfEs"),
    ]
    code, output = run_within(command, left, log, {"TWEETSENT_TEST_GPU": "1"})
    last_line = output.strip().splitlines()[-1] if output.strip() else ""
    counts = re.findall(r"(\d+) (passed|failed|skipped|error)", last_line)
    failures = re.findall(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    result["tests"] = {kind: int(count) for count, kind in counts} | {"failures": failures}
    if failures:
        raise Failed(f"{len(failures)} did not pass: {', '.join(failures)}")
    require_success((code, output), "pytest")
    if scale is REAL and "skipped" in result["tests"]:
        raise Failed(f"{result['tests']['skipped']} were skipped, as if there were no GPU")


def run_within(
    command: Sequence[str],
    seconds: float,
    log: Path,
    settings: dict[str, str],
) -> tuple[int | None, str]:
    """Run a command for so many seconds at most; return its exit code and its output.

    The code is None if it was ended, along with all processes that it started. Its output is added
    to a log.
    """
    process = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = None
    except BaseException:  # Ctrl-C doesn't reach a session of its own
        os.killpg(process.pid, signal.SIGKILL)
        raise
    append(log, f"$ {' '.join(command)}\n{output}")
    return code, output


def require_success(ended: tuple[int | None, str], name: str) -> None:
    """Raise what a command's last words say, unless it came to a good end."""
    code, output = ended
    if code is None:
        raise Failed(f"{name} was ended: its time was over")
    if code:
        raise Failed(f"{name} ended with code {code}:\n{output}")


def describe_gpu() -> dict[str, Any]:
    """Return the card, its memory and its driver, and the versions that matter to it."""
    card = torch.cuda.get_device_properties(0)
    return {
        "name": card.name,
        "memory_mib": round(card.total_memory / MIB),
        "multiprocessors": card.multi_processor_count,
        "compute_capability": f"{card.major}.{card.minor}",
        "driver": driver_version(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "triton": version_of("triton"),
        "accelerate": version_of("accelerate"),
    }


def driver_version() -> str | None:
    """Return the version of the card's driver, if the machine tells it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None


def version_of(package: str) -> str | None:
    """Return the version of a package, if it is installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def summarise_for_terminal(result: dict[str, Any]) -> str:
    """Return what was found, in lines for a terminal."""
    lines = [""]
    if result["dry_run"]:
        lines.append("A rehearsal on the CPU at a tiny size: these figures mean nothing.")
    else:
        gpu = result["gpu"]
        lines.append(f"{gpu['name']}, {gpu['memory_mib']:,} MiB, driver {gpu['driver']}")
    if "tests" in result:
        tests = result["tests"]
        counted = [f"{count} {kind}" for kind, count in tests.items() if kind != "failures"]
        lines.append(f"tests: {', '.join(counted) or 'none ran'}")
    for size, figures in result["speed"].items():
        lines.append(f"{size} ({figures['weights']} weights):")
        lines += [f"  {describe_peer(peer)}" for peer in figures["summary"]]
    for rate in result.get("scoring", {}).get("rates", []):
        each = f"{rate['tweets_per_second']:,.0f} tweets/s"
        lines.append(f"scoring, {rate['precision']}, batch {rate['batch_size']}: {each}")
    for shape in result.get("memory", {}).get("shapes", []):
        lines.append(f"memory, {shape['rows']} x {shape['length']}: {describe_shape(shape)}")
    for name in ("loop", "recorded"):
        if name in result.get("profile", {}):
            lines.append(f"profile, {name}: {describe_profile(result['profile'][name])}")
    for goal in result.get("goals", []):
        verdict = "met" if goal["is_met"] else "not met"
        reached = f"{goal['reached']:.1f} (asked {goal['asked']:g})"
        lines.append(f"goal {goal['goal']}: {reached}, {verdict}")
    for name, status in result["status"].items():
        if status["is"] != "done":
            lines.append(f"{name}: {describe_status(status)}")
    lines.append(f"all in {result['seconds']:.0f} s")
    return "\n".join(lines)


def describe_peer(peer: dict[str, Any]) -> str:
    """Say in a line how fast a training is."""
    words = f"{peer['title']}: {peer['tweets_per_second']:,.0f} tweets/s"
    words += f", two epochs {'in' if peer['finished'] else 'would take'} "
    words += f"{peer['seconds_of_training']:.1f} s (floor {peer['floor_seconds']:.2f} s)"
    if peer["setup_seconds"]:
        words += f", after {peer['setup_seconds']:.1f} s of setting up"
    if "ratio_to_original" in peer:
        words += f", {peer['ratio_to_original']:.1f} x original"
    return words


def describe_shape(shape: dict[str, Any]) -> str:
    """Say in a line what training on a batch takes."""
    predicted = f"predicted {shape['predicted_mib']:,.0f} MiB"
    if shape.get("out_of_memory"):
        return f"{predicted}, and memory ran out"
    return f"{predicted}, counted {shape['counted_mib']:,.0f}, peak {shape['peak_mib']:,.0f}"


def describe_profile(found: dict[str, Any]) -> str:
    """Say in a line what a step's time is made of."""
    words = f"{found['milliseconds_a_step']:.1f} ms a step"
    if "gpu_busy" in found:
        words += f", {found['kernels_a_step']:.0f} kernels, GPU busy {found['gpu_busy']:.0%}"
    return words


def is_complete(result: dict[str, Any]) -> bool:
    """Tell whether everything was measured and all tests passed."""
    return all(status["is"] == "done" for status in result["status"].values())


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--output", type=Path, help="the folder for the figures")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"after which nothing is begun or goes on (default {SECONDS:.0f})",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="run everything on the CPU at a tiny size",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a summary, and return the exit code."""
    options = parse_options(arguments)
    if not options.dry_run and not torch.cuda.is_available():
        remedy = "on a machine without one, --dry-run rehearses it all on the CPU"
        print(f"error: torch sees no GPU here: {remedy}", file=sys.stderr)
        return 2
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # Trainer would spread over several
    os.environ["HF_HUB_OFFLINE"] = "1"
    if options.dry_run:  # on tensors this small, more threads only wait for each other
        os.environ["OMP_NUM_THREADS"] = "1"
    name = "gpu-dry-run.json" if options.dry_run else "gpu.json"
    file = (options.output or outputs_root() / "bench").resolve() / name
    file.with_suffix(".log").unlink(missing_ok=True)
    result = bench(options, file)
    print(summarise_for_terminal(result))
    print(f"\nwritten: {file}")
    return 0 if is_complete(result) else 1


if __name__ == "__main__":
    sys.exit(main())
