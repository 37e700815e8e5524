"""Parameters: a wrong one is refused with its name, before anything runs."""

import pytest

from tweetsent_utils.files import load_yaml
from tweetsent_utils.pipeline.driver import run_pipeline
from tweetsent_utils.pipeline.parameters import check_parameters, gather_parameters
from tweetsent_utils.pipeline.runs import open_run, run_folder

VALUES = {"run_name": "quick", "seed": 0, "max_lr": 0.1, "label_order": ["low", "high"]}
A_RANGE = "give a value between"
TWO_CLASSES = "two or more classes, each once"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("batch_size", "-1", "give a value between 1 and 1,000,000"),
        ("batch_size", str(10**12), A_RANGE),
        ("num_epochs", "0", A_RANGE),
        ("max_length", "2", "give a value between 3 and"),
        ("max_train_rows", "-5", "give a value between 0 and"),
        ("validation_share", "1.5", "give a value between 0.001 and 0.9"),
        ("validation_share", "0", A_RANGE),
        ("max_lr", "0", "give a value between 1e-09 and 1.0"),
        ("max_lr", "nan", A_RANGE),
        ("max_lr", "3e5", A_RANGE),
        ("warmup_ratio", "1", A_RANGE),
        ("weight_decay", "inf", A_RANGE),
        ("seed", "-1", "give a value between 0 and 4,294,967,295"),
        ("seed", str(10**30), A_RANGE),
        ("cleaning", "spotless", "choose one of raw, repaired, words"),
        ("cleaning", False, "choose one of"),
        ("precision", "fp8", "choose one of auto, bf16, fp32"),
        ("label_order", "[low]", TWO_CLASSES),
        ("label_order", "low", TWO_CLASSES),
        ("label_order", "[low, high, Low]", TWO_CLASSES),
        ("text_column", "Sentiment", "both 'Sentiment': name two different ones"),
        ("test_file", "data/sample/Corona_NLP_train.csv", "name two different ones"),
        (
            "bach_size",
            "1",
            "no notebook declares a parameter 'bach_size': did you mean 'batch_size'",
        ),
        ("self", "1", "no notebook declares a parameter 'self'"),
        ("run_name", "../elsewhere", "run_name is '../elsewhere'"),
        ("run_name", "", "run_name is '', which names no folder"),
        ("run_name", "Reference", "run_name is 'Reference', where the published figures are"),
        ("run_name", "a/b", "run_name is 'a/b', which is no plain name"),
        ("run_name", "ends.", "run_name is 'ends.', which is no plain name"),
        ("run_name", "nul", "run_name is 'nul', which Windows keeps for a device"),
        ("run_name", "COM1.x", "run_name is 'COM1.x', which Windows keeps for a device"),
    ],
)
def test_a_value_out_of_its_range_is_refused(refusal, name, value, reason):
    def start() -> None:
        run_folder(gather_parameters(overrides=[(name, value)])["run_name"])

    message = refusal(start)
    assert name in message
    assert reason in message


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("seed", True, "int, such as 0"),
        ("seed", "true", "int"),
        ("seed", "1.5", "int"),
        ("seed", 2.0, "int"),
        ("seed", "two", "int"),
        ("seed", "", "int"),
        ("seed", "[1", "int"),
        ("max_lr", "fast", "float, such as 0.0003"),
        ("max_lr", True, "float"),
        ("max_lr", None, "float"),
        ("encoder", 5, "str"),
        ("label_order", "{a: 1}", "list"),
        ("label_order", "[no, yes]", "list"),  # which YAML takes for False and True
        ("label_order", [1.5, 2], "list"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_the_type_and_an_example(
    refusal, name, value, kind
):
    message = refusal(check_parameters, {name: value})
    assert message.startswith(f"{name} is {value!r}: give a value of type {kind}")


def nested(depth: int) -> list:
    value = []
    for _ in range(depth):
        value = [value]
    return value


def multiplied(depth: int) -> list:
    """What YAML makes of aliases to aliases: 9 to the power of `depth` lists that are few."""
    value = ["lol"]
    for _ in range(depth):
        value = [value] * 9
    return value


@pytest.mark.parametrize("name", ["label_order", "seed", "encoder", "cleaning", "max_lr"])
@pytest.mark.parametrize(
    "value",
    [
        "[" * 9000,
        "[" * 100_000,
        "{a: " * 2000,
        "&a [*a]",
        nested(100_000),
        multiplied(60),
        {"a": multiplied(60)},
        16**9000,
        -(16**9000),
        [None] * 10**6,
        dict.fromkeys(range(10**5), "x"),
    ],
    ids=["text", "long text", "objects", "itself", "deep", "bomb", "bomb inside"]
    + ["number", "negative number", "list", "object"],
)
def test_a_huge_or_endlessly_nested_value_is_refused_in_one_short_sentence(refusal, name, value):
    if name in ("encoder", "cleaning") and isinstance(value, str):
        value = [value]
    assert refusal(check_parameters, {name: value}).startswith(f"{name} is ")


def test_a_list_of_too_many_names_is_refused(refusal):
    labels = [f"label {number}" for number in range(10_001)]
    assert "name at most 10,000" in refusal(check_parameters, {"label_order": labels})
    assert check_parameters({"label_order": labels[:-1]})["label_order"] == labels[:-1]


def test_an_unknown_name_is_only_compared_with_those_it_resembles(refusal):
    assert "did you mean" not in refusal(check_parameters, {"zzz": 1})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("seed: [1", "does not hold YAML"),
        ("encoder: caf\u00e9", "does not hold YAML"),  # in Latin-1
        ("- a\n- b\n", "does not hold YAML of `name: value` lines"),
        ("just text", "does not hold YAML of `name: value` lines"),
        ("sed: 1", "did you mean 'seed'"),
        ("seed: many", "type int"),
        ("2020: x", "no notebook declares a parameter 2020"),
        ("on: x", "no notebook declares a parameter True"),
        ("null: x", "no notebook declares a parameter None"),
    ],
)
def test_a_bad_parameter_file_is_refused(tmp_path, refusal, content, reason):
    (tmp_path / "mine.yaml").write_text(content, encoding="ISO-8859-1")
    assert reason in refusal(gather_parameters, tmp_path / "mine.yaml")


