"""Options from files, recipes and the command line: what comes first, what is refused, and the way back to a file."""

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counsel.configuration import write_configuration
from counsel.durations import Duration, DurationType, IntervalType
from counsel.option_groups import Option
from counsel.train import make
from counsel.training import open_start, resolve
from engine.errors import CounselError
from tests.conftest import FIXTURES

COMMAND = make()


def parse(*arguments: str) -> dict[str, Any]:
    """Return the options that these arguments give, without training anything."""
    return COMMAND.make_context("train", [*arguments]).params


def write(path: Path, content: str) -> str:
    path.write_text(content, "utf-8")
    return str(path)


def test_the_command_line_comes_before_the_file_and_this_before_the_recipe(tmp_path: Path) -> None:
    file = write(
        tmp_path / "mine.toml",
        'recipe = "original"\nepochs = 7\ndata = ["a.csv", "b.csv"]\n[loop]\nshuffle = true\nmax-time = "90m"\n',
    )
    options = parse("--config", file, "--epochs", "9")
    assert options["data"] == (Path("a.csv"), Path("b.csv"))
    assert options["epochs"] == 9  # the file says 7, the recipe 20
    assert options["shuffle"] is True  # the recipe says no
    assert options["learning_rate"] == 3e-5  # the recipe's
    assert options["max_time"] == Duration(5400)
    assert parse("--config", file, "c.csv", "--no-shuffle")["data"] == (Path("c.csv"),)
    assert parse("--config", file, "--no-shuffle")["shuffle"] is False
    assert parse("--config", file, "--recipe", "default")["counted"] == "target"


def test_the_original_recipe_is_the_published_notebooks() -> None:
    options = parse("a.csv", "--recipe", "original")
    said = {
        "counted": "all",
        "batch_size": 32,
        "learning_rate": 3e-5,
        "schedule": "constant",
        "epsilon": 1e-8,
        "weight_decay": 0.0,
        "clip_norm": 0.0,
        "epochs": 20,
        "shuffle": False,
        "buckets": False,
        "validation_share": 0.0,
        "responses": "all",
        "dropout": 0.1,
        "balance": 0.0,
    }
    assert {name: options[name] for name in said} == said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("epocs = 3", ["epocs", "'epochs'"]),
        ("learning_rate = 1e-3", ["learning_rate", "'learning-rate'"]),
        ("[lop]\nepochs = 3", ["lop", "'loop'"]),
        ("[loop]\nepocs = 3", ["epocs", "'epochs'"]),
        ("epochs = 3\n[loop]\nepochs = 3", ["epochs", "두 번"]),
        ("epochs = 3.5", ["epochs = 3.5", "정수"]),
        ('epochs = "3"', ['epochs = "3"', "정수"]),
        ("epochs = true", ["epochs = true", "정수"]),
        ("epochs = 0", ["epochs = 0"]),
        ("shuffle = 1", ["shuffle = 1", "true나 false"]),
        ('data = "rows.csv"', ["data", "["]),
        ("data = [1]", ["data", "["]),
        ("[data]\nx = 1", ["data", "["]),
        ("dropout = nan", ["dropout", "유한한"]),
        ('loss = "everything"', ["loss", "'target'"]),
        ('save-every = "10x"', ["save-every", "10m"]),
        ('max-time = "2 weeks"', ["max-time", "2h"]),
        ('columns = "topic=x"', ["--columns"]),
        ('recipe = "best"', ["recipe", "'original'"]),
        ("resume = true", ["resume", "명령줄"]),
        ("epochs =", ["TOML"]),
        ("epochs = 1979-05-27", ["epochs", "정수"]),
    ],
)
def test_a_mistake_in_a_file_is_named_with_file_key_and_remedy(
    tmp_path: Path, content: str, told: list[str]
) -> None:
    file = write(tmp_path / "mine.toml", content)
    with pytest.raises(CounselError) as error:
        parse("a.csv", "--config", file)
    message = str(error.value)
    assert message.startswith(file)
    assert "\n" not in message
    for part in told:
        assert part in message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(CounselError, match="--config"):
            parse("a.csv", "--config", str(path))
    (tmp_path / "bytes.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(CounselError, match=r"bytes\.toml"):
        parse("a.csv", "--config", str(tmp_path / "bytes.toml"))


def test_resuming_reads_the_configuration_of_the_run(tmp_path: Path) -> None:
    with pytest.raises(CounselError, match="--out"):
        parse("--resume")
    out = tmp_path / "model"
    with pytest.raises(CounselError, match=r"model\.run"):
        parse("--resume", "--out", str(out))
    (tmp_path / "model.run").mkdir()
    write(tmp_path / "model.run" / "train.toml", 'data = ["a.csv"]\nepochs = 3\nseed = 5\n')
    options = parse("--resume", "--out", f"{out}/", "--epochs", "4")
    assert (options["data"], options["epochs"], options["seed"]) == ((Path("a.csv"),), 4, 5)


def test_each_machine_resumes_with_its_own_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "model.run" / "worker-1"
    own.mkdir(parents=True)
    write(own / "train.toml", 'data = ["a.csv"]\nepochs = 3\n')
    resuming = ("--resume", "--out", str(tmp_path / "model"))
    workers = ("--workers", "a:1,b:2", "--index")
    assert parse(*resuming, *workers, "1")["epochs"] == 3
    with pytest.raises(CounselError, match=r"model\.run/train\.toml"):
        parse(*resuming, *workers, "0")
    with pytest.raises(click.BadParameter, match="'x'"):
        parse(*resuming, *workers, "x")
    task = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}'
    monkeypatch.setenv("TF_CONFIG", task)
    assert parse(*resuming)["epochs"] == 3


