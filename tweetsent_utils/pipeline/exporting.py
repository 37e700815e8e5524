"""The trained model of a run as ONNX files, scored again before they are kept."""

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from tweetsent_utils.checksums import sha256_of, write_sealed_folder
from tweetsent_utils.data.split_files import load_meta, load_split
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.export.onnx_classifier import MODEL_FILES, OnnxClassifier, require_packages
from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.model.classifier import find_trained
from tweetsent_utils.pipeline.environment import describe_environment, package_versions
from tweetsent_utils.pipeline.runs import find_run, refuse_ensemble, run_folder
from tweetsent_utils.pipeline.terminal import say

FOLDER = "onnx"  # in the folder of a run
RECORD = "export.json"
COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json")
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
NAMES = {"pytorch": "PyTorch", "fp32": "ONNX fp32", "int8": "ONNX int8"}
BATCH_SIZE = 32  # texts, for the answers and the speed
TRIED = 8  # texts on which a graph is compared with its model before anything is scored
WEIGHTS = "model.safetensors"


def export_run(run_name: str, keep: bool = False, threads: int = 0) -> Path:
    """Write a run's model as ONNX in float32 and int8; return the folder `onnx/` of the run.

    Both are scored on the run's test texts, next to PyTorch (on its validation texts, where the run
    has no test file), and the table is printed and kept in `export.json`. One that loses more than
    half a point of accuracy is left out, unless `keep` is true. `threads` is how many cores an
    engine may use, 0 for all. Raises `TweetsentError` for a run without a model, if a package is
    missing, for a family that cannot be exported, and, when all else is done, if an export is
    refused.
    """
    require_packages(*PACKAGES)
    model_folder = find_model(run_name)
    run = model_folder.parent
    part, texts = find_texts(run)
    target = run / FOLDER
    record: dict[str, Any] = {}

    def write(folder: Path) -> None:
        for name in COPIED:
            shutil.copyfile(model_folder / name, folder / name)
        say(f"exporting the model of {run_name}; it is scored on {len(texts):,} {part} texts")
        record.update(write_models(model_folder, folder, texts, part, threads))
        if not keep:
            for name in record["refused"]:
                (folder / MODEL_FILES[name]).unlink()
        record["kept"] = [name for name in MODEL_FILES if (folder / MODEL_FILES[name]).exists()]
        save_json(folder / RECORD, record)

    write_sealed_folder(target, write)
    say(tabulate(record))
    if record["refused"]:
        complain(record, target, keep)
    return target


def find_model(run_name: str) -> Path:
    """Return the folder of a run's model if it is whole; raises `TweetsentError` otherwise."""
    refuse_ensemble(run_folder(run_name))
    run = find_run(run_name, "02_dataset_creation", "03_training")
    return find_trained(run, load_meta(run))


def find_texts(run: Path) -> tuple[str, pd.DataFrame]:
    """Return on which texts an export is scored: the test texts, or else the validation texts."""
    for part in ("test", "validation"):
        texts = load_split(run, part)
        if len(texts):
            return part, texts
    what = f"the run {run.name} has neither test nor validation texts to score an export on"
    raise TweetsentError(f"{what}: run 02_dataset_creation.ipynb with a test_file")


def write_models(
    model_folder: Path,
    folder: Path,
    texts: pd.DataFrame,
    part: str,
    threads: int,
) -> dict[str, Any]:
    """Write both models into a folder, and return what they are worth on some texts."""
    # Here, as torch's exporter takes seconds to import, and onnx is of an extra.
    from tweetsent_utils.evaluation.inference import padding_id
    from tweetsent_utils.export import comparison
    from tweetsent_utils.export.graph import export_graph, open_for_export
    from tweetsent_utils.export.quantization import quantize_graph

    threads = threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    model = open_for_export(model_folder)
    graph = folder / MODEL_FILES["fp32"]
    export_graph(model, graph)
    input_ids = [list(map(int, ids)) for ids in texts["input_ids"]]
    classifier = OnnxClassifier(folder, "fp32", threads)
    comparison.require_same_graph(model, classifier, input_ids[:TRIED])
    quantize_graph(graph, folder / MODEL_FILES["int8"])

    labels = texts["label"].to_numpy()
    pad_id = padding_id(model)
    answer = comparison.answer_with_torch(model)
    reference, rate = comparison.time_answers(answer, input_ids, pad_id, BATCH_SIZE)
    rows = {"pytorch": comparison.describe_answers(labels, reference, reference, rate)}
    rows["pytorch"]["bytes"] = (model_folder / WEIGHTS).stat().st_size
    for name, file in MODEL_FILES.items():
        classifier = OnnxClassifier(folder, name, threads)
        answer = comparison.answer_with_onnx(classifier)
        logits, rate = comparison.time_answers(answer, input_ids, pad_id, BATCH_SIZE)
        rows[name] = comparison.describe_answers(labels, logits, reference, rate)
        rows[name]["bytes"] = (folder / file).stat().st_size
    least = rows["pytorch"]["accuracy"]
    return {
        "scored_on": part,
        "rows": len(texts),
        "batch_size": BATCH_SIZE,
        "threads": threads,
        "models": rows,
        "refused": [
            name for name in MODEL_FILES if comparison.loses_too_much(rows[name]["accuracy"], least)
        ],
        "model_sha256": sha256_of(model_folder / WEIGHTS),
        "temperature": load_json(model_folder / "config.json").get("calibration_temperature", 1.0),
        "environment": describe_environment() | {"exporters": package_versions(PACKAGES)},
    }


def tabulate(record: dict[str, Any]) -> str:
    """Return the table of an export as text."""
    models = record["models"]
    table = pd.DataFrame(
        {
            "accuracy": {name: f"{row['accuracy']:.4f}" for name, row in models.items()},
            "same label": {name: f"{row['agreement']:.2%}" for name, row in models.items()},
            "largest difference": {
                name: f"{row['largest_difference']:.4f}" for name, row in models.items()
            },
            "MB": {name: f"{row['bytes'] / 1e6:.1f}" for name, row in models.items()},
            "texts/s": {name: f"{row['texts_per_second']:.0f}" for name, row in models.items()},
        }
    )
    table.index = [NAMES[name] for name in table.index]
    where = f"{record['rows']:,} {record['scored_on']} texts, {record['threads']} threads"
    note = "same label and the largest difference of a probability: compared with PyTorch"
    return f"{table.to_string()}\n{where}; {note}"


def complain(record: dict[str, Any], target: Path, keep: bool) -> None:
    """Say that an export lost too much; raise a `TweetsentError` about it unless it is kept."""
    models = record["models"]
    losses = [
        f"{NAMES[name]} answers {models[name]['accuracy']:.1%} of the {record['scored_on']} texts "
        f"right, PyTorch {models['pytorch']['accuracy']:.1%}"
        for name in record["refused"]
    ]
    what = f"{' and '.join(losses)}, more than half a point less"
    if keep:
        say(f"{what}: it is kept all the same, as you asked")
        return
    others = f"; {target} has the rest" if record["kept"] else ""
    raise TweetsentError(f"{what}, so it isn't kept{others}: --keep keeps it all the same")
