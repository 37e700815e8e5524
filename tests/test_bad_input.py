"""Bad input, one clear sentence each: what is wrong, where, and what to do; and what is fine, or accepted and said."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from conftest import notebook_functions
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from tweetsent_utils import parameters
from tweetsent_utils.dataset import load_split
from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, load_json, project_path, write_whole
from tweetsent_utils.parameters import check_parameters, coerce, gather_parameters, known_parameters
from tweetsent_utils.reading import label_ids, read_tweets
from tweetsent_utils.runs import load_params, open_run, run_folder

check_apart = notebook_functions("02").check_apart
check_model = notebook_functions("04").check_model
LATIN = "ISO-8859-1"
GOOD = "text,label\nfull shelves,low\nno queue,high\n"
LABELS = ["low", "high"]


def sentence(function: Callable, *arguments: object) -> str:
    """The one sentence that a call is refused with: what is wrong, a colon, what to do."""
    with pytest.raises(TweetsentError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert "\n" not in message and ": " in message and len(message) < 700
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def read(content: str | bytes, folder: Path, encoding: str = LATIN) -> pd.DataFrame:
    """Write a file of tweets, read it and rank its labels, as the notebooks do."""
    file = folder / "tweets.csv"
    file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    tweets = read_tweets(file, "text", "label", encoding)
    return tweets.assign(rank=label_ids(tweets["label"], LABELS, file))


# --- files of tweets ---


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        ("", LATIN, "tweets.csv cannot be read (No columns to parse from file): mend it, name another, or run `make"),
        ("  \n\n", LATIN, "tweets.csv cannot be read (No columns to parse"),
        ("text,label\n", LATIN, "tweets.csv has a header and no row below it: give a file with tweets"),
        ("text|label\na b|low\n", LATIN, "no column 'text': set text_column and label_column to two of text|label (a "),
        (
            "text\tlabel\na\tlow\n",
            LATIN,
            "text\tlabel (a .csv has commas or semicolons between them, a .tsv tabs), each",
        ),
        ("tweet,label\na,low\n", LATIN, "has no column 'text': set text_column and label_column to two of tweet, "),
        ("text,sentiment\na,low\n", LATIN, "has no column 'label': set text_column"),
        ("text,text,label\na,b,low\n", LATIN, "has two columns 'text': set text_column"),
        ("text,label,x,label\na,low,,high\n", LATIN, "has two columns 'label'"),
        ("text,label\ncafé,low\n", LATIN, "is UTF-8, and ISO-8859-1 garbles 'é' in line 2: set utf-8"),
        ("text,label\na,low\nsmile 😀,low\n", "cp1252", "is UTF-8, and cp1252 garbles '😀' in line 3"),
        ("\ufefftext,label\na,low\n", LATIN, "is UTF-8, and ISO-8859-1 garbles '\\ufeff' in line 1"),
        (b"text,label\na,low\ncaf\xe9,low\n", "utf-8", "line 3 cannot be read as utf-8 ('utf-8' codec can't"),
        (b"text,label\na,low\ncaf\xe9,low\n", "UTF8", "byte): repair it, or try another encoding, such as cp1252"),
        (GOOD[:-1], "utf-16", "cannot be read as utf-16"),
        (GOOD, "klingon", "cannot be read as klingon (unknown encoding: klingon): repair it, or try another encoding"),
        ("text,label\nsmile 😀,low\n".encode() + b"caf\xe9,low\n", "", "line 3 cannot be read as utf-8 ('utf-8' codec"),
        ('text,label\nfine,low\n"never closed,low\nx,low\n', LATIN, "starting at row 2): mend it, name another"),
        ("text,label\na,low\nb,low,more,fields\n", LATIN, "Expected 2 fields in line 3, saw 4): mend it"),
        ("text,label\na,low,more\nb,low,more\n", LATIN, "tweets.csv cannot be read (Error tokenizing"),
        ("text,label\na,low\nb,lwo\n", LATIN, "row 2 has the unknown label 'lwo' (1 such rows): correct it, or"),
        ("text,label\na,low\nb,\nc,\n", LATIN, "data row 2 has no label: fill it in or remove the row (2 such rows)"),
        ("text,label\na,low\nb\n", LATIN, "data row 2 has no label"),
        ("text,label\na,low\n,low\n", LATIN, "data row 2 has no text: fill it in or remove the row (1 such rows)"),
        ('text,label\n"",low\n', LATIN, "data row 1 has no text"),
        ('text,label\na,low\n"  \t ",low\n', LATIN, "data row 2 has no text"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, content, encoding, expected):
    message = sentence(read, content, tmp_path, encoding)
    assert expected in message
    assert "tweets.csv" in message or "encoding" in message


def test_what_is_no_file_is_refused(tmp_path):
    for path, why in ((tmp_path / "nowhere.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        message = sentence(read_tweets, path, "text", "label", LATIN)
        assert message == f"{path} cannot be read ({why}): mend it, name another, or run `make data` for Kaggle's"


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "tweets.csv").write_text(GOOD)

    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root, who may run the tests, may read everything
    message = sentence(read_tweets, tmp_path / "tweets.csv", "text", "label", LATIN)
    assert "cannot be read (Permission denied): mend it, name another" in message


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("label,text\nlow,full shelves\nhigh,no queue\n", LATIN),
        ("id,text,where,label\n1,full shelves,,low\n1,no queue,here,high\n", LATIN),  # more columns, ids that repeat
        ("\ufefftext,label\nfull shelves,low\nno queue,high\n", "utf-8"),
        ("\ufefftext,label\nfull shelves,low\nno queue,high\n", "UTF-8"),
        (GOOD.encode("utf-16"), "utf-16"),
        (GOOD.replace("\n", "\r\n"), LATIN),
    ],
)
def test_what_is_fine_is_read(tmp_path, content, encoding, capsys):
    tweets = read(content, tmp_path, encoding)
    assert tweets["text"].tolist() == ["full shelves", "no queue"]
    assert tweets["rank"].tolist() == [0, 1]
    assert capsys.readouterr().out == ""


def test_a_label_in_another_case_or_with_stray_spaces_is_accepted_and_said(tmp_path, capsys):
    tweets = read("text,label\na,low\nb, LOW \nc,High\n", tmp_path)
    assert tweets["rank"].tolist() == [0, 0, 1]
    said = capsys.readouterr().out
    assert said == f"{tmp_path / 'tweets.csv'}: data row 2 has the label ' LOW ', read as 'low' (2 such rows)\n"


def test_a_tweet_of_a_million_characters_and_control_characters_are_read(tmp_path, tiny_encoder):
    texts = ["queue " * 170_000, "full \x00 \x01\x07\x1b[31m\x7f shelves", "\u202eabc\u0000"]
    rows = "".join(f'"{text}",low\n' for text in texts)
    tweets = read(f"text,label\n{rows}", tmp_path, "utf-8")
    assert tweets["text"].tolist() == texts
    for cleaning in ("raw", "repaired", "words"):
        ids = load_tokenizer(tiny_encoder, cleaning, 32)(texts, truncation=True)["input_ids"]
        assert [len(ids[0]), 3 <= len(ids[1]) <= 32] == [32, True]


def test_the_same_file_as_train_and_test_is_refused(tmp_path):
    values = known_parameters()
    message = sentence(check_parameters, values | {"test_file": values["train_file"]}, values)
    assert f"train_file and test_file are both {values['train_file']!r}: name two different ones" == message
    texts = pd.Series(["a", "b"])
    message = sentence(check_apart, texts, texts.iloc[::-1], "train.csv", "copy.csv")
    assert "every tweet of copy.csv stands in train.csv too: name a test file" in message


def test_overlap_of_train_and_test_is_said(capsys):
    check_apart(pd.Series(["a", "b", "c"]), pd.Series(["x", "c", "a", "y"]), "train.csv", "test.csv")
    expected = "test.csv: data row 2 is a tweet of train.csv too (2 of 4 test tweets): the test score will flatter the"
    assert capsys.readouterr().out.startswith(expected)
    check_apart(pd.Series(["a"]), pd.Series(["x"]), "train.csv", "test.csv")
    assert capsys.readouterr().out == ""


# --- run folders ---


@pytest.fixture
def outputs(tmp_path, monkeypatch, write_notebook) -> Path:
    """An empty outputs root, and one small notebook in place of the project's."""
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path / "notebooks")
    source = 'run_name = "quick"\nseed = 0\nmax_lr = 0.1\nlabel_order = ["low", "high"]'
    write_notebook(tmp_path / "notebooks" / "01_first.ipynb", source, OPEN)
    write_notebook(tmp_path / "notebooks" / "02_second.ipynb", 'run_name = "quick"', OPEN, METRICS)
    return tmp_path / "outputs"


