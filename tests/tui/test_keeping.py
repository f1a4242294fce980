"""Nothing is kept unless asked; what is kept can be gone on with, searched and deleted."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from textual.worker import WorkerCancelled

from engine import Engine, locations
from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tests.tui.store.conversations import kept, said_in, save
from tui.app import CounselApp
from tui.ask import AskLine, Choose
from tui.header import Header
from tui.keeping import KeepingApp
from tui.sessions import SessionsScreen
from tui.settings import Settings
from tui.store import Found, Keeper, Session, Store, database
from tui.store.passphrase import change
from tui.store.sessions import wipe
from tui.transcript import Transcript, Variant


@asynccontextmanager
async def session(engine: Engine, **chosen: str) -> AsyncIterator[tuple[Pilot[None], CounselApp]]:
    app = CounselApp(lambda: engine, {"temperature": 0.0, "seed": 1}, chosen=Settings(**chosen))  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        yield pilot, app


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not happen")


async def shows(pilot: Pilot[None], screen: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))
    await pilot.pause()


async def switch_on(pilot: Pilot[None], app: CounselApp) -> None:
    await pilot.press("ctrl+g")
    await shows(pilot, Choose)
    await pilot.press("enter")
    await until(pilot, lambda: app.keeper is not None)
    await settle(pilot)


async def test_nothing_is_written_unless_asked(trained_engine: Engine) -> None:
    async with session(trained_engine) as (pilot, app):
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        assert app.query_one(Header).kept is False
        await pilot.press("ctrl+g")
        await shows(pilot, Choose)
        await pilot.press("down", "enter")  # do not
        await settle(pilot)
        await pilot.press("ctrl+o")  # to look is not to ask, either
        await settle(pilot)
    assert not locations.conversations().exists()


async def test_a_conversation_is_kept_from_its_beginning(trained_engine: Engine) -> None:
    async with session(trained_engine) as (pilot, app):
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        await switch_on(pilot, app)
        assert app.query_one(Header).kept is True
        await say(pilot, "어제 잠 때문에 힘들어")
        await settle(pilot)
        written = list(app.transcript.everything)
    with Store() as store:
        (one,) = store.sessions()
        assert store.load(one.id)[0] == written
        assert len(written) == 2
        assert all(exchange.reply for exchange in written)


async def test_every_finished_turn_is_there_while_the_session_runs(trained_engine: Engine) -> None:
    async with session(trained_engine, keep="always") as (pilot, app):
        await until(pilot, lambda: app.keeper is not None)
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        with Store() as other:
            (one,) = other.sessions()
            assert other.load(one.id)[0] == list(app.transcript.everything)


@pytest.mark.parametrize(("keys", "left"), [(["enter"], 1), (["down", "enter"], 0), (["escape"], 1)])
async def test_switching_off_asks_what_shall_become_of_it(
    trained_engine: Engine, keys: list[str], left: int
) -> None:
    async with session(trained_engine) as (pilot, app):
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        await switch_on(pilot, app)
        await pilot.press("ctrl+g")
        await shows(pilot, Choose)
        await pilot.press(*keys)
        await settle(pilot)
        goes_on = keys == ["escape"]
        assert app.query_one(Header).kept is goes_on
        await say(pilot, "어제 잠 때문에 힘들어")
        await settle(pilot)
    with Store() as store:
        assert [len(store.load(one.id)[0]) for one in store.sessions()] == [2 if goes_on else 1] * left


@pytest.mark.parametrize(
    ("keys", "shown", "kept_ones"),
    [
        (("enter",), "오늘 불안 때문에 걱정돼요", 1),
        (("escape",), "오늘 불안 때문에 걱정돼요", 1),
        (("down", "enter"), "요즘 불면이 심해요", 2),
        (("down", "down", "enter"), "요즘 불면이 심해요", 1),
    ],
)
async def test_before_another_takes_the_place_of_what_is_not_kept_the_person_is_asked(
    trained_engine: Engine, keys: tuple[str, ...], shown: str, kept_ones: int
) -> None:
    with Store() as store:
        kept(store, ("요즘 불면이 심해요", "언제부터요?"))
    async with session(trained_engine) as (pilot, app):
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        await pilot.press("ctrl+e")  # what is being edited goes with the conversation
        await pilot.press("ctrl+o")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        await pilot.press("enter")
        await shows(pilot, Choose)
        await pilot.press(*keys)
        await settle(pilot)
        assert (app.prompt.editing is None) is (shown != "오늘 불안 때문에 걱정돼요")
        assert [exchange.said for exchange in app.transcript.exchanges] == [shown]
    with Store() as store:
        assert len(store.sessions()) == kept_ones


async def test_a_reply_that_takes_the_place_of_a_failure_is_kept(trained_engine: Engine) -> None:
    with Store() as store:
        transcript = Transcript()
        transcript.answer(transcript.say("어제 잠 때문에 힘들어").key, Variant("모델이 없어요", "failed"))
        save(Keeper(store), transcript)
    async with session(trained_engine) as (pilot, app):
        await open_first(pilot)
        await pilot.press("ctrl+r")
        await settle(pilot)
        said = app.transcript.exchanges[0].variants
        assert [variant.kind for variant in said] == ["reply"]
    with Store() as store:
        (one,) = store.sessions()
        assert store.load(one.id)[0][0].variants == said
        assert store.search(said[0].text)
        assert not store.search("모델이 없어요")


async def test_what_was_wiped_stays_wiped_while_a_window_is_open(trained_engine: Engine) -> None:
    async with session(trained_engine, keep="always") as (pilot, app):
        await until(pilot, lambda: app.keeper is not None)
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        assert wipe()
        await say(pilot, "어제 잠 때문에 힘들어")
        await settle(pilot)
        assert app.query_one(Header).kept is False
        assert not locations.conversations().exists()
        await switch_on(pilot, app)  # asked anew, all of it is kept anew
    with Store() as store:
        assert len(store.load(store.sessions()[0].id)[0]) == 2


async def test_a_conversation_with_a_damaged_record_can_be_read_and_goes_on(trained_engine: Engine) -> None:
    with Store() as store:
        number = kept(store, ("요즘 불면이 심해요", "언제부터요?"), ("한 달 됐어요", "그렇군요"))
        with store.writing() as database:
            database.execute("UPDATE provenance SET reply = substr(reply, 1, 20) WHERE exchange = 1")
    async with session(trained_engine) as (pilot, app):
        await open_first(pilot)
        assert [view.utterance.said for view in app.chat.views.values()] == [
            "요즘 불면이 심해요",
            "한 달 됐어요",
        ]
        assert "손상" in " ".join(notice.message for notice in app._notifications)
        await say(pilot, "어제 잠 때문에 힘들어")
        await settle(pilot)
    with Store() as store:
        assert len(store.load(number)[0]) == 3


async def test_a_failure_that_nobody_expected_switches_keeping_off(
    trained_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("oops")

    async with session(trained_engine, keep="always") as (pilot, app):
        await until(pilot, lambda: app.keeper is not None)
        monkeypatch.setattr(Store, "write", fail)
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        assert app.query_one(Header).kept is False
        assert app.transcript.exchanges[0].reply


async def open_first(pilot: Pilot[None]) -> None:
    """Go on with the first conversation of the list."""
    await pilot.press("ctrl+o")
    await shows(pilot, SessionsScreen)
    await settle_list(pilot)
    await pilot.press("enter")
    await settle(pilot)
    await until(pilot, lambda: pilot.app.keeper is not None)  # type: ignore[attr-defined]
    await settle(pilot)


async def test_a_kept_conversation_is_opened_and_goes_on(trained_engine: Engine) -> None:
    with Store() as store:
        number = kept(store, ("요즘 불면이 심해요", "언제부터요?"), ("한 달 됐어요", "그렇군요"))
        kept(store, ("딴 이야기", "네"))
    async with session(trained_engine) as (pilot, app):
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        await pilot.press("ctrl+o")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        app.screen.query_one(Input).value = "불면"
        await settle_list(pilot)
        assert app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await shows(pilot, Choose)
        await pilot.press("down", "down", "enter")  # let the present one go
        await until(pilot, lambda: app.keeper is not None)
        await settle(pilot)
        assert app.query_one(Header).kept is True
        assert [view.utterance.said for view in app.chat.views.values()] == [
            "요즘 불면이 심해요",
            "한 달 됐어요",
        ]
        await say(pilot, "어제 잠 때문에 힘들어")
        await settle(pilot)
    with Store() as store:
        assert said_in(store, number) == ["요즘 불면이 심해요", "한 달 됐어요", "어제 잠 때문에 힘들어"]
        assert len(store.sessions()) == 2


async def settle_list(pilot: Pilot[None]) -> None:
    """Wait until the list is there; the worker that waits for the screen's end goes on."""
    await pilot.pause()
    workers = pilot.app.workers
    while running := [worker for worker in workers if worker.group == "list" and not worker.is_finished]:
        with suppress(WorkerCancelled):  # by a letter that was typed meanwhile
            await workers.wait_for_complete(running)
    await pilot.pause()


