"""Plant one bug at a time in a copy of the project, and require that the tests named beside it fail.

    python tests/mutations.py [NAME ...] [--all]

NAME is a part of a bug's name; `--all` adds the slow ones, which need whole notebooks. Every bug is a mistake that
training code is known for, or one that its test was written for. A bug that no test notices ends the command with 1.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parents[1]


class Mutation(NamedTuple):
    """A planted bug: `before`, which stands once in the file's code, becomes `after`, and one of `tests` must fail."""

    name: str
    file: str
    before: str
    after: str
    tests: list[str]

    @property
    def slow(self) -> bool:
        """Tell whether it takes the pipeline to notice."""
        return "tests/test_pipeline.py" in self.tests


MASK = 'attention_mask=batch["attention_mask"].to(device)'
LOSS = "F.cross_entropy(logits, labels, label_smoothing=label_smoothing)"
MEANS = "np.mean([np.mean({}[start : start + 5]) for start in range(0, len(labels), 5)])"
LABELS = 'torch.tensor([item["label"] for item in items])'
POOL, ORDER = "by_length.split(self.batch_size)", "order.split(batch_size)"
SEED = "self.seed * 1_000_003 + self.epoch"
RESUMED = "test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped"
FAST = "return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=max_length, **names)"
TEXTS = 'tweets = test_tweets if name == "test" else train_tweets'
HEAD = 'tables["train"].head(3)'
STEPS = "total_steps = num_epochs *"
FOLDED = 'cross_val_predict(a, scores, labels, cv=folds, method="predict_proba", params=b)'
GAPS = "abs((confidence - right)[places == place]).sum()"
LEAKED = "score_baselines(texts, labels"

