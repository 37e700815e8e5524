"""`tweetsent score`: from files and a run to a folder of answers, and what is said on the way."""

import json

import pandas as pd
import pyarrow as pa
import pytest
import torch
from pyarrow import dataset, parquet

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.pipeline import cli, scoring
from tweetsent_utils.scoring.classifier import open_classifier
from tweetsent_utils.scoring.corpus import Progress

TEXTS = ["sad to see empty shelves", "best happy lovely delivery", "the shop opens at nine"]


@pytest.fixture
def run(outputs, tiny_encoder, label_order):
    """A run with a model of random weights."""
    folder = outputs / "tiny"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = load_classifier(tiny_encoder, label_order)
    model.save_pretrained(folder / "model")
    load_tokenizer(tiny_encoder, "words", 24).save_pretrained(folder / "model")
    (folder / "params.yaml").write_text("text_column: tweet\n")
    (folder / "environment.json").write_text(json.dumps({"run_format": 3}))
    return folder


@pytest.fixture
def table() -> pd.DataFrame:
    texts = [f"{TEXTS[row % 3]} {row % 4}" for row in range(30)]
    days = [f"{1 + row % 5:02}-03-2020" for row in range(30)]
    return pd.DataFrame({"tweet_id": range(30), "label": "old", "tweet": texts, "day": days})


