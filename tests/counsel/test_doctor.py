"""`counsel doctor` in a process of its own, on whole and on damaged models."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint import sha256
from engine.model_directory import ModelDirectory
from engine.quantization import measure, sample
from tests.conftest import FIXTURES, example_rows, write_csv
from tests.counsel.test_commands import fails, run
from tests.engine.test_quantization import spoil_head
from train.rows.data import read_data

PARTS = ["files", "tokens", "labels", "responses", "threads", "graph", "reply", "quantization"]


@pytest.fixture
def model(tmp_path: Path, trained: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "model"))


@pytest.fixture
def rows(trained: Path) -> str:
    return str(trained.parent / "rows.csv")


def examine(*options: str) -> dict[str, dict[str, Any]]:
    done = run("doctor", "--json", *options)
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert [check["name"] for check in checks] == PARTS
    return {check["name"]: check for check in checks}


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in folder.iterdir()}


def test_a_trained_model_is_well(trained: Path) -> None:
    korean = run("doctor", "--model", str(trained))
    english = run("doctor", "--model", str(trained), "--lang", "en")
    assert korean.returncode == english.returncode == 0
    assert [line.split()[0] for line in korean.stdout.splitlines()] == ["정상"] * len(PARTS)
    assert [line.split()[0] for line in english.stdout.splitlines()] == ["ok"] * len(PARTS)
    assert "labels: 4, all told apart" in english.stdout
    assert "known replies: 4\n" in english.stdout
    assert "[증상/불면] 잠 이야기를 더 들려주세요. (eos)" in english.stdout
    recorded = examine("--model", str(trained))["quantization"]
    assert recorded["quantization"] == ModelDirectory.load(trained).card["quantization"]


def test_a_strange_gpt2_gets_warnings() -> None:
    checks = examine("--model", str(FIXTURES / "tiny-gpt2"), "--lang", "en")
    warned = [name for name, check in checks.items() if check["status"] == "warning"]
    assert warned == ["files", "labels", "reply", "quantization"]
    assert "no response, not closed" in checks["reply"]["detail"]
    assert "counsel doctor --data FILE --write" in checks["quantization"]["detail"]


def test_a_damaged_model_is_exit_code_2(model: Path) -> None:
    (model / "responses.jsonl").write_text('{"label": ')
    assert "responses.jsonl, 1번째 줄" in fails("doctor", "--model", str(model))
    assert run("doctor", "--model", str(model)).stdout.splitlines()[-1].startswith("정상  라벨")
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    done = run("doctor", "--model", str(model), "--json")
    assert done.returncode == 2
    (check,) = json.loads(done.stdout)["checks"]
    assert check["status"] == "failure"
    assert "model.safetensors" in check["detail"]


def test_other_changes_are_told(model: Path) -> None:
    (model / "README.md").write_text("mine")
    (model / "responses.jsonl").unlink()
    files = examine("--model", str(model))["files"]
    assert files["status"] == "warning"
    assert files["detail"].endswith("README.md, responses.jsonl")


@pytest.mark.parametrize("recorded", [None, 3, [3], [{"precision": "int8"}], [{"precision": "fp16"}]])
def test_figures_that_cannot_be_read_count_as_none(model: Path, recorded: object) -> None:
    card = json.loads((model / "counsel.json").read_text())
    (model / "counsel.json").write_text(json.dumps({**card, "quantization": recorded}))
    assert examine("--model", str(model))["quantization"]["status"] == "warning"


def test_rows_are_measured_and_nothing_is_written_unasked(model: Path, rows: str) -> None:
    before = hashes(model)
    check = examine("--model", str(model), "--data", rows, "--rows", "30")["quantization"]
    assert hashes(model) == before
    assert (check["status"], check["precision"]) == ("ok", "int8")
    opened = ModelDirectory.load(model)
    lines = [
        opened.codec.training_sequence(row.question, row.label, row.response)
        for row in sample(read_data([Path(rows)]).rows, 30)
    ]
    assert check["quantization"] == [vars(measure(opened, lines, "int8"))]


def test_a_spoilt_model_gets_a_finer_graph_and_keeps_all_else(model: Path, rows: str) -> None:
    spoil_head(model, 1000)
    card = json.loads((model / "counsel.json").read_text())
    card["sha256"]["model.safetensors"] = sha256(model / "model.safetensors")
    (model / "counsel.json").write_text(json.dumps(card))
    before = hashes(model)
    options = ["--model", str(model), "--data", rows]
    asked = examine(*options)["quantization"]
    assert (asked["status"], asked["precision"]) == ("warning", "mixed")
    assert hashes(model) == before
    written = examine(*options, "--write")["quantization"]
    assert written["status"] == "ok"
    after = json.loads((model / "counsel.json").read_text())
    assert [quality["precision"] for quality in after["quantization"]] == ["int8", "mixed"]
    hashed = {**card["sha256"], "README.md": sha256(model / "README.md")}
    quantization = asked["quantization"]
    assert after == {**card, "precision": "mixed", "quantization": quantization, "sha256": hashed}
    assert f"| mixed | {quantization[1]['loss']:.4f} |" in (model / "README.md").read_text()
    changed = {name for name, digest in hashes(model).items() if digest != before.get(name)}
    assert changed == {"counsel.json", "README.md"}
    again = examine("--model", str(model))
    assert {check["status"] for check in again.values()} == {"ok"}
    assert again["graph"]["detail"].startswith("mixed")


def test_a_directory_without_a_card_gets_one(tmp_path: Path, rows: str) -> None:
    folder = shutil.copytree(FIXTURES / "tiny-gpt2", tmp_path / "model")
    check = examine("--model", str(folder), "--data", rows, "--write")["quantization"]
    assert ModelDirectory.load(folder).precision == check["precision"]


def test_bad_input_is_one_line(trained: Path, tmp_path: Path) -> None:
    foreign = str(write_csv(tmp_path / "foreign.csv", [("이상한 라벨", "안녕", "네")]))
    assert "--data" in fails("doctor", "--write")
    assert "nowhere" in fails("doctor", "--model", str(tmp_path / "nowhere"))
    assert "nowhere.csv" in fails("doctor", "--data", str(tmp_path / "nowhere.csv"))
    assert "--label-names" in fails("doctor", "--model", str(trained), "--data", foreign)
    both = str(write_csv(tmp_path / "both.csv", [*example_rows(), ("이상한 라벨", "안녕", "네")]))
    assert "모르는 라벨의 1행" in run("doctor", "--model", str(trained), "--data", both).stdout
    names = ["--data", foreign, "--label-names", "이상한 라벨=일상"]
    assert "1행 " in run("doctor", "--model", str(trained), *names).stdout


def test_it_needs_no_tensorflow_and_says_what_reading_rows_needs(trained: Path, rows: str) -> None:
    code = f"""if True:
        import sys
        sys.modules.update(dict.fromkeys(("tensorflow", "keras", "transformers", *sys.argv[1:])))
        sys.argv = ["counsel", "doctor", "--model", {str(trained)!r}, "--data", {rows!r}]
        from counsel.cli import main
        main()
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
    light = [sys.executable, "-c", code, "python_calamine"]  # as after `make chat`
    done = subprocess.run(light, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "python_calamine" in done.stderr
    assert "make install" in done.stderr


def test_help_is_korean_first_english_second() -> None:
    assert "counsel이 잘 도는지 부분마다" in run("doctor", "--help").stdout
    assert "Check part by part whether counsel runs well" in run("doctor", "--help", "--lang", "en").stdout
