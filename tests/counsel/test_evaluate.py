"""`counsel evaluate` in processes of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_csv
from tests.counsel.test_commands import fails, run

ABSENT = "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)\n"


@pytest.fixture(scope="module")
def rows(trained: Path) -> str:
    """The file that the model was trained on."""
    return str(trained.parent / "rows.csv")


def test_help_is_korean_first_english_second() -> None:
    korean, english = run("evaluate", "--help"), run("evaluate", "--help", "--lang", "en")
    assert korean.returncode == english.returncode == 0
    assert "얼마나 잘하는지" in korean.stdout
    assert "how good MODEL" in english.stdout
    assert "evaluate" in run("--help").stdout


def test_everything_at_once(trained: Path, rows: str, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    figures, page, images = tmp_path / "figures.json", tmp_path / "page.html", tmp_path / "images"
    options = ["--replies", "3", "--json", str(figures), "--html", str(page), "--png", str(images)]
    done = run("evaluate", str(trained), rows, *options)
    assert done.returncode == 0, done.stderr
    for told in ("검증", "SVM", "ECE", "chrF", "distinct-2", "퍼플렉서티", "3수준"):
        assert told in done.stdout
    content = json.loads(figures.read_text("utf-8"))
    card = json.loads((trained / "counsel.json").read_text("utf-8"))
    assert content["split"]["name"] == "validation"
    assert content["split"]["sha256"] == card["training"]["splits"]["validation"]
    assert (
        content["rows"]
        == content["levels"][0]["rows"]
        == sum(file["validation_rows"] for file in card["trained_on"])
    )
    assert content["replies"]["number"] == 3
    assert "<svg" in page.read_text("utf-8")
    assert sorted(path.name for path in images.iterdir()) == [
        f"{kind}-level-{level}.png" for kind in ("confusion", "reliability") for level in (1, 2, 3)
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in images.iterdir())


def test_json_alone_and_english(trained: Path, rows: str) -> None:
    options = ["--split", "training", "--rows", "5", "--no-replies", "--no-baseline", "--lang", "en"]
    done = run("evaluate", str(trained), rows, "--json", "-", *options)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["rows"] == 5
    assert content["replies"] is None
    assert content["levels"][0]["baseline"] is None
    assert "was trained on" in content["notes"][0]


def test_other_rows_than_the_models_are_refused(trained: Path, rows: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed.csv"
    changed.write_text(Path(rows).read_text("utf-8").replace("오늘", "내일"), "utf-8")
    line = fails("evaluate", str(trained), str(changed))
    assert "changed.csv" in line
    assert "rows.csv" in line
    assert "--split all" in line
    done = run("evaluate", str(trained), str(changed), "--split", "all", "--no-replies")
    assert done.returncode == 0, done.stderr
    assert "64행" in done.stdout


def test_the_shipped_model_on_rows_of_ones_own(tmp_path: Path) -> None:
    data = write_csv(
        tmp_path / "own.csv",
        [("증상/불면", "잠이 안 와", "언제부터요?"), ("관계/이별", "헤어졌어", "힘들죠?")],
    )
    done = run("evaluate", "shipped", str(data), "--split", "all", "--replies", "1")
    assert done.returncode == 0, done.stderr
    assert "counsel-ko" in done.stdout


def test_without_the_extra_the_other_figures_are_there(trained: Path, rows: str, tmp_path: Path) -> None:
    (tmp_path / "sacrebleu.py").write_text(ABSENT)
    known = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = run("evaluate", str(trained), rows, "--replies", "2", "--json", "-", PYTHONPATH=known)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["replies"]["chrf"] is None
    assert content["replies"]["distinct2"] > 0
    assert sum("counsel[evaluate]" in note for note in content["notes"]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none", "{rows}"], "none"),
        (["{model}", "none.csv"], "none.csv"),
        (["{model}"], "DATA"),
        (["{model}", "{rows}", "--split", "test"], "validation, training, all"),
        (["{model}", "{rows}", "--split", "other"], "--split"),
        (["{model}", "{rows}", "--html", "none/page.html"], "none/page.html"),
        (["{model}", "{rows}", "--json", "none/figures.json"], "none/figures.json"),
        (["{model}", "{rows}", "--label-names", "x=y"], "x"),
        (["{model}", "{rows}", "--rows", "0"], "--rows"),
        (["shipped", "{rows}", "--split", "test"], "counsel-ko.csv"),
    ],
)
def test_bad_input_is_one_line(trained: Path, rows: str, arguments: list[str], told: str) -> None:
    assert told in fails("evaluate", *(argument.format(model=trained, rows=rows) for argument in arguments))


def test_data_with_errors_and_labels_of_another_model(trained: Path, tmp_path: Path) -> None:
    broken = write_csv(tmp_path / "broken.csv", [("일상", "", "응답")])
    assert "2행" in fails("evaluate", str(trained), str(broken), "--split", "all")
    strange = write_csv(tmp_path / "strange.csv", [("다른 라벨", "발화", "응답")])
    assert "--label-names" in fails("evaluate", str(trained), str(strange), "--split", "all")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
def test_an_interruption_is_one_line(trained: Path, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "many.csv", [("일상", f"발화 {n}", f"응답 {n}") for n in range(30_000)])
    command = [sys.executable, "-m", "counsel", "evaluate", str(trained), str(data), "--split", "all"]
    ours, theirs = os.openpty()  # the bar shows on a terminal only
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        while b"/30000" not in told:  # the work has begun
            told += os.read(ours, 1000)
        process.send_signal(signal.SIGINT)
        while "중단했습니다.".encode() not in told:
            told += os.read(ours, 1000)
        out, _ = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert out == b""
