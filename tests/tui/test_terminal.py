"""The whole program in a real terminal, with the model that is shipped."""

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
        for syllables in ("헤", "어졌", "는데 너무 힘들어"):  # as an input method commits them
            terminal.send(syllables)
        terminal.wait_for(lambda screen: "헤어졌는데 너무 힘들어" in screen)
        terminal.send("\r")
        terminal.wait_for(lambda screen: "토큰" in screen and "╭─ 관계/이별" in screen and "%" in screen)
        lines = terminal.text.split("\n")
        topic_line = next(line for line in lines if "╭─ 관계/이별" in line)
        assert lines[lines.index(topic_line) + 1].strip("│ ")
        terminal.resize(100, 30)
        terminal.wait_for(lambda screen: "토큰" in screen and len(screen.split("\n")) == 30)
        terminal.send("\x1b[21~")  # F10
        assert terminal.wait_for_end() == 0
    assert b"\x1b[?1049l" in terminal.raw  # the terminal's own screen is back
    assert b"XNNPACK" not in terminal.raw  # what native libraries write stayed away


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0])
def test_nothing_typed_is_lost_however_early(delay: float) -> None:
    """The last syllable may come with Enter in one piece, as an input method commits it."""
    with Terminal(COMMAND, 80, 24) as terminal:
        time.sleep(delay)
        terminal.send("헤어졌는데 너무 힘들어\r그 사람이")
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
            "Topics",
            "Sampling",
            "Come with F3",
            "stop",
            "quit",
        )
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
