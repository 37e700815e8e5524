"""The report of a run: true of any data, whole without any other file, and never in the way."""

import base64
import json
import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from reported_runs import make_run

from tweetsent_utils.checksums import write_recorded
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import cli, driver
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.report import write_report

VOID = {"meta", "img", "br", "link", "hr", "input", "wbr"}
INLINE = {"a", "b", "code", "small"}
PNG = base64.b64encode(b"\x89PNG not really").decode()


class Page(HTMLParser):
    """What a report holds: its text, its tags, and whether they are closed in order."""

    def __init__(self, path):
        super().__init__()
        self.open, self.tags, self.words, self.faults = [], [], [], []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        self.words += [] if tag in INLINE else [" "]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)
        self.words += [] if tag in INLINE else [" "]

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def change(file, **values):
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | values))


def write_notebook(folder, name, *cells):
    notebook = nbformat.v4.new_notebook()
    for tag, outputs in cells:
        cell = nbformat.v4.new_code_cell("x", metadata={"tags": [tag]})
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        notebook.cells.append(cell)
    nbformat.write(notebook, folder / name)


def shown(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def report(folder):
    page = Page(write_report(folder))
    assert page.faults == [] and page.open == []
    for fault in ("None", "nan", "Undefined", " ,", " .", "..", ",.", "{{", "1 texts", "1 classes"):
        at = page.text.find(fault)
        assert at < 0, page.text[max(at - 80, 0) : at + 80]
    assert not re.findall(r".{40}[a-z%][.;:][A-Z].{9}", page.text)
    return page


def test_a_report_says_what_the_files_of_its_run_say(tmp_path):
    page = report(make_run(tmp_path / "mine"))
    assert page.all("html") == [{"lang": "en"}]
    text = page.text
    assert "Of 40 test texts" in text and "gives 30 texts the label" in text and "75.0%" in text
    assert "between 59.8% and 85.8%" in text  # Wilson's interval of 30 of 40
    assert "0.598 to 0.858 0.500 to 0.900" in text
    assert "always giving the commonest label would be right for 30.0%" in text
    assert "ahead of both, but with 40 test texts that may be luck" in text
    assert "messages.csv has 112 texts. " in text
    assert "60 texts to learn from, 12 texts to watch" in text and "40 texts for the final" in text
    assert "set aside from it" in text  # no test file
    assert "saw the 60 training texts 2 times, in 8 steps" in text
    assert "2 minutes on the processor (CPU), 33 texts a second" in text
    assert "The commonest mistakes: 5 texts labelled low were answered high" in text
    assert "worse than on average on texts no link" in text
    assert "no sign of a lexicon" in text
    assert "message Z80" not in text and "Zilog Z80 (1 core, 2 GiB" in text
    assert 'classify(table["message"].tolist()' in text
    assert "--run again" in text


def test_a_report_asks_nothing_of_any_other_host_or_file(tmp_path):
    folder = make_run(tmp_path / "mine")
    image = shown({"image/png": PNG}, **{"image/png": {"alt": 'a "bar" <b>', "width": 750}})
    write_notebook(folder, "01_x.ipynb", ("report-class-shares", [image]))
    page = report(folder)
    (figure,) = page.all("img")
    assert figure["src"] == f"data:image/png;base64,{PNG}"
    assert figure["alt"] == 'a "bar" <b>'
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object")]
    assert not re.search(r"url\(|@import", page.html)
    targets = [attrs["href"] for attrs in page.all("a")]
    inside = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    for target in targets:
        assert target[1:] in inside if target.startswith("#") else (folder / target).exists()


def test_what_tagged_cells_show_is_in_its_place_and_what_is_missing_left_out(tmp_path):
    folder = make_run(tmp_path / "mine")
    assert "What to look at" not in report(folder).text
    table = (
        "<style scoped>\n td {color: red}</style><table><tr><td>&lt;my text&gt;</td></tr></table>"
    )
    caption = shown({"text/html": '<div class="caption">Look at the grey bars.</div>'})
    image = shown({"image/png": [PNG[:4], "\n", PNG[4:]]})
    printed = {"output_type": "stream", "name": "stdout", "text": ["2 of <b> repeat\n"]}
    warning = {"output_type": "stream", "name": "stderr", "text": "a warning\n"}
    source = shown({"text/markdown": "```python\n```", "text/plain": "<Markdown>"})
    write_notebook(
        folder,
        "01_x.ipynb",
        ("report-lengths", [image, caption]),
        ("report-repeats", [printed, warning, source]),
    )
    write_notebook(folder, "04_y.ipynb", ("report-mistakes", [shown({"text/html": table})]))
    write_notebook(folder, "05_z.partial.ipynb", ("report-audit", [caption]))
    (folder / "06_damaged.ipynb").write_text("{")
    page = report(folder)
    assert "What to look at" in page.text
    assert page.text.index("Its surest mistakes") < page.text.index("<my text>")
    assert page.text.count("Look at the grey bars.") == 1
    assert "2 of <b> repeat" in page.text
    assert "a warning" not in page.text and "<Markdown>" not in page.text
    assert "color: red" not in page.html
    assert page.all("img")[0]["alt"] == "Figure: lengths"


def test_all_that_comes_from_somebodys_file_is_escaped(tmp_path):
    bad = '<script>alert("x")</script>'
    folder = make_run(
        tmp_path / "mine",
        labels=(bad, "b & c", "'"),
        train_file=f"/data/{bad.replace('/', '')}.csv",
        text_column=bad,
        label_column='a"b',
    )
    change(
        folder / "audit.json",
        audit={"verdict": bad, "agreement": 0.1, "baseline": 0.2} | {"rows": 9},
    )
    page = report(folder)
    assert "script" not in [tag for tag, _ in page.tags]
    assert bad in page.text and "b & c" in page.text
    assert 'table["\\u003cscript\\u003e' in page.text  # still Python
    assert r'table["a\"b"] =' in page.text


@pytest.mark.parametrize("ordered", [True, False])
def test_forty_classes_with_and_without_an_order(tmp_path, ordered):
    labels = [f"grade {number}" for number in range(40)]
    folder = make_run(tmp_path / "mine", labels, rows=(120, 40, 80), ordered=ordered, days=True)
    text = report(folder).text
    assert "All 40 classes are equally common in training: 2.5% each" in text
    assert ("one class off" in text) is ordered
    assert ("They have no order" in text) is not ordered
    assert "from 2026-01-01 to 2026-01-28" in text
    assert "can hardly learn grade 0, grade 1, grade 2, grade 3, grade 4 and 35 more" in text


def test_rows_that_the_file_has_and_those_that_max_train_rows_left_out(tmp_path):
    folder = make_run(tmp_path / "mine", rows=(60, 12, 40), max_train_rows=60)
    assert "messages.csv has 112 texts. " in report(folder).text  # all of them were used
    change(folder / "audit.json", rows={"train": 300, "test": 40})
    text = report(folder).text
    assert "messages.csv has 340 texts; of those that were left for training, 60 were drawn" in text
    tested = make_run(tmp_path / "tested", max_train_rows=60, test_file="test.csv")
    change(tested / "audit.json", rows={"train": 72, "test": 40})
    assert "messages.csv has 72 texts. " in report(tested).text
    (tested / "audit.json").unlink()
    assert "messages.csv has" not in report(tested).text


@pytest.mark.parametrize(
    ("rows", "accuracy", "words", "said"),
    [
        (400, 0.75, 0.6, "better than both by more than luck would explain"),
        (400, 0.65, 0.6, "ahead of both, but with 400 test texts that may be luck"),
        (60, 0.95, 0.6, "ahead of both, but with 60 test texts that may be luck"),
        (400, 0.5, 0.6, "does no better than the word counts"),
        (30, 1, 1.0, "words suffice for texts like these: the encoder is as good, but slower"),
        (30, 0.9, 1.0, "words suffice for texts like these: you don't need the encoder"),
    ],
)
def test_a_lead_over_the_word_counts_is_clear_on_many_texts_only(
    tmp_path, rows, accuracy, words, said
):
    folder = make_run(tmp_path / "mine", rows=(60, 12, rows), accuracy=accuracy)
    metrics = json.loads((folder / "metrics.json").read_text())
    baselines = {"majority": {"accuracy": 0.3, "macro_f1": 0.1}}
    baselines["bag_of_words"] = {"accuracy": words - 0.2, "macro_f1": words}
    baselines["ordinal_bag_of_words"] = {"accuracy": words, "macro_f1": words}
    (folder / "metrics.json").write_text(json.dumps(metrics | {"baselines": baselines}))
    assert said in report(folder).text


def test_a_perfect_run_has_an_honest_interval_and_no_bad_advice(tmp_path):
    folder = make_run(tmp_path / "mine", rows=(60, 12, 30), accuracy=1)
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["validation"] |= {"accuracy": 1.0, "macro_f1": 1.0}
    metrics["intervals"] = {name: {"low": 1.0, "high": 1.0} for name in ("accuracy", "macro_f1")}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    text = report(folder).text
    assert "between 88.6% and 100%" in text and "100% and 100%" not in text
    assert "1.000 to 1.000" not in text and "it can't be told" in text
    assert "Train longer" not in text and "longer training might still help" not in text
    assert "What to try next" not in text and "may be wrong" not in text
    assert "What to look at" not in text


@pytest.mark.parametrize(
    ("suspects", "said"),
    [(1, "For one validation or test text"), (3, "For 3 validation or test texts")],
)
def test_suspect_labels_are_counted_and_advice_names_what_there_is(tmp_path, suspects, said):
    folder = make_run(tmp_path / "mine", accuracy=1)
    nothing = [shown({"text/html": "<div></div>"})]
    write_notebook(folder, "04c_y.ipynb", ("report-suspects", nothing))
    assert "may be wrong" not in report(folder).text
    with open(folder / "suspects.csv", "a") as file:
        file.write("7,test,low,high,0.9\n" * suspects)
    text = report(folder).text
    assert said in text
    assert f"Read the suspect label{'s' if suspects > 1 else ''}, correct" in text
    assert "surest mistakes" not in text


def write_comparison(folder, *runs):
    names = ("run", "train_file", "test_file", "rows", "validation_accuracy", "test_accuracy")
    pd.DataFrame(runs, columns=names).to_csv(folder / "compare.csv", index=False)


def test_other_runs_of_the_same_task_are_listed_and_no_others(tmp_path):
    folder = make_run(tmp_path / "mine")
    mine = ("mine", "messages.csv", "", 12, 0.8, 0.75)
    other = ("reference/other", "tweets.csv", "test.csv", 5000, 0.89, 0.878)
    write_comparison(folder, mine, other)
    assert "Next to other runs" not in report(folder).text
    write_comparison(folder, mine, other, ("hotter", "messages.csv", "", 12, 0.9, None))
    text = report(folder).text
    assert "mine 0.800 0.750 hotter 0.900 –" in text
    assert "reference/other" not in text


def test_scores_that_were_edited_are_not_reported(tmp_path):
    folder = make_run(tmp_path / "mine")
    history = folder / "history.csv"
    content = history.read_text()
    write_recorded(history, lambda file: file.write_text(content))
    report(folder)
    history.write_text(content.replace("1.2", "0.2"))
    with pytest.raises(TweetsentError, match="history.csv is damaged or was edited"):
        write_report(folder)


def test_one_or_two_of_something_are_not_counted_like_many(tmp_path):
    text = report(make_run(tmp_path / "mine")).text
    assert "choose between 2 classes" in text
    assert "Both classes are equally common in training: 50.0% each" in text
    text = report(make_run(tmp_path / "odd", rows=(65, 12, 40))).text
    assert "low is the label of 50.8% of the training texts, high of 49.2%" in text


def test_two_classes_have_no_distances_even_in_an_order(tmp_path):
    text = report(make_run(tmp_path / "mine", ordered=True)).text
    assert "one class off" not in text and "order" not in text.partition("What was made")[0]


@pytest.mark.parametrize(("accuracy", "answer"), [(1, "gives it the label"), (0, "another label")])
def test_one_test_text_is_no_score(tmp_path, accuracy, answer):
    folder = make_run(tmp_path / "mine", rows=(2, 1, 1), accuracy=accuracy)
    change(folder / "metrics.json", slices={}, intervals={})
    text = report(folder).text
    assert answer in text
    assert "says next to nothing" in text
    assert "1 text to watch" in text and "1 text for the final score" in text
    assert "Where is it weak?" not in text


def test_a_model_that_is_never_sure_and_one_that_is_never_wrong(tmp_path):
    folder = make_run(tmp_path / "mine")
    write_notebook(folder, "04_y.ipynb", ("report-mistakes", [shown({"text/html": "<i>none</i>"})]))
    assert "Its surest mistakes" in report(folder).text
    table = pd.read_csv(folder / "predictions.csv").assign(confidence=0.4)
    table.to_csv(folder / "predictions.csv", index=False)
    assert "below 50% for every test text" in report(folder).text
    table.assign(confidence=0.75).to_csv(folder / "predictions.csv", index=False)
    text = report(folder).text
    assert "no answer has a probability of 90% or more" in text
    assert (
        "its probability is 75.0% on average, and 75.0% of the answers are right: it is about"
        in text
    )
    flawless = make_run(tmp_path / "flawless", accuracy=1)
    write_notebook(flawless, "04_y.ipynb", ("report-mistakes", [shown({"text/html": "<i>x</i>"})]))
    assert "Its surest mistakes" not in report(flawless).text


def test_what_to_try_next_fits_the_run(tmp_path):
    folder = make_run(tmp_path / "mine", rows=(60, 12, 12))
    change(folder / "dataset" / "meta.json", share_cut=0.25)
    text = report(folder).text
    assert "Label more texts of high: it is the hardest class" in text
    assert "60 texts were seen 2 times" in text and "Set num_epochs to 4" in text
    assert "raise max_length, which is 128 now" in text
    assert "with 12 test texts" in text
    history = pd.read_csv(folder / "history.csv")
    history.loc[7, "validation_loss"] = 2.0
    history.to_csv(folder / "history.csv", index=False)
    text = report(folder).text
    assert "Set num_epochs" not in text and "lowest at step 4 of 8" in text


def test_a_test_without_a_mistake_and_a_class_that_training_lacks(tmp_path):
    folder = make_run(tmp_path / "mine", ("a", "b", "c"), rows=(2, 4, 6), accuracy=1)
    text = report(folder).text
    assert "There is no mistake among the answers" in text
    assert "No training text has the label c" in text
    assert "6 test texts are few" in text
    assert "The hardest class" not in text


def test_a_run_without_a_test_score_reports_what_it_has(tmp_path):
    folder = make_run(tmp_path / "mine")
    for name in ("predictions.csv", "audit.json", "timings.json", "environment.json"):
        (folder / name).unlink()
    metrics = json.loads((folder / "metrics.json").read_text())
    kept = {name: metrics[name] for name in ("validation", "training")}
    (folder / "metrics.json").write_text(json.dumps(kept))
    text = report(folder).text
    assert "have not been scored" in text
    assert "How sure" not in text and "Who made the labels" not in text


def test_a_run_whose_dataset_is_gone_is_reported_from_its_scores(tmp_path):
    import shutil

    folder = make_run(tmp_path / "mine")
    shutil.rmtree(folder / "dataset")
    text = report(folder).text
    assert "Of 40 test texts" in text
    assert "How long the texts are" not in text


@pytest.mark.parametrize(
    ("verdict", "agreement", "words"),
    [
        ("labels look lexicon-made: 99% agreement, in steps", 0.99, "the list gives them at once"),
        ("labels look partly lexicon-made: 70% agreement", 0.7, "explains a part"),
        ("a lexicon's labels cannot be told from a reader's: 100%", 1.0, "It can't be told"),
        ("9 labels are too few to audit, since 0 of their classes", None, "too few to tell"),
    ],
)
def test_each_verdict_on_the_labels_has_its_sentence(tmp_path, verdict, agreement, words):
    folder = make_run(tmp_path / "mine")
    audit = {"verdict": verdict, "agreement": agreement, "baseline": agreement, "rows": 9}
    change(folder / "audit.json", audit=audit)
    assert words in report(folder).text


def test_no_report_speaks_of_the_sample_unless_it_is_of_the_sample(tmp_path):
    text = report(make_run(tmp_path / "mine")).text.casefold().replace("tweetsent_utils", "")
    for word in ("the sample", "kaggle", "covid", "corona", "lockdown", "original", "tweet"):
        assert word not in text, word


# --- when it is written ---


@pytest.fixture
def trained(small_notebooks, executed, outputs):
    """The folder of a run that the driver takes for finished."""
    return make_run(outputs / "quick", train_file=default_parameters()["train_file"])


def test_a_run_that_has_trained_ends_with_its_report(trained):
    driver.leave_report(trained)
    assert (trained / "report.html").exists()


def test_a_report_is_written_once_and_goes_when_its_run_begins_again(
    trained, small_notebooks, monkeypatch
):
    def fail(*_):
        raise TweetsentError("it failed")

    def run_now():
        driver.run_pipeline(default_parameters())
        return (trained / "report.html").stat().st_mtime_ns

    first = run_now()
    assert run_now() == first
    small_notebooks.write_second("'changed'")
    assert run_now() > first
    small_notebooks.write_second("'changed again'")
    monkeypatch.setattr(driver, "execute", fail)
    with pytest.raises(TweetsentError, match="it failed"):
        run_now()
    assert not (trained / "report.html").exists()


def test_the_summary_of_a_run_names_its_report_if_there_is_one(trained):
    assert "report.html" not in cli.summary(trained)
    driver.leave_report(trained)
    assert cli.summary(trained).splitlines()[0].split() == ["report", str(trained / "report.html")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("predictions.csv", "label\n1\n"),
        ("predictions.csv", "\0\xff"),
        ("metrics.json", "{half"),
        ("metrics.json", '{"test": {"accuracy": 0.75, "rows": 1234}, "validation": {}}'),
        ("metrics.json", "{}"),
        ("audit.json", '{"audit": []}'),
        ("dataset/meta.json", '{"label_order": 7}'),
        ("dataset/test.parquet", "PAR1"),
        ("history.csv", ""),
        ("params.yaml", "a: [b"),
    ],
)
def test_a_report_that_fails_does_not_spoil_the_run(trained, name, content, capsys):
    (trained / name).write_text(content)
    driver.leave_report(trained)
    error = capsys.readouterr().err
    assert error.startswith("the run is finished, but has no new report: ")
    assert len(error.splitlines()) == 1
    assert not (trained / "report.html").exists()


def test_a_run_that_has_not_trained_gets_no_report_and_no_complaint(tmp_path, capsys):
    driver.leave_report(tmp_path)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(TweetsentError, match="holds no run that has trained.*--run NAME"):
        write_report(tmp_path)


def test_the_command_writes_the_report_of_a_finished_run_again(trained, capsys):
    assert cli.main(["report"]) == 0
    assert capsys.readouterr().out.strip() == str(trained / "report.html")
    assert Page(trained / "report.html").text.startswith("Run quick")
    assert cli.main(["report", "--run", "elsewhere"]) == 1
    assert "holds no run that has trained" in capsys.readouterr().err
