"""What every test may use: a temporary outputs root, no hub, a tiny encoder and tiny files of tweets."""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

# Before anything is imported that reads them, so that kernels started by nbval and papermill inherit them too.
OUTPUTS = Path(tempfile.mkdtemp(prefix="tweetsent-outputs-"))
os.environ["TWEETSENT_OUTPUTS"] = str(OUTPUTS)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the stored outputs are a CPU's
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"

import pytest  # noqa: E402
from notebook_code import notebook_functions as notebook_functions  # noqa: E402

LABEL_ORDER = ("Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive")
CLASS_WORDS = {
    "Extremely Negative": ("horrible panic and death in the shop", "angry thieves terrify the worst queue"),
    "Negative": ("sad to see empty shelves", "prices are bad and the queue is slow"),
    "Neutral": ("the shop opens at nine", "a van stands in the street"),
    "Positive": ("nice to see full shelves", "good people help in the queue"),
    "Extremely Positive": ("wonderful heroes of the shop we love you", "best happy lovely delivery thank you"),
}
DECORATIONS = (
    "{}.",
    "@cornershop {}",
    "{} #panicbuying https://t.co/aB{}",
    "{} &amp; it{}s Monday",
    "First line.\r\r\n{}\r\r\nhttps://t.co/x{}y",
    "{} café{} 20%",
)


class TweetFiles(NamedTuple):
    """The two CSV files of `tiny_tweets`."""

    train: Path
    test: Path


def pytest_unconfigure() -> None:
    shutil.rmtree(OUTPUTS, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def quiet_machine() -> None:
    """No window opens, and torch keeps to one thread: with tensors this small, threads only wait for each other."""
    import matplotlib
    import torch

    matplotlib.use("agg")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def label_order() -> list[str]:
    """The five classes in their order."""
    return list(LABEL_ORDER)


def make_tweets(rows_per_class: int, offset: int) -> list[tuple[str, str]]:
    """Return (text, label) pairs, the classes in turn, no text twice for one offset."""
    tweets = []
    for number in range(offset, offset + rows_per_class):
        for label in LABEL_ORDER:
            sentences = CLASS_WORDS[label]
            decoration = DECORATIONS[number % len(DECORATIONS)]
            filling = "\u00c2\x92" if "it{}s" in decoration or "café" in decoration else number
            tweets.append((decoration.format(f"{sentences[number % 2]} {number}", filling), label))
    return tweets


def write_kaggle_csv(path: Path, tweets: list[tuple[str, str]]) -> Path:
    """Write tweets the way the Kaggle files are: ISO-8859-1, CRLF after every row, some locations missing."""
    with open(path, "w", encoding="ISO-8859-1", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"])
        for row, (text, label) in enumerate(tweets):
            location = ("London, UK", "", "México")[row % 3]
            rows.writerow([3799 + row, 48751 + row, location, f"{16 + row % 10}-03-2020", text, label])
    return path


@pytest.fixture
def write_notebook() -> Callable[..., Path]:
    """A function that writes a notebook with a cell tagged `parameters` and more cells of code."""
    import nbformat

    def write(path: Path, parameters: str, *code: str) -> Path:
        cells = [nbformat.v4.new_markdown_cell("# Title")]
        cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        cells += [nbformat.v4.new_code_cell(source) for source in code]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
        return path

    return write


@pytest.fixture
def tiny_tweets(tmp_path: Path) -> TweetFiles:
    """CSV files `train` (60 rows) and `test` (20 rows) with five equal classes, in the Kaggle format."""
    return TweetFiles(
        write_kaggle_csv(tmp_path / "tiny_train.csv", make_tweets(12, 0)),
        write_kaggle_csv(tmp_path / "tiny_test.csv", make_tweets(4, 100)),
    )


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a DistilBERT of random weights and a lower-casing WordPiece tokenizer, as the hub has them."""
    import torch
    from transformers import BertTokenizer, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = sorted({word for sentences in CLASS_WORDS.values() for text in sentences for word in text.split()})
    words = [word for word in words if len(word) > 1] + ["https", "##shop", "##buying", "corner", "monday", "caf"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"!#%&'.,:;/@?éâ", *letters, *(f"##{x}" for x in letters)]
    vocabulary = {token: number for number, token in enumerate([*pieces, *words])}
    BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=128).save_pretrained(folder)
    config = DistilBertConfig(
        vocab_size=len(vocabulary),
        dim=16,
        n_layers=2,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=128,
        initializer_range=0.2,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        DistilBertModel(config).save_pretrained(folder)
    return folder