async def test_a_folder_of_nobody_is_told(trained_engine: Engine) -> None:
    with Store() as store:
        kept(store, ("요즘 불면이 심해요", "언제부터요?"))
    async with session(trained_engine) as (pilot, app):
        await pilot.press("ctrl+o")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        await pilot.press("ctrl+x")
        await shows(pilot, AskLine)
        app.screen.query_one(Input).value = "~nobody-here/x.md"
        await pilot.press("enter")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        assert "~nobody-here" in " ".join(notice.message for notice in app._notifications)


async def test_sessions_are_renamed_exported_and_deleted(trained_engine: Engine, tmp_path: Path) -> None:
    with Store() as store:
        number = kept(store, ("요즘 불면이 심해요", "언제부터요?"))
    async with session(trained_engine) as (pilot, app):
        await pilot.press("ctrl+o")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        for key, typed in (("ctrl+r", "불면의 밤"), ("ctrl+x", str(tmp_path / "session.md"))):
            await pilot.press(key)
            await shows(pilot, AskLine)
            app.screen.query_one(Input).value = typed
            await pilot.press("enter")
            await shows(pilot, SessionsScreen)
            await settle_list(pilot)
        assert app.store
        assert app.store.session(number).title == "불면의 밤"
        assert "요즘 불면이 심해요" in (tmp_path / "session.md").read_text("utf-8")
        await pilot.press("ctrl+d")
        await shows(pilot, Choose)
        await pilot.press("down", "enter")
        await shows(pilot, SessionsScreen)
        await settle_list(pilot)
        assert app.screen.query_one(OptionList).option_count == 0
        await pilot.press("escape")
        await settle(pilot)
    with Store() as store:
        assert store.sessions() == []


