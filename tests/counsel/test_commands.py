"""The commands in processes of their own, as a person runs them."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from counsel import __version__
from engine.model_directory import SHIPPED
from tests.conftest import FIXTURES, LABELS, example_rows, write_csv

KEYS = [
    "question",
    "topic",
    "topics",
    "entropy",
    "text",
    "crisis",
    "seed",
    "turns",
    "finish_reason",
    "model",
]


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "counsel", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def fails(*arguments: str, stdin: bytes = b"") -> str:
    """Return the one line that a bad input gets."""
    done = run(*arguments, stdin=stdin)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    *_, line = done.stderr.strip().split("\n")
    assert line.startswith("오류: ")
    return line


@pytest.mark.parametrize("command", [[], ["ask"], ["chat"], ["train"]])
def test_help_is_korean_first_english_second(command: list[str]) -> None:
    korean, english = run(*command, "--help"), run(*command, "--help", "--lang", "en")
    assert korean.returncode == english.returncode == 0
    assert "버전을 보이고 끝냅니다." in korean.stdout
    assert "이 도움말을 보이고 끝냅니다." in korean.stdout
    assert "exit" not in korean.stdout
    assert "Show the version and exit." in english.stdout
    assert "Show this message and exit." in english.stdout
    assert run(*command, "--help", COUNSEL_LANG="en").stdout == english.stdout


def test_versions() -> None:
    assert run("--version").stdout == f"counsel {__version__}\n"
    code = "import sys; sys.argv = ['counsel-tui', '--version']; from counsel.chat import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"counsel-tui {__version__}\n"


@pytest.mark.parametrize("command", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(command: str) -> None:
    code = f"""if True:
        import sys
        sys.argv = ["counsel", "{command}"]
        from counsel.cli import main
        try:
            main()
        finally:
            heavy = {{"numpy", "textual", "rich", "tokenizers", "tensorflow", "ai_edge_litert"}} & set(sys.modules)
            assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ask_answers_a_sentence_in_one_line(trained: Path) -> None:
    done = run("ask", "요즘 잠 때문에 힘들어", "--model", str(trained), "--temperature", "0")
    assert done.stdout == "[증상/불면] 잠 이야기를 더 들려주세요.\n"
    assert done.stderr == ""


def test_ask_json(trained: Path) -> None:
    options = [
        "--model",
        str(trained),
        "--json",
        "--seed",
        "5",
        "--temperature",
        "0",
        "--top-k",
        "3",
        "--top-p",
        "0.5",
    ]
    answer = json.loads(run("ask", "요즘 잠 때문에 힘들어", *options).stdout)
    assert list(answer) == KEYS
    assert answer["question"] == "요즘 잠 때문에 힘들어"
    assert (answer["topic"], answer["text"]) == ("증상/불면", "잠 이야기를 더 들려주세요.")
    assert (answer["crisis"], answer["seed"], answer["finish_reason"]) == (None, 5, "eos")
    assert answer["turns"] == 0
    assert answer["model"].startswith("model@")
    probabilities = [topic["probability"] for topic in answer["topics"]]
    assert {topic["label"] for topic in answer["topics"]} == set(LABELS)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-3)
    entropy = -sum(share * math.log2(share) for share in probabilities if share)
    assert answer["entropy"] == pytest.approx(entropy, abs=1e-2)


QUESTION, GREEDY = "요즘 잠 때문에 힘들어", ("--temperature", "0")


def asked(model: Path, *arguments: str, lines: str = "") -> list[dict[str, Any]]:
    """Return the JSON objects of the answers."""
    done = run("ask", "--json", "--model", str(model), *arguments, stdin=lines.encode())
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ask_answers_under_a_given_topic(trained: Path) -> None:
    (answer,) = asked(trained, QUESTION, "--topic", "일상", *GREEDY)
    assert answer["topic"] == "일상"
    assert answer["topics"][0]["label"] == "증상/불면"  # what the model itself thinks


def test_alternatives_are_a_line_each_with_the_next_seed(trained: Path) -> None:
    options = ["--temperature", "2", "--top-k", "0", "--top-p", "1"]
    answers = asked(trained, QUESTION, "--alternatives", "3", "--seed", "7", *options)
    assert [answer["seed"] for answer in answers] == [7, 8, 9]
    assert len({answer["text"] for answer in answers}) > 1
    alone = asked(trained, QUESTION, "--seed", "9", "--topic", answers[0]["topic"], *options)[0]
    assert alone["text"] == answers[2]["text"]
    as_text = run("ask", QUESTION, "--model", str(trained), "--alternatives", "3", "--seed", "7", *options)
    assert [line[0] for line in as_text.stdout.splitlines()] == ["["] * 3


