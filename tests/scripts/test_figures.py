"""Figures and tables in the pages are those of `outputs/reference/`."""

import json

import figures
import pytest
from result_tables import gpu_table, make_tables, scoring_table, speed_table

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import PROJECT_ROOT

PAGES = {page.relative_to(PROJECT_ROOT).as_posix(): page for page in figures.list_pages()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_todays_figures(name):
    text = PAGES[name].read_text(encoding="utf-8")
    assert text == figures.refresh(text, make_tables()), "run `make figures`"


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("README.md", {"results"}),
        ("docs/results.md", {"all_results", "sweeps"}),
        ("docs/speed.md", {"speed", "gpu", "scoring", "pages"}),
        ("data/README.md", {"agreement"}),
        ("site/index.md", {"results", "three_tweets"}),
    ],
)
def test_pages_with_figures_have_them_generated(name, tables):
    text = PAGES[name].read_text(encoding="utf-8")
    assert figures.SPAN.search(text)
    assert {match["name"] for match in figures.TABLE.finditer(text)} == tables


def test_every_published_run_has_its_row_in_both_tables_of_results():
    tables = make_tables()
    for metrics in figures.REFERENCE.glob("*/metrics.json"):
        for name in ("results", "all_results"):
            rows = [
                line for line in tables[name].splitlines() if f"`{metrics.parent.name}`" in line
            ]
            assert len(rows) == 1
            assert f"{load_json(metrics)['test']['accuracy']:.3f}" in rows[0]


@pytest.fixture
def reference(tmp_path):
    """A folder of published figures with one file."""
    runs = [
        {"cleaning": "raw", "accuracy": 0.5},
        {"cleaning": "words", "accuracy": 0.6},
        {"cleaning": "words", "accuracy": 0.7},
    ]
    source = {"test": {"rows": 2633, "accuracy": 0.87846, "best, of 1.5": 2}, "runs": runs}
    (tmp_path / "sweep.json").write_text(json.dumps(source))
    return tmp_path


@pytest.mark.parametrize(
    ("path", "form", "shown"),
    [
        ("test.accuracy", ".3f", "0.878"),
        ("test.accuracy", ".1%", "87.8%"),
        ("test.accuracy", ".1f points", "87.8"),
        ("test.accuracy", ".4f minutes", "0.0146"),
        ("test.rows", ",", "2,633"),
        ("runs[cleaning=words].accuracy", ".2f", "0.65"),
        ("runs[cleaning=words].accuracy - runs[cleaning=raw].accuracy", ".0f points", "15"),
        ("runs[accuracy=0.7].accuracy", ".1f", "0.7"),
    ],
)
def test_a_figure_is_looked_up_and_formatted(reference, path, form, shown):
    begin = f"it is <!--= sweep.json: {path}: {form} -->"
    text = f"So {begin}old<!--=--> now, and {begin}<!--=-->.\n"
    refreshed = f"So {begin}{shown}<!--=--> now, and {begin}{shown}<!--=-->.\n"
    assert figures.refresh(text, {}, reference) == refreshed
    assert figures.refresh(refreshed, {}, reference) == refreshed


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ("<!--= sweep.json: test.acuracy: .3f -->1<!--=-->", "test.acuracy leads to no number"),
        ("<!--= sweep.json: runs[cleaning=none].accuracy: .3f -->1<!--=-->", "no number"),
        ("<!--= sweep.json: runs[cleaning].accuracy: .3f -->1<!--=-->", "no number"),
        ("<!--= sweep.json: test: .3f -->1<!--=-->", "no number"),
        ("<!--= swept.json: test.accuracy: .3f -->1<!--=-->", "no number in swept.json"),
        ("<!--= sweep.json: test.accuracy: .3x -->1<!--=-->", "'.3x' is no format"),
        ("<!--= sweep.json: test.accuracy: .3f mm -->1<!--=-->", "'.3f mm' is no format"),
        ("<!--= sweep.json: test.accuracy -->1<!--=-->", "is no figure"),
        ("<!--= sweep.json: test.accuracy: .3f -->1", "is no figure"),
        ("<!--= sweep.json: test.accuracy:\n.3f -->1<!--=-->", "is no figure"),
    ],
)
def test_a_figure_without_a_source_is_refused(reference, span, reason):
    with pytest.raises(TweetsentError, match=reason):
        figures.refresh(f"It is {span}.\n", {}, reference)