async def test_a_passphrase_is_asked_for_at_the_start_and_a_wrong_one_said(trained_engine: Engine) -> None:
    with Store() as store:
        kept(store, ("요즘 불면이 심해요", "언제부터요?"))
    change(None, "열려라")
    async with session(trained_engine, keep="always") as (pilot, app):
        for typed in ("닫혀라", "열려라"):
            await shows(pilot, AskLine)
            app.screen.query_one(Input).value = typed
            screen = app.screen
            await pilot.press("enter")
            await until(pilot, lambda screen=screen: app.screen is not screen)  # type: ignore[misc]
        await until(pilot, lambda: app.keeper is not None)
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
    with Store(passphrase="열려라") as store:
        assert len(store.sessions()) == 2


async def test_who_gives_no_passphrase_talks_without_keeping(trained_engine: Engine) -> None:
    with Store(passphrase="열려라") as store:
        kept(store, ("요즘 불면이 심해요", "언제부터요?"))
    async with session(trained_engine, keep="always") as (pilot, app):
        await shows(pilot, AskLine)
        await pilot.press("escape")
        await settle(pilot)
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        assert app.query_one(Header).kept is False
        assert app.transcript.exchanges[0].reply


async def test_a_folder_that_cannot_be_written_is_a_notice_and_no_end(trained_engine: Engine) -> None:
    locations.conversations().parent.mkdir(parents=True)
    locations.conversations().write_text("in the way")
    async with session(trained_engine, keep="always") as (pilot, app):
        await until(pilot, lambda: len(app._notifications) > 0)  # the only way to see one
        await say(pilot, "오늘 불안 때문에 걱정돼요")
        await settle(pilot)
        assert app.transcript.exchanges[0].reply
        assert app.query_one(Header).kept is False
    assert not database.exists()


@PICTURED
@pytest.mark.parametrize(
    "keys", [["ctrl+g"], ["ctrl+o"], ["ctrl+o", "n", "o", "ctrl+d"]], ids=["offer", "list", "delete"]
)
def test_looks(
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    theme: str,
    keys: list[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/tmp/counsel-looks")  # noqa: S108  # which the picture shows
    monkeypatch.setattr(KeepingApp, "open_store", _pictured)
    monkeypatch.setattr("tui.keeping.exists", lambda: True)
    app = CounselApp(lambda: ScriptedEngine(), chosen=Settings(theme=theme))  # type: ignore[arg-type, return-value]

    async def look(pilot: Pilot[None]) -> None:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await settle_list(pilot)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=look)


class PicturedStore(Store):
    """For pictures only, which must not depend on the time."""

    def __init__(self) -> None:
        pass

    def close(self) -> None:
        pass

    def sessions(self) -> list[Session]:
        at = datetime(2026, 3, 1, 21, 40, tzinfo=UTC)
        return [
            Session(7, "잠 못 드는 밤", at, at, ("증상/불면", "감정/불안", "일상", "이별"), 24),
            Session(3, "직장/상사", at, at, ("직장/상사",), 6),
        ]

    def search(self, words: str) -> list[Found]:
        said = f"요즘은 새벽 세 시까지 잠이 안 오고 자꾸 핸드폰만 보게 돼요 {words} 그래서 낮에 일이 손에 안 잡혀요"
        return [Found(session, 1, session.begun, said) for session in self.sessions()]


async def _pictured(app: KeepingApp) -> bool:
    app.store = PicturedStore()
    return True
