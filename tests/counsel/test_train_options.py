"""`counsel train` as a person calls it: the run repeated, resumed and rehearsed, and what is refused before it starts."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from counsel.option_groups import cells
from counsel.settings_options import settings_from, settings_options
from counsel.train import make
from engine.errors import CounselError
from tests.conftest import example_rows, write_csv
from train.events import Step
from train.settings import Settings
from train.watching.metrics import read_metrics

TINY = ("--base", "scratch", "--size", "tiny", "--epochs", "1")


def train(*arguments: str) -> None:
    make().main([*arguments], "train", standalone_mode=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_csv(tmp_path_factory.mktemp("data") / "rows.csv", example_rows()))


@pytest.fixture(scope="module")
def model(data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "model"
    train(data, "--out", str(out), *TINY, "--seed", "3", "--responses", "sample", "--data-license", "CC0")
    return out


def weights(model: Path) -> bytes:
    return (model / "model.safetensors").read_bytes()


def test_the_saved_configuration_repeats_the_run(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CounselError, match="--overwrite"):
        train("--config", str(model / "train.toml"))
    train("--config", str(model / "train.toml"), "--out", str(tmp_path / "again"))
    assert weights(tmp_path / "again") == weights(model)
    train("--config", str(model / "train.toml"), "--out", str(tmp_path / "other"), "--seed", "4")
    assert weights(tmp_path / "other") != weights(model)


def test_the_saved_configuration_holds_what_was_used(model: Path, data: str) -> None:
    saved = tomllib.loads((model / "train.toml").read_text("utf-8"))
    assert saved["data"] == [data]
    assert saved["learning"]["learning-rate"] == 1e-3  # that of random weights
    assert saved["learning"]["patience"] == 3
    assert saved["model"]["data-license"] == ["CC0"]
    assert (saved["loop"]["seed"], saved["loop"]["save-every"]) == (3, "10m")
    assert "resume" not in saved["run"]


def test_a_training_goes_on_with_its_own_options_but_for_those_given_anew(data: str, tmp_path: Path) -> None:
    out = tmp_path / "model"
    train(data, "--out", str(out), *TINY, "--no-buckets")
    train("--resume", "--out", str(out), "--epochs", "2", "--learning-rate", "1e-4")
    saved = tomllib.loads((out / "train.toml").read_text("utf-8"))
    assert (saved["learning"]["epochs"], saved["loop"]["buckets"]) == (2, False)
    steps = [record for record in read_metrics(out / "metrics.jsonl") if isinstance(record, Step)]
    assert steps[0].learning_rate > 1e-4 > steps[-1].learning_rate
    assert len((out / "metrics.jsonl").read_text().splitlines()) > 2


def test_a_rehearsal_shows_what_training_takes_and_writes_nothing(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train(data, *TINY, "--epochs", "5", "--out", "model", "--dry-run")
    shown = capsys.readouterr().out
    assert "⟦" in shown  # what counts for the loss
    for part in ("라벨", "살필 것", "매개변수", "메모리", "패딩", "에폭마다 2, 많아야 10", "쓸 수 있는 것"):
        assert part in shown
    assert max(map(cells, shown.splitlines())) <= 80
    assert list(tmp_path.iterdir()) == []


def test_a_rehearsal_of_what_does_not_fit_ends_before_the_first_step(
    data: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.dry_run.available_bytes", lambda: 200_000_000)  # no machine here has so little
    with pytest.raises(CounselError, match=r"GB"):
        train(data, *TINY, "--dry-run")
    assert "시간" not in capsys.readouterr().out


def test_checkpoints_of_an_earlier_training_are_not_lost(data: str, tmp_path: Path) -> None:
    (tmp_path / "model.run" / "step-00000007").mkdir(parents=True)
    with pytest.raises(CounselError, match="--resume"):
        train(data, "--out", str(tmp_path / "model"), *TINY)
    assert (tmp_path / "model.run" / "step-00000007").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--workers", "10.0.0.1:7000,10.0.0.2:7000"], "--index"),
        (["--index", "0"], "--workers"),
        (["--workers", "10.0.0.1,10.0.0.2", "--index", "0"], "--workers"),
        (["--workers", "10.0.0.1:7000", "--index", "1"], "--index"),
        (["--revision", "main"], "--revision"),
        (["--tokenizer", "folder"], "--tokenizer"),
        (["--augment-swap", "0.2"], "--augment"),
        (["--accumulate", "64"], "accumulate"),
        (["--learning-rate", "nan"], "--learning-rate"),
        (["--freeze", "3"], "--freeze 3: 이 모델의 블록은 2개입니다"),
    ],
)
def test_options_that_do_not_go_together(data: str, tmp_path: Path, options: list[str], told: str) -> None:
    with pytest.raises(CounselError) as error:
        train(data, "--out", str(tmp_path / "model"), *TINY, *options)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_every_setting_has_an_option_and_every_default_is_its_own() -> None:
    command = click.Command("train", params=[*settings_options()])
    context = command.make_context("train", ["--learning-rate", "5e-5"])
    assert settings_from(context.params) == Settings()


def test_times_and_steps_become_settings() -> None:
    def settings(*arguments: str) -> Settings:
        options = make().make_context("train", ["a.csv", "--learning-rate", "1", *arguments]).params
        return settings_from(options)

    assert settings("--max-time", "2h").max_minutes == 120
    assert (settings("--save-every", "45s").save_minutes, settings("--save-every", "45s").save_steps) == (
        0.75,
        0,
    )
    assert (settings("--save-every", "500").save_minutes, settings("--save-every", "500").save_steps) == (
        0,
        500,
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_help_page_is_grouped_and_fits_80_columns_without_tensorflow(language: str) -> None:
    code = f"""if True:
        import sys
        sys.argv = ["counsel", "train", "--help", "--lang", "{language}"]
        from counsel.cli import main
        try:
            main()
        finally:
            heavy = {{"tensorflow", "keras", "transformers", "textual"}} & set(sys.modules)
            assert not heavy, heavy
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={"COLUMNS": "80", "LANG": "C.UTF-8"},
    )
    shown = done.stdout.decode()
    titles = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    expected = {
        "ko": ["모델:", "데이터:", "학습법:", "학습 과정:", "실행:", "그 밖:"],
        "en": ["Model:", "Data:", "Recipe:", "Loop:", "Run:", "Other:"],
    }
    assert titles == expected[language]
    options = shown[shown.index(titles[0]) :]
    assert max(map(cells, options.splitlines())) <= 80
    assert "skt/kogpt2-base-v2" in shown


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("구분,유저\n일상,점심\n증상/불먄,뒤척\n", r"words\.csv, 3행.*'증상/불면'인가요"),
        ("구분,유저\n일상,\n", r"words\.csv, 2행.*비어"),
        ("유저\n점심\n", r"words\.csv, 1행.*구분"),
    ],
    ids=["unknown label", "blank", "no label"],
)
def test_a_lexicon_that_cannot_be_used_is_named(data: str, tmp_path: Path, content: str, told: str) -> None:
    words = tmp_path / "words.csv"
    words.write_text(content, "utf-8")
    with pytest.raises(CounselError, match=told):
        train(data, "--out", str(tmp_path / "model"), *TINY, "--lexicon", str(words))


def test_a_run_is_repeated_with_its_lexicon_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "rows.csv", example_rows()[2:])
    write_csv(tmp_path / "own.csv", example_rows()[:2])
    (tmp_path / "words.csv").write_text("구분,유저\n일상,붕어빵\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    train("rows.csv", "--out", "model", *TINY, "--lexicon", "words.csv", "--test", "own.csv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    train("--config", "../model/train.toml", "--out", "../again")
    assert (tmp_path / "again" / "topics.safetensors").read_bytes() == (
        tmp_path / "model" / "topics.safetensors"
    ).read_bytes()
    card = json.loads((tmp_path / "again" / "counsel.json").read_text("utf-8"))
    assert card["lexicon"][0]["entries"] == 1
