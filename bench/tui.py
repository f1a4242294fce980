"""What the app costs whoever waits for it: first paint, first token, echo of a key, long conversations, memory.

python -m bench.tui [--runs 5] [--kogpt2 DIR] [--turns 1000] [--messages 5000]

Start and echo are measured in a real terminal, from the first byte sent to the screen that shows it. DIR is a model of
KoGPT2's size as `python -m bench.kogpt2 DIR` makes it; without one the echo is not measured. Other work on the machine
lengthens all but the processor's own time, which is told where it is known.
"""

import asyncio
import itertools
import os
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
from tui.transcript import Variant

QUESTION = "헤어졌는데 너무 힘들어"
COMMAND = [sys.executable, "-m", "counsel", "chat", "--temperature", "0"]
KEYS = 60  # pressed for a percentile


@contextmanager
def fast_pace(cache: str | None = None) -> Iterator[Mapping[str, str]]:
    """Give the environment of a person who wants replies as fast as they come, and perhaps an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "counsel" / "settings.toml"
        settings.parent.mkdir()
        settings.write_text("pace = 0.0\n", "utf-8")
        yield {**os.environ, "XDG_CONFIG_HOME": folder, **({"XDG_CACHE_HOME": cache} if cache else {})}


def start(cache: str | None) -> tuple[float, float]:
    """Return the seconds from process start to the first paint, and to the first text of the reply.

    The question is typed at once, before the process has read its first line.
    """
    with fast_pace(cache) as environment, Terminal(COMMAND, 80, 24, environment) as terminal:
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
    with fast_pace() as environment, Terminal(command, 100, 30, environment) as terminal:
        terminal.wait_for(lambda screen: "준비됨" in screen, 120)
        terminal.send(QUESTION + "\r")
        terminal.wait_for(lambda screen: "Esc 멈추기" in screen)
        typed = ""
        for letter in itertools.islice(itertools.cycle(string.ascii_lowercase), KEYS):
            typed += letter
            begun = time.perf_counter()
            terminal.send(letter)
            terminal.wait_for(lambda screen, typed=typed: typed in screen)  # type: ignore[misc]
            seconds.append(time.perf_counter() - begun)
            if "Esc 멈추기" not in terminal.text:
                break  # the reply has ended, and so has what is measured
            time.sleep(0.02)
    return seconds


async def long_conversation(messages: int) -> dict[str, list[tuple[float, float]]]:
    """Return how long each page turned and each key pressed took in a conversation of so many messages.

    Returns:
        By the key, the seconds that passed, Pilot's own waiting included, and those of the processor.
    """
    app = CounselApp(Engine.load, chosen=Settings(pace=0.0))
    seconds: dict[str, list[tuple[float, float]]] = {"pageup": [], "a": []}
    async with app.run_test(size=(100, 30)) as pilot:
        await _settle(pilot, app)
        for number in range(messages // 2):
            exchange = app.transcript.say(f"{number}번째 말입니다. {QUESTION}")
            app.transcript.answer(exchange.key, Variant("그랬군요. 그 이야기를 더 들려주세요. " * 3, "reply"))
        app.chat.follow()
        await pilot.pause(0.5)
        for key in ("pageup", "a"):
            for _ in range(KEYS):
                begun, worked = time.perf_counter(), time.process_time()
                await pilot.press(key)
                seconds[key].append((time.perf_counter() - begun, time.process_time() - worked))
    return seconds


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
    for length in (2, messages):  # with two, it is Pilot's own waiting
        for key, seconds in asyncio.run(long_conversation(length)).items():
            passed, worked = (list(each) for each in zip(*seconds, strict=True))
            _tell(f"{key} among {length} messages", passed, 0.05)
            _tell(f"{key} among {length} messages, of the processor", worked, 0.05)
    print(f"memory: {asyncio.run(growth(turns)):+.1f} MB after {turns} turns (aim 20 MB)")


if __name__ == "__main__":
    main()
