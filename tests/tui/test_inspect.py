"""Inspect: walking the tokens of a reply, and going on from another one."""

from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from engine import Engine, Reply, Sampling
from engine.known_replies import read_replies
from tui.candidates import CHOSEN, CUT, candidate_rows, readable
from tui.inspect import InspectScreen
from tui.messages import ContinueFrom
from tui.reply_facts import ReplyFacts
from tui.tinted import TintedText
from tui.tints import forks, perplexity, spans

QUESTION = "어제 점심 때문에 힘들어"
WILD = Sampling(temperature=2.0, top_k=8, top_p=1.0, max_new_tokens=12)


class Host(App[None]):
    """Nothing but a place to type and the screen over it."""

    def __init__(self, engine: Engine, reply: Reply) -> None:
        super().__init__()
        self._engine, self._reply = engine, reply
        self.result: Any = "open"

    def compose(self) -> Any:
        yield Input()

    def on_mount(self) -> None:
        self.push_screen(InspectScreen(self._engine, 7, self._reply), self._end)

    def _end(self, result: ContinueFrom | None) -> None:
        self.result = result


async def ready(pilot: Pilot[None]) -> InspectScreen:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, InspectScreen)
    return screen


def written(screen: InspectScreen) -> list[str]:
    """Return the lines of the alternatives."""
    options = screen.query_one(OptionList)
    return [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]


def here(screen: InspectScreen) -> str:
    return str(screen.query_one("#inspect-here", Static).content)


@pytest.fixture(scope="module")
def reply(trained_engine: Engine) -> Reply:
    return trained_engine.reply(QUESTION, sampling=WILD, seed=4)


async def test_the_arrow_keys_walk_all_tokens_and_stop_at_the_ends(
    trained_engine: Engine, reply: Reply
) -> None:
    tokens = trained_engine.inspect(reply)
    async with Host(trained_engine, reply).run_test() as pilot:
        screen = await ready(pilot)
        assert str(screen.query_one(TintedText).render()).startswith(reply.text)
        await pilot.press("home")
        for place, token in enumerate(tokens):
            assert here(screen).startswith(f"{place + 1}/{len(tokens)} ")
            assert f"{token.surprisal:.1f}" in here(screen)
            (chosen,) = (line for line in written(screen) if line.startswith(CHOSEN))
            assert readable(token.piece(token.id), ends=token.id == token.eos_id) in chosen
            await pilot.press("right")
        assert here(screen).startswith(f"{len(tokens)}/{len(tokens)} ")
        await pilot.press("left")
        assert here(screen).startswith(f"{len(tokens) - 1}/")
        await pilot.press("home", "left")
        assert here(screen).startswith("1/")
        await pilot.press("end")
        assert here(screen).startswith(f"{len(tokens)}/")


async def test_tab_goes_from_fork_to_fork(trained_engine: Engine) -> None:
    turned = cycle((WILD, Sampling(temperature=0)))
    reply = trained_engine.reply(QUESTION, sampling=lambda: next(turned), seed=4)
    places = forks(trained_engine.inspect(reply))
    assert 1 < len(places) < len(reply.token_ids)
    async with Host(trained_engine, reply).run_test() as pilot:
        screen = await ready(pilot)
        for place in places:
            assert here(screen).startswith(f"{place + 1}/")
            await pilot.press("tab")
        assert here(screen).startswith(f"{places[-1] + 1}/")  # the last one stays
        await pilot.press("shift+tab")
        assert here(screen).startswith(f"{places[-2] + 1}/")


