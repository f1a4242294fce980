"""Inspect: walk the tokens of a reply, see what else could have come, and go on from there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.worker import Worker

from engine import CounselError, Reply
from engine.companion import describe
from engine.language import text
from tui.alternatives import Alternatives
from tui.candidates import candidate_rows, readable
from tui.key_line import KeyLine
from tui.messages import ContinueFrom
from tui.over import Over
from tui.reply_facts import ReplyFacts
from tui.tinted import TintedText, legend
from tui.tints import Reading

if TYPE_CHECKING:
    from engine import Engine

_MUTED = "$foreground-muted"
_FAR = 9_999  # tokens, more than any reply has


def _hidden(key: str, action: str, words: str) -> Binding:
    return Binding(key, action, words, tooltip=words, show=False, priority=True)


class InspectScreen(Over[ContinueFrom]):
    """The tokens of one reply; ends with the one that the person puts in the place of another.

    Args:
        engine: that gave the reply; nobody else may ask it meanwhile.
        key: of the exchange.
        reply: to look at.
    """

    CSS_PATH = "inspect.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDING_GROUP_TITLE = text("들여다보기(F6)", "Inspect (F6)")
    BINDINGS = [
        Binding(
            "right", "move(1)", text("토큰", "token"), tooltip=text("다음 토큰", "Next token"), priority=True
        ),
        _hidden("left", "move(-1)", text("앞 토큰", "Token before")),
        _hidden("home", f"move(-{_FAR})", text("첫 토큰", "First token")),
        _hidden("end", f"move({_FAR})", text("마지막 토큰", "Last token")),
        Binding(
            "tab",
            "fork(1)",
            text("갈림길", "fork"),
            tooltip=text(
                "다른 토큰도 나올 수 있었던 다음 자리", "Next place where another token could have come"
            ),
            priority=True,
        ),
        _hidden("shift+tab", "fork(-1)", text("그런 앞자리", "The place before where it could")),
        Binding(
            "enter",
            "choose",
            text("이걸로 잇기", "go on with it"),
            tooltip=text(
                "위아래로 고른 토큰으로 답을 다시 이어 가기", "Go on from the token chosen with up and down"
            ),
            priority=True,
        ),
        Binding(
            "space",
            "look_freely",
            text("매이지 않으면", "if free"),
            tooltip=text(
                "배운 응답에 매이지 않았을 때의 확률", "What it would be without known replies to keep to"
            ),
            priority=True,
        ),
        Binding("escape,f6", "close", text("닫기", "close"), priority=True),
    ]

    @dataclass
    class Inspected(Message):
        """The tokens are known: as they were drawn, and as if any could have come, where that is not the same."""

        kept: Reading
        free: Reading | None

    @dataclass
    class Failed(Message):
        """They cannot be had; `reason` is for the person."""

        reason: str

    def __init__(self, engine: "Engine", key: int, reply: Reply) -> None:
        super().__init__()
        self._engine, self._key, self._reply = engine, key, reply
        self._kept = Reading.of(())
        self._free: Reading | None = None
        self._looks_freely = False
        self._place = 0
        self._worker: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the text above, and below it what else could have come beside the figures of the whole."""
        with Vertical(id="inspect") as frame:
            frame.border_title = text("들여다보기", "inspect")
            frame.border_subtitle = self._reply.topic.replace("[", r"\[")
            with VerticalScroll(id="inspect-text", can_focus=False):
                yield Static(
                    text("다시 계산하는 중…", "Computing it again…"), id="inspect-wait", markup=False
                )
            with Horizontal(id="inspect-detail"):
                with Vertical(id="inspect-token"):
                    yield Static(id="inspect-here")
                    yield Alternatives()
                    yield Static(id="inspect-note")
                yield ReplyFacts(self._reply)
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Ask the engine, which takes as long as a few tokens do."""
        self.query_one("#inspect-detail").visible = False
        self._worker = self._inspect()

    @work(thread=True, exit_on_error=False, group="inspect", description="inspect a reply")
    def _inspect(self) -> None:
        try:
            kept, free = Reading.of(self._engine.inspect(self._reply)), None
            if self._engine.model.replies == "known":
                free = Reading.of(self._engine.inspect(self._reply, freely=True))
            self.post_message(self.Inspected(kept, free))
        except CounselError as error:
            self.post_message(self.Failed(str(error)))
        except Exception as error:  # noqa: BLE001  # whatever a runtime raises may quote the person
            self.post_message(self.Failed(describe(error)))

    async def on_inspect_screen_inspected(self, event: Inspected) -> None:
        """Show the text, at the first place where something else could have come."""
        if not event.kept.tokens:
            reason = text("첫 토큰이 나오기 전에 멈춘 응답입니다.", "It was stopped before its first token.")
            self.query_one("#inspect-wait", Static).update(reason)
            return
        self._kept, self._free = event.kept, event.free
        frame = self.query_one("#inspect-text")
        await frame.remove_children()
        await frame.mount(TintedText(self._kept.pieces), Static(legend(), id="legend"))
        self.query_one("#inspect-detail").visible = True
        self.query_one(OptionList).focus()
        self.query_one(ReplyFacts).reading = self._kept
        self._go(next(iter(self._kept.forks), 0))
        self.refresh_bindings()

    def on_inspect_screen_failed(self, event: Failed) -> None:
        """Say why there is nothing to see."""
        self.query_one("#inspect-wait", Static).update(event.reason)

    @property
    def _reading(self) -> Reading:
        """The tokens as the person looks at them."""
        return self._free if self._looks_freely and self._free else self._kept

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """Offer only what there is to do."""
        if action == "look_freely":
            return self._free is not None
        return bool(self._kept.tokens) or action not in ("move", "fork", "choose")

    def action_move(self, tokens: int) -> None:
        """Go so many tokens on, and stop at the ends."""
        self._go(min(len(self._kept.tokens) - 1, max(0, self._place + tokens)))

    def action_fork(self, direction: int) -> None:
        """Go to the next place where something else could have come, or to the one before."""
        further = [place for place in self._kept.forks if (place - self._place) * direction > 0]
        if further:
            self._go(further[0] if direction > 0 else further[-1])

    def on_tinted_text_clicked(self, event: TintedText.Clicked) -> None:
        """Go to the token that was clicked."""
        self._go(event.place)

    def action_look_freely(self) -> None:
        """Show what the model would have made of it without known replies to keep to, or go back."""
        self._looks_freely = not self._looks_freely
        self.query_one(TintedText).pieces = self._reading.pieces
        self.query_one(ReplyFacts).reading = self._reading
        self._go(self._place)

    def action_choose(self) -> None:
        """End with the highlighted token in the place of the one that came."""
        row = self.query_one(Alternatives).candidate
        if row is None or row.chosen or not self._can_be_chosen(row.id):
            self.notify(
                text("위아래 화살표로 다른 토큰을 고르세요.", "Choose another token with up and down.")
            )
            return
        self.dismiss(ContinueFrom(self._key, self._reply, self._place, row.id))

    async def quieten(self) -> None:
        """Wait for the engine, which takes no longer than it does to inspect."""
        if self._worker:
            await self._worker.wait()

    def _can_be_chosen(self, token_id: int) -> bool:
        token = self._kept.tokens[self._place]
        return bool(np.isfinite(token.logits[token_id])) and token_id != token.eos_id

    def _go(self, place: int) -> None:
        """Look at the token at a place."""
        self._place = place
        tinted = self.query_one(TintedText)
        tinted.place = place
        token = self._reading.tokens[place]
        rows = candidate_rows(token)
        alternatives = self.query_one(Alternatives)
        alternatives.show(rows, {row.id for row in rows if self._can_be_chosen(row.id)})
        here = Content.assemble(
            (f"{place + 1}/{len(self._kept.tokens)}  ", _MUTED),
            (readable(token.piece(token.id), ends=token.id == token.eos_id), "bold $accent"),
            text(f"  뜻밖 {token.surprisal:.1f}비트", f"  surprisal {token.surprisal:.1f} bits"),
        )
        self.query_one("#inspect-here", Static).update(here)
        self.query_one("#inspect-note", Static).update(self._note())
        self.call_after_refresh(lambda: self._keep_in_view(tinted.line_of(place)))

    def _keep_in_view(self, line: int) -> None:
        scroll = self.query_one("#inspect-text", VerticalScroll)
        top, height = round(scroll.scroll_y), scroll.scrollable_content_region.height
        if not top <= line < top + height:
            scroll.scroll_to(y=line - height // 2, animate=False)

    def _note(self) -> Content:
        if self._looks_freely:
            note = text(
                "배운 응답에 매이지 않았다면 이렇게 보았습니다. 괄호 안의 것은 고를 수 없습니다.",
                "As it would be without known replies to keep to. What is in brackets cannot be chosen.",
            )
        elif self._free:
            note = text(
                "이 모델은 사람이 쓴, 배운 응답 안에서만 고릅니다.",
                "This model keeps to the replies, written by people, that it was trained on.",
            )
        else:
            note = ""
        return Content.styled(note, _MUTED)
