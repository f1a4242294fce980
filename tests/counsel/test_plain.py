"""The conversation as plain lines, in pipes and terminals of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.terminal import Terminal
from counsel.plain import PlainChat
from counsel.plain_commands import COMMANDS, find_topic, nearest, parse
from counsel.plain_exercises import lead
from counsel.spoken import Speech
from engine import CounselError, Engine, locations
from engine.characters import normalize
from engine.model_directory import ModelDirectory
from tests.conftest import LABELS
from tests.tui.conftest import PacedEngine
from tui import settings
from tui.breathing import BOX
from tui.grounding import STEPS
from tui.store import Store

SLEEP, LUNCH = "요즘 잠 때문에 힘들어", "오늘 점심 때문에 걱정돼요"
SLEEP_REPLY, LUNCH_REPLY = "잠 이야기를 더 들려주세요.", "점심 이야기를 더 들려주세요."
GREEDY = ["--temperature", "0"]
CRISIS = "죽고 싶어"
COMMAND = [sys.executable, "-m", "counsel", "chat"]


def piped(*lines: str, model: Path, options: Sequence[str] = GREEDY) -> subprocess.CompletedProcess[bytes]:
    stdin = "".join(f"{line}\n" for line in lines).encode()
    return subprocess.run(
        [*COMMAND, "--model", str(model), *options], input=stdin, capture_output=True, check=False
    )


def out(*lines: str, model: Path, options: Sequence[str] = GREEDY) -> list[str]:
    done = piped(*lines, model=model, options=options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    return tmp_path / "nowhere"


def test_question_topic_and_reply_are_read_and_nothing_else(trained: Path) -> None:
    done = piped(SLEEP, "", LUNCH, model=trained)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        *(SLEEP, "주제: 증상/불면", SLEEP_REPLY),
        *(LUNCH, "주제: 일상", LUNCH_REPLY),
    ]
    assert "109" in done.stderr.decode()  # what everyone must know, apart from the conversation


Talk = Callable[..., list[str]]
WILD = {"seed": 3, "temperature": 2.0, "top_k": 0, "top_p": 1.0}


@pytest.fixture
def talk(trained_engine: Engine, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Holds a conversation in this process, and returns what was said."""

    def hold(*lines: str, **given: float) -> list[str]:
        PlainChat(lambda: trained_engine, given or {"temperature": 0.0}, iter(lines), typed=False).run()
        return capsys.readouterr().out.splitlines()

    return hold


def test_commands(talk: Talk) -> None:
    lines = talk(SLEEP, "/topic 일상", "/again", "/주제 불면", "/new", "/다시", "/topic", "/lines")
    sleep = ["주제: 증상/불면", SLEEP_REPLY]
    assert lines[:3] == [SLEEP, *sleep]
    assert lines[3] == "주제: 일상"
    assert lines[5:11] == sleep * 3
    assert sorted(lines[11:15]) == sorted(LABELS)
    assert any(line.startswith("109 ") for line in lines)
    assert not any(line.startswith("/") for line in lines)


def test_a_value_is_changed_for_what_follows(talk: Talk) -> None:
    lines = talk(SLEEP, "/set temperature 0", "/new", SLEEP, "/설정", **WILD)
    assert lines[2] != SLEEP_REPLY
    assert lines[5] == SLEEP_REPLY
    assert "temperature 0" in lines
    assert "context_turns 8" in lines


def test_again_gives_another_reply_under_a_locked_seed(talk: Talk) -> None:
    lines = talk(SLEEP, "/again", **WILD)
    assert lines[2] != lines[4]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("/topik", "/topic"),
        ("/주재", "/주제"),
        ("/xyzzy", "/도움"),
        ("/set temprature 1", "temperature"),
        ("/set temperature 9", "0~2"),
        ("/set top_k viel", "top_k"),
        ("/again", "아직"),
        ("/topic 불먼", "불면"),
        ("/topic 불안", "감정/불안/발표"),
        ("/breathe bix", "box"),
    ],
)
def test_a_mistake_is_one_line_with_what_is_nearest(
    trained_engine: Engine, capsys: pytest.CaptureFixture[str], line: str, named: str
) -> None:
    PlainChat(lambda: trained_engine, {}, iter([line]), typed=True).run()
    said, told = capsys.readouterr()
    assert said == ""
    error = told.splitlines()[1:]
    assert len(error) == 1
    assert error[0].startswith("오류: ")
    assert named in error[0]


def test_a_crisis_is_answered_without_a_model_and_a_script_learns_what_failed(nowhere: Path) -> None:
    done = piped(SLEEP, CRISIS, "농담이야", "/끝", SLEEP, model=nowhere)
    lines = done.stdout.decode().splitlines()
    assert lines[:2] == [SLEEP, CRISIS]
    assert "109" in lines[2]
    assert lines[3].startswith("109 ")
    assert lines.count(SLEEP) == 1  # nothing is read after the last command
    assert "nowhere" in done.stderr.decode()
    assert done.returncode == 2


