"""How fast a trained model answers: transformers' pipeline, ONNX Runtime, and ours, in one run.

    python benchmarks/scoring.py [--model outputs/quick/model] [--texts 2000] [--rounds 3]
    python benchmarks/scoring.py --model outputs/words/model --against outputs/raw/model

All engines read the same texts with the same number of threads, one after the other, and again in
each round; the best round counts, since whatever else the machine does only slows one. Rates count
all that lies between texts and probabilities, tokenising included. Measured as well: the share of
the rate at which this machine multiplies matrices, the milliseconds of a single text, and the
seconds to open the model. ONNX Runtime is left out where `tweetsent export` has left no model or it
isn't installed. The texts are synthetic, as long as real tweets, or those of a file in the Kaggle
format (`--data`). The numbers go to `outputs/bench/scoring.json`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import make_parser, save_figures, seconds_of
from hardware import matrix_rates
from measure import count_layer_parameters
from transformers import pipeline
from tweets import read_labelled, synthetic_tweets

from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.scoring.classifier import open_classifier

Engine = Callable[[Sequence[str]], Any]
WARM_UP = 64  # texts
SINGLE = 200  # texts that are answered one by one
BATCH = 32  # of a pipeline
OURS = {"ours, fp32": "fp32", "ours, bf16": "bf16", "ours, bf16 weights": "bf16-weights"}
EXPORTED = {"ONNX Runtime, fp32": "onnx", "ours, int8": "int8"}
DEFAULT = "pipeline, default"
MILLISECONDS = 1000


def open_engines(folder: Path, device: str, label: str = "") -> dict[str, Engine]:
    """Return what answers texts, by name; what is not there is said and left out."""
    classify = pipeline(
        "text-classification",
        model=str(folder),
        top_k=None,
        device=device if device != "auto" else None,
    )
    engines: dict[str, Engine] = {
        f"{label}{DEFAULT}": partial(run_pipeline, classify, batch_size=1),
        f"{label}pipeline, batch {BATCH}": partial(run_pipeline, classify, batch_size=BATCH),
    }
    for name, precision in {**OURS, **EXPORTED}.items():
        try:
            classifier = open_classifier(folder, device=device, precision=precision)
        except TweetsentError as error:
            print(f"{name} is left out: {error}")
            continue
        engines[f"{label}{name}"] = classifier.probabilities
    return engines


def run_pipeline(classify: Callable, texts: Sequence[str], batch_size: int) -> list:
    """Answer texts with a pipeline of transformers, as its documentation does."""
    return classify(list(texts), truncation=True, batch_size=batch_size)


def measure_rates(
    engines: dict[str, Engine],
    texts: Sequence[str],
    rounds: int,
) -> dict[str, float]:
    """Return the texts a second of each engine in its best round."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for engine in engines.values():
        engine(texts[:WARM_UP])
    for number in range(rounds):
        for name, engine in engines.items():
            seconds[name].append(seconds_of(partial(engine, texts)))
            rate = len(texts) / seconds[name][-1]
            print(f"round {number + 1}: {name:32} {rate:8.1f} texts/s", flush=True)
    return {name: len(texts) / min(taken) for name, taken in seconds.items()}


def measure_latency(engine: Engine, texts: Sequence[str]) -> dict[str, float]:
    """Return the median and the 95th percentile of the milliseconds of one text."""
    for text in texts[:WARM_UP]:
        engine([text])
    taken = [MILLISECONDS * seconds_of(partial(engine, [text])) for text in texts]
    return {"median": float(np.median(taken)), "p95": float(np.quantile(taken, 0.95))}


def floating_point_operations(folder: Path, device: str, texts: Sequence[str]) -> float:
    """Return how many operations the matrix products of the layers take, without any padding.

    That is two for each weight and token, and two products of attention.
    """
    classifier = open_classifier(folder, device=device, precision="fp32")
    lengths = np.array([len(ids) for ids in tokenize(texts, classifier.tokenizer)])
    config = classifier.model.config
    weights = 2 * count_layer_parameters(classifier.model) * lengths.sum()
    attention = 4 * config.num_hidden_layers * config.hidden_size * (lengths**2).sum()
    return float(weights + attention)


def measure_opening(folder: Path, device: str, times: int = 3) -> float:
    """Return the seconds to open a model in a process that has imported all that it takes."""
    return min(seconds_of(partial(open_classifier, folder, device=device)) for _ in range(times))


def read_texts(file: Path | None, count: int) -> list[str]:
    """Return so many texts of a file in the Kaggle format or, without one, synthetic ones."""
    if file is None:
        return synthetic_tweets(count, "validation", seed=0)["text"].tolist()
    texts = read_labelled(file)["text"]
    return texts.sample(min(count, len(texts)), random_state=0).tolist()


def bench(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all engines, print the numbers, and return them."""
    texts = read_texts(options.data, options.texts)
    device = options.device
    target = open_classifier(options.model, device=device, precision="fp32").model.device
    flops = matrix_rates(target, size=options.matrix_size, seconds=1.0)
    engines = open_engines(options.model, device)
    if options.against:
        others = open_engines(options.against, device, "raw model: ")
        engines |= {name: engine for name, engine in others.items() if name.endswith(DEFAULT)}
    rates = measure_rates(engines, texts, options.rounds)
    operations = floating_point_operations(options.model, device, texts) / len(texts)
    found = {}
    for name, rate in rates.items():
        kind = "bf16" if "bf16" in name else "fp32"
        found[name] = {
            "texts_per_second": rate,
            "times_the_pipeline": rate / rates[DEFAULT],
            "share_of_matrix_rate": rate * operations / flops[kind],
        }
    single = texts[:SINGLE]
    latency = {
        name: measure_latency(engine, single)
        for name, engine in engines.items()
        if "batch" not in name and "raw model" not in name
    }
    result = {
        "what": "texts a second from text to probabilities, in the best round of each engine",
        "texts": len(texts),
        "are_synthetic": options.data is None,
        "rounds": options.rounds,
        "threads": torch.get_num_threads(),
        "device": str(target),
        "matrix_flops": flops,
        "engines": found,
        "milliseconds_of_one_text": latency,
        "seconds_to_open": measure_opening(options.model, device),
    }
    if options.against:
        raw = rates[f"raw model: {DEFAULT}"]
        result["times_a_raw_models_pipeline"] = {name: rate / raw for name, rate in rates.items()}
    print_table(result)
    return result


def print_table(result: dict[str, Any]) -> None:
    """Print the numbers of all engines."""
    print(f"\n{'engine':34} texts/s  x pipeline  of matrix rate  one text: median, p95 (ms)")
    for name, row in result["engines"].items():
        single = result["milliseconds_of_one_text"].get(name)
        shown = f"{single['median']:.1f}, {single['p95']:.1f}" if single else ""
        print(
            f"{name:34} {row['texts_per_second']:7.1f}  {row['times_the_pipeline']:10.2f}"
            f"  {row['share_of_matrix_rate']:14.1%}  {shown}"
        )
    print(f"opened in {result['seconds_to_open']:.2f} s, {result['threads']} threads")


def main(arguments: list[str] | None = None) -> int:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    default = outputs_root() / "quick" / "model"
    parser.add_argument("--model", type=Path, default=default, help="a model's folder (quick)")
    parser.add_argument("--against", type=Path, help="another, of which the pipeline runs too")
    parser.add_argument("--data", type=Path, help="texts of a file, in place of synthetic ones")
    parser.add_argument("--texts", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts (3)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda:0 (cpu)")
    parser.add_argument("--matrix-size", type=int, default=2048, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        save_figures("scoring", bench(options))
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