def test_a_parameter_file_that_cannot_be_read_is_refused(tmp_path, refusal):
    assert "nowhere.yaml" in refusal(gather_parameters, tmp_path / "nowhere.yaml")
    assert f"{tmp_path} does not hold YAML" in refusal(gather_parameters, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("seed", -1, A_RANGE),
        ("seed", "12", "seed is '12': give a value such as 0"),
        ("seed", 1.5, "give a value of type int"),
        ("max_lr", None, "give a value of type float"),
        ("label_order", ["low", "low"], TWO_CLASSES),
        ("label_order", [0, 1], "give a value such as"),
        ("label_order", "[]", "with papermill as in -y 'label_order: [one, two]'"),
        ("run_name", "a/b", "run_name is 'a/b'"),
    ],
)
def test_a_notebook_refuses_a_wrong_value_too_and_makes_no_folder(
    outputs, refusal, name, value, reason
):
    assert reason in refusal(open_run, "01_first", VALUES | {name: value})
    assert not outputs.exists()


def test_a_notebook_takes_a_whole_number_for_a_fraction(outputs):
    folder = open_run("01_first", VALUES | {"max_lr": 1})
    assert load_yaml(folder / "params.yaml")["max_lr"] == 1


@pytest.mark.parametrize("device", ["cuda:0", "warp:9"])
def test_a_device_that_is_not_there_is_refused_before_anything_runs(outputs, refusal, device):
    parameters = gather_parameters(overrides=[("device", device)])
    assert f"device is {device!r}" in refusal(run_pipeline, parameters)
    assert not outputs.exists()
