"""The file: who may read it, earlier and newer versions, damage, a full disk, a folder that cannot be written."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine import locations
from tests.tui.store.conversations import answered, kept, reply, said_in, save
from tui.store import Keeper, Store, StoreError, schema
from tui.store.records import pack, reply_to_json
from tui.store.sessions import wipe
from tui.transcript import Variant


def test_nobody_else_may_read_what_is_kept() -> None:
    before = os.umask(0)
    try:
        with Store() as store:
            kept(store, ("하나", "가"))
            assert store.folder.stat().st_mode & 0o777 == 0o700
            assert {path.stat().st_mode & 0o777 for path in store.folder.iterdir()} == {0o600}
            assert {path.name for path in store.folder.iterdir()} > {
                "conversations.db",
                "conversations.db-wal",
            }
    finally:
        os.umask(before)


def _file_of_version(version: int, folder: Path) -> None:
    """Write a file as counsel of that version did, with plain SQL."""
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "conversations.db", isolation_level=None)
    for step in schema.STEPS[:version]:
        step(connection)
    connection.execute(f"PRAGMA user_version = {version}")
    at = "2026-01-02T03:04:05+09:00"
    connection.execute("INSERT INTO sessions(begun, changed, last) VALUES (?, ?, 2)", (at, at))
    for key, said in ((1, "요즘 불면이 심해요"), (2, "어제도요")):
        connection.execute(
            "INSERT INTO exchanges(session, key, parent, said, shown, begins, at) VALUES (1, ?, ?, ?, 0, 0, ?)",
            (key, key - 1 or None, said, at),
        )
    made = pack(reply_to_json(reply("언제부터요?")))
    connection.execute("INSERT INTO variants VALUES (1, 0, 'reply', '증상/불면', '언제부터요?')")
    connection.execute("INSERT INTO provenance VALUES (1, 0, ?, '{}')", (made,))
    connection.close()


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_file_of_an_earlier_version_is_upgraded(version: int) -> None:
    _file_of_version(version, locations.conversations())
    with Store() as store:
        assert [found.key for found in store.search("불면")] == [1]
        (session,) = store.sessions()
        assert (session.title, session.topics, session.messages) == ("증상/불면", ("증상/불면",), 3)
        exchanges, last = store.load(session.id)
        assert last == 2
        assert exchanges[0].variants == (Variant("언제부터요?", "reply", reply("언제부터요?"), "증상/불면"),)
    with Store() as store, store.reading() as connection:
        assert schema.version_of(connection) == schema.VERSION


def test_an_upgrade_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _file_of_version(1, locations.conversations())

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE sessions ADD COLUMN half TEXT")
        connection.execute("SELECT no_such_function()")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", (schema.STEPS[0], fail))
        with pytest.raises(StoreError):
            Store()
    with Store() as store:
        assert said_in(store, 1) == ["요즘 불면이 심해요", "어제도요"]


def test_a_file_of_a_newer_version_is_left_alone() -> None:
    with Store() as store:
        kept(store, ("하나", "가"))
        with store.reading() as connection:
            connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = store.path.read_bytes()
    with pytest.raises(StoreError, match=str(schema.VERSION + 1)):
        Store()
    assert store.path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"not a database at all" * 50])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(damage: bytes) -> None:
    with Store() as store:
        kept(store, *((f"{n}번째", "네") for n in range(30)))
    content = store.path.read_bytes()
    ruined = damage + content[len(damage) : len(content) // 2]
    store.path.write_bytes(ruined)
    with Store() as store:
        assert store.set_aside
        assert store.set_aside.read_bytes() == ruined
        assert store.sessions() == []
        session = kept(store, ("둘", "나"))
    with Store() as store:
        assert store.set_aside is None
        assert said_in(store, session) == ["둘"]


def test_damage_that_shows_only_while_writing_loses_nothing_of_the_conversation() -> None:
    with Store() as store:
        keeper, transcript = Keeper(store), answered(*((f"{n}번째", "네") for n in range(60)))
        save(keeper, transcript)
    content = bytearray(store.path.read_bytes())
    content[4096 * 4 :] = os.urandom(len(content) - 4096 * 4)
    store.path.write_bytes(content)
    with Store() as store:
        keeper.store = store
        transcript.say("끝으로")
        save(keeper, transcript)
        assert store.set_aside
        assert keeper.session
        assert said_in(store, keeper.session)[-2:] == ["59번째", "끝으로"]


_FILL = """
import resource
from tests.tui.store.conversations import answered, save
from tui.store import Keeper, Store, StoreError
with Store() as store:
    keeper, transcript = Keeper(store), answered(("하나", "가"))
    save(keeper, transcript)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
    for number in range(400):
        transcript.say(f"{{number}}번째 말")
        try:
            save(keeper, transcript)
        except StoreError as error:
            print(error)
            break
    else:
        print("never full")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    save(keeper, transcript)
    assert len(store.load(keeper.session)[0]) == len(transcript.everything)
    print(number)
"""


def test_a_full_disk_is_told_and_what_is_missing_is_written_when_there_is_room() -> None:
    """The system refuses to let any file grow further, as a full disk does."""
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + _FILL.format(limit=300_000)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told, number = run.stdout.splitlines()
    assert "conversations.db" in told
    assert "df -h" in told
    assert int(number) > 0
    with Store() as store, store.reading() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_folder_that_cannot_be_written_is_told() -> None:
    folder = locations.conversations()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="conversations"):
        Store()


def test_everything_is_wiped_by_one_call() -> None:
    with Store() as store:
        kept(store, ("하나", "가"))
    store.path.write_bytes(b"damaged")
    with Store() as store:
        kept(store, ("둘", "나"))
    assert len(wipe()) >= 2
    assert not locations.conversations().exists()
    assert wipe() == []
