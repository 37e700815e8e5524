"""The examples in docs/library.md run as they are shown."""

import re

import pytest

from tweetsent_utils.paths import PROJECT_ROOT

TEXTS = {
    "praise": "thank you, the parcel came early",
    "question": "when do you open on day",
    "complaint": "the parcel is late and broken",
}


@pytest.mark.slow
def test_the_examples_of_the_library_page_run(tmp_path, monkeypatch, capsys):
    page = (PROJECT_ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    road, answers, ensemble = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    rows = [f"{text} {number},{label}" for number in range(10) for label, text in TEXTS.items()]
    rows = [row.replace(", the", " the") for row in rows]
    (tmp_path / "mine.csv").write_text("\n".join(["text,label", *rows]))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(road, names)
    assert names["names"] == ["complaint", "praise", "question"]
    assert "'accuracy'" in capsys.readouterr().out

    for seed in range(5):  # as five runs leave them
        folder = tmp_path / "outputs" / f"quick-seed-{seed}" / "model"
        names["model"].save_pretrained(folder)
        names["tokenizer"].save_pretrained(folder)
    exec(answers, names)
    assert names["scored"]["label"].notna().tolist() == [True, True, False]
    exec(ensemble, names)
    assert names["probabilities"].shape == (1, 3)
