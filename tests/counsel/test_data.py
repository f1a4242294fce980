"""`counsel data` in processes of its own."""

import json
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, example_rows, write_csv
from tests.counsel.test_commands import fails, run
from tests.wellness import make_wellness
from train.rows.data import read_data

KINDS = ["csv", "tsv", "xlsx", "jsonl", "parquet"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "rows.csv", example_rows())


@pytest.mark.parametrize("command", [[], ["inspect"], ["convert"], ["sample"]])
def test_help_is_korean_first_english_second(command: list[str]) -> None:
    korean, english = run("data", *command, "--help"), run("data", *command, "--help", "--lang", "en")
    assert korean.returncode == english.returncode == 0
    assert "화면과 도움말의 언어." in korean.stdout
    assert "Language of screens and help." in english.stdout


def test_inspect(rows: Path) -> None:
    done = run("data", "inspect", str(rows))
    assert done.returncode == 0, done.stderr
    assert "64" in done.stdout
    assert "살필 것 0가지" in done.stdout
    english = run("data", "inspect", str(rows), "--lang", "en")
    assert "Findings: 0" in english.stdout


def test_inspect_as_json_with_files(tmp_path: Path) -> None:
    path = make_wellness(tmp_path / "wellness.xlsx")
    page, findings = tmp_path / "page.html", tmp_path / "findings.jsonl"
    done = run("data", "inspect", str(path), "--json", "--html", str(page), "--report", str(findings))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["rows"] == 5231
    assert "감정/" in page.read_text("utf-8")
    listed = [json.loads(line) for line in findings.read_text("utf-8").splitlines()]
    assert len(listed) == sum(finding["number"] for finding in figures["findings"])
    assert set(listed[0]) >= {"severity", "kind", "message"}
    assert all(str(path) in finding["message"] and "행: " in finding["message"] for finding in listed)


def test_findings_as_text_and_samples_by_seed(tmp_path: Path, rows: Path) -> None:
    with rows.open("a", encoding="utf-8") as file:
        file.write("감정/불안,오늘 불안 때문에 걱정돼요,불안 이야기를 더 들려주세요.\n")
    out = tmp_path / "findings.txt"
    first = run("data", "inspect", str(rows), "--report", str(out), "--seed", "1").stdout
    assert out.read_text("utf-8").splitlines() == [
        f"주의\t같은 행\t{rows}, 66행: '오늘 불안 때문에 걱정돼요': 2행과 같습니다. 한 행을 지우세요."
    ]
    assert run("data", "inspect", str(rows), "--seed", "1").stdout == first
    assert run("data", "inspect", str(rows), "--seed", "2").stdout != first


def test_errors_in_data_are_exit_code_1(rows: Path) -> None:
    with rows.open("a", encoding="utf-8") as file:
        file.write("감정/불안,,응답\n")
    done = run("data", "inspect", str(rows))
    assert done.returncode == 1
    assert "66행: '유저' 칸이 비어 있습니다" in " ".join(done.stdout.split())


def test_a_test_set_that_is_known_is_an_error(tmp_path: Path, rows: Path) -> None:
    test = write_csv(tmp_path / "test.csv", example_rows()[:2])
    done = run("data", "inspect", str(rows), "--test", str(test), "--json")
    assert done.returncode == 1
    assert {"severity": "error", "kind": "in the test set", "number": 2} in json.loads(done.stdout)[
        "findings"
    ]


def test_images_hold_korean_text(tmp_path: Path, rows: Path) -> None:
    pytest.importorskip("resvg_py")
    done = run("data", "inspect", str(rows), "--png", str(tmp_path / "plots"))
    assert done.returncode == 0, done.stderr
    images = sorted((tmp_path / "plots").iterdir())
    assert len(images) == 6
    assert all(image.read_bytes().startswith(b"\x89PNG") for image in images)


@pytest.mark.parametrize("kind", KINDS)
def test_convert_there_and_back(tmp_path: Path, kind: str) -> None:
    source = make_wellness(tmp_path / "wellness.xlsx")
    out, back = tmp_path / f"out.{kind}", tmp_path / "back.csv"
    done = run("data", "convert", str(source), str(out))
    assert done.returncode == 0, done.stderr
    assert "5,231행" in done.stdout
    assert run("data", "convert", str(out), str(back)).returncode == 0
    before, after = read_data([source]), read_data([back])
    assert before.rows == after.rows
    assert after.files[0].shares_responses


