"""What is kept comes back as it was."""

from pathlib import Path

import pytest

from tests.tui.store.conversations import answered, kept, reply, said_in, save
from tui.store import GoneError, Keeper, Store, WipedError
from tui.store.sessions import wipe
from tui.transcript import Transcript, Variant


def test_what_another_window_took_back_can_be_taken_back_here_too() -> None:
    with Store() as store, Store() as other:
        keeper, transcript = Keeper(store), answered(("하나", "가"))
        transcript.say("둘")  # waits for its answer
        save(keeper, transcript)
        assert keeper.session
        exchanges, last = other.load(keeper.session)
        there, over_there = Transcript(exchanges, last), Keeper(other, keeper.session, exchanges)
        for window, own in ((transcript, keeper), (there, over_there)):
            window.take_back(window.keys[-1])
            save(own, window)
        transcript.answer(transcript.say("셋").key, Variant("다", "reply", reply("다"), "일상"))
        save(keeper, transcript)
        assert said_in(store, keeper.session) == ["하나", "셋"]


def test_a_session_that_loses_an_exchange_to_another_window_becomes_two() -> None:
    with Store() as store, Store() as other:
        keeper, transcript = Keeper(store), answered(("하나", "가"))
        transcript.say("둘")  # waits for its answer
        save(keeper, transcript)
        first = keeper.session
        assert first
        exchanges, last = other.load(first)
        there = Transcript(exchanges, last)
        there.take_back(there.keys[-1])
        save(Keeper(other, first, exchanges), there)
        transcript.answer(transcript.keys[-1], Variant("나", "reply", reply("나"), "일상"))
        save(keeper, transcript)
        assert keeper.session != first
        assert keeper.session
        assert said_in(store, keeper.session) == ["하나", "둘"]
        assert said_in(store, first) == ["하나"]


def test_what_is_wiped_while_it_is_open_is_not_written_again() -> None:
    with Store() as store:
        keeper, transcript = Keeper(store), answered(("하나", "가"))
        save(keeper, transcript)
        wipe()
        transcript.say("둘")
        with pytest.raises(WipedError):
            save(keeper, transcript)
        assert not store.folder.exists()


def test_a_conversation_with_branches_and_variants_comes_back_whole() -> None:
    transcript = answered(("요즘 잠을 못 자요", "언제부터요?"), ("한 달 됐어요", "많이 지치셨겠어요."))
    first, second = transcript.keys
    transcript.answer(first, Variant("다른 답", "reply", reply("다른 답"), "일상"))
    transcript.edit(second, "어제부터요")
    transcript.answer(transcript.keys[-1], Variant("디스크", "failed"))
    transcript.begin_anew()
    fourth = transcript.say("새 이야기")
    transcript.answer(fourth.key, Variant("109", "scripted", title="안내"))
    transcript.show_branch(second, 0)
    with Store() as store:
        keeper = Keeper(store)
        save(keeper, transcript)
        assert keeper.session
        exchanges, last = store.load(keeper.session)
    again = Transcript(exchanges, last)
    assert again.everything == transcript.everything
    assert again.exchanges == transcript.exchanges
    assert again.before(second) == transcript.before(second)


def test_what_changes_later_is_written_too() -> None:
    transcript = answered(("하나", "가"))
    with Store() as store:
        keeper = Keeper(store)
        save(keeper, transcript)
        assert keeper.session
        first = transcript.keys[0]
        transcript.answer(first, Variant("나", "reply", reply("나"), "일상"))
        transcript.show(first, 0)
        taken = transcript.say("둘")
        save(keeper, transcript)
        transcript.take_back(taken.key)
        save(keeper, transcript)
        exchanges, _ = store.load(keeper.session)
    assert exchanges == list(transcript.everything)
    assert exchanges[0].shown == 0