OPEN = """import os, time
from pathlib import Path
run = Path(os.environ["TWEETSENT_OUTPUTS"]) / run_name
with open(run / "trace.txt", "a") as file:
    print(1, file=file)
if (run.parent / "slow").exists():
    time.sleep(60)"""
METRICS = """import json
metrics = {"test": {"accuracy": 0.75, "rows": 1234}, "baselines": {"majority": {"accuracy": 0.5}}}
(run / "metrics.json").write_text(json.dumps(metrics));"""
VALUES = {"run_name": "quick", "seed": 0, "max_lr": 0.1, "label_order": ["low", "high"]}


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(outputs, tmp_path):
    (outputs / "quick").mkdir(parents=True)
    (outputs / "quick" / "holiday.jpg").touch()
    message = sentence(run_folder, "quick")
    assert "holds holiday.jpg, but no run of this version: choose another run_name (--run), or delete" in message
    assert "but no run of this version" in sentence(run_folder, str(PROJECT_ROOT / "notebooks"))
    assert os.listdir(outputs / "quick") == ["holiday.jpg"]


def test_a_run_of_another_version_is_refused(outputs):
    folder = open_run("01_first", VALUES)
    assert run_folder("quick") == folder
    made_by = load_json(folder / "environment.json")
    for other in (made_by | {"run_format": 0}, {name: made_by[name] for name in made_by if name != "run_format"}):
        (folder / "environment.json").write_text(json.dumps(other))
        assert "but no run of this version" in sentence(open_run, "01_first", VALUES)


