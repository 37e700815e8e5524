"""What every test may use: a temporary outputs root, no hub, a tiny encoder, tiny files."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Set before anything reads them, so that the kernels of nbval and papermill inherit them too.
OUTPUTS = Path(tempfile.mkdtemp(prefix="tweetsent-outputs-"))
os.environ["TWEETSENT_OUTPUTS"] = str(OUTPUTS)
os.environ["HF_HUB_OFFLINE"] = "1"
if os.environ.get("TWEETSENT_TEST_GPU") != "1":  # which `make gpu` sets
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the stored outputs are a CPU's
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
os.environ["TWEETSENT_NOTES"] = os.devnull  # nbval compares no lines that tell of progress

import pytest  # noqa: E402
from tiny import CLASS_WORDS, LABEL_ORDER, TweetFiles, make_tweets, write_kaggle_csv  # noqa: E402


def pytest_unconfigure() -> None:
    shutil.rmtree(OUTPUTS, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def quiet_machine() -> None:
    """No window opens, and torch keeps to one thread: on tensors this small, more only wait."""
    import matplotlib
    import torch

    matplotlib.use("agg")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def label_order() -> list[str]:
    """The five classes in their order."""
    return list(LABEL_ORDER)


@pytest.fixture
def write_notebook() -> Callable[..., Path]:
    """A function that writes a notebook with a cell tagged `parameters` and more cells of code."""
    import nbformat

    def write(path: Path, parameters: str, *code: str) -> Path:
        cells = [nbformat.v4.new_markdown_cell("# Title")]
        cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        cells += [nbformat.v4.new_code_cell(source) for source in code]
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
        return path

    return write


@pytest.fixture
def tiny_tweets(tmp_path: Path) -> TweetFiles:
    """CSV files `train` (60 rows) and `test` (20 rows) with five equal classes."""
    return TweetFiles(
        write_kaggle_csv(tmp_path / "tiny_train.csv", make_tweets(12, 0)),
        write_kaggle_csv(tmp_path / "tiny_test.csv", make_tweets(4, 100)),
    )


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a DistilBERT of random weights and a lower-casing tokenizer."""
    import torch
    from transformers import BertTokenizer, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = sorted(
        {word for sentences in CLASS_WORDS.values() for text in sentences for word in text.split()}
    )
    words = [word for word in words if len(word) > 1] + [
        "https",
        "##shop",
        "##buying",
        "corner",
        "monday",
        "caf",
    ]
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"!#%&'.,:;/@?éâ",
        *letters,
        *(f"##{x}" for x in letters),
    ]
    vocabulary = {token: number for number, token in enumerate([*pieces, *words])}
    BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=128).save_pretrained(
        folder
    )
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


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the rendered pages of this checkout."""
    for package in ("myst_nb", "sphinx_book_theme", "sphinx_copybutton", "latex2mathml"):
        pytest.importorskip(package, reason=f"no {package}: pip install -r requirements-site.txt")
    from build_site import build_site

    folder = tmp_path_factory.mktemp("site") / "pages"
    build_site(folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer(tiny_encoder: Path) -> Any:
    """The tiny encoder's tokenizer, which reads bare words, at most 24 tokens a text."""
    from tweetsent_utils.data.tokenizing import load_tokenizer

    return load_tokenizer(tiny_encoder, "words", 24)


@pytest.fixture(scope="session")
def model(tiny_encoder: Path, label_order: list[str]) -> Any:
    """A tiny classifier that has learned nothing."""
    import torch

    from tweetsent_utils.model.classifier import load_classifier

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return load_classifier(tiny_encoder, label_order)
