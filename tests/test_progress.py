"""Progress passes everything through and leaves a log that anybody can follow."""

from pathlib import Path

from conftest import notebook_functions

progress = notebook_functions("03").progress


def test_everything_comes_through_in_order(tmp_path):
    assert list(progress(["c", "a", "b", "a"], "letters", tmp_path / "log")) == ["c", "a", "b", "a"]
    assert list(progress([], "nothing", tmp_path / "log")) == []


def test_items_come_one_by_one_and_not_ahead_of_time(tmp_path):
    taken = []

    class Loader:
        def __len__(self):
            return 3

        def __iter__(self):
            for number in range(3):
                taken.append(number)
                yield number

    bar = progress(Loader(), "lazy", tmp_path / "log")
    assert next(bar) == 0
    assert taken == [0]
    assert list(bar) == [1, 2]


def lines_of(log: Path) -> list[str]:
    """The bars' states, one after the other: each begins with a carriage return, as on a terminal."""
    return [line.strip() for line in log.read_text(encoding="utf-8").replace("\r", "\n").splitlines() if line.strip()]


def test_log_holds_every_state_with_name_and_count(tmp_path):
    list(progress([1, 2, 3, 4], "epoch 1", tmp_path / "log"))
    assert "\x1b" not in (tmp_path / "log").read_text(encoding="utf-8")
    lines = lines_of(tmp_path / "log")
    assert all(line.startswith("epoch 1:") for line in lines)
    assert "0/4" in lines[0]
    assert "4/4" in lines[-1]
    assert "step/s" in lines[-1]


def test_batches_are_counted_in_tweets(tmp_path):
    batches = [{"labels": [0] * 3}, {"labels": [1] * 3}, {"labels": [2]}]
    assert list(progress(batches, "training", tmp_path / "log", tweets=7)) == batches
    last = lines_of(tmp_path / "log")[-1]
    assert "7/7" in last
    assert "100%" in last
    assert "tweet/s" in last


def test_nested_bars_write_whole_states_of_both(tmp_path):
    for _ in progress(range(2), "epochs", tmp_path / "log"):
        assert list(progress(range(3), "batches", tmp_path / "log")) == [0, 1, 2]
    lines = lines_of(tmp_path / "log")
    assert {line.split(":")[0] for line in lines} == {"epochs", "batches"}
    assert all(line.count("%|") == 1 for line in lines)
    assert sum("3/3" in line for line in lines) == 2
    assert "2/2" in [line for line in lines if line.startswith("epochs")][-1]


def test_log_is_appended_to_and_standard_output_stays_clean(tmp_path, capfd):
    (tmp_path / "log").write_text("before\n")
    list(progress([1], "one", tmp_path / "log"))
    assert [line.split(":")[0] for line in lines_of(tmp_path / "log")][:2] == ["before", "one"]
    assert capfd.readouterr() == ("", "")


def test_slow_items_are_seen_while_they_run(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    seen = []
    for _ in progress(range(4), "slow", tmp_path / "log"):
        seen.append(lines_of(tmp_path / "log")[-1])
        now[0] += 5
    assert [line.split("|")[2].split("[")[0].strip() for line in seen] == ["0/4", "1/4", "2/4", "3/4"]
    assert "00:05<00:15" in seen[1]


def test_with_somebody_there_the_bar_is_a_widget_and_the_log_stays_empty(tmp_path, monkeypatch):
    bars = []

    class Widget(progress.__globals__["tqdm"]):
        def __init__(self, **options):
            super().__init__(**options, disable=True)
            bars.append(options)

    monkeypatch.setitem(progress.__globals__, "somebody_is_there", lambda: True)
    monkeypatch.setitem(progress.__globals__, "tqdm_notebook", Widget)
    assert list(progress([1, 2], "epoch", tmp_path / "log")) == [1, 2]
    assert bars[0]["desc"] == "epoch"
    assert bars[0]["total"] == 2
    assert (tmp_path / "log").read_text() == ""