def test_a_place_that_cannot_be_written_is_refused(outputs, tmp_path):
    outputs.write_text("a file where a folder is wanted")
    message = sentence(open_run, "01_first", VALUES)
    assert "cannot be written (Not a directory): make room, or choose a folder that you may write to" in message


def test_a_read_only_folder_is_refused(outputs, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "cannot be written (Read-only file system)" in sentence(open_run, "01_first", VALUES)


def test_a_full_disk_is_told_and_the_old_file_stays_and_nothing_lies_beside_it(tmp_path):
    file = tmp_path / "history.csv"
    file.write_text("old")

    def fill(path: Path) -> None:
        path.write_text("half")
        with open("/dev/full", "w") as full:
            full.write("x" * 100_000)

    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    assert "history.csv cannot be written (No space left on device)" in sentence(write_whole, file, fill)
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    ("name", "content", "reader"),
    [
        ("metrics.json", b'{"half', lambda folder: load_json(folder / "metrics.json")),
        ("metrics.json", b"\xff\xfe", lambda folder: load_json(folder / "metrics.json")),
        ("params.yaml", b"seed: [1", load_params),
        ("params.yaml", b"just text", load_params),
        ("dataset/train.parquet", b"PAR1 and no more", lambda folder: load_split(folder, "train")),
        ("dataset/train.parquet", b"", lambda folder: load_split(folder, "train")),
    ],
)
def test_a_damaged_file_of_a_run_is_told(tmp_path, name, content, reader):
    (tmp_path / "dataset").mkdir()
    (tmp_path / name).write_bytes(content)
    message = sentence(reader, tmp_path)
    assert f"{tmp_path / name} is damaged (" in message
    assert message.endswith("): run the notebook again that makes it (--from)")