async def test_another_token_is_chosen_and_the_reply_goes_on_from_it(
    trained_engine: Engine, reply: Reply
) -> None:
    app = Host(trained_engine, reply)
    async with app.run_test() as pilot:
        screen = await ready(pilot)
        await pilot.press("home", "right", "enter")
        assert app.result == "open"  # the one that came is no other one
        token = trained_engine.inspect(reply)[1]
        place = screen.query_one(OptionList).highlighted
        rows = candidate_rows(token)
        assert place is not None
        assert rows[place].id == token.id
        await pilot.press("down" if place == 0 else "up", "enter")
        await pilot.pause()
    other = rows[1 if place == 0 else place - 1]
    assert app.result == ContinueFrom(7, reply, 1, other.id)
    *_, changed = trained_engine.continue_from(reply, 1, other.id)
    assert isinstance(changed, Reply)
    assert changed.token_ids[:2] == (reply.token_ids[0], other.id)


async def test_what_the_sampling_cut_is_marked_and_can_be_chosen_all_the_same(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION, sampling=Sampling(temperature=0))
    app = Host(trained_engine, reply)
    async with app.run_test(size=(100, 40)) as pilot:
        screen = await ready(pilot)
        lines = written(screen)
        assert [CUT in line for line in lines] == [False] + [True] * (len(lines) - 1)
        await pilot.press("down", "enter")
        await pilot.pause()
    assert isinstance(app.result, ContinueFrom)


async def test_the_end_can_be_looked_at_and_what_could_have_come_then(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION, sampling=Sampling(temperature=0))
    app = Host(trained_engine, reply)
    async with app.run_test() as pilot:
        screen = await ready(pilot)
        await pilot.press("end")
        assert "끝" in here(screen)
        await pilot.press("down", "enter")
        await pilot.pause()
    assert isinstance(app.result, ContinueFrom)
    assert app.result.token_index == len(reply.token_ids)


async def test_a_model_of_known_replies_is_looked_at_beyond_them_but_not_led_there(
    speaks_known: Engine,
) -> None:
    reply = speaks_known.reply(QUESTION, topic="일상", sampling=replace(WILD, max_new_tokens=64), seed=1)
    app = Host(speaks_known, reply)
    async with app.run_test(size=(100, 40)) as pilot:
        screen = await ready(pilot)
        options = screen.query_one(OptionList)
        kept = written(screen)
        assert 1 < len(kept) <= 3
        assert not any(options.get_option_at_index(place).disabled for place in range(len(kept)))
        assert "배운 응답" in str(screen.query_one("#inspect-note", Static).content)
        await pilot.press("space")
        free = speaks_known.inspect(reply, freely=True)
        rows = candidate_rows(free[forks(speaks_known.inspect(reply))[0]])
        assert len(written(screen)) == len(rows) > len(kept)
        able = [row.id for place, row in enumerate(rows) if not options.get_option_at_index(place).disabled]
        assert 0 < len(able) <= len(kept)
        assert [f" ({row.text[:2]}" in line for row, line in zip(rows, written(screen), strict=True)] == [
            row.id not in able for row in rows
        ]
        assert screen.query_one(TintedText).pieces == spans(free)
        await pilot.press("space")
        assert written(screen) == kept
        await pilot.press("down", "enter")
        await pilot.pause()
    *_, changed = speaks_known.continue_from(reply, app.result.token_index, app.result.token_id)
    assert isinstance(changed, Reply)
    known = read_replies(speaks_known.model.path / "responses.jsonl")["일상"]
    assert changed.text in {one.text for one in known}
    assert changed.text != reply.text


async def test_a_model_that_writes_freely_has_nothing_beyond(trained_engine: Engine, reply: Reply) -> None:
    async with Host(trained_engine, reply).run_test() as pilot:
        screen = await ready(pilot)
        before = written(screen)
        await pilot.press("space")
        assert written(screen) == before
        assert not str(screen.query_one("#inspect-note", Static).content)


async def test_a_click_goes_to_the_token(trained_engine: Engine, reply: Reply) -> None:
    async with Host(trained_engine, reply).run_test() as pilot:
        screen = await ready(pilot)
        text = screen.query_one(TintedText)
        wanted = spans(trained_engine.inspect(reply))[2]
        column = next(
            x
            for x in range(text.size.width)
            if screen.get_style_at(text.region.x + x, text.region.y).meta.get("first") == wanted.first
        )
        await pilot.click(text, offset=(column, 0))
        assert here(screen).startswith(f"{wanted.first + 1}/")


