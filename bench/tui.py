"""What the app costs whoever waits for it: first paint, first token, echo of a key, a long conversation, memory.

python -m bench.tui [--runs 5] [--kogpt2 DIR] [--turns 1000] [--messages 5000]

All but memory is measured in a real terminal: starts to the screen that shows them, keys from the byte sent to the bytes
that show what it does. DIR is a model of KoGPT2's size as `python -m bench.kogpt2 DIR` makes it; without one the echo is
not measured. Other work on the machine lengthens everything.
"""

import asyncio
import itertools
import os
import re
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from textual.pilot import Pilot

from bench.terminal import Terminal
from engine import Engine
from tui.app import CounselApp
from tui.settings import Settings
from tui.store import Keeper, Store
from tui.transcript import Transcript, Variant

QUESTION = "헤어졌는데 너무 힘들어"
COMMAND = [sys.executable, "-m", "counsel", "chat", "--temperature", "0"]
KEYS = 60  # pressed for a percentile


@contextmanager
def own_folders(cache: str | None = None) -> Iterator[Mapping[str, str]]:
    """Give the environment of a person who wants replies as fast as they come, and perhaps an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "counsel" / "settings.toml"
        settings.parent.mkdir()
        settings.write_text("pace = 0.0\n", "utf-8")
        own = {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        yield {**os.environ, **own, **({"XDG_CACHE_HOME": cache} if cache else {})}


def start(cache: str | None) -> tuple[float, float]:
    """Return the seconds from process start to the first paint, and to the first text of the reply.

    The question is typed at once, before the process has read its first line.
    """
    with own_folders(cache) as environment, Terminal(COMMAND, 80, 24, environment) as terminal:
        terminal.send(QUESTION + "\r")
        painted = terminal.wait_for(lambda screen: "109" in screen)
        answered = terminal.wait_for(_first_text)
        terminal.send("\x1b[21~")  # F10
        terminal.wait_for_end()
    return painted, answered


def _first_text(screen: str) -> bool:
    """Tell whether the topic stands on the reply's border, and text below it."""
    for line, below in itertools.pairwise(screen.split("\n")):
        if "╭─ 관계/이별" in line:
            return any("가" <= letter <= "힣" for letter in below)
    return False


def echo(model: Path) -> list[float]:
    """Return the seconds from each key to the screen that shows it, while a reply of the model streams."""
    command = [*COMMAND, "--model", str(model), "--max-new-tokens", "512", "--min-length", "512"]
    seconds = []
    with own_folders() as environment, Terminal(command, 100, 30, environment) as terminal:
        terminal.wait_for(lambda screen: "준비됨" in screen, 120)
        terminal.send(QUESTION + "\r")
        terminal.wait_for(lambda screen: "Esc 멈추기" in screen)
        typed = ""
        for letter in itertools.islice(itertools.cycle(string.ascii_lowercase), KEYS):
            typed += letter
            seconds.append(terminal.press(letter, lambda screen, typed=typed: typed in screen))  # type: ignore[misc]
            if "Esc 멈추기" not in terminal.text:
                break  # the reply has ended, and so has what is measured
    return seconds


def long_conversation(messages: int) -> dict[str, list[float]]:
    """Return the seconds from each key to the screen that shows what it does, in a kept conversation gone on with."""
    seconds: dict[str, list[float]] = {"page up": [], "letter": []}
    with own_folders() as environment:
        _keep(Path(environment["XDG_DATA_HOME"]) / "counsel" / "conversations", messages // 2)
        with Terminal(COMMAND, 100, 30, environment) as terminal:
            terminal.wait_for(lambda screen: "준비됨" in screen)
            terminal.send("\x0f")  # Ctrl+O
            terminal.wait_for(lambda screen: "말 " + str(messages) in screen)
            terminal.send("\r")
            terminal.wait_for(lambda screen: f"{messages // 2 - 1}번째" in screen)
            time.sleep(1)

            typed = ""
            for letter in itertools.islice(itertools.cycle(string.ascii_lowercase), KEYS):
                typed += letter
                seen = lambda screen, typed=typed: typed in screen  # noqa: E731
                seconds["letter"].append(terminal.press(letter, seen))
            for _ in range(KEYS):
                top = _numbers(terminal.text)[0]
                seen = lambda screen, top=top: _numbers(screen)[0] < top  # noqa: E731
                seconds["page up"].append(terminal.press("\x1b[5~", seen))
    return seconds


def _keep(folder: Path, exchanges: int) -> None:
    """Keep a conversation of numbered messages."""
    transcript = Transcript()
    for number in range(exchanges):
        exchange = transcript.say(f"{number}번째 말입니다. {QUESTION}")
        transcript.answer(exchange.key, Variant("그랬군요. 그 이야기를 더 들려주세요. " * 3, "scripted"))
    with Store(folder) as store:
        Keeper(store).save(transcript.everything, transcript.keys[-1])


def _numbers(screen: str) -> list[int]:
    """Return the numbers of the messages on the screen, from top to bottom."""
    return [int(number) for number in re.findall(r"(\d+)번째", screen)] or [sys.maxsize]


async def growth(turns: int) -> float:
    """Return by how many MB the process grew from the 20th turn to the last."""
    app = CounselApp(Engine.load, chosen=Settings(pace=0.0))
    before = 0.0
    async with app.run_test(size=(100, 30)) as pilot:
        await _settle(pilot, app)
        for number in range(20 + turns):
            app.prompt.insert(f"{QUESTION} {number}")
            await pilot.press("enter")
            await _settle(pilot, app)
            if number == 19:
                before = _resident()
    return _resident() - before


async def _settle(pilot: Pilot[None], app: CounselApp) -> None:
    await pilot.pause()
    while app.is_working:
        await app.workers.wait_for_complete()
        await pilot.pause()


def _resident() -> float:
    """Return the process's own memory in MB; files that are mapped, as weights are, do not count."""
    pages = Path("/proc/self/statm").read_text().split()
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGESIZE") / 1e6


def _tell(name: str, seconds: list[float], aim: float) -> None:
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    figures = f"median {statistics.median(ordered):.3f} s, 95 % {high:.3f} s, slowest {ordered[-1]:.3f} s"
    print(f"{name}: {figures} of {len(ordered)} (aim {aim} s)", flush=True)


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True, help="Starts of the program.")
@click.option("--cold", is_flag=True, help="An empty cache folder for every start.")
@click.option(
    "--kogpt2", type=click.Path(exists=True, path_type=Path), help="A model folder of KoGPT2's size."
)
@click.option("--messages", default=5000, show_default=True, help="Of the long conversation.")
@click.option("--turns", default=1000, show_default=True, help="After which memory is compared.")
def main(runs: int, cold: bool, kogpt2: Path | None, messages: int, turns: int) -> None:
    """Print all figures, each with what is aimed at."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            times.append(start(cache if cold else None))
    painted, answered = (list(each) for each in zip(*times, strict=True))
    _tell("first paint", painted, 0.7)
    _tell("first token", answered, 2.0)
    if kogpt2:
        _tell("key to echo while KoGPT2 answers", echo(kogpt2), 0.05)
    for key, seconds in long_conversation(messages).items():
        _tell(f"{key} among {messages} messages", seconds, 0.05)
    print(f"memory: {asyncio.run(growth(turns)):+.1f} MB after {turns} turns (aim 20 MB)")


if __name__ == "__main__":
    main()
