"""How the view of the next token looks, above it the panel, with logits that need no model."""

from typing import Any

import numpy as np
from textual.pilot import Pilot

from engine import PRESETS, Sampling, Token
from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tui.app import CounselApp
from tui.next_token import NextToken

PIECES = (
    "",
    "</s>",
    "잠",
    " 잠",
    " 이야기",
    "을",
    "<0xEC>",
    "요",
    "\n",
    " 더",
    " 들려",
    "주세요",
    ".",
    " 밤",
    " 꿈",
)
END = 1
LOGITS = np.array([-np.inf, 2, 6, 5.5, 5, 4.5, 4, 3.5, 3, 2.5, 1.5, 1, 0.5, 0, -4], np.float32)


def token(chosen: int = 3) -> Token:
    return Token(chosen, PIECES[chosen], 0.3, Sampling(), LOGITS, (4, 5), END, PIECES.__getitem__)


async def looking(pilot: Pilot[None], *keys: str) -> NextToken:
    app = pilot.app
    assert isinstance(app, CounselApp)
    await settle(pilot)
    await app.run_action("next_token")
    app.next_token.token = token()
    await pilot.press("f3", *keys)
    await pilot.pause()
    return app.next_token


def lines(view: NextToken) -> list[str]:
    return [line for line in str(view.render()).splitlines() if "%" in line]


async def test_it_tells_the_shares_before_and_after_and_what_was_cut() -> None:
    async with CounselApp(ScriptedEngine).run_test(size=(160, 45)) as pilot:  # type: ignore[arg-type]
        view = await looking(pilot, "down", "3", "enter")  # top-k
        shown = lines(view)
        assert len(shown) == 12
        assert [line.split()[0] for line in shown[:3]] == ["잠", "✓", "␣이야기"]
        assert [("잘림" in line, "✕" in line) for line in shown] == [(False, False)] * 3 + [(True, True)] * 9
        weights = np.exp(LOGITS)
        before = weights / weights.sum()
        assert f"{before[2]:.1%}" in shown[0]
        after = Sampling(top_k=3).apply(LOGITS, (4, 5), END)
        assert f"{after[2]:.1%}" in shown[0]
        assert "바이트 EC" in shown[4]
        assert "끝" in shown[8]


async def test_a_token_that_was_none_of_the_likeliest_is_shown_too() -> None:
    async with CounselApp(ScriptedEngine).run_test(size=(160, 45)) as pilot:  # type: ignore[arg-type]
        view = await looking(pilot)
        view.token = token(14)
        shown = lines(view)
        assert len(shown) == 12
        assert "✓ ␣꿈" in shown[-1]


async def test_a_model_that_keeps_to_known_replies_says_so() -> None:
    async with CounselApp(ScriptedEngine).run_test(size=(100, 30)) as pilot:  # type: ignore[arg-type]
        view = await looking(pilot)
        assert "배운 응답" not in str(view.render())
        view.keeps_to_known = True
        assert "배운 응답 안에서만 고릅니다" in str(view.render())
        only = np.where(np.arange(len(LOGITS)) == 3, LOGITS, -np.inf).astype(np.float32)
        view.token = Token(3, " 잠", 1.0, Sampling(), only, (4, 5), END, PIECES.__getitem__)
        assert "하나뿐" in str(view.render())


async def test_of_tokens_that_come_at_once_the_last_one_is_shown() -> None:
    async with CounselApp(ScriptedEngine).run_test(size=(100, 30)) as pilot:  # type: ignore[arg-type]
        view = await looking(pilot)
        for chosen in (4, 5, 6):
            view.follow(token(chosen))
        while view.token is not None and view.token.id != 6:
            await pilot.pause(0.01)
        assert view.token is not None
        assert view.token.id == 6


@PICTURED
def test_the_panel_and_the_view(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    app.theme = theme

    async def look(pilot: Pilot[None]) -> None:
        await say(pilot, "요즘 잠을 못 자요")
        view = await looking(pilot, "up", "right", "right", "down", "left", "left", "down", "6", "enter")
        assert view.sampling == Sampling(**(PRESETS["warm"].values | {"temperature": 0.8, "top_k": 6}))

    assert snap_compare(app, terminal_size=size, run_before=look)
