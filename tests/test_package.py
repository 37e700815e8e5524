"""The package stays thin, alive, light to start and safe: nothing in the repository runs what it reads."""

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings
from vulture import Vulture

from tweetsent_utils.encoder import load_classifier, load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT
from tweetsent_utils.parameters import notebooks

PACKAGE = PROJECT_ROOT / "tweetsent_utils"
TRACKED = [
    PROJECT_ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT_ROOT, capture_output=True, text=True
    ).stdout.splitlines()
]
CODE = [path for path in [*PROJECT_ROOT.rglob("*.py"), *notebooks()] if ".venv" not in path.parts]


def code_of(path: Path) -> str:
    """A Python file's code, or that of a notebook's cells."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(code_of(path))) if isinstance(node, ast.Call)]


def test_the_package_has_at_most_1200_lines():
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.glob("*.py")) <= 1200


def test_the_package_holds_nothing_that_neither_it_nor_a_notebook_nor_a_command_uses(tmp_path):
    for path in notebooks():
        (tmp_path / f"{path.stem}.py").write_text(code_of(path), encoding="utf-8")
    commands = [
        PROJECT_ROOT / "outputs" / "reference",
        PROJECT_ROOT / "notebooks",
        PROJECT_ROOT / "tests" / "benchmarks",
    ]
    found = Vulture(ignore_names=["cls"])
    found.scavenge([str(path) for path in (PACKAGE, tmp_path, *commands)])
    dead = [item for item in found.get_unused_code(min_confidence=60) if PACKAGE in Path(item.filename).parents]
    assert [item.get_report() for item in dead] == []


def test_the_command_line_starts_without_torch_and_without_a_notebooks_libraries():
    heavy = ("torch", "transformers", "matplotlib", "sklearn", "pandas")
    code = f"import sys, tweetsent_utils.__main__; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


UNSAFE = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "importlib.import_module"}
UNSAFE_METHODS = {"read_pickle", "to_pickle", "unsafe_load"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


@pytest.mark.parametrize(
    "path", [path for path in CODE if "tests" not in path.parts], ids=lambda path: str(path.relative_to(PROJECT_ROOT))
)
def test_nothing_runs_what_it_reads(path):
    for call in calls(path):
        name = ast.unparse(call.func)
        assert name not in UNSAFE and name.split(".")[-1] not in UNSAFE_METHODS
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert "shell" not in options
        assert options.get("trust_remote_code", "False") == "False"
        if name == "torch.load":
            assert options.get("weights_only") == "True"
        if name.startswith("yaml.") and "load" in name:
            assert name == "yaml.safe_load"
    imported = re.findall(r"^\s*(?:from|import) (\w+)", code_of(path), re.M)
    assert not UNSAFE_MODULES & set(imported)


def test_an_encoder_that_brings_code_is_refused_and_its_code_does_not_run(tiny_encoder, tmp_path):
    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "evil"))
    config = json.loads((folder / "config.json").read_text())
    auto_map = {"AutoModelForSequenceClassification": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "evil", "auto_map": auto_map}))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    with pytest.raises(TweetsentError, match="cannot be loaded"):
        load_classifier(folder, ["low", "high"])
    load_tokenizer(folder, "raw", 16)  # reads tokenizer.json, and needs no code
    assert not (tmp_path / "ran").exists()


def test_every_requirement_is_pinned():
    lines = (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line and not line.startswith("#")]
    assert requirements.pop() == "-e ."
    assert [line for line in requirements if not re.fullmatch(r"[\w.-]+==\d[\w.]*", line)] == []


def test_no_secret_lies_in_what_is_tracked():
    known = re.compile(r"[0-9a-f]{64}|[0-9a-f]{16}")  # published SHA-256 sums, and the notebooks' fingerprints
    with transient_settings({"plugins_used": PLUGINS}):
        secrets = SecretsCollection()
        for path in TRACKED:
            if path.is_file() and path.suffix not in (".png", ".csv"):
                secrets.scan_file(str(path))
    found = [secret for _, secret in secrets if not known.fullmatch(secret.secret_value or "")]
    assert [f"{secret.filename}:{secret.line_number} {secret.type}" for secret in found] == []


def test_the_secret_scan_finds_a_planted_token(tmp_path):
    (tmp_path / "planted.txt").write_text("token = '" + "gh" + "p_" + "a1B2" * 9 + "'\n")
    with transient_settings({"plugins_used": PLUGINS}):
        secrets = SecretsCollection()
        secrets.scan_file(str(tmp_path / "planted.txt"))
    assert [secret.type for _, secret in secrets] == ["GitHub Token"]


PLUGINS = [
    {"name": name}
    for name in (
        "AWSKeyDetector",
        "AzureStorageKeyDetector",
        "BasicAuthDetector",
        "GitHubTokenDetector",
        "GitLabTokenDetector",
        "JwtTokenDetector",
        "OpenAIDetector",
        "PrivateKeyDetector",
        "PypiTokenDetector",
        "SlackDetector",
        "KeywordDetector",
    )
]