def test_a_dataset_without_its_columns_is_damaged(tmp_path):
    (tmp_path / "dataset").mkdir()
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "dataset" / "train.parquet")
    assert "train.parquet is damaged (" in sentence(load_split, tmp_path, "train")


def drive(outputs: Path, *arguments: str) -> tuple[int, str]:
    """Run the driver in a process of its own on the small notebooks; exit code and what it said on stderr."""
    finished = subprocess.run(command(outputs, *arguments), capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert "Traceback" not in finished.stderr
    return finished.returncode, finished.stderr


def command(outputs: Path, *arguments: str) -> list[str]:
    code = (
        "import sys; from pathlib import Path; from tweetsent_utils import parameters; "
        f"parameters.NOTEBOOKS = Path({str(outputs.parent / 'notebooks')!r}); "
        "from tweetsent_utils.__main__ import main; sys.exit(main(['run', *sys.argv[1:]]))"
    )
    return [sys.executable, "-c", code, *arguments]


def test_a_damaged_copy_of_a_notebook_and_one_without_a_kernel_are_told_by_the_driver(outputs, tmp_path):
    assert drive(outputs) == (0, "")
    copy = outputs / "quick" / "01_first.ipynb"
    copy.write_text(copy.read_text()[:100])
    code, said = drive(outputs)
    assert code == 1 and "01_first.ipynb is damaged (" in said and "(--from)" in said
    assert drive(outputs, "--from", "01")[0] == 0

    first = tmp_path / "notebooks" / "01_first.ipynb"
    notebook = nbformat.read(first, as_version=4)
    notebook.metadata.kernelspec.name = "nonesuch"
    notebook.cells[2].source += "\n1"
    nbformat.write(notebook, first)
    code, said = drive(outputs)
    assert code == 1 and "01_first cannot run (No such kernel named nonesuch): install what requirements.txt" in said

    notebook.cells[1].source = "seed = zero"
    nbformat.write(notebook, first)
    code, said = drive(outputs)
    assert code == 1 and "01_first.ipynb: the cell tagged parameters cannot be read (" in said


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches processes in another way")
@pytest.mark.parametrize("group", [True, False], ids=["driver and kernel", "driver alone"])
def test_an_interrupted_run_says_so_and_the_same_command_goes_on(outputs, group):
    folder = outputs / "quick"
    outputs.mkdir()
    for done in (0, 1):  # interrupted in the first notebook, then in the second
        (outputs / "slow").touch()
        if done:
            (outputs / "slow").unlink()
            assert drive(outputs)[0] == 0
            (folder / "02_second.ipynb").unlink()
            (outputs / "slow").touch()
        traced = len((folder / "trace.txt").read_text().split()) if done else 0
        process = subprocess.Popen(
            command(outputs), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
        )
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if (folder / "trace.txt").exists() and len((folder / "trace.txt").read_text().split()) > traced:
                break
            time.sleep(0.1)
        (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 130
        assert "interrupted: what is finished and the last checkpoint stay; the same command goes on" in said
        assert "Traceback" not in said
        assert (folder / "01_first.ipynb").exists() == bool(done)
        assert not (folder / "02_second.ipynb").exists()
    (outputs / "slow").unlink()
    assert drive(outputs) == (0, "")
    assert (folder / "02_second.ipynb").exists() and not list(folder.glob("*.partial.ipynb"))


# --- parameters ---


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("batch_size", "-1", "batch_size is -1: give a value between 1 and 1,000,000"),
        ("num_epochs", "0", "give a value between 1 and"),
        ("max_length", "2", "give a value between 3 and"),
        ("max_train_rows", "-5", "give a value between 0 and"),
        ("validation_share", "1.5", "validation_share is 1.5: give a value between 0.001 and 0.9"),
        ("validation_share", "0", "give a value between"),
        ("max_lr", "0", "give a value between 1e-09 and 1.0"),
        ("max_lr", "nan", "max_lr is nan: give a value between 1e-09 and 1.0"),
        ("max_lr", "-3e-5", "give a value between"),
        ("max_lr", "3e5", "give a value between"),
        ("warmup_ratio", "1", "give a value between 0.0 and 0.9"),
        ("weight_decay", "inf", "give a value between"),
        ("seed", "-1", "give a value between 0 and 4,294,967,295"),
        ("seed", str(10**30), "give a value between"),
        ("batch_size", str(10**12), "give a value between"),
        ("batch_size", "16.5", "batch_size is 16.5: give a value of type int, such as 16"),
        ("profile", "perhaps", "profile is 'perhaps': give a value of type bool, such as False"),
        ("cleaning", "spotless", "cleaning is 'spotless': choose one of raw, repaired, words"),
        ("precision", "fp8", "precision is 'fp8': choose one of auto, bf16, fp32"),
        ("label_order", "[low]", "label_order is ['low']: name two or more classes, each once"),
        ("label_order", "[low, high, 1.5]", "label_order is ['low', 'high', 1.5]: give a value of type list"),
        ("label_order", "[low, no]", "label_order is ['low', False]: give a value of type list"),
        ("label_order", "[low, high, Low]", "'Low']: name two or more classes, each once"),
        ("text_column", "Sentiment", "text_column and label_column are both 'Sentiment': name two different ones"),
        ("run_name", "../elsewhere", "run_name is '../elsewhere'"),
        ("run_name", "reference", "outputs/reference/ keeps the published figures: use letters"),
        ("bach_size", "1", "no notebook declares a parameter 'bach_size': did you mean 'batch_size'?"),
    ],
)
def test_a_bad_parameter_is_refused_before_anything_runs(name, value, expected):
    def start() -> None:
        run_folder(gather_parameters(overrides=[(name, value)])["run_name"])

    assert expected in sentence(start)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", -1, "give a value between"),
        ("seed", "12", "seed is '12': give a value such as 0"),
        ("seed", 1.5, "seed is 1.5: give a value of type int"),
        ("max_lr", None, "max_lr is None: give a value of type float, such as 0.1"),
        ("label_order", ["low", "low"], "name two or more classes, each once"),
        ("run_name", "a/b", "run_name is 'a/b'"),
    ],
)
def test_a_notebook_refuses_it_too_and_makes_no_folder(outputs, name, value, expected):
    assert expected in sentence(open_run, "01_first", VALUES | {name: value})
    assert not outputs.exists()
    open_run("01_first", VALUES | {"max_lr": 1})  # an int for a float is fine
    assert yaml.safe_load((outputs / "quick" / "params.yaml").read_text())["max_lr"] == 1


