"""The example in docs/library.md runs as it is shown."""

import re

import pytest

from tweetsent_utils.paths import PROJECT_ROOT

TEXTS = {
    "praise": "thank you, the parcel came early",
    "question": "when do you open on day",
    "complaint": "the parcel is late and broken",
}


@pytest.mark.slow
def test_the_example_of_the_library_page_runs(tmp_path, monkeypatch, capsys):
    page = (PROJECT_ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    rows = [f"{text} {number},{label}" for number in range(10) for label, text in TEXTS.items()]
    rows = [row.replace(", the", " the") for row in rows]
    (tmp_path / "mine.csv").write_text("\n".join(["text,label", *rows]))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code, names)
    assert names["names"] == ["complaint", "praise", "question"]
    assert "'accuracy'" in capsys.readouterr().out