def test_a_session_goes_on_where_it_was_left() -> None:
    with Store() as store:
        session = kept(store, ("하나", "가"))
        exchanges, last = store.load(session)
        transcript, keeper = Transcript(exchanges, last), Keeper(store, session, exchanges)
        transcript.say("둘")
        save(keeper, transcript)
        assert keeper.session == session
        assert said_in(store, session) == ["하나", "둘"]


def test_a_long_conversation_does_not_grow_squared(tmp_path: Path) -> None:
    def size(turns: int) -> int:
        with Store(tmp_path / str(turns)) as store:
            kept(store, *((f"{n}번째 말", f"{n}번째 답") for n in range(turns)))
            with store.reading() as connection:
                return int(connection.execute("SELECT sum(length(reply)) FROM provenance").fetchone()[0])

    assert size(200) < 11 * size(20)


def test_the_list_tells_title_topics_and_size() -> None:
    with Store() as store:
        first = kept(store, ("잠이 안 와요", "그렇군요"))
        second = kept(store, ("밥 먹었어", "잘했어요"), ("또 먹었어", "네"), topic="일상")
        assert [session.id for session in store.sessions()] == [second, first]
        assert [session.title for session in store.sessions()] == ["일상", "증상/불면"]
        assert [session.messages for session in store.sessions()] == [4, 2]
        store.rename(first, "  불면의\n밤 ")
        assert store.session(first).title == "불면의 밤"
        store.rename(first, "")
        assert store.session(first).title == "증상/불면"


def test_a_deleted_session_is_gone_from_the_files() -> None:
    with Store() as store:
        deleted = kept(store, ("코끼리가 춤춰요", "기린도 웃네요"))
        stays = kept(store, ("잠이 안 와요", "그렇군요"))
        store.delete(deleted)
        assert [session.id for session in store.sessions()] == [stays]
        assert store.search("코끼리") == []
        content = b"".join(path.read_bytes() for path in store.folder.iterdir())
        for trace in (
            "코끼",
            "기린",
            "\u110f\u1169\u1101",
            "\\ucf54",
        ):  # the letters of 코끼, as the index has them
            assert trace.encode() not in content
        assert "잠이".encode() in content
        with pytest.raises(GoneError, match=str(deleted)):
            store.load(deleted)


def test_two_windows_write_their_own_sessions_and_share_the_list() -> None:
    with Store() as one, Store() as other:
        kept(one, ("하나", "가"))
        kept(other, ("둘", "나"))
        assert [said_in(one, session.id) for session in one.sessions()] == [["둘"], ["하나"]]
        assert one.search("둘") == other.search("둘") != []


def test_a_session_that_goes_on_in_two_windows_becomes_two() -> None:
    with Store() as one, Store() as other:
        session = kept(one, ("하나", "가"))
        keepers, transcripts = [], []
        for store in (one, other):
            exchanges, last = store.load(session)
            keepers.append(Keeper(store, session, exchanges))
            transcripts.append(Transcript(exchanges, last))
        for keeper, transcript, said in zip(keepers, transcripts, ("왼쪽", "오른쪽"), strict=True):
            transcript.say(said)
            save(keeper, transcript)
        assert keepers[0].session == session != keepers[1].session
        assert keepers[1].session
        assert said_in(one, session) == ["하나", "왼쪽"]
        assert said_in(one, keepers[1].session) == ["하나", "오른쪽"]


def test_what_another_window_deleted_does_not_come_back() -> None:
    with Store() as one, Store() as other:
        keeper, transcript = Keeper(one), answered(("하나", "가"))
        save(keeper, transcript)
        assert keeper.session
        other.delete(keeper.session)
        transcript.say("둘")
        with pytest.raises(GoneError):
            save(keeper, transcript)
        assert other.sessions() == []


def test_what_is_forgotten_can_be_kept_anew() -> None:
    with Store() as store:
        keeper, transcript = Keeper(store), answered(("하나", "가"))
        save(keeper, transcript)
        keeper.forget()
        assert store.sessions() == []
        transcript.say("둘")
        save(keeper, transcript)
        assert keeper.session
        assert said_in(store, keeper.session) == ["하나", "둘"]