def test_a_path_parameter_cannot_leave_the_project_unless_it_is_absolute(tmp_path):
    for path in ("../elsewhere.csv", "data/../../x.csv", ".."):
        assert f"{path} leads out of the project: give it as an absolute path" == sentence(project_path, path)
    assert project_path(tmp_path / "x.csv") == tmp_path / "x.csv"
    assert project_path("data/../README.md") == PROJECT_ROOT / "README.md"


def test_a_gpu_that_is_not_there_is_told_by_the_driver_before_anything_runs(outputs, tmp_path, write_notebook):
    write_notebook(tmp_path / "notebooks" / "01_first.ipynb", 'run_name = "quick"\ndevice = "auto"', OPEN)
    code, said = drive(outputs, "-p", "device", "cuda:0")
    assert code == 1 and "device is 'cuda:0', but torch sees no GPU here: set device to 'auto' or 'cpu'" in said
    assert not outputs.exists()


# --- encoders and models ---


@pytest.fixture
def broken(tiny_encoder, tmp_path) -> Path:
    """A copy of the tiny encoder, for breaking."""
    return Path(shutil.copytree(tiny_encoder, tmp_path / "broken"))


def test_an_encoder_without_tokenizer_is_refused(broken):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (broken / name).unlink()
    message = sentence(load_tokenizer, broken, "raw", 32)
    assert message == "the encoder folder broken has no tokenizer: add its tokenizer.json"
    (broken / "tokenizer.json").write_text("{half")
    assert "the encoder folder broken cannot be loaded (" in sentence(load_tokenizer, broken, "raw", 32)