@pytest.mark.parametrize("kind", KINDS)
def test_dialogues_are_converted(tmp_path: Path, kind: str) -> None:
    turns = [{"question": f"발화 {n}", "label": "일상", "response": f"응답 {n}"} for n in range(3)]
    source = tmp_path / "dialogues.jsonl"
    source.write_text("\n".join(json.dumps({"turns": turns}) for _ in range(2)), "utf-8")
    out = tmp_path / f"out.{kind}"
    assert run("data", "convert", str(source), str(out)).returncode == 0
    known = read_data([out]).rows
    assert [(row.question, row.response, row.turn) for row in known] == [
        (turn["question"], turn["response"], place)
        for _ in range(2)
        for place, turn in enumerate(turns, start=1)
    ]
    assert [row.dialogue.rpartition(":")[2] for row in known] == ["1"] * 3 + ["2"] * 3


def test_convert_takes_columns_and_label_names(tmp_path: Path) -> None:
    source, out = tmp_path / "own.csv", tmp_path / "out.csv"
    source.write_text("내용,분류,답\n안녕,0,반가워요\n", "utf-8")
    options = ["--columns", "question=내용,label=분류,response=답", "--label-names", "0=일상"]
    assert run("data", "convert", str(source), str(out), *options).returncode == 0
    assert out.read_text("utf-8-sig") == "label,question,response\n일상,안녕,반가워요\n"


def test_convert_replaces_only_when_told(tmp_path: Path, rows: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    assert "--overwrite" in fails("data", "convert", str(rows), str(out))
    assert out.read_text() == "mine"
    assert run("data", "convert", str(rows), str(out), "--overwrite").returncode == 0
    assert read_data([out]).rows == read_data([rows]).rows
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "rows.csv"]


def test_convert_refuses_what_would_lose_rows(tmp_path: Path, rows: Path) -> None:
    with rows.open("a", encoding="utf-8") as file:
        file.write("감정/불안,,응답\n")
    assert "66행" in fails("data", "convert", str(rows), str(tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["inspect", "none.csv"], "none.csv"),
        (["inspect", "{rows}", "--model", "none"], "none"),
        (["inspect", "{rows}", "--columns", "question"], "--columns"),
        (["inspect", "{rows}", "--columns", "text=유저"], "--columns"),
        (["inspect", "{rows}", "--columns", "question=없음"], "없음"),
        (["inspect", "{rows}", "--label-names", "x=y"], "x"),
        (["inspect", "{rows}", "--balance", "nan"], "--balance"),
        (["inspect", "{rows}", "--balance", "2"], "--balance"),
        (["inspect", "{rows}", "--html", "none/page.html"], "none/page.html"),
        (["convert", "{rows}", "out.doc"], "out.doc"),
        (["convert", "{rows}", "none/out.csv"], "none"),
        (["convert", "none.csv", "out.csv"], "none.csv"),
        (["sample", "{rows}", "0"], "N"),
        (["sample", "{rows}", "--responses", "other"], "--responses"),
    ],
)
def test_bad_input_is_one_line(rows: Path, arguments: list[str], told: str) -> None:
    assert told in fails("data", *(argument.format(rows=rows) for argument in arguments))


def test_sample_shows_what_is_trained_on(rows: Path) -> None:
    done = run("data", "sample", str(rows), "2", "--seed", "3")
    assert done.returncode == 0, done.stderr
    whole = "".join(done.stdout.split())
    assert whole.count("</s><unused0>") == 2
    assert whole.count("⟦") == 1 + 2 * 2
    assert "<unused1>⟦" in whole
    assert "</s>⟧" in whole
    assert run("data", "sample", str(rows), "2", "--seed", "3").stdout == done.stdout
    assert run("data", "sample", str(rows), "2", "--seed", "4").stdout != done.stdout


def test_sample_as_json_is_a_line_of_the_trainer(rows: Path) -> None:
    from engine.model_directory import SHIPPED, ModelDirectory
    from train.sequences.joining import Joiner
    from train.sequences.lines import Sampler

    done = run("data", "sample", str(rows), "64", "--json", "--seed", "5", "--balance", "1")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    model = ModelDirectory.load(SHIPPED)
    data = read_data([rows])
    sampler = Sampler(Joiner.of(data), model.codec, model.geometry.context, balance=1.0, seed=5)
    trained = sampler.epochs(data.rows).lines(1)
    assert sorted((line["ids"], line["read"]) for line in lines) == sorted(
        (line.ids, line.read) for line in trained
    )
    for line in lines:
        assert line["text"].startswith("</s><unused0>")
        assert len(line["pieces"]) == len(line["ids"])


def test_sample_with_another_model_and_earlier_turns(tmp_path: Path) -> None:
    turns = [{"question": f"question {n}", "label": "daily", "response": f"reply {n}"} for n in range(3)]
    source = tmp_path / "dialogues.jsonl"
    source.write_text(json.dumps({"turns": turns}), "utf-8")
    model = str(FIXTURES / "tiny-gpt2")
    done = run("data", "sample", str(source), "3", "--json", "--model", model, "--context-turns", "1")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(line)["turns"] for line in done.stdout.splitlines()) == [0, 1, 1]