@pytest.fixture
def score(run, tmp_path, capsys):
    """A function that runs the command, and returns its exit code and what it printed."""

    def call(*arguments, out="out"):
        code = cli.main(["score", "--out", str(tmp_path / out), *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


def answers(folder) -> pd.DataFrame:
    return dataset.dataset(folder / "parts").to_table().to_pandas()


def test_a_file_becomes_a_folder_of_answers_with_ids_days_and_a_summary(
    run,
    score,
    table,
    tmp_path,
):
    table.loc[4, "tweet"] = ""
    table.to_csv(tmp_path / "in.csv", index=False)
    options = ("--run", "tiny", "--date-column", "day", "--rows-per-shard", 8)
    code, said = score(tmp_path / "in.csv", *options)
    assert code == 0, said
    found = answers(tmp_path / "out")
    assert found["tweet_id"].tolist() == [str(number) for number in range(30)]
    assert found["row"].tolist() == list(range(30))
    expected = open_classifier(run, device="cpu").score(table["tweet"])
    assert found["label"].astype(str).tolist() == expected["label"].astype(str).tolist()
    names = [name for name in expected if name.startswith("p_")]
    pd.testing.assert_frame_equal(found[names], expected[names], atol=1e-5)
    assert found.loc[4, "reason"] == "no text"
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["answered"]) == (30, 29)
    assert summary["unreadable"] == {"no text": 1}
    assert sum(summary["labels"].values()) == 29
    by_day = pd.read_csv(tmp_path / "out" / "by_day.csv", index_col="day")
    assert list(by_day.index) == [f"2020-03-0{day}" for day in range(1, 6)]
    assert by_day.to_numpy().sum() == 29
    assert (tmp_path / "out" / "summary.png").read_bytes().startswith(b"\x89PNG")
    assert "1: no text" in said and "kept next to the answers: tweet_id" in said

    code, said = score(tmp_path / "in.csv", *options)
    assert code == 0 and "30 were there from before" in said


def test_equal_texts_are_read_once_and_the_saving_is_said(score, table, tmp_path):
    table.to_parquet(tmp_path / "in.parquet")
    code, said = score(tmp_path / "in.parquet", "--run", "tiny")
    assert code == 0
    assert f"saved {1 - table['tweet'].nunique() / 30:.1%}" in said


def test_columns_that_have_our_names_are_kept_under_others(score, table, tmp_path):
    table.to_parquet(tmp_path / "in.parquet")
    code, _ = score(tmp_path / "in.parquet", "--run", "tiny", "--keep", "label", "--keep", "tweet")
    found = answers(tmp_path / "out")
    assert code == 0
    assert found["input_label"].unique().tolist() == ["old"]
    assert found["tweet"].tolist() == table["tweet"].tolist()
    assert "tweet_id" not in found


def test_any_model_folder_answers_if_the_column_is_named(run, score, table, tmp_path):
    table.to_json(tmp_path / "in.jsonl", orient="records", lines=True)
    model = run.rename(tmp_path / "elsewhere") / "model"
    code, said = score(tmp_path / "in.jsonl", "--model", model, "--text-column", "tweet")
    assert code == 0, said
    assert len(answers(tmp_path / "out")) == 30


def test_a_file_that_fails_is_named_and_the_others_are_scored(score, table, tmp_path):
    table.to_csv(tmp_path / "a.csv", index=False)
    table.drop(columns="tweet").to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and then nothing")
    code, said = score(
        tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.parquet", "--run", "tiny"
    )
    assert code == 1
    assert len(answers(tmp_path / "out")) == 30
    assert "no column 'tweet'" in said and "c.parquet is damaged" in said
    assert "finished files: 1 of 3" in said


def test_another_model_is_refused_the_same_folder(run, score, table, tmp_path):
    table.to_csv(tmp_path / "in.csv", index=False)
    assert score(tmp_path / "in.csv", "--run", "tiny")[0] == 0
    weights = run / "model" / "config.json"
    weights.write_text(weights.read_text() + "\n")
    code, said = score(tmp_path / "in.csv", "--run", "tiny")
    assert code == 1 and "model " in said and "not mixed" in said
    assert score(tmp_path / "in.csv", "--run", "tiny", out="other")[0] == 0


def test_a_model_that_changes_on_the_way_is_refused(run, score, table, tmp_path, monkeypatch):
    table.to_csv(tmp_path / "in.csv", index=False)

    def change(*_):
        (run / "model" / "config.json").write_text("{}")

    monkeypatch.setattr(scoring, "open_classifier", change)
    code, said = score(tmp_path / "in.csv", "--run", "tiny")
    assert code == 1 and "changed while it was opened" in said
    assert not (tmp_path / "out" / "parts").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in.csv"], "neither --run nor --model"),
        (["in.csv", "--run", "tiny", "--model", "x"], "both --run and --model"),
        (["in.csv", "--run", "nowhere"], "no model yet"),
        (["in.csv", "--model", "nowhere"], "no folder nowhere"),
        (["nothing.csv", "--run", "tiny"], "no file fits nothing.csv"),
        (["in.csv", "--run", "tiny", "--shard", "3/2"], "give i/n"),
        (["in.csv", "--run", "tiny", "--shard", "two"], "give i/n"),
        (["in.csv", "--run", "tiny", "--rows-per-shard", "0"], "give 1 or more"),
        (["in.csv", "--run", "tiny", "--precision", "int8"], "export"),
        (["in.csv", "--run", "tiny", "--keep", "nothing"], "no column 'nothing'"),
        (["in.csv", "--run", "tiny", "--date-column", "when"], "no column 'when'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(score, table, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    table.to_csv("in.csv", index=False)
    code, printed = score(*arguments)
    assert code == 1
    assert said in printed


def test_a_plain_model_needs_the_name_of_the_column(run, score, table, tmp_path):
    table.to_csv(tmp_path / "in.csv", index=False)
    (run / "params.yaml").unlink()
    code, said = score(tmp_path / "in.csv", "--run", "tiny")
    assert code == 1 and "--text-column" in said


def test_progress_names_rows_pace_and_the_time_that_is_left():
    progress = Progress(rows=600, kept=1000, seconds=60, share=0.75, begun=0.5)
    line = scoring.describe_progress(progress)
    assert line == "600 rows and 1,000 from before, 10/s, 75%, 1 min left"


@pytest.mark.parametrize(
    ("name", "is_id"),
    [("id", True), ("tweet_id", True), ("userID", True), ("tweetId", True), ("Covid", False)],
)
def test_columns_that_are_called_like_ids_are_kept(tmp_path, name, is_id):
    table = pa.table({name: [1], "text": ["a"]})
    path = tmp_path / "in.parquet"
    parquet.write_table(table, path)
    assert scoring.find_id_columns([path], "text", "") == ([name] if is_id else [])
