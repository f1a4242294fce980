"""Two windows write at the same time, and are killed at any moment: every turn that was finished is there."""

import random
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from engine import locations
from tests.tui.store.conversations import reply, save
from tui.store import Keeper, Store
from tui.transcript import Transcript, Variant

KILLS = 50
Turn = tuple[int | None, int, str]  # session, key, what was said


def _write(name: str, folder: Path, told: Connection) -> None:
    """Keep one conversation after the other, and tell of each turn once it is written."""
    with Store(folder) as store:
        for session in range(10_000):
            keeper, transcript = Keeper(store), Transcript()
            for turn in range(5):
                exchange = transcript.say(f"{name} {session}/{turn} " + "가" * 2000)
                transcript.answer(exchange.key, Variant("네", "reply", reply("네"), "일상"))
                save(keeper, transcript)
                told.send((keeper.session, exchange.key, exchange.said))


def test_every_finished_turn_survives_a_kill_at_any_moment() -> None:
    """In 25 rounds both of two windows are killed, each at a random moment while it writes."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])  # so that a window starts at once

    def window(name: str) -> tuple[BaseProcess, Connection]:
        here, there = processes.Pipe(duplex=False)
        process = processes.Process(target=_write, args=(name, locations.conversations(), there), daemon=True)
        process.start()
        there.close()
        return process, here

    moments = random.Random(9)  # noqa: S311
    told: list[Turn] = []
    for each in range(KILLS // 2):
        windows = [window(f"{each}-왼쪽"), window(f"{each}-오른쪽")]
        told += [connection.recv() for _, connection in windows]  # both write
        for process, connection in windows:
            time.sleep(moments.random() * 0.01)
            process.kill()
            process.join()
            told += _rest(connection)
    assert len(told) > 2 * KILLS
    with Store() as store:
        assert store.set_aside is None
        for session, key, said in told:
            assert session
            exchange = store.load(session)[0][key - 1]
            assert exchange.said == said
            assert exchange.reply
        with store.reading() as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert store.search("왼쪽")[0].text.startswith(f"{KILLS // 2 - 1}-왼쪽")


def _rest(connection: Connection) -> list[Turn]:
    """Return what was told before the end; of a turn that was cut off in the middle nothing."""
    told: list[Turn] = []
    try:
        while True:
            told.append(connection.recv())
    except (EOFError, OSError):
        return told