@pytest.mark.parametrize("start", ["", "> ", "- ", "3. "])
def test_a_figure_that_would_break_its_paragraph_is_refused(reference, start):
    span = "<!--= sweep.json: test.accuracy: .3f -->0.878<!--=-->"
    with pytest.raises(TweetsentError, match="begins a line"):
        figures.refresh(f"The accuracy is\n{start}{span}.\n", {}, reference)


def test_a_table_is_written_between_its_marks():
    begin = "<!-- sizes: written by scripts/publish.py -->"
    end = "<!-- end of sizes -->"
    text = f"Before\n\n{begin}\n\n| old |\n\n{end}\n\nAfter\n"
    refreshed = figures.refresh(text, {"sizes": "| new |"})
    assert refreshed == f"Before\n\n{begin}\n\n| new |\n\n{end}\n\nAfter\n"
    with pytest.raises(TweetsentError, match="no table 'sizes'"):
        figures.refresh(text, {"speed": "| new |"})


def test_only_pages_that_change_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "PROJECT_ROOT", tmp_path)
    begin, end = "<!-- sizes: written by scripts/publish.py -->", "<!-- end of sizes -->"
    (tmp_path / "data").mkdir()
    changing = tmp_path / "data" / "README.md"
    changing.write_text(f"{begin}\n{end}\n")
    other = tmp_path / "README.md"
    other.write_text("No figure\n")
    assert figures.refresh_pages({"sizes": "| 1 |"}) == [changing]
    assert "| 1 |" in changing.read_text()
    assert figures.refresh_pages({"sizes": "| 1 |"}) == []


def test_the_table_of_speeds_says_what_was_not_measured():
    peer = {"title": "ours", "device": "cpu", "seeds": 1, "tweets": 64, "seconds": 9.5}
    finished = peer | {"finished": True, "tweets_per_second": 52.75, "accuracy_mean": 0.8}
    unfinished = peer | {"finished": False}
    lines = speed_table({"summary": [finished, unfinished], "not_measured": ["cuda:0"]})
    _, _, first, second, _, note = lines.split("\n")
    assert first.startswith("| ours | cpu | 52.8 | - | - |")
    assert first.endswith("| 0.800 |")  # one seed has no spread
    assert second.endswith("| unfinished: 64 tweets in 10 s |")
    assert note.startswith("cuda:0: not ")
    assert speed_table({}) == "Not measured yet."


@pytest.fixture
def gpu_figures():
    """What `gpu.py` writes, made up: a finished training, a stopped one, and a part that failed."""
    finished = {
        "title": "ours, recorded",
        "finished": True,
        "tweets_per_second": 18000.4,
        "ratio_to_original": 16.04,
        "ratio_to_best_trainer": 3.26,
        "seconds_of_training": 4.02,
        "setup_seconds": 6.0,
        "seconds_with_setup_and_evaluation": 11.52,
        "share_of_matrix_rate": 0.31,
        "peak_mib": 5120.0,
        "accuracy_mean": 0.5,
    }
    stopped = {
        "title": "the original's loop",
        "finished": False,
        "tweets_per_second": 1122.0,
        "seconds_of_training": 64.45,
        "setup_seconds": 0.0,
    }
    shape = {"rows": 128, "length": 64, "precision": "bf16", "predicted_mib": 2000.0}
    return {
        "dry_run": False,
        "gpu": {"name": "NVIDIA X9", "memory_mib": 81559, "driver": "1.2", "cuda": "13.0"},
        "environment": {"packages": {"torch": "2.11.0", "transformers": "5.17.0"}},
        "rows": {"train": 36157, "validation": 5000},
        "epochs": 2,
        "speed": {
            "distilbert": {
                "title": "DistilBERT's size",
                "weights": "random",
                "summary": [stopped, finished],
            }
        },
        "scoring": {
            "rates": [
                {"precision": "bf16", "batch_size": 64, "tweets_per_second": 9000.0},
                {"precision": "bf16", "batch_size": 512, "tweets_per_second": 30000.0},
            ]
        },
        "profile": {
            "batch_size": 128,
            "loop": {"milliseconds_a_step": 25.0, "kernels_a_step": 1234.0, "gpu_busy": 0.25},
            "recorded": {"milliseconds_a_step": 5.0},  # of which the profiler saw nothing
        },
        "memory": {
            "shapes": [
                shape | {"counted_mib": 2100.0, "peak_mib": 2500.0},
                shape | {"rows": 4096, "out_of_memory": True},
            ]
        },
        "goals": [{"goal": "two epochs", "asked": 10.0, "reached": 4.02, "is_met": True}],
        "tests": {"failed": 1, "passed": 26, "failures": ["tests/gpu/test_x.py::test_y[cuda:0]"]},
        "status": {
            "tests": {"is": "failed", "why": "1 did not pass: test_y", "seconds": 50.0},
            "minilm: ours": {"is": "left out", "why": "9 s were left, and it may need 25 s"},
        },
    }


