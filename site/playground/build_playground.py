"""Build the playground that runs in a page, without a server: `make site-playground`.

    python site/playground/build_playground.py [--run quick]

It takes the int8 model that `tweetsent export` has made of a run, its tokenizer, the scripts and
styles of this folder, and ONNX Runtime for browsers, which npm fetches and whose checksums are in
`vendor.json`. The folder `outputs/site-playground/` then holds all that a page needs; see README.md
here for how a page takes it in.
"""

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tweetsent_utils.checksums import sha256_of
from tweetsent_utils.data.split_files import load_meta
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.live_html import FOLDER as LOOK
from tweetsent_utils.explore.played_text import PlayedText
from tweetsent_utils.explore.pushes import explain_pushes
from tweetsent_utils.export.onnx_classifier import find_export
from tweetsent_utils.files import load_json, save_json, write_atomically
from tweetsent_utils.paths import outputs_root, short_path
from tweetsent_utils.pipeline.exporting import FOLDER as EXPORT
from tweetsent_utils.pipeline.exporting import RECORD, WEIGHTS, find_model
from tweetsent_utils.pipeline.runs import run_folder
from tweetsent_utils.scoring.classifier import open_classifier
from tweetsent_utils.show.style import class_colors

HERE = Path(__file__).resolve().parent
TARGET = "site-playground"  # below the outputs
SCRIPTS = ("playground.js", "worker.js", "picture.js", "tokenizer.js", "newer.js", "words.js")
STILL = HERE / "still.html"  # in the repository: the picture where nothing was built
VENDOR = "vendor"
KNOWN_PARTS = {"model": "WordPiece", "pre_tokenizer": "BertPreTokenizer"}


