"""The pace, the steps and the view of the next token, in the app with the real engine."""

from collections.abc import Callable

from textual.pilot import Pilot

from engine import Engine, Reply, Sampling
from tests.tui.conftest import say, settle
from tui import settings
from tui.app import CounselApp
from tui.next_token import NextToken
from tui.prompt import Prompt
from tui.rows import ParameterRow
from tui.sampling import SamplingPanel
from tui.settings import Settings

QUESTION, ANSWER = "요즘 잠 때문에 힘들어", "잠 이야기를 더 들려주세요."
GREEDY: dict[str, float] = {"temperature": 0.0}
WILD: dict[str, float] = {"temperature": 2.0, "top_k": 0, "top_p": 1.0, "seed": 3}
CRISIS = "죽고 싶어"


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("never came to it")


def told(app: CounselApp) -> int:
    """Return how many tokens of the reply were told before the one in view, which is held."""
    view = app.next_token
    return -1 if view.token is None or view.token is not view._latest else len(view.token.history)


async def held_at_the_first_token(pilot: Pilot[None], app: CounselApp) -> int:
    await until(pilot, lambda: app.engine is not None)
    await pilot.press("f5")
    await say(pilot, QUESTION)
    await until(pilot, lambda: told(app) > 0)
    return told(app)


def reply_of(app: CounselApp, place: int = -1) -> Reply:
    reply = app.transcript.exchanges[place].reply
    assert reply is not None
    return reply


async def test_each_press_samples_one_token_and_escape_goes_on(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        view = app.query_one(NextToken)
        assert not view.display
        first = await held_at_the_first_token(pilot, app)
        assert view.display
        assert "F5" in str(view.border_subtitle)
        assert app.query_one(Prompt).has_focus  # one may go on typing
        for step in (1, 2):
            await pilot.press("f5")
            await until(pilot, lambda wanted=first + step: told(app) == wanted)
            assert ANSWER.startswith(next(iter(app.growing.values())).text)
            assert next(iter(app.growing.values())).text != ANSWER
        await pilot.press("escape")
        assert not view.border_subtitle
        await settle(pilot)
        assert reply_of(app).text == ANSWER
        assert reply_of(app).finish_reason == "eos"


async def test_a_crisis_ends_a_reply_that_is_held_and_the_steps(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        first = await held_at_the_first_token(pilot, app)
        await pilot.press("f5")
        await until(pilot, lambda: told(app) == first + 1)
        await say(pilot, CRISIS)
        await settle(pilot)
        assert len(reply_of(app, 0).token_ids) == 2  # not one more was sampled
        assert not app.pace.is_held
        assert "109" in app.transcript.exchanges[1].variants[0].text


async def test_steps_that_nobody_needs_are_left_by_the_same_key(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        for key in ("f5", "escape"):
            await pilot.press("f5")
            assert app.pace.is_held
            await pilot.press(key)
            assert not app.pace.is_held


async def test_the_view_follows_a_knob_without_the_model(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, WILD)
    async with app.run_test(size=(120, 45)) as pilot:
        first = await held_at_the_first_token(pilot, app)
        passes = trained_engine._awake().passes
        view = app.query_one(NextToken)
        assert "잘림" not in str(view.render())
        await pilot.press("f3", "0", "enter")  # the temperature
        await pilot.pause()
        lines = [line for line in str(view.render()).splitlines() if "%" in line]
        assert len(lines) == 12
        assert ["잘림" in line for line in lines] == [False] + [True] * 11
        assert lines[0].count("100.0%") == 1
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert "잘림" not in str(view.render())
        assert told(app) == first
        assert trained_engine._awake().passes == passes
        await pilot.press("escape")
        await settle(pilot)


async def test_a_knob_turned_in_mid_reply_holds_for_the_next_token_and_the_reply_says_so(
    trained_engine: Engine,
) -> None:
    app = CounselApp(lambda: trained_engine, WILD)
    async with app.run_test(size=(120, 45)) as pilot:
        first = await held_at_the_first_token(pilot, app)
        await pilot.press("f3", "0", "enter", "f5")
        await until(pilot, lambda: told(app) == first + 1)
        assert app.next_token.token is not None
        assert app.next_token.token.probability == 1  # as at a temperature of 0
        await pilot.press("escape", "escape")
        await settle(pilot)
        reply = reply_of(app)
        assert reply.samplings == (
            (0, Sampling(**WILD)),  # type: ignore[arg-type]
            (1, Sampling(**{**WILD, "temperature": 0.0})),  # type: ignore[arg-type]
        )


async def test_the_shipped_model_at_the_default_pace_leaves_time_to_turn_a_knob() -> None:
    with Engine.load() as engine:
        app = CounselApp(lambda: engine, {"seed": 5}, chosen=Settings())
        async with app.run_test(size=(120, 45)) as pilot:
            await until(pilot, lambda: app.engine is not None)
            await pilot.press("f3")
            app.query_one("#parameter-max_new_tokens", ParameterRow).focus()
            app.query_one(Prompt).insert("요즘 잠을 못 자요")
            app.query_one(Prompt).action_send()
            await until(pilot, lambda: bool(app.growing) and bool(next(iter(app.growing.values())).text))
            await pilot.press("6", "enter")
            await settle(pilot)
            reply = reply_of(app)
            (first, _), (place, now) = reply.samplings
            assert first == 0 < place <= 6
            assert now.max_new_tokens == 6
            assert (len(reply.token_ids), reply.finish_reason) == (6, "length")
            assert reply.timings.paused > reply.timings.computing


async def test_a_chosen_pace_is_remembered_and_holds_at_once(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(120, 45)) as pilot:
        await settle(pilot)
        await pilot.press("f3")
        app.query_one("#parameter-pace", ParameterRow).focus()
        await pilot.press("2", "0", "enter", "right")
        assert app.pace.characters_per_second == 21
    assert settings.load().pace == 21


async def test_a_reply_s_seed_can_be_fixed(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(120, 45)) as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f3")
        app.query_one("#parameter-seed").focus()
        await pilot.press("enter")
        assert app.query_one(SamplingPanel).sampling.seed == reply_of(app).seed


async def test_the_view_is_shown_and_hidden_when_asked_for(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        view = app.query_one(NextToken)
        for wanted in (True, False):
            await app.run_action("next_token")
            await pilot.pause()
            assert view.display is wanted
        assert app.query_one(SamplingPanel).region  # the panel stays
