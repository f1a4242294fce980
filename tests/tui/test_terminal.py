"""The whole program in a real terminal, with the model that is shipped."""

import os
import pty
import signal
import sys
import time

import pytest

from bench.terminal import Terminal

COMMAND = [sys.executable, "-c", "from counsel.chat import main; main()"]
SIZES = pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])


@SIZES
def test_a_new_user_is_answered_on_the_topic(columns: int, rows: int) -> None:
    with Terminal(COMMAND, columns, rows) as terminal:
        terminal.wait_for(lambda screen: "109" in screen and "보내기" in screen)
        said = "헤어졌는데 너무 힘들어요 자꾸 생각이 나요"
        for count in (
            1,
            2,
            5,
            8,
            8,
        ):  # syllables, as an input method commits them; what comes may be cut anywhere
            terminal.send(said[:count])
            said = said[count:]
        terminal.wait_for(lambda screen: "헤어졌는데 너무 힘들어요 자꾸 생각이 나요" in screen)
        terminal.send("\r")
        terminal.wait_for(lambda screen: "╭─ 관계/이별" in screen and "토큰" in screen)
        lines = terminal.text.split("\n")
        topic_line = next(line for line in lines if "╭─ 관계/이별" in line)
        assert lines[lines.index(topic_line) + 1].strip("│ ")
        terminal.send("\x1bOQ")  # F2
        terminal.wait_for(lambda screen: "%" in screen)
        terminal.send("\x1b[21~")  # F10
        assert terminal.wait_for_end() == 0
    assert_restored(terminal)
    assert b"XNNPACK" not in terminal.raw  # what native libraries write stayed away


def test_a_reply_goes_on_through_a_resize_and_stops_at_esc() -> None:
    with Terminal([*COMMAND, "--seed", "1"], 140, 40) as terminal:
        terminal.wait_for(lambda screen: "준비됨" in screen)
        terminal.send("헤어졌는데 너무 힘들어\r")
        terminal.wait_for(lambda screen: "Esc 멈추기" in screen and "╭─ 관계/이별" in screen)
        terminal.resize(100, 30)
        terminal.wait_for(
            lambda screen: "Esc 멈추기" in screen.split("\n")[29]
        )  # still answering, on the last line
        terminal.send("\x1b")
        terminal.wait_for(lambda screen: "멈춤" in screen and "준비됨" in screen)
        terminal.send("그래도")
        terminal.wait_for(lambda screen: "│ 그래도" in screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_in_mid_reply_and_restores_the_terminal(number: signal.Signals) -> None:
    with Terminal(COMMAND, 80, 24) as terminal:
        terminal.wait_for(lambda screen: "준비됨" in screen)
        terminal.send("헤어졌는데 너무 힘들어\r")
        terminal.wait_for(lambda screen: "Esc 멈추기" in screen)
        terminal.process.send_signal(number)
        assert terminal.wait_for_end() == 128 + number
    assert_restored(terminal)


def test_it_ends_when_its_terminal_is_closed() -> None:
    process, terminal = pty.fork()  # a terminal that it belongs to, as a window's
    if process == 0:
        os.execv(COMMAND[0], COMMAND)  # noqa: S606
    seen = b""
    while "준비됨".encode() not in seen:
        seen += os.read(terminal, 65536)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP


def assert_restored(terminal: Terminal) -> None:
    """The terminal's own screen and cursor are back, and neither mouse nor paste is reported any more."""
    for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l"):
        assert restored in terminal.raw[terminal.raw.rindex(b"\x1b[?1049h") :]


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0])
def test_nothing_typed_is_lost_however_early(delay: float) -> None:
    """The last syllable may come with Enter in one piece, as an input method commits it."""
    with Terminal(COMMAND, 80, 24) as terminal:
        time.sleep(delay)
        terminal.send("\x1bOA헤어졌는데 너무 힘들어\r\x1b[1;2D그 사람이")  # with keys that are no letters
        shown = ("토큰", "│ 그 사람이", "│ 헤어졌는데 너무 힘들어 ")
        terminal.wait_for(lambda screen: all(words in screen for words in shown))


def test_decomposed_paste_and_emoji_arrive_composed() -> None:
    with Terminal(COMMAND, 80, 24) as terminal:
        terminal.wait_for(lambda screen: "보내기" in screen)
        terminal.send("\x1b[200~\u1112\u1161\u11ab\u1100\u1173\u11af 🙂\x1b[201~")
        terminal.wait_for(lambda screen: "한글 🙂" in screen.replace("🙂 ", "🙂"))
        assert "한글".encode() in terminal.raw  # the screen's model would compose it by itself


def test_english_reaches_every_part_of_the_screen() -> None:
    with Terminal([*COMMAND, "--lang", "en"], 140, 40) as terminal:
        said = (
            "How are you?",
            "counsel is a program",
            "ready",
            "topics",
            "sampling",
            "send",
            "help",
            "Come with F3",
        )
        terminal.wait_for(lambda screen: "ready" in screen)
        terminal.send("\x1bOR\x1b[Z")  # F3, and away from the row, whose explanation would stand there
        # A terminal gets a screen in pieces, so the whole of it is waited for.
        terminal.wait_for(lambda screen: all(words in screen for words in said))


def test_chatting_imports_no_tensorflow() -> None:
    """`python -X importtime` lists every import; those before the first paint stand in what the terminal got."""
    code = "import sys; from counsel.chat import main; sys.argv = ['counsel-tui']; main()"
    probe = "import atexit, sys; atexit.register(lambda: print('LOADED', *sorted(sys.modules), file=sys.__stdout__))\n"
    with Terminal([sys.executable, "-X", "importtime", "-c", probe + code], 80, 24) as terminal:
        terminal.wait_for(lambda screen: "보내기" in screen)
        terminal.send("안녕\r")
        terminal.wait_for(lambda screen: "토큰" in screen)
        terminal.send("\x1b[21~")
        assert terminal.wait_for_end() == 0
    listed = terminal.raw.split(b"LOADED")[-1].split()
    assert b"ai_edge_litert.compiled_model" in listed
    for heavy in (b"tensorflow", b"keras", b"transformers"):
        assert heavy not in listed
        assert b"| " + heavy + b"\r\n" not in terminal.raw
