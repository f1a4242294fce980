"""Killed at any moment, nothing is lost: neither what two windows write at once, nor by a change of the passphrase."""

import random
import signal
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from engine import locations
from tests.tui.store.conversations import kept, reply, said_in, save
from tui.store import Keeper, PassphraseError, Store
from tui.store.database import is_encrypted, leftovers
from tui.store.passphrase import change
from tui.transcript import Transcript, Variant

KILLS = 50
PASSPHRASES = (None, "열려라 참깨", "닫혀라 참깨")  # from each to the next
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


def _change(folder: Path, old: int) -> None:
    """Change the passphrase over and over."""
    while True:
        new = (old + 1) % len(PASSPHRASES)
        change(PASSPHRASES[old], PASSPHRASES[new], folder)
        old = new


def _opened_by(session: int, said: list[str]) -> int:
    """Return which passphrase opens the conversations, all of which must be there."""
    folder = locations.conversations()
    for each in (1, 2) if is_encrypted(folder) else (0,):
        try:
            with Store(passphrase=PASSPHRASES[each]) as store:
                assert store.set_aside is None
                assert said_in(store, session) == said
                with store.reading() as database:
                    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert not each or not leftovers(folder)
                return each
        except PassphraseError:
            pass
    raise AssertionError("no passphrase opens it")


def test_a_change_of_the_passphrase_survives_a_kill_at_any_moment() -> None:
    said = [f"{each}번째 밤에도 잠이 안 와요 " + "가" * 2000 for each in range(200)]
    with Store() as store:
        session = kept(store, *((each, "네") for each in said))
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    moments = random.Random(9)  # noqa: S311
    present, seen = 0, set[int]()
    for _ in range(15):
        process = processes.Process(target=_change, args=(locations.conversations(), present), daemon=True)
        process.start()
        time.sleep(0.2 + moments.random() * 1.5)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL  # it was still at it
        present = _opened_by(session, said)
        seen.add(present)
    assert len(seen) == len(PASSPHRASES)


def _rest(connection: Connection) -> list[Turn]:
    """Return what was told before the end; of a turn that was cut off in the middle nothing."""
    told: list[Turn] = []
    try:
        while True:
            told.append(connection.recv())
    except (EOFError, OSError):
        return told
