"""The card of a model says what is true of it, in words and for programs, and no path of ours."""

import json
import re

import pytest
import yaml
from huggingface_hub import ModelCard
from reported_runs import make_run
from tiny import LABEL_ORDER

from tweetsent_utils.checksums import verify_folder, write_sealed_folder
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import cli, driver, publishing
from tweetsent_utils.pipeline.model_card import make_card, write_model_card

LEXICON = {"verdict": "labels look lexicon-made: 98% agreement, in steps, where a baseline has 70%"}


@pytest.fixture
def run(outputs):
    folder = outputs / "cards"
    make_run(folder, ordered=True, labels=LABEL_ORDER, rows=(60, 15, 40))
    seal_model(folder)
    return folder


def seal_model(folder):
    def write(model):
        for name in ("config.json", "tokenizer.json", "model.safetensors", "dataset.json"):
            (model / name).write_text("{}")

    write_sealed_folder(folder / "model", write)


def test_a_card_names_data_scores_intervals_slices_limits_and_licences(run):
    card = make_card(run)
    for words in ("messages.csv", "75.0%", "95% interval", "no link", "isn't for decisions"):
        assert words in card
    for label in LABEL_ORDER:
        assert f"| {label} | 12 |" in card
    assert "Apache-2.0" in card and "MIT" in card
    assert "More information needed" not in card
    assert "None" not in card.replace("top_k=None", "")
    assert not re.search(r"/(home|root|tmp|work|Users)/", card)
    assert "\n\n\n" not in card


def test_programs_read_the_scores_in_the_model_index(run):
    data = ModelCard(make_card(run)).data
    assert data.pipeline_tag == "text-classification"
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    found = {result.metric_type: result.metric_value for result in data.eval_results}
    assert found["accuracy"] == 0.75 and found["f1"] == 0.7 and "mae" in found
    assert {result.dataset_split for result in data.eval_results} == {"test"}


@pytest.mark.parametrize("audited", [True, False])
def test_the_verdict_on_the_labels_is_in_plain_words(run, audited):
    (run / "audit.json").write_text(json.dumps({"audit": LEXICON} if audited else {}))
    card = make_card(run)
    assert ("These labels imitate a word list" in card) == audited
    assert ("98% agreement" in card) == audited


def test_a_sweep_that_never_saw_the_test_texts_has_its_validation_scores(run):
    metrics = json.loads((run / "metrics.json").read_text())
    left = {name: metrics[name] for name in ("validation", "training")}
    (run / "metrics.json").write_text(json.dumps(left))
    (run / "predictions.csv").unlink()
    card = make_card(run)
    assert "never scored on test texts" in card and "80.0%" in card
    results = ModelCard(card).data.eval_results
    assert {result.dataset_split for result in results} == {"validation"}


def test_names_from_a_file_cannot_break_the_card(outputs):
    labels = ("a|b", "<script>", "---\nlicense: x", "`{{ 7 * 7 }}`", "ok")
    make_run(outputs / "odd", labels=labels, train_file="`|<b>.csv", rows=(50, 10, 20))
    card = make_card(outputs / "odd")
    assert "<script>" not in card and "49" not in re.findall(r"`?4\d`?", card)
    assert yaml.safe_load(card.split("\n---\n")[0].removeprefix("---\n"))["license"] == "apache-2.0"
    table = [line for line in card.splitlines() if line.startswith("| a\\|b")]
    assert len(table) == 1


def test_a_card_next_to_the_model_leaves_its_checksums_valid(run):
    path = write_model_card(run)
    assert path == run / "model" / "README.md"
    verify_folder(run / "model", "03_training")
    write_model_card(run, "me/cards")
    assert 'model="me/cards"' in path.read_text()
    with pytest.raises(TweetsentError, match="no model"):
        write_model_card(run.parent)


def test_a_run_ends_with_a_card_and_a_report_command_writes_it_again(run, capsys):
    card = run / "model" / "README.md"
    driver.leave_report(run)
    assert "75.0%" in card.read_text()
    card.unlink()
    assert cli.main(["report", "--run", "cards"]) == 0
    assert card.exists() and str(card) in capsys.readouterr().out


# --- to a hub, of which there is a stand-in ---


class Hub:
    """What stands for a hub: it notes what it gets, or raises."""

    def __init__(self, error=None):
        self.error = error
        self.made, self.got = [], []

    def __call__(self):
        return self

    def create_repo(self, repo, private, exist_ok):
        self.made.append((repo, private))
        if self.error:
            raise self.error
        return f"https://hub.example/{repo}"

    def upload_folder(self, repo_id, folder_path, allow_patterns, commit_message):
        names = {path.name for form in allow_patterns for path in folder_path.glob(form)}
        self.got.append((repo_id, names))


@pytest.fixture
def hub(monkeypatch, run):
    found = Hub()
    monkeypatch.setattr(publishing, "HfApi", found)
    monkeypatch.setattr(publishing, "load_meta", lambda run: {})
    monkeypatch.setattr(publishing, "find_trained", lambda run, meta: run / "model")
    return found


def test_a_push_makes_a_private_repository_and_uploads_model_and_card(hub, run, capsys):
    assert cli.main(["push", "--run", "cards", "--repo", "me/cards"]) == 0
    assert hub.made == [("me/cards", True)]
    ((repo, names),) = hub.got
    assert repo == "me/cards"
    assert names == {"README.md", "config.json", "model.safetensors", "tokenizer.json"}
    assert "https://hub.example/me/cards" in capsys.readouterr().out
    assert cli.main(["push", "--run", "cards", "--repo", "me/cards", "--public"]) == 0
    assert hub.made[-1] == ("me/cards", False)


def test_a_rehearsal_uploads_nothing_and_names_the_card(hub, run, capsys):
    assert cli.main(["push", "--run", "cards", "--repo", "me/cards", "--dry-run"]) == 0
    assert not hub.made and not hub.got
    assert "README.md" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("repo", "error", "said"),
    [
        ("cards", None, "OWNER/NAME"),
        ("me/cards", publishing.LocalTokenNotFoundError("no token"), "hf auth login"),
        ("me/cards", ConnectionError("no route"), "cannot be uploaded"),
        ("me/cards", publishing.HFValidationError("bad name"), "names no repository"),
    ],
)
def test_what_keeps_a_model_from_the_hub_is_one_sentence(hub, run, capsys, repo, error, said):
    hub.error = error
    assert cli.main(["push", "--run", "cards", "--repo", repo]) == 1
    assert said in capsys.readouterr().err
    assert not hub.got