# By the file and the tests that must notice: each bug's name, what stands there, and what is planted instead.
BUGS = {
    ("tweetsent_utils/training.py", "tests/test_training.py"): [
        ("attention mask ignored in training", ", attention_mask=attention_mask).logits", ").logits"),
        ("dropout on in evaluation", "    model.eval()\n", ""),
        ("dropout off in training", "    model.train()\n", ""),
        ("gradient not cleared", "    optimizer.zero_grad()\n", ""),
        ("gradient not clipped", "max_norm=1.0", 'max_norm=float("inf")'),
        ("schedule stepped per epoch", "    scheduler.step()\n", ""),
        ("cross-entropy summed", LOSS, LOSS[:-1] + ', reduction="sum")'),
        ("softmax before the cross-entropy", LOSS, LOSS.replace("logits", "logits.softmax(-1)")),
        (
            "parts of a batch weighted alike",
            "mean * (len(labels) / size)",
            "mean / -(-size // (micro_batch_size or size))",
        ),
        ("gradients that are not finite go unseen", " + 0 * norm", ""),
        ("bfloat16 where it is slower", "1.33 * bf16 < fp32", "1.33 * fp32 < bf16"),
    ],
    ("tweetsent_utils/training.py", "tests/test_training.py::test_padding_does_not_change_the_logits"): [
        ("attention mask ignored in evaluation", MASK, "")
    ],
    ("notebooks/03_training.ipynb", "tests/test_training.py"): [
        ("warm-up left out", '"pct_start": warmup,', '"pct_start": 0.0,'),
        ("weight decay on biases and norms", '"weight_decay": 0.0}', '"weight_decay": weight_decay}'),
        ("the temperature upside down", "score(labels, logits / math.exp(log", "score(labels, logits * math.exp(log"),
        ("torch left unseeded", "\n    torch.manual_seed(seed)", ""),
        ("every epoch turned alike", "np.random.default_rng([seed, epoch])", "np.random.default_rng([seed, 0])"),
    ],
    ("notebooks/03_training.ipynb", "tests/test_pooling.py"): [
        ("queries of the added layer left as drawn", "{first.self.query: 0, ", "{"),
        ("the added layer not told to whoever opens the model", "    model.config.num_hidden_layers += 1", "    pass"),
    ],
    ("tweetsent_utils/evaluation.py", "tests/test_evaluation.py"): [
        ("argmax without dim", "logits.argmax(axis=1)", "np.full(len(labels), logits.argmax())"),
        ("mean of batch losses", "losses.mean()", MEANS.format("losses")),
        ("mean of batch accuracies", "accuracy_score(labels, predictions)", MEANS.format("(labels == predictions)")),
        ("F1 weighted by class size", 'average="macro"', 'average="weighted"'),
        ("class distance with its sign", "np.abs(predictions - labels)", "(predictions - labels)"),
        ("baselines fitted on the rows they score", "fit(train_texts, train_labels)", "fit(texts, labels)"),
    ],
    ("tweetsent_utils/audit.py", "tests/test_audit.py"): [
        ("cuts judged on the rows that they were found on", FOLDED, "a.fit(scores, labels).predict_proba(scores)"),
        ("words judged on the rows that they were learnt from", "score_baselines(texts[train], labels[train]", LEAKED),
        ("texts without a listed word put on the scale", "(scores[:, 0] != 0) + 1e-9", "np.ones(len(labels))"),
        ("a lexicon seen in whatever agrees with it", ' if shape == "steps" else 0.0', ""),
    ],
    ("tweetsent_utils/evaluation.py", "tests/test_inference.py"): [
        ("order restored the wrong way", 'argsort(kind="stable")', 'argsort(kind="stable").argsort()'),
        ("logits left in the loader's order", "logits[order]", "logits"),
    ],
    ("notebooks/04_inference.ipynb", "tests/test_inference.py"): [
        ("long texts not cut", "truncation=True, return_tensors", "return_tensors"),
        ("a class that is not drawn counted as a failure", "np.nanmean(f1, axis=1)", "np.nan_to_num(f1).mean(axis=1)"),
        ("rows and columns of the matrix mixed up", "drawn.sum(axis=1) + drawn.sum(axis=2)", "2 * drawn.sum(axis=1)"),
        ("gaps of single tweets instead of groups", "abs((confidence - right)[places == place].sum())", GAPS),
        ("confidence alone makes a suspect", "(likely.max(axis=1) > 0) & ", ""),
    ],
    ("notebooks/06_compare_runs.ipynb", "tests/test_compare_runs.py"): [
        ("runs sorted by their test scores", '(["validation_accuracy", "valid', '(["test_accuracy", "valid'),
        ("a repeated seed counted as another draw", '*settings, "seed"])', '*settings, "seed", parameters.index])'),
        ("spread of three seeds divided by three", "pairs.std(ddof=1)", "pairs.std(ddof=0)"),
        ("a missing parameter counted as a difference", ".nunique() > 1]", ".nunique(dropna=False) > 1]"),
        ("scores on other rows compared", "number_groups(drawn_from)", 'number_groups(drawn_from[["rows"]])'),
    ],
    ("tweetsent_utils/batching.py", "tests/test_batching.py"): [
        ("labels shifted in the batch", LABELS, LABELS + ".roll(1)"),
        ("padding not masked", "in input_ids], batch_first=True", "in input_ids], True, 1"),
        ("mask read off the pad id", "torch.ones_like(ids) for", "(ids != pad_id).long() for"),
        ("last batch of training lost", POOL, POOL + "[: len(pool) // self.batch_size]"),
        ("last batch of evaluation lost", ORDER, ORDER + "[: len(order) // batch_size]"),
        ("seed ignored by the sampler", SEED, "self.epoch"),
        ("same order every epoch", SEED, "self.seed"),
        ("interrupted epoch begun anew", "[self.skip :]", ""),
    ],
    ("notebooks/03_training.ipynb", "tests/test_checkpoints.py::" + RESUMED): [
        (
            "averages of the optimizer not restored",
            'for name in ("optimizer", "scheduler"):\n',
            'for name in ("scheduler",):\n',
        ),
        ("random numbers not restored", '    torch.set_rng_state(states["torch"])\n', ""),
    ],
    ("tweetsent_utils/dataset.py", "tests/test_dataset.py"): [
        ("labels shifted in the dataset", "self.labels[index]", "self.labels[index - 1]")
    ],
    ("notebooks/02_dataset_creation.ipynb", "tests/test_dataset.py"): [
        ("validation rows kept in train", "return train.sort_values(),", "return labels.index,"),
        ("split not stratified", ", stratify=labels", ""),
        (
            "validation by day takes the first days",
            "late = days >= days.sort_values()",
            "late = days <= days.sort_values()",
        ),
        ("split not seeded", "stratify=labels, random_state=seed", "stratify=labels"),
        ("rows drawn without a seed", "labels.sample(frac=1, random_state=seed)", "labels.sample(frac=1)"),
        ("rows drawn out of file order", "[:max_rows].sort_values()", "[:max_rows]"),
    ],
    ("tweetsent_utils/reading.py", "tests/test_reading.py"): [
        ("labels ranked as they appear", "in enumerate(label_order)}\n", "in enumerate(labels.unique())}\n"),
        ("the tweet 'None' taken for a gap", 'keep_default_na=False, na_values=[""]', 'na_values=[""]'),
        ("the Kaggle files taken for cp1252", r"\xc2[\x80-\x9f]|", ""),
        ("whole numbers read with a point", ".convert_dtypes()", ""),
        ("numbered classes sorted as text", ", key=int if numbers else None", ""),
    ],
    ("tweetsent_utils/cleaning.py", "tests/test_cleaning.py"): [("hashtags kept among words", "[@#]", "[@]")],
    ("tweetsent_utils/encoder.py", "tests/test_cleaning.py"): [
        ("cleaning lost when the tokenizer is saved", FAST, "plain.model_max_length = max_length\n    return plain"),
        ("cleaning after lower-casing", "cleaning_steps(cleaning) + own", "own + cleaning_steps(cleaning)"),
    ],
    ("data/sample/make_sample.py", "tests/test_sample.py"): [
        ("label rule with < for <= at a cut", "compound > -0.6", "compound >= -0.6"),
        ("label rule with > for >= at a cut", "compound >= 0.05", "compound > 0.05"),
        ("label rule with a wrong cut", "compound > 0.6", "compound > 0.5"),
    ],
    ("notebooks/02_dataset_creation.ipynb", "tests/test_pipeline.py"): [
        ("test texts taken from the training file", TEXTS, "tweets = train_tweets"),
        ("test rows in train", HEAD, 'tables["train"] = pd.concat([tables["train"], tables["test"]])\n' + HEAD),
        ("train drawn from all rows", "sample_rows(learnt.loc[train_rows]", "sample_rows(learnt"),
        ("labels beside other rows' texts", "part.values", "part.sample(frac=1, random_state=0).values"),
    ],
    ("notebooks/03_training.ipynb", "tests/test_pipeline.py"): [
        ("schedule planned for more steps than are run", STEPS, STEPS + " 2 *"),
        ("head drawn without a seed", "seed_everything(seed)\nfolder", "folder"),
    ],
    ("notebooks/04_inference.ipynb", "tests/test_pipeline.py"): [
        ("validation rows scored as the test", 'predict_split("test")', 'predict_split("validation")')
    ],
}
MUTATIONS = [
    Mutation(name, file, before, after, tests.split())
    for (file, tests), bugs in BUGS.items()
    for name, before, after in bugs
]


