"""README.md cannot rot in silence: its commands work, what it names is there, and each of its figures has a source."""

import ast
import importlib
import json
import math
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import transformers
import yaml
from conftest import LABEL_ORDER, make_tweets, write_kaggle_csv
from packaging.requirements import Requirement
from safetensors import safe_open

from tweetsent_utils import __main__
from tweetsent_utils.encoder import PACKAGED, packaged_encoder
from tweetsent_utils.parameters import gather_parameters, known_parameters, spread_parameters

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PHONY = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.M)[1].split()
REFERENCE, PARAMS, SAMPLE = ROOT / "outputs" / "reference", ROOT / "notebooks" / "params", ROOT / "data" / "sample"
LIBRARY = ROOT / "data" / "library" / "messages.csv"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
PYTHON = re.compile(r"^\.venv[\\/](bin|Scripts)[\\/]python\b")
ACTIVATE = r"(source )?\.venv[\\/](bin|Scripts)[\\/]activate"
PROGRAMS = re.compile(rf"(make|python|pip|papermill|jupyter|git|curl|conda) |{ACTIVATE}$|\.venv\S*python .")
MAKE_QUIETLY = {name: value for name, value in os.environ.items() if not re.match(r"MAKE|MFLAGS", name)}
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def prose(text: str) -> str:
    """What is left without code blocks, the generated tables and the targets of links; every break a space."""
    text = re.sub(r"<!-- (results|sweeps|speed): .*?<!-- end of \1 -->", " ", FENCE.sub("", text), flags=re.S)
    return " ".join(re.sub(r"\]\([^)]+\)", "]", text).split())


def spans(text: str) -> list[str]:
    """Everything between backticks outside code blocks and the generated tables, once each."""
    return list(dict.fromkeys(re.findall(r"`([^`]+)`", prose(text))))


def commands(text: str) -> list[str]:
    """The lines of the code blocks that are not Python, then the commands in sentences; every interpreter `python`."""
    lines = [line for language, body in FENCE.findall(text) if language != "python" for line in body.splitlines()]
    found = [line.strip() for line in lines if line.strip()] + [span for span in spans(text) if PROGRAMS.match(span)]
    return list(dict.fromkeys(PYTHON.sub("python", command) for command in found))


COMMANDS, SPANS, PROSE = commands(README), spans(README), prose(README)
TO_RUN = [command for command in COMMANDS if " --run " in command or command.startswith("papermill ")]


# --- commands ---