@pytest.mark.parametrize("left", ["", 'data = ["a.csv"]\nepochs =', 'data = ["a.c'])
def test_a_damaged_configuration_of_a_run_says_how_to_go_on_all_the_same(tmp_path: Path, left: str) -> None:
    (tmp_path / "model.run").mkdir()
    write(tmp_path / "model.run" / "train.toml", left)
    arguments = ("--resume", "--out", str(tmp_path / "model"))
    with pytest.raises(CounselError, match=r"model\.run.*--config.*--overwrite") as error:
        parse(*arguments)
    assert "\n" not in str(error.value)
    options = parse(*arguments, "--config", write(tmp_path / "mine.toml", 'data = ["a.csv"]\nepochs = 3\n'))
    assert (options["data"], options["epochs"]) == ((Path("a.csv"),), 3)


def test_a_base_is_written_so_that_it_is_found_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    options = parse("a.csv", "--base", "tiny-gpt2", "--tokenizer", "tiny-gpt2")
    start = open_start(options["base"], options["revision"], options["tokenizer"])
    written = tomllib.loads(write_configuration(COMMAND, resolve(options, start)))
    folder = str(FIXTURES / "tiny-gpt2")
    assert (written["model"]["base"], written["model"]["tokenizer"]) == (folder, folder)
    assert written["data"] == [str(FIXTURES / "a.csv")]
    scratch = tomllib.loads(write_configuration(COMMAND, resolve({**options, "base": "scratch"}, None)))
    assert scratch["model"]["base"] == "scratch"


def _value(option: click.Parameter) -> st.SearchStrategy[list[str]]:
    """Return a strategy for the arguments by which a person may give an option."""
    name = option.opts[0]
    words = st.text("가나다 abc'\"\\#=[]\t", min_size=1, max_size=8).filter(
        lambda word: not word.startswith("-")
    )
    match option.type:
        case _ if getattr(option, "is_flag", False):
            return st.sampled_from([[name], *([other] for other in option.secondary_opts)])
        case click.Choice(choices=choices):
            return st.sampled_from([[name, choice] for choice in choices])
        case DurationType() | IntervalType():
            times = st.builds("{}{}".format, st.integers(1, 500), st.sampled_from("hms"))
            return times.map(lambda time: [name, time])
        case click.IntRange(min=low, max=high):
            top = high if high is not None else 9
            return st.integers(int(low or 0), int(top)).map(lambda number: [name, str(number)])
        case click.FloatRange(min=low, max=high):
            numbers = st.floats(low, high, exclude_max=option.type.max_open)
            return numbers.map(lambda number: [name, repr(number)])
        case click.types.FloatParamType():
            return st.floats(allow_nan=False, allow_infinity=False).map(lambda number: [f"{name}={number!r}"])
        case _ if name in ("--columns", "--label-names"):
            return st.just([name, "question=상담 내용"])
        case _:
            return words.map(lambda word: [name, word])


def _kept_options() -> list[Option]:
    return [option for option in COMMAND.params if isinstance(option, Option) and option.kept]


@settings(max_examples=50)
@given(st.data())
def test_what_is_written_gives_the_same_options_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    chosen = data.draw(
        st.lists(st.sampled_from(_kept_options()), unique_by=lambda option: option.name, max_size=8)
    )
    arguments = [part for option in chosen for part in data.draw(_value(option))]
    files = data.draw(st.lists(st.sampled_from(["a.csv", "상담 기록.xlsx", 'b"\\.csv']), min_size=1))
    options = COMMAND.make_context("train", [*arguments, "--", *files]).params
    path = tmp_path_factory.mktemp("configuration") / "train.toml"
    written = write(path, write_configuration(COMMAND, options))
    tomllib.loads(path.read_text("utf-8"))
    again = parse("--config", written)
    absolute = {
        name: value.absolute() if isinstance(value, Path) else value for name, value in options.items()
    }
    assert {**again, "config": None} == {**absolute, "data": tuple(Path(file).absolute() for file in files)}


@given(st.integers(0, 10**9))
def test_a_time_is_read_as_it_is_written(seconds: int) -> None:
    assert Duration.parse(str(Duration(seconds))) == Duration(seconds)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("2h", 120), ("90m", 90), ("45s", 0.75), ("1h30m", 90), ("1h1s", 60 + 1 / 60), ("0", 0)],
)
def test_times(written: str, minutes: float) -> None:
    assert math.isclose(Duration.parse(written).minutes, minutes)


@pytest.mark.parametrize("written", ["", "2", "h", "2d", "-1h", "1.5h", "30m1h", "1h 30m", "٣h"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(written)}$"):
        Duration.parse(written)