def test_an_encoder_without_weights_or_with_half_of_them_is_refused(broken):
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    message = sentence(load_classifier, broken, LABELS)
    assert "the encoder folder broken cannot be loaded (" in message and "choose a whole one" in message
    weights.unlink()
    assert "cannot be loaded (" in sentence(load_classifier, broken, LABELS)
    (broken / "config.json").write_text("{half")
    assert "cannot be loaded (" in sentence(load_classifier, broken, LABELS)
    (broken / "config.json").write_text('{"model_type": "nonesuch"}')
    assert "cannot be loaded (" in sentence(load_classifier, broken, LABELS)


def test_an_encoder_that_lacks_weights_is_refused(broken):
    weights = load_file(broken / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "layer.1" not in name}
    save_file(kept, broken / "model.safetensors", {"format": "pt"})
    message = sentence(load_classifier, broken, LABELS)
    lacking = len(weights) - len(kept)
    assert f"the encoder folder broken lacks {lacking} weights, such as distilbert.transformer.layer.1" in message


def test_a_max_length_beyond_the_encoder_is_refused(tiny_encoder):
    assert load_tokenizer(tiny_encoder, "raw", 128).model_max_length == 128
    message = sentence(load_tokenizer, tiny_encoder, "raw", 129)
    assert message == "max_length is 129, but this encoder reads 128 tokens: take no more"


def test_an_encoder_with_a_head_for_other_labels_gets_a_fresh_one_and_that_is_said(broken, capsys):
    AutoModelForSequenceClassification.from_pretrained(broken, num_labels=3).save_pretrained(broken)
    model = load_classifier(broken, LABELS)
    assert model.classifier.out_features == 2
    assert capsys.readouterr().out == (
        "this encoder came with a head for other labels: a fresh one for 2 takes its place\n"
    )


@pytest.fixture
def model(tiny_encoder, tmp_path) -> Path:
    """A trained model's folder as notebook 03 leaves it."""
    load_classifier(tiny_encoder, LABELS).save_pretrained(tmp_path / "model")
    load_tokenizer(tiny_encoder, "raw", 32).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "model.safetensors"])
def test_a_model_without_one_of_its_files_is_refused(model, name):
    assert check_model(model, LABELS) == model
    (model / name).unlink()
    message = sentence(check_model, model, LABELS)
    assert message == f"model/{name} is not there yet: run 03_training.ipynb with the same run_name first"


def test_a_truncated_model_is_refused(model):
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "model.safetensors is damaged (" in sentence(check_model, model, LABELS)


def test_a_model_with_other_labels_is_refused(model):
    for labels in (["low", "middle", "high"], ["high", "low"]):
        message = sentence(check_model, model, labels)
        assert f"answers with low, high, its dataset has {', '.join(labels)}: run 03_training.ipynb again" in message


def test_a_string_for_a_list_is_refused():
    assert "label_order is 'low': give a value of type list" in sentence(
        coerce, "label_order", "low", {"label_order": LABELS}
    )
