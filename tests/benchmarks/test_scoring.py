"""`scoring.py` and `scoring_memory.py`: what is compared, and that no row is left out."""

import scoring
import scoring_memory
from pyarrow import parquet

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.model.classifier import load_classifier


def test_engines_are_compared_on_the_same_texts(tiny_encoder, label_order, tmp_path, capsys):
    load_classifier(tiny_encoder, label_order).save_pretrained(tmp_path)
    load_tokenizer(tiny_encoder, "raw", 24).save_pretrained(tmp_path)
    texts = ["sad queue", "best heroes of the shop"] * 4
    engines = scoring.open_engines(tmp_path, "cpu")
    assert {"pipeline, default", "pipeline, batch 32", "ours, fp32"} <= set(engines)
    assert "int8 is left out" in capsys.readouterr().out  # nothing was exported
    rates = scoring.measure_rates(engines, texts, rounds=2)
    assert set(rates) == set(engines) and min(rates.values()) > 0
    assert capsys.readouterr().out.count("round 2") == len(engines)
    latency = scoring.measure_latency(engines["ours, fp32"], texts)
    assert 0 < latency["median"] <= latency["p95"]
    assert scoring.measure_opening(tmp_path, "cpu", times=1) > 0


def test_operations_grow_with_tokens_and_leave_padding_out(tiny_encoder, label_order, tmp_path):
    load_classifier(tiny_encoder, label_order).save_pretrained(tmp_path)
    load_tokenizer(tiny_encoder, "raw", 24).save_pretrained(tmp_path)
    count = scoring.floating_point_operations
    short = count(tmp_path, "cpu", ["sad"])
    assert count(tmp_path, "cpu", ["sad", "sad"]) == 2 * short
    assert count(tmp_path, "cpu", ["sad", "sad queue in the shop"]) > 2 * short


def test_rows_are_the_same_each_time_and_all_are_scored(tmp_path):
    chunk = scoring_memory.make_chunk(100, 5)
    assert chunk["id"].to_pylist() == [100, 101, 102, 103, 104]
    assert chunk.equals(scoring_memory.make_chunk(100, 5))
    for ending in ("csv", "parquet"):
        path = tmp_path / f"rows.{ending}"
        scoring_memory.write_rows(path, 1_000)
        report = tmp_path / f"{ending}.json"
        scoring_memory.score_rows(path, tmp_path / f"out-{ending}", report)
        found = scoring_memory.load_json(report)
        assert found["rows"] == found["answered"] == 1_000
        assert found["curve"][-1][0] == 1_000
        (part,) = (tmp_path / f"out-{ending}" / "parts").glob("*.parquet")
        assert parquet.read_metadata(part).num_rows == 1_000
