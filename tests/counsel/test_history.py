"""`counsel history` and `counsel replay`, as a person at a terminal or a script calls them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Conversation, Engine, Reply, Sampling, locations
from tests.tui.store.conversations import answered, kept, save
from tui.store import Keeper, Store
from tui.store.export import Exported, from_json, to_json, to_svg
from tui.store.sessions import FOUND
from tui.transcript import Transcript, Variant

SAID = ("요즘 불면이 심해요", "언제부터요?")


def counsel(*arguments: str, given: str = "", lang: str = "ko") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COUNSEL_LANG": lang}
    command = [sys.executable, "-m", "counsel", *arguments]
    return subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=False)


def told(*arguments: str, given: str = "") -> str:
    run = counsel(*arguments, given=given)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_where_nothing_is_kept_nothing_is_written() -> None:
    run = counsel("history", "list")
    assert (run.returncode, run.stdout) == (0, "")
    assert "보관한 대화가 없습니다" in run.stderr
    assert counsel("history", "show", "1").returncode == 2
    assert not locations.conversations().exists()


def test_conversations_are_listed_searched_renamed_and_deleted() -> None:
    with Store() as store:
        first, second = kept(store, SAID), kept(store, ("코끼리가 춤춰요", "네"), topic="일상")
    told("history", "rename", str(first), "잠 못 드는 밤")
    assert "잠 못 드는 밤" in told("history", "list")
    assert [one["number"] for one in json.loads(told("history", "list", "--json"))] == [second, first]
    assert SAID[0] in told("history", "search", "불면")
    assert counsel("history", "search", "없는 말").returncode == 1
    kept_on = told("history", "delete", str(second), given="n\n")
    assert "지울까요" in kept_on
    told("history", "delete", str(second), "--yes")
    with Store() as store:
        assert [session.id for session in store.sessions()] == [first]
        (rest,) = (path.read_bytes() for path in store.folder.glob("*.db"))
    assert "코끼리".encode() not in rest


def test_everything_is_wiped_without_the_passphrase() -> None:
    with Store(passphrase="열려라") as store:
        kept(store, SAID)
    told("history", "wipe", "--yes")
    assert not locations.conversations().exists()


def test_a_passphrase_is_set_and_removed() -> None:
    with Store() as store:
        kept(store, SAID)
    told("history", "passphrase", given="열려라\n")
    assert SAID[0] in told("history", "search", "불면", given="열려라\n")
    wrong = counsel("history", "passphrase", "--remove", given="닫혀라\n")
    assert wrong.returncode == 2
    assert "암호가 맞지 않습니다" in wrong.stderr
    told("history", "passphrase", "--remove", given="열려라\n")
    assert SAID[0] in told("history", "search", "불면")


def test_a_conversation_is_exported_in_three_forms(tmp_path: Path) -> None:
    with Store() as store:
        number = kept(store, SAID)
        whole = Exported.of(store, number)
    for suffix in (".md", ".json", ".svg"):
        path = tmp_path / f"session{suffix}"
        told("history", "export", str(number), str(path))
        content = path.read_text("utf-8")
        assert path.stat().st_mode & 0o077 == 0
        plain = re.sub("<[^>]*>", "", content).replace("&#160;", " ") if suffix == ".svg" else content
        for part in (*SAID, "4294967295", "x@0123456789ab/int8", "1.3"):
            assert part in plain
        assert "http" not in content.replace("http://www.w3.org/", "").replace(
            "https://www.textualize.io", ""
        )
        assert counsel("history", "export", str(number), str(path)).returncode == 2  # it is there already
        assert path.read_text("utf-8") == content
    assert from_json((tmp_path / "session.json").read_text("utf-8"), "session.json") == whole
    assert "session.txt" in counsel("history", "export", str(number), str(tmp_path / "session.txt")).stderr


def test_korean_in_a_picture_is_as_wide_as_its_cells() -> None:
    with Store() as store:
        exported = Exported.of(store, kept(store, ("가나다라마바사", "abcdefg")))
    widths = {
        content: float(width)
        for width, content in re.findall(r'textLength="([0-9.]+)"[^>]*>([^<]*)</text>', to_svg(exported))
    }
    assert widths["가나다라마바사"] == pytest.approx(2 * widths["abcdefg"], rel=0.01)


@pytest.mark.parametrize("command", [("history", "show"), ("history", "delete", "--yes"), ("replay",)])
@pytest.mark.parametrize("number", ["0", "7", "99999999999999999999"])
def test_a_number_that_no_conversation_has_is_a_mistake(command: tuple[str, ...], number: str) -> None:
    with Store() as store:
        kept(store, SAID)
    run = counsel(*command, number)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", [("search",), ("rename", "1")])
def test_words_that_are_no_utf_8_are_a_mistake(command: tuple[str, ...]) -> None:
    with Store() as store:
        kept(store, SAID)
    arguments: list[str | bytes] = [sys.executable, "-m", "counsel", "history", *command, b"\xff\xfe"]
    run = subprocess.run(arguments, capture_output=True, check=False)
    assert run.returncode == 2
    assert "UTF-8" in run.stderr.decode()
    assert b"Traceback" not in run.stderr


def test_how_many_places_are_told_at_most() -> None:
    with Store() as store:
        kept(store, *((f"불면 {number}", "네") for number in range(FOUND + 1)))
    run = counsel("history", "search", "불면")
    assert len(run.stdout.splitlines()) == FOUND
    assert str(FOUND) in run.stderr


def test_a_damaged_record_costs_no_words(trained: Path) -> None:
    with Store() as store:
        number = kept(store, SAID)
        with store.writing() as database:
            database.execute("UPDATE provenance SET reply = substr(reply, 1, 20)")
    shown = told("history", "show", str(number))
    assert all(part in shown for part in (*SAID, "손상"))
    run = counsel("replay", str(number), "--model", str(trained))
    assert run.returncode == 2
    assert "1.1  이 답을 만든 기록이 손상되었습니다" in run.stderr


@pytest.mark.parametrize(
    ("place", "value"),
    [("said", {"after": []}), ("model", 5), ("samplings", [[0, {"temperature": 99}]]), ("token_ids", None)],
)
def test_a_forged_reply_is_a_mistake_that_names_the_file(place: str, value: object, tmp_path: Path) -> None:
    with Store() as store:
        content = json.loads(to_json(Exported.of(store, kept(store, SAID))))
    content["exchanges"][0]["variants"][0]["reply"][place] = value
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(content), "utf-8")
    run = counsel("replay", str(path))
    assert run.returncode == 2
    assert "forged.json" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_is_not_there_cannot_be_replayed(tmp_path: Path) -> None:
    run = counsel("replay", str(tmp_path / "none.json"))
    assert run.returncode == 2
    assert "history list" in run.stderr


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "title": "", "last": 1, "exchanges": [1]}']
)
def test_another_file_is_no_conversation(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    run = counsel("replay", str(path))
    assert run.returncode == 2
    assert "other.json" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.fixture(scope="module")
def fifty(trained_engine: Engine) -> Transcript:
    """A conversation of 50 replies, of which two are variants and one was changed from a token on."""
    transcript = Transcript()
    sampling = Sampling(temperature=1.4, top_k=0, top_p=1.0)
    for number in range(48):
        exchange = transcript.say(f"{number}번째 잠 때문에 힘들어")
        conversation = _conversation(transcript, exchange.key)
        reply = trained_engine.reply(exchange.said, sampling=sampling, conversation=conversation)
        transcript.answer(exchange.key, Variant(reply.text, "reply", reply, reply.topic))
    again = trained_engine.reply(transcript[1].said, sampling=sampling, seed=9)
    transcript.answer(1, Variant(again.text, "reply", again, again.topic))
    *_, continued = trained_engine.continue_from(again, 1, again.token_ids[0])
    assert isinstance(continued, Reply)
    transcript.answer(1, Variant(continued.text, "reply", continued, continued.topic))
    return transcript


def _conversation(transcript: Transcript, key: int) -> Conversation:
    return Conversation(transcript.before(key))


def test_fifty_kept_replies_are_made_again_alike_in_a_new_process(
    fifty: Transcript, trained: Path, tmp_path: Path
) -> None:
    with Store() as store:
        keeper = Keeper(store)
        save(keeper, fifty)
        number = keeper.session
        assert number
        (tmp_path / "kept.json").write_text(to_json(Exported.of(store, number)), "utf-8")
    by_number = told("replay", str(number), "--model", str(trained))
    assert by_number.count("똑같음") == 50
    assert by_number.splitlines()[-1] == "답 50개 가운데 50개가 똑같습니다."
    assert told("replay", str(tmp_path / "kept.json"), "--model", str(trained)) == by_number


def test_where_a_reply_diverges_is_named(fifty: Transcript, trained: Path, tmp_path: Path) -> None:
    with Store() as store:
        keeper = Keeper(store)
        save(keeper, fifty)
        assert keeper.session
        content = json.loads(to_json(Exported.of(store, keeper.session)))
    content["exchanges"] = content["exchanges"][:1]
    first, second, third = content["exchanges"][0]["variants"]
    first["reply"]["token_ids"][1] += 1
    second["reply"]["model"] = "other@0123456789ab/int8"
    third["reply"]["topic"] = third["reply"]["topics"]["likeliest"][0][0] = "일상"
    content["last"] = 1
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(content), "utf-8")
    run = counsel("replay", str(path), "--model", str(trained), lang="en")
    assert run.returncode == 1
    one, two, three, last = run.stdout.splitlines()
    assert "from token 2 on" in one
    assert "other@0123456789ab/int8" in two
    assert "the topic" in three
    assert last == "0 of 3 replies are identical."


def test_what_no_model_said_is_not_replayed() -> None:
    transcript = answered()
    exchange = transcript.say("하나")
    transcript.answer(exchange.key, Variant("109", "scripted"))
    with Store() as store:
        keeper = Keeper(store)
        save(keeper, transcript)
    run = counsel("replay", str(keeper.session))
    assert run.returncode == 2
    assert "모델이 한 답이 없습니다" in run.stderr