def test_without_a_seed_each_answer_has_another(trained: Path) -> None:
    first, second = asked(trained, "--seed", "-1", lines=f"{QUESTION}\n{QUESTION}\n")
    assert first["seed"] != second["seed"]
    again = asked(trained, QUESTION, "--seed", str(first["seed"]))[0]
    assert again["text"] == first["text"]


def test_free_decoding_tells_what_is_missing(trained: Path) -> None:
    (sound,) = asked(trained, QUESTION, "--free", *GREEDY)
    assert list(sound) == [*KEYS, "problems"]
    assert (sound["topic"], sound["text"], sound["problems"], sound["entropy"]) == (
        "증상/불면",
        "잠 이야기를 더 들려주세요.",
        [],
        None,
    )
    (cut,) = asked(trained, QUESTION, "--free", "--max-new-tokens", "1", *GREEDY)
    assert cut["problems"][-2:] == ["no response", "not closed"]
    line = run("ask", QUESTION, "--model", str(trained), "--free", "--max-new-tokens", "1", *GREEDY).stdout
    assert line.endswith("응답 없음, 닫히지 않음)\n")


def test_lines_are_turns_of_one_conversation_if_asked_for(trained: Path) -> None:
    lines = "요즘 잠을 통 못 자요\n네, 그래서 더 그래요\n"
    first, alone = asked(SHIPPED, *GREEDY, lines=lines)
    _, second = asked(SHIPPED, "--conversation", *GREEDY, lines=lines)
    assert first["topic"] == second["topic"] == "증상/불면"
    assert alone["topic"] != "증상/불면"
    assert (alone["turns"], second["turns"]) == (0, 1)
    *_, untaught = asked(trained, "--conversation", *GREEDY, lines=lines)
    assert untaught["turns"] == 0  # this model was not trained to read earlier turns


def test_precision_and_threads(trained: Path) -> None:
    (answer,) = asked(trained, QUESTION, "--precision", "fp32", "--threads", "1", *GREEDY)
    assert answer["text"] == "잠 이야기를 더 들려주세요."
    assert answer["model"].endswith("/fp32")


