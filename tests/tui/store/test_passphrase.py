"""Encrypted at rest: who has no passphrase finds nothing, and changes nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize

import pytest

from engine import locations
from tests.tui.store.conversations import kept, said_in
from tui.store import PassphraseError, Store, StoreError, database
from tui.store.passphrase import change

SAID = "요즘 불면이 심해요"
ANSWERED = "언제부터 그러셨나요"


def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(locations.conversations().iterdir())}


def _is_readable() -> bool:
    """Whether any word of the conversation, in any encoding, composed or not, is in any file."""
    words = [word for said in (SAID, ANSWERED, "증상/불면") for word in (*said.split(), said)]
    content = b"".join(_files().values())
    return any(
        normalize(form, word).encode(encoding) in content
        for word in words
        for form in ("NFC", "NFD")
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
    ) or any(
        code in content for word in words for code in (word.encode("cp949"), word.encode("unicode-escape"))
    )


@pytest.fixture
def session() -> int:
    with Store() as store:
        return kept(store, (SAID, ANSWERED))


def test_nothing_can_be_read_without_the_passphrase() -> None:
    with Store(passphrase="열려라 참깨") as store:
        session = kept(store, (SAID, ANSWERED))
        assert len(_files()) == 3  # with what SQLite keeps beside it
        assert not _is_readable()
        assert [found.key for found in store.search("불면")] == [1]
    assert not _is_readable()
    with Store(passphrase="열려라 참깨") as store:
        assert said_in(store, session) == [SAID]


def test_the_search_for_traces_finds_what_is_not_encrypted(session: int) -> None:
    assert session
    assert _is_readable()


@pytest.mark.parametrize("passphrase", ["열려라", "", "' OR 1=1 --", None])
def test_a_wrong_passphrase_changes_nothing(session: int, passphrase: str | None) -> None:
    assert session
    change(None, "열려라 참깨")
    before = _files()
    with pytest.raises(PassphraseError, match="암호"):
        Store(passphrase=passphrase)
    with pytest.raises(PassphraseError, match="암호"):
        change(passphrase, "다른 암호")
    assert _files() == before


def test_a_passphrase_is_set_changed_and_removed(session: int) -> None:
    change(None, "하나'둘")
    assert list(_files()) == ["conversations-encrypted.db"]
    assert not _is_readable()
    change(normalize("NFD", "하나'둘"), "셋")  # as a Mac's keyboard may give it
    with pytest.raises(PassphraseError):
        Store(passphrase="하나'둘")
    with Store(passphrase="셋") as store:
        assert said_in(store, session) == [SAID]
        assert store.search("불면")
    change("셋", None)
    assert list(_files()) == ["conversations.db"]
    with Store() as store:
        assert said_in(store, session) == [SAID]
        assert kept(store, ("둘", "나")) == session + 1


def test_the_passphrase_of_files_that_another_window_has_open_stays(session: int) -> None:
    script = "from tui.store import Store\nwith Store(): print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as window:
        assert window.stdout
        assert window.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match="다른 창"):
            change(None, "열려라 참깨")
        window.communicate(b"\n")
    with Store() as store:
        assert said_in(store, session) == [SAID]


@pytest.mark.parametrize(("old", "new"), [(None, "새 암호"), ("옛 암호", None)])
def test_a_change_that_is_killed_anywhere_leaves_the_old_or_the_new(
    session: int, old: str | None, new: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if old:
        change(None, old)
    before = _files()
    steps = 0

    def stopping(step: Callable[..., object], at: int) -> Callable[..., object]:
        def run(*arguments: object) -> object:
            nonlocal steps
            steps += 1
            if steps == at:
                raise KeyboardInterrupt
            return step(*arguments)

        return run

    for at in range(1, 5):  # before the new file has its name, with both, half erased, erased but there
        steps = 0
        for name, content in before.items():
            (locations.conversations() / name).write_bytes(content)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", stopping(Path.replace, at))
            patch.setattr(os, "fsync", stopping(os.fsync, at))
            patch.setattr(Path, "unlink", stopping(Path.unlink, at))
            with suppress(KeyboardInterrupt):
                change(old, new)
        found = []
        for passphrase in (old, new):
            try:
                with Store(passphrase=passphrase) as store:
                    assert store.set_aside is None
                    found.append(said_in(store, session))
                    break
            except PassphraseError:
                continue
        assert found == [[SAID]]
        assert len(_files()) == 1  # nothing readable is left beside what is encrypted
        for path in locations.conversations().iterdir():
            path.unlink()


def test_a_damaged_encrypted_file_is_set_aside_and_a_new_one_begun() -> None:
    with Store(passphrase="열려라 참깨") as store:
        for number in range(50):
            kept(store, (f"{number} " + SAID * 200, ANSWERED))
        path = store.path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PassphraseError):
        Store(passphrase="다른 암호")
    with Store(passphrase="열려라 참깨") as store:
        assert store.set_aside
        assert store.set_aside.exists()
        session = kept(store, (SAID, ANSWERED))
        assert said_in(store, session) == [SAID]
    assert not _is_readable()


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(PassphraseError, match="pip install sqlcipher3"):
        Store(passphrase="열려라 참깨")
    assert not database.exists()