async def test_the_figures_of_the_whole_are_told(trained_engine: Engine) -> None:
    turned = iter([0.9] * 3 + [1.6] * 99)
    reply = trained_engine.reply(
        QUESTION, sampling=lambda: Sampling(temperature=next(turned), min_length=99, max_new_tokens=8), seed=9
    )
    tokens = trained_engine.inspect(reply)
    for size in ((80, 24), (160, 45)):
        async with Host(trained_engine, reply).run_test(size=size) as pilot:
            screen = await ready(pilot)
            told = str(screen.query_one(ReplyFacts).render())
            assert f"{perplexity(tokens):.2f}" in told
            assert "씨앗 9" in told
            assert f"{reply.samplings[1][0] + 1}번째 토큰부터 temperature 0.9→1.6" in told
            assert reply.topic in told
            assert f"{reply.topics.likeliest[0].probability:.0%}" in told


async def test_the_place_stays_in_view_in_a_long_reply(trained_engine: Engine) -> None:
    reply = trained_engine.reply(
        QUESTION, sampling=Sampling(temperature=2.0, top_k=0, min_length=1000, max_new_tokens=90), seed=1
    )
    async with Host(trained_engine, reply).run_test(size=(40, 24)) as pilot:
        screen = await ready(pilot)
        text, frame = screen.query_one(TintedText), screen.query_one("#inspect-text")
        assert text.size.height > frame.size.height
        for key, place in (("end", len(reply.token_ids) - 1), ("home", 0)):
            await pilot.press(key)
            await pilot.pause()
            line = text.region.y + text.line_of(place)
            assert frame.region.y <= line < frame.region.bottom


async def test_a_terminal_that_changes_its_size_keeps_the_place_and_cuts_no_line(
    trained_engine: Engine, reply: Reply
) -> None:
    async with Host(trained_engine, reply).run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        await pilot.press("home", "right", "down")
        options = screen.query_one(OptionList)
        highlighted = options.highlighted
        for width, height in ((50, 20), (160, 45)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            await pilot.pause()
            assert here(screen).startswith("2/")
            assert options.highlighted == highlighted
            room = options.scrollable_content_region.width
            assert all(cell_len(line) <= room for line in written(screen))


async def test_escape_and_f6_go_back_and_change_nothing(trained_engine: Engine, reply: Reply) -> None:
    for key in ("escape", "f6"):
        app = Host(trained_engine, reply)
        async with app.run_test() as pilot:
            await ready(pilot)
            await pilot.press(key)
            await pilot.pause()
            assert app.result is None


async def test_what_is_typed_reaches_the_conversation(trained_engine: Engine, reply: Reply) -> None:
    app = Host(trained_engine, reply)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("안", "녕")
        await pilot.pause()
        assert app.query_one(Input).value == "안녕"


async def test_a_reply_of_another_model_is_explained(trained_engine: Engine) -> None:
    reply = replace(trained_engine.reply(QUESTION), model="other@1/int8")
    app = Host(trained_engine, reply)
    async with app.run_test() as pilot:
        screen = await ready(pilot)
        assert "other@1" in str(screen.query_one("#inspect-wait", Static).content)
        await pilot.press("right", "tab", "enter", "space", "escape")
        await pilot.pause()
        assert app.result is None


async def test_a_reply_that_was_stopped_at_once_is_explained(trained_engine: Engine) -> None:
    app = Host(trained_engine, trained_engine.reply(QUESTION, should_stop=lambda: True))
    async with app.run_test() as pilot:
        screen = await ready(pilot)
        assert "멈춘" in str(screen.query_one("#inspect-wait", Static).content)