LINES = [
    "안녕",
    "",
    "   ",
    "</s><unused2>",
    "줄\u2028바꿈\x85\x0b\x0c",
    "탭\t",
    '따옴표 " \\',
    "가" * 10_000,
    "끝",
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_each_line_of_standard_input_is_answered_with_one(trained: Path, ending: str, last: bool) -> None:
    stdin = ending.join(LINES) + (ending if last else "")
    done = run("ask", "--json", "--model", str(trained), stdin=stdin.encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["question"] for answer in answers] == LINES
    assert all(list(answer) == KEYS and answer["topic"] in LABELS for answer in answers)
    as_text = run("ask", "--model", str(trained), stdin=stdin.encode()).stdout
    assert [line[0] for line in as_text.splitlines()] == ["["] * len(LINES)


def test_lines_are_answered_as_they_come(trained: Path) -> None:
    command = [sys.executable, "-m", "counsel", "ask", "--model", str(trained)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(3):
            process.stdin.write("요즘 잠 때문에 힘들어\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().decode().startswith("[증상/불면] ")
        process.stdin.close()


def test_a_line_that_is_not_utf8_is_named_after_those_before_it(trained: Path) -> None:
    done = run("ask", "--model", str(trained), stdin="안녕\n".encode() + "안녕".encode("cp949") + b"\n")
    assert done.stdout.count("\n") == 1
    assert done.returncode == 2
    assert "2번째 줄" in done.stderr


def test_bad_input_is_one_line_and_exit_code_2(trained: Path, tmp_path: Path) -> None:
    data = str(write_csv(tmp_path / "rows.csv", example_rows()))
    out = ["--out", str(tmp_path / "out")]
    assert "nowhere" in fails("ask", "안녕", "--model", str(tmp_path / "nowhere"))
    assert "rows.csv" in fails("ask", "안녕", "--model", data)
    assert "temperature" in fails("ask", "안녕", "--temperature", "9")
    assert "seed" in fails("ask", "안녕", "--seed", "-2")
    assert "--topic" in fails("ask", "안녕", "--free", "--topic", "일상")
    unknown = fails("ask", "안녕", "--topic", "날씨", "--model", str(trained))
    assert "날씨" in unknown
    assert all(label in unknown for label in LABELS)
    assert "nowhere.csv" in fails("train", str(tmp_path / "nowhere.csv"), "--base", "scratch", *out)
    assert "nowhere" in fails("train", data, "--base", str(tmp_path / "nowhere"), *out)
    assert "seed" in run("train", data, "--base", "scratch", *out, "--seed", "-1").stderr
    assert "learning-rate" in fails("train", data, "--base", "scratch", *out, "--learning-rate", "nan")
    assert "--label-names" in fails("train", data, "--base", "scratch", *out, "--label-names", "0")
    assert "--overwrite" in fails("train", data, "--base", "scratch", "--out", str(trained))
    assert "--columns" in fails("train", data, "--base", "scratch", *out, "--columns", "topic=가")
    assert "--ablate-balance" in fails("train", data, "--base", "scratch", *out, "--ablate-balance", "0,2")
    assert "--augment" in fails("train", data, "--base", "scratch", *out, "--augment-swap", "0.5")
    assert "swap" in fails("train", data, "--base", "scratch", *out, "--augment", "--augment-swap", "2")
    assert "두 번" in fails("train", data, data, "--base", "scratch", *out)
    assert not (tmp_path / "out").exists()


def test_a_byte_order_mark_is_no_part_of_the_first_sentence(trained: Path) -> None:
    done = run("ask", "--json", "--model", str(trained), stdin="안녕\n".encode("utf-8-sig"))
    assert json.loads(done.stdout)["question"] == "안녕"


def test_ctrl_c_saves_what_was_learnt_and_says_how_to_go_on(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "rows.csv", example_rows())
    command = [sys.executable, "-m", "counsel", "train", str(data), "--out", str(tmp_path / "out")]
    options = ["--base", "scratch", "--size", "tiny", "--epochs", "10000", "--patience", "0"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        seen = ""
        while "에폭 1/" not in seen:
            seen = process.stderr.readline()
            assert seen  # it has not ended
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 130
    assert "--resume" in rest
    assert "Traceback" not in rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.run", "rows.csv"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ask", "--bogus"], "--bogus"),
        (["ask", "안녕", "--seed", "abc"], "--seed"),
        (["ask", "안녕", "--threads", "0"], "--threads"),
        (["ask", "안녕", "--precision", "fp8"], "--precision"),
        (["ask", "안녕", "--alternatives", "0"], "--alternatives"),
        (["ask", "안녕", "--top-k", "1.5"], "--top-k"),
        (["ask", "안녕", "--temperature"], "--temperature"),
        (["nonsense"], "nonsense"),
        (["train"], "DATA"),
        (["train", "rows.csv"], "--out"),
        (["train", "rows.csv", "--out", "x", "--base", "scratch", "--epochs", "0"], "--epochs"),
        (["train", "rows.csv", "--out", "x", "--base", "scratch", "--dropout", "nan"], "--dropout"),
        (
            ["train", "rows.csv", "--out", "x", "--base", "scratch", "--label-names", "가=나,가=다"],
            "--label-names",
        ),
    ],
)
def test_a_mistake_in_the_command_line_is_one_line(arguments: list[str], named: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("오류: ")
    assert named in done.stderr


def test_a_sentence_needs_no_quotes(trained: Path) -> None:
    options = ["--model", str(trained), "--temperature", "0"]
    assert (
        run("ask", "요즘", "잠", "때문에", "힘들어", *options).stdout
        == "[증상/불면] 잠 이야기를 더 들려주세요.\n"
    )


def test_training_tells_what_it_does_and_how_to_go_on(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "rows.csv", example_rows())
    options = ["--base", str(FIXTURES / "tiny-gpt2"), "--epochs", "2", "--lang", "en"]
    done = run("train", str(data), "--out", str(tmp_path / "out"), *options)
    assert done.returncode == 0
    assert "61 rows to train on · 3 to validate · 4 labels" in " ".join(done.stderr.split())
    assert "epoch 2/2: loss" in done.stderr
    assert "cudart" not in done.stderr
    assert f"counsel ask --model {tmp_path / 'out'}" in done.stdout


def test_errors_in_the_data_stop_before_tensorflow_is_loaded(tmp_path: Path) -> None:
    data, report = tmp_path / "rows.csv", tmp_path / "report.txt"
    data.write_text("구분,유저,챗봇\n가,안녕,네\n가,,네\n,안녕,네\n가,안녕,네\n", "utf-8")
    options = ["--base", "scratch", "--out", str(tmp_path / "out"), "--report", str(report)]
    line = fails("train", str(data), *options)
    assert "3행" in line
    assert "1개 더" in line
    assert "TensorFlow" not in run("train", str(data), *options).stderr
    assert len(report.read_text().splitlines()) >= 3  # the warning of the duplicated row, too
    test = write_csv(tmp_path / "test.csv", [("가", "안녕", "네")])
    data.write_text("구분,유저,챗봇\n가,안녕,네\n나,잘 가,네\n", "utf-8")
    assert "test.csv" in fails("train", str(data), *options, "--test", str(test))


def test_training_on_a_folder_with_all_that_can_be_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_csv(folder / "a.csv", example_rows()[:32], "분류,고민,답")
    write_csv(folder / "b.csv", [*example_rows()[32:], ("일상  밥", "점심 걱정", "네")], "분류,고민,답")
    test = write_csv(
        tmp_path / "test.csv", [("일상", "밥 먹었어요", "점심 이야기를 더 들려주세요.")], "분류,고민,답"
    )
    options = [
        "--base",
        "scratch",
        "--size",
        "tiny",
        "--epochs",
        "1",
        "--columns",
        "label=분류,question=고민,response=답",
    ]
    options += [
        "--test",
        str(test),
        "--balance",
        "1",
        "--augment",
        "--augment-swap",
        "0.5",
        "--responses",
        "sample",
    ]
    done = run("train", str(folder), *options, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "데이터의 경고" in done.stderr
    assert "--report" in done.stderr
    card = json.loads((tmp_path / "out" / "counsel.json").read_text())
    assert [(file["file"], file["responses"]) for file in card["trained_on"]] == [
        ("a.csv", "sample"),
        ("b.csv", "sample"),
    ]
    assert card["training"]["configuration"]["augment_swap"] == 0.5
    assert card["metrics"]["test_loss"] > 0


def test_balances_are_compared_without_a_model(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "rows.csv", example_rows())
    options = [
        "--base",
        "scratch",
        "--size",
        "tiny",
        "--epochs",
        "1",
        "--ablate-balance",
        "0,1",
        "--validation",
        "0.2",
    ]
    done = run("train", str(data), *options, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines()] == ["balance", "---", "0", "1"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_without_tensorflow_training_says_how_to_get_it() -> None:
    """As after `make chat`: the import system of the process knows no TensorFlow."""
    code = """if True:
        import importlib.util, sys
        found = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "tensorflow" else found(name, *rest)
        sys.argv = ["counsel", "train", "rows.csv", "--base", "scratch", "--out", "out"]
        from counsel.cli import main
        main()
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "tensorflow" in done.stderr
    assert "make install" in done.stderr


def test_two_tensorflows_over_each_other_are_refused(tmp_path: Path) -> None:
    """As after `pip install tensorflow-cpu` beside `tensorflow`: both are listed, one has overwritten the other."""
    listed = tmp_path / "tensorflow_cpu-2.21.0.dist-info"
    listed.mkdir()
    (listed / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.21.0\n")
    done = run("train", "rows.csv", "--base", "scratch", "--out", "out", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "pip uninstall -y tensorflow tensorflow-cpu" in done.stderr


def test_a_crisis_is_answered_with_lines_and_without_a_model(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    done = run("ask", "--json", "죽고 싶어", "--model", nowhere)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert list(answer) == KEYS
    assert answer["crisis"]["level"] == "passive"
    assert answer["crisis"]["kind"] == "suicide"
    assert answer["crisis"]["lines"][0]["number"] == "109"
    assert (answer["topic"], answer["finish_reason"], answer["model"]) == (None, "crisis", None)
    as_text = run("ask", "지금 옥상 난간에 서 있어", "--model", nowhere).stdout.splitlines()
    assert [line.split("  ")[0] for line in as_text[1:]] == ["119", "109", "112"]
    one_line_each = run("ask", "--model", nowhere, stdin="죽고 싶어\n자해했어\n".encode())
    assert len(one_line_each.stdout.splitlines()) == 2
    assert "109" in run("ask", "I want to die", "--lang", "en", "--model", nowhere).stdout


def test_after_a_crisis_a_conversation_goes_on_with_care(tmp_path: Path) -> None:
    lines = "죽고 싶어\n아니 농담이야\n밥 먹었어\n".encode()
    done = run("ask", "--json", "--conversation", "--model", str(tmp_path / "nowhere"), stdin=lines)
    assert [json.loads(line)["finish_reason"] for line in done.stdout.splitlines()] == [
        "crisis",
        "care",
        "care",
    ]