def make_lines(target: str, installed: Path) -> list[str]:
    """What `make TARGET` would do, a command per line, with `python` for every interpreter and nothing measured."""
    command = ["make", "-n", "--no-print-directory", target, f"INSTALLED={installed}", "PY=python", "PYTHON=python"]
    finished = subprocess.run(command, cwd=ROOT, env=MAKE_QUIETLY, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.replace("\\\n", " ").replace(".venv/bin/jupyter", "python -m jupyter").splitlines()
    same = {"install --quiet --requirement": "install -r", "-m coverage run -m": "-m"}
    lines = [line for line in lines if "coverage report" not in line]
    return [re.sub("|".join(same), lambda match: same[match[0]], line) for line in lines]


def check_make(target: str, folder: Path) -> None:
    """A target exists, is phony, has its line of help, and installs when and only when it must."""
    assert re.search(rf"^{target}:.*## \w", MAKEFILE, re.M), f"the Makefile has no target {target} with a ## line"
    assert target in PHONY
    if shutil.which("make") is None:
        return
    (folder / "installed").touch()
    assert not [line for line in make_lines(target, folder / "installed") if "pip install" in line]
    if target != "help":
        assert "python -m pip install -r requirements.txt" in make_lines(target, folder / "nothing")


def check_driver(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line parses, and the parameter file, names and values are accepted; nothing runs."""
    runs = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(__main__, "run_all", lambda *given: runs.append(spread_parameters(*given[:2])) or [None])
    monkeypatch.setattr(__main__, "summary", lambda folder: "")
    assert __main__.main(arguments) == 0
    assert len(runs) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_known_and_would_work(command, tmp_path, monkeypatch):
    if made := re.fullmatch(r"make (\w+)", command):
        check_make(made[1], tmp_path)
    elif command.startswith("python -m tweetsent_utils "):
        check_driver(shlex.split(command)[3:], monkeypatch)
    elif command.startswith("python "):  # anything but the driver must be a line of make's
        assert shutil.which("make") is None or command in made_by(tmp_path), f"{command} is no line of the Makefile"
        for script in re.findall(r"\S+\.py", command):
            compile((ROOT / script).read_text(encoding="utf-8"), script, "exec")
        for listed in re.findall(r"-r (\S+)", command):
            *lines, last = (ROOT / listed).read_text(encoding="utf-8").splitlines()
            assert [Requirement(line) for line in lines if not line.startswith("#")] and last == "-e ."
    elif not re.fullmatch(ACTIVATE, command):
        assert command in TO_RUN, f"README.md shows {command!r}, which no test knows: teach tests/test_readme.py"


def made_by(folder: Path) -> list[str]:
    """Every line that a target of the Makefile would run, installation included."""
    return [line for target in PHONY for line in make_lines(target, folder / "no")]


@needs_make
def test_the_lines_for_those_without_make_are_the_lines_of_make(tmp_path):
    (block,) = (body for language, body in FENCE.findall(README) if not language)
    twins = [PYTHON.sub("python", line) for line in block.splitlines()]
    expected = [line for target in ("run", "test", "lab") for line in make_lines(target, tmp_path / "no")]
    assert twins == list(dict.fromkeys(line for line in expected if line.startswith("python -m ")))
    inline = re.search(r"Without make, the two are `([^`]+)` and `([^`]+)`", PROSE)
    assert [make_lines(target, tmp_path / "no")[-1] for target in ("data", "full")] == list(inline.groups())


@needs_make
def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, env=MAKE_QUIETLY, capture_output=True, text=True).stdout
    assert sorted(re.findall(r"^make ([a-z]+) +\S", shown, re.M)) == sorted(PHONY)


@pytest.fixture(scope="module")
def ran(tiny_encoder, tmp_path_factory):
    """What each of the README's runs, made in its order on tiny tweets and a tiny encoder, said, and when it wrote."""
    folder = tmp_path_factory.mktemp("readme")
    files = {"train_file": make_tweets(12, 0), "test_file": make_tweets(4, 100)}
    files = {name: write_kaggle_csv(folder / f"{name}.csv", tweets) for name, tweets in files.items()}
    small = [("encoder", tiny_encoder), ("max_length", 32), *files.items()]
    results = {}
    for command in sorted(TO_RUN, key=lambda command: command.startswith("python")):  # papermill runs beside the others
        line = [sys.executable, *shlex.split(re.sub("^papermill", "python -m papermill", command))[1:]]
        line = [str(folder / part) if part == "out.ipynb" else part for part in line]
        more = small if "papermill" in command else [*small, ("batch_size", 8), ("device", "cpu")]
        line += [str(part) for name, value in more for part in ("-p", name, value)]
        running = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        results[command] = SimpleNamespace(running=running, folder=run_of(command))
        if "papermill" not in command:
            finish(results[command])
    for result in results.values():
        finish(result)
    return results


def run_of(command: str) -> Path:
    """The run folder that a command names."""
    return Path(os.environ["TWEETSENT_OUTPUTS"]) / re.search(r"(?:--run|-p run_name) (\S+)", command)[1]


def finish(result: SimpleNamespace) -> None:
    """Wait for a command, once, and keep what it said and when it wrote its notebooks."""
    if not hasattr(result, "out"):
        result.out, result.err = result.running.communicate(timeout=300)
        result.times = {path.name: path.stat().st_mtime_ns for path in result.folder.glob("[0-9]*.ipynb")}


@pytest.mark.parametrize("command", TO_RUN)
def test_a_command_that_needs_nothing_else_runs_as_shown(command, ran):
    result = ran[command]
    assert result.running.returncode == 0, result.err[-2000:]
    assert "unknown parameter" not in result.err  # of these papermill only warns
    given = re.findall(r"-p (\S+) (\S+)", command)
    recorded, wanted = yaml.safe_load((result.folder / "params.yaml").read_text()), gather_parameters(overrides=given)
    assert [name for name, _ in given if recorded[name] != wanted[name]] == []
    if command.startswith("python "):
        for said in ("executed notebooks", "model", "figures", "test accuracy", "majority", "bag of words"):
            assert said in result.out
    if start := re.search(r"--from (\d+)", command):
        before = ran[TO_RUN[TO_RUN.index(command) - 1]].times
        anew = [path.name for path in NOTEBOOKS if before[path.name] != result.times[path.name]]
        assert anew == [path.name for path in NOTEBOOKS if path.name >= start[1]]


def test_the_python_snippet_gives_a_label_and_its_probability(ran):
    (code,) = (body for language, body in FENCE.findall(README) if language == "python")
    assert "outputs/quick/model" in code
    *lines, last = ast.parse(code.replace("outputs/quick/model", str(ran[TO_RUN[0]].folder / "model"))).body
    names = {}
    exec(compile(ast.Module(lines, []), "README.md", "exec"), names)
    (answer,) = eval(compile(ast.Expression(last.value), "README.md", "eval"), names)
    assert answer["label"] in LABEL_ORDER and 0 < answer["score"] <= 1


def test_jupyter_lab_starts_on_the_whole_project(tmp_path):
    (command,) = (command for command in COMMANDS if "jupyter lab" in command)
    homes = {f"JUPYTER_{name}_DIR": str(tmp_path) for name in ("CONFIG", "DATA", "RUNTIME")}
    options = "--no-browser --allow-root --ServerApp.ip=127.0.0.1 --ServerApp.port=0 --IdentityProvider.token=tweets"
    line = [sys.executable, *shlex.split(command)[1:], *options.split()]
    with open(tmp_path / "log", "w") as log:
        lab = subprocess.Popen(line, cwd=ROOT, env={**os.environ, **homes}, stdout=log, stderr=log)
    try:
        end, info = time.monotonic() + 60, ""
        while time.monotonic() < end and lab.poll() is None and not info.endswith("}"):
            time.sleep(0.2)
            info = "".join(path.read_text() for path in tmp_path.glob("jpserver-*.json"))
        assert info, (tmp_path / "log").read_text()[-2000:]
        info = json.loads(info)
        with urllib.request.urlopen(f"{info['url']}api/status?token=tweets", timeout=30) as answer:
            assert "started" in json.load(answer)
        assert Path(info["root_dir"]) == ROOT, "the notebooks' links to README.md and data/ lead out of what it shows"
    finally:
        lab.terminate()
        lab.wait(30)


# --- what is named ---


def anchors(page: Path) -> list[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("target", dict.fromkeys(re.findall(r"\]\(([^)\s]+)\)", README)))
def test_every_link_leads_somewhere(target):
    path, _, anchor = target.partition("#")
    page = ROOT / (path or "README.md")
    assert page.exists()
    assert not anchor or anchor in anchors(page)


def test_every_notebook_has_its_row():
    rows = re.findall(r"^\| \[([^\]]+)\]\(notebooks/(\w+)\.ipynb\) \| \w.* \|$", README, re.M)
    assert [stem for _, stem in rows] == [path.stem for path in NOTEBOOKS]
    assert [title.lower().replace(" ", "_") for title, _ in rows] == [stem for _, stem in rows]


def test_every_module_has_its_row_and_every_name_beside_it_is_there():
    table = README.split("| module of `tweetsent_utils` |")[1].split("\n\n")[0]
    rows = [[re.findall(r"`(\w+)`", cell) for cell in row.split("|")[1:3]] for row in table.splitlines()[2:]]
    modules = [module for row in rows for module in row[0]]
    assert sorted(modules) == sorted(path.stem for path in (ROOT / "tweetsent_utils").glob("[!_]*.py"))
    for names, pieces in rows:
        found = set().union(*(vars(importlib.import_module(f"tweetsent_utils.{name}")) for name in names))
        assert set(pieces) <= found


@pytest.mark.parametrize("span", [span for span in SPANS if PYTHON.sub("python", span) not in COMMANDS])
def test_everything_in_backticks_is_there(span, ran, capsys):
    with pytest.raises(SystemExit):
        __main__.main(["run", "--help"])
    options = re.findall(r"(?<!\w)--?\w+", capsys.readouterr().out)
    names = {*known_parameters(), *options, *(path.stem for path in PARAMS.glob("*.yaml")), "tweetsent_utils"}
    names |= {PACKAGED, yaml.safe_load((PARAMS / "full.yaml").read_text())["encoder"]}
    names |= {path.stem for path in (ROOT / "tweetsent_utils").glob("[!_]*.py")} | pieces_of_the_package()
    if span in names or hasattr(transformers, span):
        return
    if parameter := re.fullmatch(r"-p (\w+) (\S+)", span):
        assert gather_parameters(overrides=[parameter.groups()])
    elif PYTHON.fullmatch(span) or span == ".venv":
        assert "-m venv .venv" in MAKEFILE
    else:
        places = (ROOT, PARAMS, ran[TO_RUN[0]].folder)
        assert any((place / span).exists() for place in places), f"{span!r} is nothing that a test finds"


@cache
def pieces_of_the_package() -> set[str]:
    """The names of every function and class of the package."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tweetsent_utils").glob("[!_]*.py")]
    return {name for source in sources for name in re.findall(r"^(?:def|class) (\w+)", source, re.M)}


@pytest.mark.parametrize("name", ["quick", "minilm-words", "minilm-raw"])
def test_a_published_run_has_the_parameters_of_its_file(name):
    published = yaml.safe_load((REFERENCE / name / "params.yaml").read_text())
    assert published == {key: gather_parameters(PARAMS / f"{name}.yaml")[key] for key in published}


# --- figures ---

PUBLISHED = json.loads((REFERENCE / "published.json").read_text(encoding="utf-8"))
POST, SPLIT = PUBLISHED["original_post"], PUBLISHED["real_files_split"]
WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
WORDS |= {"a third": Fraction(1, 3), "half": Fraction(1, 2)}
NUMBER = re.compile(rf"\d|\b({'|'.join(WORDS)}|third|quarter|fifth|dozen|hundred|thousand|million|twice)\b", re.I)


def reference(name: str) -> dict:
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def parameter(file: str, name: str) -> object:
    return gather_parameters(PARAMS / f"{file}.yaml")[name]


def lines_of_block(first: str) -> int:
    """The number of commands in the code block that begins with `first`."""
    return next(len(body.splitlines()) for _, body in FENCE.findall(README) if body.startswith(first))


def packaged_parameters() -> float:
    """Millions of numbers in the packaged encoder's weights."""
    with safe_open(packaged_encoder() / "model.safetensors", "pt") as weights:
        return sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys()) / 1e6  # noqa: SIM118


def height_of_the_last_rate() -> float:
    """The post's last learning rate as a share of its highest."""
    return (POST["planned_steps"] - POST["run_steps"]) / (POST["planned_steps"] - POST["warmup_steps"])


def sample_texts(part: str) -> list[str]:
    """The words of the sample's tweets, without the accident of encoding, links, case and punctuation."""
    texts = pd.read_csv(SAMPLE / f"Corona_NLP_{part}.csv", encoding="ISO-8859-1")["OriginalTweet"]
    texts = [text.encode("latin-1").decode("utf-8").encode("latin-1").decode("cp1252") for text in texts]
    return [bare(re.sub(r"https?://\S+", " ", text).replace("&amp;", "and")) for text in texts]


def bare(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


def tweets_with_a_training_sentence() -> int:
    """How many test tweets of the sample hold a sentence that a training tweet holds too."""
    read_bank = runpy.run_path(str(SAMPLE / "make_sample.py"))["read_bank"]
    sentences = [bare(sentence) for part in ("train", "test") for sentence in read_bank(part)]
    held = [[sentence for sentence in sentences if sentence in text] for text in sample_texts("test")]
    assert all(held)  # every tweet is taken apart
    training = "|".join(sample_texts("train"))
    return sum(any(sentence in training for sentence in tweet) for tweet in held)


def speed(peer: str) -> dict:
    """The published summary of a way to train on the CPU."""
    return next(row for row in reference("bench/speed")["summary"] if (row["device"], row["peer"]) == ("cpu", peer))


def batch_of(peer: str) -> int:
    return next(row["batch_size"] for row in reference("bench/speed")["runs"] if row["peer"] == peer)


def sweep(parameter: str) -> pd.Series:
    """The mean validation accuracy of each value of a published sweep, in percent."""
    runs = pd.DataFrame(reference(f"sweeps/{parameter}")["runs"])
    return 100 * runs.groupby(parameter)["accuracy"].mean()


def cost_of(run: str) -> float:
    """What a published run loses in accuracy from its validation rows to its test rows."""
    metrics = reference(f"{run}/metrics")
    return metrics["validation"]["accuracy"] - metrics["test"]["accuracy"]


def accuracy_of(run: str) -> dict:
    """A published run's test accuracy with its interval."""
    return reference(f"{run}/metrics")["intervals"]["accuracy"]


def interval_width() -> float:
    """The share of draws that the bootstrap of notebook 04 takes in."""
    low, high = re.search(r"quantile\(\[([\d.]+), ([\d.]+)\]\)\.T", read("notebooks/04_inference.ipynb")).groups()
    return float(high) - float(low)


def calibration_error_of(run: str) -> float:
    return reference(f"{run}/metrics")["calibration"]["test_error"]["calibrated"]


def best_published() -> float:
    return max(row["accuracy"] for row in PUBLISHED["five_class_test_accuracy"])


def share(kind: str) -> float:
    """The percentage of our time that a kind of work takes."""
    return 100 * speed("ours_32")["shares_of_time"][kind]


SHARES = {"matrix products": "matrix products", "dropout": "dropout's random numbers and masks"}
SHARES |= {"softmax and GELU": "softmax and GELU", "the optimizer": "optimizer and clipping"}
SHARES |= {"zeros for": "filling new gradients with zeros", "copies and casts": "copies and casts"}

# What the README says, the figure in parentheses, and where it comes from.
FIGURES: tuple[tuple[str, Callable[[], object]], ...] = (
    (r"tweets in (\w+) classes", lambda: len(parameter("quick", "label_order"))),
    (r"a blog post of (\d+)", lambda: POST["year"]),
    (r"an accuracy plotted as ([\d.]+) for", lambda: POST["plotted_accuracy"]),
    (r"a learning rate that stopped at (a \w+) of", height_of_the_last_rate),
    (r"([\d.]+) million parameters", packaged_parameters),
    (r"fine-tuned on (\w+) CPU cores", lambda: reference("minilm-words/environment")["cores"]),
    (r"Python ([\d.]+) or newer", lambda: re.search(r'requires-python = ">=(.+)"', read("pyproject.toml"))[1]),
    (r"## (\w+) commands", lambda: lines_of_block("make run")),
    (r"executes the (\w+) notebooks", lambda: len(NOTEBOOKS)),
    (r"less than (\w+) minutes on", lambda: math.ceil(sum(reference("quick/seconds").values()) / 60)),
    (r"minutes on (\w+) CPU cores", lambda: reference("quick/environment")["cores"]),
    (r"all but (\d+) of its", tweets_with_a_training_sentence),
    (r"of its (\d+) test tweets", lambda: reference("quick/metrics")["test"]["rows"]),
    (r"without its (\w+) earliest days", lambda: len(SPLIT["test_days"])),
    (r"and these (\w+) days", lambda: len(SPLIT["test_days"])),
    (r"has a (\d+)% interval", lambda: 100 * interval_width()),
    (r"interval of ([\d.]+) to", lambda: accuracy_of("minilm-words")["low"]),
    (r"to ([\d.]+) over the draw", lambda: accuracy_of("minilm-words")["high"]),
    (r"a calibration error of ([\d.]+) ", lambda: calibration_error_of("minilm-words")),
    (r"on the official test file, is ([\d.]+)\.", best_published),
    (r"Over (\w+) seeds", lambda: len(reference("three_seeds")["runs"])),
    (r"beats the bag of words by (\d+) points", lambda: 100 * reference("three_seeds")["mean_gain"]),
    (r"on the same file, (\w+) seeds each", lambda: len({run["seed"] for run in reference("sweeps/cleaning")["runs"]})),
    (r"Bare words are ahead by ([\d.]+) points", lambda: sweep("cleaning")["words"] - sweep("cleaning")["raw"]),
    (r"mended text is ahead by ([\d.]+),", lambda: sweep("cleaning")["repaired"] - sweep("cleaning")["raw"]),
    (r"nothing that (\w+) seeds could tell", lambda: len(reference("sweeps/validation_split")["runs"]) // 2),
    (r"costs `minilm-words` ([\d.]+) points", lambda: 100 * cost_of("minilm-words")),
    (r"a training of ([\d,]+) tweets over", lambda: reference("bench/speed")["rows_per_seed"]["train"]),
    (r"tweets over (\w+) epochs", lambda: reference("bench/speed")["epochs"]),
    (r"medians over (\w+) seeds", lambda: speed("ours_32")["seeds"]),
    (r"batch: (\d+) tweets for `Trainer`'s defaults", lambda: batch_of("trainer")),
    (r"defaults, (\d+) for the original", lambda: batch_of("original")),
    (r"(\d+) where a row says so", lambda: batch_of("ours_32")),
    (r"At a batch of (\d+), ours", lambda: batch_of("ours_32")),
    (r"ours trains ([\d.]+) times as many", lambda: speed("ours_32")["ratio_to_original"]),
    (r"original's loop and ([\d.]+) times as many", lambda: speed("ours_32")["ratio_to_trainer"]),
    (r"`Trainer` trains ([\d.]+) times as many", lambda: speed("trainer_best")["ratio_to_original"]),
    *((rf"(\d+)% into {said}", partial(share, kind)) for said, kind in SHARES.items()),
    (r"a table of (\w+) rows", lambda: len(PUBLISHED["rule_agreement"])),
    (r"but for (\w+) cells", lambda: sum(read(f"notebooks/{path.name}").count('"nbval-ignore') for path in NOTEBOOKS)),
    (r"fetches the (\w+) files", lambda: len(runpy.run_path(str(ROOT / "data" / "download.py"))["SHA256"])),
    (r"Without make, the (\w+) are", lambda: lines_of_block("make data")),
    (r"on cuda:(\d)", lambda: int(parameter("full", "device").removeprefix("cuda:"))),
    (r"in (\w+) classes that have no order", lambda: pd.read_csv(LIBRARY)["kind"].nunique()),
    (r"Set `max_train_rows` to (\d)", lambda: parameter("full", "max_train_rows")),
    (r"the default keeps ([\d,]+) rows", lambda: known_parameters()["max_train_rows"]),
    (rf"The encoder {PACKAGED}: Apache-([\d.]+)\.", lambda: re.search("license: apache-(.+)", model_card())[1]),
)
WITHOUT_A_SOURCE = {
    "Covid-19": "a name",
    "SHA-256": "a name",
    "UTF-8": "a name",
    "macro-F1": "a name",
    r"\[0\d [A-Z]": "a notebook's number, compared with its file above",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def model_card() -> str:
    return (packaged_encoder() / "README.md").read_text(encoding="utf-8")


def agrees(said: str, true: object) -> bool:
    """Tell whether a figure is the true value in its own rounding: 34 is 34.4, and a third is 0.352."""
    if isinstance(true, str):
        return said == true
    figure = WORDS.get(said.lower(), said)
    if isinstance(figure, Fraction):
        return Fraction(true).limit_denominator(4) == figure
    decimals = len(said.partition(".")[2]) if figure is said else 0
    return float(str(figure).replace(",", "")) == round(true, decimals)


@pytest.mark.parametrize(("pattern", "source"), FIGURES, ids=[pattern for pattern, _ in FIGURES])
def test_a_figure_is_that_of_its_source(pattern, source):
    said = re.findall(pattern, PROSE)
    assert said, f"README.md says this no longer: take {pattern!r} out of FIGURES"
    true = source()
    assert all(agrees(figure, true) for figure in said), f"README.md says {said}, and it is {true}"


def figures_without_a_source(text: str) -> list[str]:
    """What a text says in numbers, each with a few words around it, outside backticks and unknown to FIGURES."""
    patterns = [*(pattern for pattern, _ in FIGURES), *WITHOUT_A_SOURCE, "`[^`]+`"]
    known = {place for pattern in patterns for match in re.finditer(pattern, text) for place in range(*match.span())}
    found = [match.span() for match in NUMBER.finditer(text)]
    return [text[max(0, start - 30) : end + 30] for start, end in found if start not in known]


def test_no_other_figure_stands_in_the_readme():
    assert figures_without_a_source(PROSE) == []
    assert [word for word in WITHOUT_A_SOURCE if not re.search(word, PROSE)] == []


def test_the_rows_of_the_real_run_are_those_of_the_official_training_file():
    metrics = reference("minilm-words/metrics")
    rows = metrics["training"]["tweets"] + metrics["validation"]["rows"] + metrics["test"]["rows"]
    assert f"({rows:,} train rows" in PUBLISHED["what"]