@pytest.mark.parametrize("said", ["/죽고 싶어", "/topic 죽고 싶어", "/ 죽고 싶어"])
def test_a_slash_hides_no_crisis(talk: Talk, said: str) -> None:
    assert any(line.startswith("109 ") for line in talk(said))


def test_the_same_in_english(nowhere: Path) -> None:
    done = piped("I want to die", "/hepl", "/lines", model=nowhere, options=["--lang", "en"])
    assert "109" in done.stdout.decode()
    told = done.stderr.decode()
    assert "counsel is a program" in told
    assert "Did you mean /help?" in told


def test_lines_are_answered_as_they_come(trained: Path) -> None:
    command = [*COMMAND, "--model", str(trained), *GREEDY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(f"{SLEEP}\n".encode())
            process.stdin.flush()
            read = [process.stdout.readline().decode().rstrip() for _ in range(3)]
            assert read == [SLEEP, "주제: 증상/불면", SLEEP_REPLY]
        process.stdin.close()


def test_no_byte_steers_a_terminal_in_a_pipe(trained: Path) -> None:
    done = piped(SLEEP, "가\x1b[31m나\x07", CRISIS, "/help", "/lines", "/topic", model=trained)
    assert not {byte for byte in done.stdout + done.stderr if byte < 32} - {ord("\n")}


def terminal(model: Path, *options: str, term: str = "dumb") -> Terminal:
    return Terminal([*COMMAND, "--model", str(model), *GREEDY, *options], 100, 30, term=term)


def test_a_dumb_terminal_gets_lines_and_no_escape_sequence(trained: Path) -> None:
    with terminal(trained) as plain:
        plain.wait_for(lambda screen: "\n> " in screen)
        plain.send(f"{SLEEP}\r")
        plain.wait_for(lambda screen: SLEEP_REPLY in screen and screen.count("> ") == 2)
        assert plain.text.count(SLEEP) == 1  # echoed by the terminal, not said again
        plain.send("\x04")
        assert plain.wait_for_end() == 0
    assert not set(plain.raw) & (set(range(32)) - set(b"\r\n"))
    assert "─" not in plain.raw.decode()


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_ctrl_c_at_the_prompt_leaves(trained: Path, term: str) -> None:
    with terminal(trained, "--plain", term=term) as plain:
        plain.wait_for(lambda screen: "> " in screen)
        plain.send("음")
        plain.wait_for(lambda screen: "> 음" in screen)
        while plain.process.poll() is None:  # Python may miss one that comes before it waits for the next key
            plain.send("\x03")
            with suppress(TimeoutError):
                plain.wait_for_end(2)
        assert plain.process.returncode == 130
    assert b"Traceback" not in plain.raw
    assert "\n중단했습니다." in plain.raw.decode()


@pytest.mark.parametrize("leaves", ["/끝", "/quit now"])
def test_a_person_leaves_by_a_word(trained: Path, leaves: str) -> None:
    with terminal(trained, "--plain", term="xterm-256color") as plain:
        plain.wait_for(lambda screen: "> " in screen)
        plain.send(f"{leaves}\r")
        assert plain.wait_for_end() == 0


def test_ctrl_c_stops_a_reply_and_the_conversation_goes_on(
    paced: PacedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        paced.waits.wait()
        os.kill(os.getpid(), signal.SIGINT)
        paced.gate.release(1000)

    Thread(target=interrupt).start()
    chat = PlainChat(lambda: paced, {"temperature": 0.0}, iter([SLEEP, LUNCH]), typed=True)
    chat.run()
    topic, stopped, *rest = capsys.readouterr().out.splitlines()
    assert topic == "주제: 증상/불면"
    assert stopped.endswith("(멈춤)")
    assert SLEEP_REPLY not in stopped
    assert rest == ["주제: 일상", LUNCH_REPLY]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_conversation_is_kept_from_its_beginning_once_asked(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    talk(SLEEP)
    assert list(tmp_path.iterdir()) == []
    talk(SLEEP, "/보관", LUNCH)
    with Store() as store:
        (kept,) = store.sessions()
        exchanges, _ = store.load(kept.id)
    assert [(each.said, each.reply and each.reply.text) for each in exchanges] == [
        (SLEEP, SLEEP_REPLY),
        (LUNCH, LUNCH_REPLY),
    ]
    talk(SLEEP, "/keep", "/keep off", LUNCH)
    talk(CRISIS, "/keep", "/keep delete")
    with Store() as store:
        assert [session.messages for session in store.sessions()] == [2, 4]


def test_without_the_passphrase_nothing_is_kept_and_the_conversation_goes_on(trained: Path) -> None:
    with Store(passphrase="열려라"):
        pass
    with terminal(trained, "--plain", term="xterm-256color") as plain:
        plain.wait_for(lambda screen: "> " in screen)
        plain.send("/보관\r")
        plain.wait_for(lambda screen: "암호" in screen)
        plain.send("\x03")
        plain.wait_for(lambda screen: "보관하지 않습니다" in screen)
        plain.send(f"{SLEEP}\r")
        plain.wait_for(lambda screen: SLEEP_REPLY in screen)
        plain.send("/끝\r")
        assert plain.wait_for_end() == 0
    with Store(passphrase="열려라") as store:
        assert not store.sessions()


def test_settings_that_cannot_be_used_are_told(trained: Path) -> None:
    path = locations.settings()
    path.parent.mkdir(parents=True)
    path.write_text('kepe = "always"\nkeep = "allways"\n')
    told = piped(SLEEP, model=trained).stderr.decode()
    assert f"{path}:1" in told
    assert f"{path}:2" in told


def test_keeping_says_where(
    trained_engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    PlainChat(lambda: trained_engine, {}, iter(["/keep"]), typed=True).run()
    assert str(tmp_path) in capsys.readouterr().err


def test_the_setting_keeps_every_conversation(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings.remember(keep="always")
    out(SLEEP, model=trained)
    with Store() as store:
        assert len(store.sessions()) == 1


def exercise(which: str, *typed: str) -> tuple[list[str], float, str | None]:
    """Lead through an exercise, and tell what was said, how long it took, and what must be answered."""
    said: list[str] = []
    slept: list[float] = []
    danger = lead(which, said.append, iter(typed), slept.append)
    return said, sum(slept), danger


def test_breathing_takes_its_time() -> None:
    said, seconds, _ = exercise("box")
    assert seconds == BOX.seconds
    assert "어지러우면" in said[0]
    assert sum("들이쉬기 4초" in line for line in said) == BOX.rounds


def test_breathing_is_left_by_ctrl_c() -> None:
    said: list[str] = []

    def interrupted(seconds: float) -> None:
        if seconds:
            raise KeyboardInterrupt

    lead("", said.append, iter(()), interrupted)
    assert "평소처럼" in said[-1]


def test_grounding_waits_for_a_line_and_keeps_none() -> None:
    said, seconds, danger = exercise("5-4-3-2-1", "창문", "", "의자", "커피", "물")
    assert [line for line in said if line in {step.words for step in STEPS}] == [step.words for step in STEPS]
    assert not any("창문" in line for line in said)
    assert danger is None
    assert seconds == 0


def test_danger_ends_an_exercise_and_is_answered(talk: Talk) -> None:
    assert exercise("5-4-3-2-1", "창문", CRISIS)[2] == CRISIS
    lines = talk("/breathe 5-4-3-2-1", "창문", CRISIS)
    assert any(line.startswith("109 ") for line in lines)


@given(st.lists(st.text("가나. ?!…\n\t", max_size=8)), st.booleans())
def test_a_growing_reply_is_said_whole(pieces: list[str], by_words: bool) -> None:
    speech = Speech(by_words)
    said = [speech.add(piece) for piece in pieces]
    assert "\n" not in "".join(said)
    for complete in filter(None, said):
        assert complete.endswith(" ")
        assert by_words or complete[-2] in ".?!…"
    assert normalize("".join(said) + speech.rest()) == normalize("".join(pieces))
    assert speech.began == any(said)


def test_words_come_sooner_than_sentences() -> None:
    assert Speech(by_words=True).add("그랬군요 더 들") == "그랬군요 더 "
    assert Speech().add("그랬군요 더 들") == ""


@given(st.sampled_from(COMMANDS), st.text("가나 ab", max_size=6))
def test_a_command_is_known_by_both_names(command: Any, rest: str) -> None:
    for name in (command.name, command.korean, command.name.upper()):
        assert parse(f"/{name} {rest}") == (command, rest.strip())


def test_a_topic_is_found_by_a_part_of_it() -> None:
    assert find_topic("불면", LABELS) == "증상/불면"
    assert find_topic("감정/불안", LABELS) == "감정/불안"  # a whole label, though it begins another
    assert nearest("주재", ["주제", "설정"]) == "주제"  # one letter of a syllable apart
    assert nearest("주재", ["설정"]) is None
    with pytest.raises(CounselError, match="감정/불안, 감정/불안/발표"):
        find_topic("불", ["감정/불안", "감정/불안/발표"])


@pytest.fixture
def paced(trained: Path) -> Iterator[PacedEngine]:
    with PacedEngine(ModelDirectory.load(trained)) as engine:
        yield engine
