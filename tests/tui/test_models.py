"""Models: their details, and the exchange of one for another while the conversation goes on."""

import json
import shutil
from pathlib import Path

from textual.widgets import Static

from engine import CounselError, Engine, locations
from tests.conftest import FIXTURES
from tests.tui.conftest import say, settle
from tui.app import CounselApp
from tui.compare import CompareScreen
from tui.details import DetailsScreen
from tui.header import Header
from tui.models import known_models
from tui.notice import Notice

QUESTION, ANSWER = "요즘 잠 때문에 힘들어", "잠 이야기를 더 들려주세요."


def another(trained: Path) -> Path:
    """Put a model of another name into the person's folder of models."""
    folder = locations.models() / "another"
    shutil.copytree(trained, folder)
    card = json.loads((folder / "counsel.json").read_text("utf-8"))
    (folder / "counsel.json").write_text(json.dumps(card | {"name": "other-model"}), "utf-8")
    return folder


def loading(start: Path) -> CounselApp:
    return CounselApp(lambda path=start: Engine.load(path), {"temperature": 0.0})


async def test_the_model_is_changed_and_the_conversation_goes_on(trained: Path) -> None:
    folder = another(trained)
    app = loading(trained)
    async with app.run_test(size=(100, 30)) as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        entries = {entry.title: entry for entry in app.palette_entries()}
        assert "모델: other-model" in entries
        assert "모델: counsel-ko" in entries  # that came along
        app.change_model(folder)
        await settle(pilot)
        assert app.query_one(Header).model == "other-model"
        assert "other-model" in str(app.query(Notice).last().content)
        await say(pilot, QUESTION)
        await settle(pilot)
        first, second = app.transcript.exchanges
        assert first.reply
        assert second.reply
        assert first.reply.model != second.reply.model
        assert second.reply.model.startswith("other-model@")
        back = [entry for entry in app.palette_entries() if entry.explanation == str(trained)]
        assert back  # the one before is at hand


async def test_a_model_that_cannot_be_loaded_leaves_the_present_one(trained: Path, tmp_path: Path) -> None:
    app = loading(trained)
    async with app.run_test() as pilot:
        await settle(pilot)
        app.change_model(tmp_path / "nowhere")
        await settle(pilot)
        notice = str(app.query(Notice).last().content)
        assert "nowhere" in notice
        assert "계속 답합니다" in notice
        assert app.query_one(Header).status == "ready"
        await say(pilot, QUESTION)
        await settle(pilot)
        assert app.transcript.exchanges[-1].variants[-1].text == ANSWER


async def test_a_model_comes_after_none(trained: Path) -> None:
    def load(path: Path | None = None) -> Engine:
        if path is None:
            raise CounselError("없음")
        return Engine.load(path)

    app = CounselApp(load)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.query_one(Header).status == "missing"
        assert "Ctrl+P" in str(app.query(Notice).last().content)
        assert "모델: counsel-ko" in [entry.title for entry in app.palette_entries()]
        app.change_model(trained)
        await settle(pilot)
        assert app.query_one(Header).status == "ready"


async def test_the_details(trained: Path) -> None:
    app = loading(trained)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await pilot.click("#told", offset=(12, 0))  # the model's name
        assert isinstance(app.screen, DetailsScreen)
        await pilot.pause()
        model = app.engine.model if app.engine else None
        assert model
        shown = "\n".join(str(part.render()) for part in app.screen.query(Static))
        assert model.sha256[:16] in shown
        assert "아직 답한 적 없음" in shown
        await pilot.press("escape")
        await say(pilot, QUESTION)
        await settle(pilot)
        await app.run_action("details")
        await pilot.pause()
        shown = "\n".join(str(part.render()) for part in app.screen.query(Static))
        assert "초당 토큰" in shown
        assert "Trained on" in shown  # of its card


async def test_the_details_of_a_model_whose_folder_is_gone(trained: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "model"))
    app = loading(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        shutil.rmtree(folder)
        await app.run_action("details")
        await pilot.pause()
        assert str(folder) in "\n".join(str(part.render()) for part in app.screen.query(Static))


async def test_answers_are_compared_after_the_model_was_changed(trained: Path) -> None:
    """The tokens of the earlier model mean nothing to the present one."""
    app = loading(trained)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(2):
            await say(pilot, QUESTION)
            await settle(pilot)
        app.change_model(FIXTURES / "tiny-gpt2")
        await settle(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
        columns = "\n".join(str(part.render()) for part in app.screen.query(Static))
        assert "답하지 못했습니다" not in columns


async def test_a_model_that_comes_while_answers_are_compared_disturbs_nothing(trained: Path) -> None:
    folder = another(trained)
    app = loading(trained)
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f7")
        app.change_model(folder)
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
        columns = "\n".join(str(part.render()) for part in app.screen.query(Static))
        assert "답하지 못했습니다" not in columns
        await pilot.press("escape")
        await say(pilot, QUESTION)
        await settle(pilot)
        reply = app.transcript.exchanges[-1].reply
        assert reply
        assert reply.model.startswith("other-model@")


def test_the_models_that_are_known(trained: Path) -> None:
    folder = another(trained)
    (locations.models() / "no model").mkdir()
    shipped, *known = known_models([trained, trained, Path("nowhere")])
    assert shipped[1] == "counsel-ko"
    assert [path for path, _ in known] == [trained, folder]
    assert known[1][1] == "other-model"