def test_the_table_of_a_gpu_names_card_versions_and_what_is_missing(gpu_figures):
    table = gpu_table(gpu_figures)
    _, _, stopped, finished, _, *lines = table.split("\n")
    assert "| 1,122 | - | - | 64.5 s, by its rate | - | - |" in stopped
    assert "| 18,000 | 16.0 | 3.3 | 4.0 s | 6.0 s | 11.5 s | 31.0% | 5,120 | 0.500 |" in finished
    text = "\n".join(lines)
    for fact in ("NVIDIA X9", "torch 2.11.0", "36,157 tweets", "30,000 tweets/s in bf16"):
        assert fact in text
    assert "9,000" not in text  # the slower batch
    assert "25.0 ms, 1234 kernels, the GPU busy 25% of the time" in text
    assert "2,000 MiB predicted, 2,100 counted, 2,500 at the peak" in text
    assert "4096 x 64" in text and "ran out" in text
    assert "minilm: ours: left out (9 s were left" in text
    assert "1 failed, 26 passed: y[cuda:0]" in text
    assert all(line.startswith("- ") for line in lines)


def test_a_gpu_that_nobody_has_measured_is_said_to_be_so():
    assert "Not measured yet" in gpu_table({})


def test_a_page_takes_the_figures_of_a_gpu_once_they_are_published(gpu_figures, tmp_path):
    text = PAGES["docs/speed.md"].read_text(encoding="utf-8")
    tables = make_tables() | {"gpu": gpu_table(gpu_figures)}
    refreshed = figures.refresh(text, tables)
    assert "NVIDIA X9" in refreshed
    assert figures.refresh(refreshed, make_tables()) == figures.refresh(text, make_tables())


def test_the_table_of_scoring_has_the_wait_for_one_text_where_it_was_measured():
    engine = {"texts_per_second": 1234.5, "times_the_pipeline": 4.04, "share_of_matrix_rate": 0.5}
    found = {
        "engines": {"pipeline, batch 32": engine, "ours, fp32": engine},
        "milliseconds_of_one_text": {"ours, fp32": {"median": 7.6, "p95": 12.2}},
        "texts": 2000,
        "are_synthetic": False,
        "rounds": 3,
        "threads": 2,
        "seconds_to_open": 0.84,
        "environment": {"cores": 2, "processor": "X9", "packages": {"torch": "2.13.0"}},
    }
    lines = scoring_table(found).splitlines()
    assert lines[2].endswith("| 1,234 | 4.0 | 50% | - | - |")
    assert lines[3].endswith("| 1,234 | 4.0 | 50% | 8 ms | 12 ms |")
    assert "2,000 real tweets" in lines[-1] and "X9" in lines[-1] and "0.8 s" in lines[-1]
    assert "Not measured yet" in scoring_table({})
