"""The model card of a run: what the model is, how good, for what, in the form that hubs read."""

import re
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError

from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.evaluation.audit import VERDICTS
from tweetsent_utils.files import write_atomically
from tweetsent_utils.model.encoder import FETCHED, PACKAGED
from tweetsent_utils.paths import project_path
from tweetsent_utils.pipeline.own_data import is_own_data
from tweetsent_utils.pipeline.report import count, duration, percent, value_text
from tweetsent_utils.pipeline.report_facts import gather_facts

CARD = "README.md"  # in the folder of a model, where hubs look for it
SAMPLE = "data/sample/"
METRICS = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "mean_absolute_error": "Mean absolute error of the ranks",
}
HUB_METRICS = {"macro_f1": "f1", "mean_absolute_error": "mae"}
PUBLISHED = {  # encoders whose card and licence we know
    PACKAGED: f"sentence-transformers/{PACKAGED}",
    FETCHED: f"sentence-transformers/{FETCHED}",
}
# Parameters that say nothing about the model, or where somebody's files are.
HIDDEN = (
    "run_name",
    "train_file",
    "test_file",
    "runs",
    "device",
    "save_every",
    "eval_batch_size",
    "profile",
    "audit_rows",
    "explained_rows",
)


def write_model_card(run: Path, address: str = "") -> Path:
    """Write the model card of a run into its `model/` folder; return its path.

    `address` is the repository of a hub from which the model is loaded; without one, it is the
    folder. Raises `TweetsentError` if the run has no model or one of its files is damaged.
    """
    if not (run / "model").is_dir():
        what = f"{run} holds no model"
        raise TweetsentError(f"{what}: name a run that has trained with --run NAME")
    kinds = (TemplateError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
    remedy = "run its notebooks again (--from 03)"
    with user_error(f"the model card of {run.name} cannot be made", remedy, *kinds):
        card = make_card(run, address)
    path = run / "model" / CARD
    write_atomically(path, lambda file: file.write_text(card, encoding="utf-8"))
    return path


def make_card(run: Path, address: str = "") -> str:
    """Return the model card of a run: metadata for programs, and Markdown for people."""
    facts = gather_facts(run)
    text = render(facts, address)
    return str(ModelCard(f"---\n{describe_for_programs(facts).to_yaml()}\n---\n\n{text}"))


def describe_for_programs(facts: dict[str, Any]) -> ModelCardData:
    """Return the metadata of a model card, with the scores as a `model-index`."""
    encoder = facts["meta"].get("encoder", "")
    known = {
        "language": "en" if not is_own_data(facts["parameters"]) else None,
        "license": "apache-2.0" if encoder in PUBLISHED else "other",
        "license_name": None if encoder in PUBLISHED else "that-of-its-encoder",
        "base_model": base_model(encoder) or None,
    }
    return ModelCardData(
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["tweetsent", "text-classification"],
        model_name=facts["run"],
        eval_results=list_results(facts),
        metrics=["accuracy", "f1"],
        **{name: value for name, value in known.items() if value},
    )


def list_results(facts: dict[str, Any]) -> list[EvalResult]:
    """Return the scores of a model on its test texts or, without any, on its validation texts."""
    split = "test" if facts["test"] else "validation"
    scores = facts["metrics"][split]
    name = facts["test_name"] or facts["train_name"] or facts["run"]
    return [
        EvalResult(
            task_type="text-classification",
            task_name="Text classification",
            dataset_type=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "texts",
            dataset_name=name,
            dataset_split=split,
            metric_type=HUB_METRICS.get(metric, metric),
            metric_name=words,
            metric_value=round(float(scores[metric]), 4),
        )
        for metric, words in METRICS.items()
        if metric in scores
    ]


def base_model(encoder: str) -> str:
    """Return the hub's name of an encoder; "" for a folder of somebody's own."""
    if encoder in PUBLISHED:
        return PUBLISHED[encoder]
    is_name = re.fullmatch(r"[\w.-]+(/[\w.-]+)?", encoder)
    return encoder if is_name and not project_path(encoder).exists() else ""


def render(facts: dict[str, Any], address: str) -> str:
    """Return the text of a model card as Markdown."""
    environment = Environment(
        loader=PackageLoader("tweetsent_utils", "pipeline"),
        autoescape=False,  # noqa: S701 - Markdown; what comes from a file passes `cell`
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters = (cell, code, count, duration, named, percent, score, value_text)
    environment.filters |= {function.__name__: function for function in filters}
    metrics, meta, audit = facts["metrics"], facts["meta"], facts["audit"]
    encoder = str(meta.get("encoder", ""))
    wrong = 1 - (facts["test"] or metrics["validation"])["accuracy"]
    text = environment.get_template("model_card.md.j2").render(
        **facts,
        address=address or f"outputs/{facts['run']}/model",
        folder_name=address or f"outputs/{facts['run']}",
        says_lexicon=VERDICTS[0][1] in audit.get("verdict", ""),
        is_own=is_own_data(facts["parameters"]),
        is_sample=str(facts["parameters"].get("train_file", "")).startswith(SAMPLE),
        is_english=not is_own_data(facts["parameters"]),
        encoder_name=encoder if base_model(encoder) else Path(encoder).name,
        base_model=base_model(encoder),
        encoder_licence="Apache-2.0" if encoder in PUBLISHED else "",
        shown_parameters={
            name: Path(encoder).name if name == "encoder" else value
            for name, value in facts["parameters"].items()
            if name not in HIDDEN
        },
        versions=describe_versions(facts["environment"]),
        intervals=name_intervals(metrics) if facts["test"] else {},
        has_classes=any("recall" in row for row in facts["classes"]),
        calibration=describe_calibration(metrics),
        wrong=f"{percent(wrong, 0)} of the texts",
        baselines=describe_baselines(facts["test"]),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def name_intervals(metrics: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the test scores of which a run knows the interval, by their names."""
    found = metrics.get("intervals", {})
    return {METRICS.get(name, name): values for name, values in found.items()}


def describe_versions(environment: dict[str, Any]) -> str:
    """Return the versions of what trained a model."""
    packages = environment.get("packages", {})
    named = [f"{name} {packages[name]}" for name in ("torch", "transformers") if name in packages]
    return ", ".join([f"Python {environment.get('python', '3')}", *named])


def describe_baselines(test: dict[str, Any] | None) -> str:
    """Say how simple models do on the same texts; "" where nobody has looked."""
    named = {"always answering with the largest class": "majority", "a bag of words": "words"}
    parts = [
        f"{words} gets {percent(test[name])}"
        for words, name in named.items()
        if test and test.get(name) is not None
    ]
    return f" For scale: {', and '.join(parts)}." if parts else ""


def describe_calibration(metrics: dict[str, Any]) -> str:
    """Say by which temperature a model's logits are divided; "" where nobody has looked."""
    calibration = metrics.get("calibration", {})
    temperature = calibration.get("temperature")
    if not temperature:
        return ""
    how = (
        f"its logits were divided by a temperature of {temperature:.2f}, found on validation texts"
    )
    if temperature == 1:
        how = "no temperature made its probabilities better, so they are as trained"
    error = calibration.get("test_error", {}).get("calibrated")
    return f"{how}; the expected calibration error is {error:.3f}" if error is not None else how


def cell(text: object) -> str:
    r"""Return somebody's text as Markdown shows it in a table, on one line.

    >>> cell("a|b\n<c>")
    'a\\|b &lt;c&gt;'
    """
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|{}])", r"\\\1", line)


def code(text: object) -> str:
    """Return somebody's text as Markdown shows it between backticks, on one line."""
    return " ".join(str(text).split()).replace("`", "'")


def named(names: list[str]) -> str:
    """Return names as a sentence lists them.

    >>> named(["low", "middle", "high"])
    '*low*, *middle* and *high*'
    """
    *others, last = [f"*{cell(name)}*" for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def score(value: object) -> str:
    """Return a score with three decimals, and a dash where there is none."""
    return f"{value:.3f}" if isinstance(value, float | int) else "–"


def read_metadata(card: Path) -> dict[str, Any]:
    """Return the metadata of a model card."""
    return yaml.safe_load(card.read_text(encoding="utf-8").split("---")[1])