def sources(path: Path) -> list[str]:
    """Return a file's code: the whole of a Python file, or each code cell of a notebook."""
    if path.suffix == ".py":
        return [path.read_text(encoding="utf-8")]
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def where(mutation: Mutation, folder: Path = ROOT) -> str:
    """Return the place of a bug as `module.function`, or the module's name alone."""
    (code,) = (code for code in sources(folder / mutation.file) if mutation.before in code)
    statements = re.findall(r"^[^\s)].*", code[: code.index(mutation.before) + 1], re.M)
    return ".".join([Path(mutation.file).stem, *re.findall(r"^(?:def|class) (\w+)", statements[-1])])


def plant(mutation: Mutation, path: Path) -> None:
    """Write the bug into its file."""
    if path.suffix == ".py":
        path.write_text(sources(path)[0].replace(mutation.before, mutation.after), encoding="utf-8")
        return
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace(mutation.before, mutation.after)
    nbformat.write(notebook, path)


def copy_project(folder: Path) -> None:
    """Copy the working tree, without what git ignores."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python in the copy, so that it imports the copy's package and not the installed one."""
    # without bytecode files: they are told apart by size and second, and two bugs may share both
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)


def pytest(folder: Path, tests: list[str]) -> subprocess.CompletedProcess:
    """Run tests in the copy up to the first failure."""
    return python(folder, "-m", "pytest", "-qx", "--color=no", "-p", "no:cacheprovider", "-o", "addopts=", *tests)


def catcher(mutation: Mutation, folder: Path) -> str:
    """Return the first test that fails on a mutation in the copy; empty when none does."""
    path = folder / mutation.file
    original = path.read_bytes()
    plant(mutation, path)
    finished = pytest(folder, mutation.tests)
    path.write_bytes(original)
    failed = re.search(r"^FAILED tests/(\S+?::\w+)", finished.stdout, re.M)
    assert finished.returncode == bool(failed), finished.stdout  # else the tests did not run, which is no catch
    return failed[1] if failed else ""


def main() -> int:
    """Print the chosen bugs as a table; return 1 when a test fails without any, or no test with one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of the name of a planted bug")
    parser.add_argument("--all", action="store_true", help="the slow ones too")
    options = parser.parse_args()
    chosen = [m for m in MUTATIONS if any(name in m.name for name in options.names)]
    if not options.names:
        chosen = [m for m in MUTATIONS if options.all or not m.slow]
    if not chosen:
        parser.error(f"no planted bug has such a name; there are: {', '.join(m.name for m in MUTATIONS)}")
    with tempfile.TemporaryDirectory(prefix="tweetsent-mutations-") as name:
        folder = Path(name).resolve()
        copy_project(folder)
        imported = python(folder, "-c", "import tweetsent_utils; print(tweetsent_utils.__file__)").stdout.strip()
        assert Path(imported).is_relative_to(folder), f"the tests would import {imported}, not the copy"
        unmutated = pytest(folder, sorted({test for mutation in chosen for test in mutation.tests}))
        if unmutated.returncode:
            print(f"the tests fail without any bug planted:\n{unmutated.stdout}", file=sys.stderr)
            return 1
        print("| planted bug | where | caught by |\n| --- | --- | --- |", flush=True)
        survivors = 0
        for mutation in chosen:
            test = catcher(mutation, folder)
            survivors += not test
            caught_by = f"`{test}`" if test else "**nothing**"
            print(f"| {mutation.name} | `{where(mutation, folder)}` | {caught_by} |", flush=True)
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())