def build(run_name: str) -> Path:
    """Build the folder of the playground with the model of a run, and return it.

    Raises `TweetsentError` if the run isn't exported, or has been trained again since, if its
    tokenizer is of a kind that no page can read, and if ONNX Runtime for browsers cannot be had.
    """
    model_folder = find_model(run_name)
    export = run_folder(run_name) / EXPORT
    model = find_export(export, "int8")
    require_current(export, model_folder, run_name)
    require_readable(load_json(export / "tokenizer.json"))
    target = outputs_root() / TARGET
    still = draw_still(run_name, model_folder)

    def write(folder: Path) -> None:
        folder.mkdir()
        fetch_vendored(folder / VENDOR, target / VENDOR)
        for name in (*SCRIPTS, "playground.css"):
            shutil.copyfile(HERE / name, folder / name)
        shutil.copyfile(LOOK / "explore.css", folder / "explore.css")
        shutil.copyfile(model, folder / "model.onnx")
        tokenizer = json.dumps(load_json(export / "tokenizer.json"), separators=(",", ":"))
        (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
        save_json(folder / "model.json", describe(run_name, export, folder))
        write_pages(folder, still)

    write_atomically(target, write)
    return target


def require_current(export: Path, model_folder: Path, run_name: str) -> None:
    """Refuse an export of another model than the run has now."""
    exported = load_json(export / RECORD).get("model_sha256")
    if exported != sha256_of(model_folder / WEIGHTS):
        what = f"{export} was made of another model than the run {run_name} has now"
        raise TweetsentError(f"{what}: tweetsent export --run {run_name} makes it again")


def require_readable(tokenizer: dict[str, Any]) -> None:
    """Refuse a tokenizer that tokenizer.js does not know."""
    for part, known in KNOWN_PARTS.items():
        found = (tokenizer.get(part) or {}).get("type")
        if found != known:
            what = f"the page reads BERT's kind of tokenizer, and this one has the {part} {found}"
            raise TweetsentError(f"{what}: take a run with an encoder such as all-MiniLM-L6-v2")


def describe(run_name: str, export: Path, folder: Path) -> dict[str, Any]:
    """Return what the page has to know of the model, and the sizes and checksums of its files."""
    config = load_json(export / "config.json")
    settings = load_json(export / "tokenizer_config.json")
    tokenizer = load_json(export / "tokenizer.json")
    labels = [config["id2label"][str(rank)] for rank in range(len(config["id2label"]))]
    ordered = bool(load_meta(run_folder(run_name)).get("ordered"))
    kinds = ["Sequence" in part for part in tokenizer["post_processor"]["single"]]
    return {
        "run": run_name,
        "labels": labels,
        "ordered": ordered,
        "colors": class_colors(len(labels), ordered),
        "temperature": config.get("calibration_temperature") or 1.0,
        "max_length": settings["model_max_length"],
        "pad_id": config.get("pad_token_id") or 0,
        "unknown": tokenizer["model"]["unk_token"],
        "special_before": kinds.index(True),
        "special_after": len(kinds) - kinds.index(True) - 1,
        "examples": json.loads((HERE / "examples.json").read_text(encoding="utf-8")),
        "model": describe_file(folder, "model.onnx"),
        "tokenizer": describe_file(folder, "tokenizer.json"),
        "engine": describe_file(folder, f"{VENDOR}/onnxruntime.wasm"),
    }


def describe_file(folder: Path, name: str) -> dict[str, Any]:
    """Return the name, the size and the checksum of a file that a page loads."""
    path = folder / name
    return {"file": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def draw_still(run_name: str, model_folder: Path) -> str:
    """Return the picture of the first example, as HTML: what stands there until a model is loaded.

    It is drawn as in the notebook, by the run's model in PyTorch.
    """
    examples = json.loads((HERE / "examples.json").read_text(encoding="utf-8"))
    reader = open_classifier(model_folder, run_name, device="cpu", precision="fp32")
    ordered = bool(load_meta(run_folder(run_name)).get("ordered"))
    game = PlayedText([reader], ordered, examples[0])
    game.weigh_all()
    legend = explain_pushes(reader.label_order, ordered)
    return f'{game.show_reader(0)}\n<p class="quiet">{legend}</p>'


def write_pages(folder: Path, still: str) -> None:
    """Write the fragment for a page, and a page of its own that holds it."""
    template = (HERE / "fragment.html").read_text(encoding="utf-8")
    fragment = template.replace("{{ still }}", still)
    (folder / "fragment.html").write_text(fragment, encoding="utf-8")
    page = (HERE / "index.html").read_text(encoding="utf-8")
    alone = page.replace("{{ fragment }}", fragment.replace("{{ base }}", "./"))
    (folder / "index.html").write_text(alone, encoding="utf-8")


def fetch_vendored(folder: Path, earlier: Path) -> None:
    """Write ONNX Runtime's files for browsers into a folder, and check what they are.

    Those of an earlier build are taken again; else npm fetches the package.
    """
    vendor = json.loads((HERE / "vendor.json").read_text(encoding="utf-8"))
    folder.mkdir()
    wanted = vendor["files"].values()
    if all(has_sum(earlier / file["name"], file["sha256"]) for file in wanted):
        for file in wanted:
            shutil.copyfile(earlier / file["name"], folder / file["name"])
    else:
        with tempfile.TemporaryDirectory() as scratch:
            package = pack(vendor, Path(scratch))
            unpack(package, vendor["files"], folder)
    (folder / "LICENCE").write_text(describe_vendor(vendor), encoding="utf-8")


def has_sum(path: Path, sha256: str) -> bool:
    """Tell whether a file is there with a checksum."""
    return path.is_file() and sha256_of(path) == sha256


def describe_vendor(vendor: dict[str, Any]) -> str:
    """Return in a line what the vendored files are, and under which licence."""
    return f"{vendor['package']} {vendor['version']}: {vendor['licence']}\n"


def pack(vendor: dict[str, Any], folder: Path) -> Path:
    """Let npm fetch a package, and return its archive if it is the one whose checksum we know."""
    npm = shutil.which("npm")
    if npm is None:
        what = "the playground in a page needs npm once, to fetch ONNX Runtime for browsers"
        raise TweetsentError(f"{what}: install Node.js, which has it")
    name = f"{vendor['package']}@{vendor['version']}"
    done = subprocess.run(
        [npm, "pack", name, "--pack-destination", str(folder)],
        capture_output=True,
        encoding="utf-8",
    )
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise TweetsentError(f"npm could not fetch {name} ({last[:200]}): try again when it can")
    digest = hashlib.sha512(archives[0].read_bytes()).digest()
    found = f"sha512-{base64.b64encode(digest).decode('ascii')}"
    if found != vendor["integrity"]:
        what = f"{name} from npm is not the package whose checksum is in vendor.json"
        raise TweetsentError(f"{what} (it has {found[:20]}...): don't use it, and look into it")
    return archives[0]


def unpack(archive: Path, files: dict[str, dict[str, str]], folder: Path) -> None:
    """Write some files of a package into a folder, under the names that we give them."""
    with tarfile.open(archive) as package:
        for inner, file in files.items():
            content = package.extractfile(f"package/{inner}")
            path = folder / file["name"]
            path.write_bytes(content.read())
            if sha256_of(path) != file["sha256"]:
                what = f"{inner} of {archive.name} has another checksum than in vendor.json"
                raise TweetsentError(f"{what}: don't use it, and look into it")


def summarize(folder: Path) -> str:
    """Return the sizes of what a page loads, as lines."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = [f"{path.stat().st_size / 1e6:8.2f} MB  {path.relative_to(folder)}" for path in files]
    return "\n".join([*sizes, f"built: {short_path(folder)}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Build as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="quick", metavar="NAME", help="a run that is exported")
    parser.add_argument(
        "--still",
        action="store_true",
        help="only draw the picture that the repository holds, site/playground/still.html",
    )
    options = parser.parse_args(arguments)
    try:
        if options.still:
            still = draw_still(options.run, find_model(options.run))
            write_atomically(STILL, lambda file: file.write_text(still + "\n", encoding="utf-8"))
            print(f"written: {short_path(STILL)}")
        else:
            print(summarize(build(options.run)))
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
