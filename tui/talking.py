"""What a person can do with the conversation: say, stop, ask again, edit, search, copy."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from engine.language import text
from tui.answering import AnsweringApp
from tui.chat import Chat
from tui.clipboard import copy, way
from tui.keys import Command
from tui.lines import LinesPanel
from tui.messages import AnswerAgain, JumpTo
from tui.prompt import Prompt
from tui.search import SearchLine
from tui.spoken import Spoken, Utterance


class TalkingApp(AnsweringApp):
    """The conversation and its keys."""

    BINDINGS = [
        Binding(  # of tui.stepping, but all of one key has to stand in one class
            "escape",
            "go_on",
            text("이어서", "go on"),
            tooltip=text("붙들었던 답을 이어서 듣기", "Let a reply that is held go on"),
            priority=True,
        ),
        Binding(
            "escape",
            "stop",
            text("멈추기", "stop"),
            tooltip=text("답을 멈추기", "Stop the reply"),
            priority=True,
        ),
        Binding(
            "escape",
            "to_prompt",
            text("입력창으로", "to the prompt"),
            tooltip=text("입력창으로 돌아가기, 고치던 것 그만두기", "Go back to the prompt, leave an edit"),
            show=False,
            priority=True,
        ),
        # Without priority, so that they do not overtake a sentence that was sent just before.
        Binding(
            "ctrl+n",
            "begin_anew",
            text("새 대화", "new chat"),
            tooltip=text("앞의 말을 잊고 새로 시작하기", "Forget what was said and begin anew"),
        ),
        Binding(
            "ctrl+r",
            "answer_again",
            text("다시 답하기", "answer again"),
            tooltip=text("다른 답을 하나 더 받기", "Get another answer, beside this one"),
        ),
        Binding(
            "ctrl+e",
            "edit",
            text("고치기", "edit"),
            tooltip=text("한 말을 고쳐 거기서 다시 이어 가기", "Change what you said and go on from there"),
        ),
        Binding(
            "ctrl+f",
            "search",
            text("찾기", "search"),
            tooltip=text("대화에서 찾기", "Search the conversation"),
            show=False,
        ),
        Binding(
            "ctrl+y",
            "copy",
            text("복사", "copy"),
            tooltip=text("마지막 답이나 고른 메시지를 복사하기", "Copy the last reply or the chosen message"),
            show=False,
        ),
    ]
    PALETTE: ClassVar[tuple[Command, ...]] = (
        Command("copy_all", text("대화를 모두 복사", "copy all"), text("클립보드로", "into the clipboard")),
        Command(
            "quiet_line",
            text("답 아래 한 줄 켜고 끄기", "line below replies on or off"),
            text("걸린 시간과 속도", "time and speed"),
        ),
    )

    def compose_conversation(self) -> ComposeResult:
        """Lay out the messages, the phone lines after a crisis, and the prompt."""
        chat = Chat(self.transcript, self.growing, id="chat")
        chat.quiet_line = self.chosen.quiet_line
        yield chat
        with Vertical(id="below"):
            yield LinesPanel(id="lines")
            yield SearchLine(id="search")
            yield Prompt(self._said, id="prompt")

    async def on_event(self, event: events.Event) -> None:
        """Let who types go before the reply that grows."""
        if isinstance(event, events.Key):
            self.chat.give_way()
        await super().on_event(event)

    @property
    def prompt(self) -> Prompt:
        """Where the person types."""
        return self.screen_stack[0].query_one(Prompt)

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Take up what was said; in the place of an earlier utterance if that was edited."""
        if event.editing is not None and event.editing in self.transcript:
            exchange = self.transcript.edit(event.editing, event.text)
            self.leave_branch()
        else:
            exchange = self.transcript.say(event.text)
        self.chat.follow()
        self.hear(exchange.key)

    def on_prompt_recalled(self, event: Prompt.Recalled) -> None:
        """What still waits for its answer, and is recalled to be said otherwise, need not be answered."""
        if self.transcript.keys and self.transcript.exchanges[-1].said == event.text:
            self.take_back(self.transcript.keys[-1])

    def take_back(self, key: int) -> str | None:
        """Remove an utterance that still waits, and the edit of it; see `AnsweringApp.take_back`."""
        said = super().take_back(key)
        if said is not None and key == self.prompt.editing:
            self.prompt.forget_editing()
        return said

    def on_spoken_left(self, event: Spoken.Left) -> None:
        """Go to the message above or below; below the last one is the prompt."""
        keys = self.transcript.keys
        if event.far:
            self.action_reach(keys[0 if event.direction < 0 else -1])
            return
        messages = self.chat.spoken()
        place = messages.index(event.spoken) + event.direction
        if 0 <= place < len(messages):
            self.set_focus(messages[place])
        elif place > 0:
            self.set_focus(self.prompt)

    def on_spoken_turned(self, event: Spoken.Turned) -> None:
        """Show another variant of an answer, or another branch."""
        key = event.spoken.key
        if isinstance(event.spoken, Utterance):
            place, _ = self.transcript.branch(key)
            shown = self.transcript.show_branch(key, place + event.step).key
            self.leave_branch()
            self.action_reach(shown)
        else:
            self.transcript.show(key, self.transcript[key].shown + event.step)
            self.chat.redraw(key)

    def on_jump_to(self, event: JumpTo) -> None:
        """Show an exchange."""
        self.action_reach(event.key)

    def on_search_line_changed(self, event: SearchLine.Changed) -> None:
        """Show where other words were said last."""
        found = self.transcript.find(event.words)
        self._show_found(event.words, found, len(found) - 1)

    def on_search_line_stepped(self, event: SearchLine.Stepped) -> None:
        """Go on to the place before or after, round in a circle."""
        words = self.query_one(SearchLine).words
        found = self.transcript.find(words)
        place = found.index(self.chat.found) if self.chat.found in found else 0
        if found:
            self._show_found(words, found, (place + event.step) % len(found))

    def _show_found(self, words: str, found: Sequence[int], place: int) -> None:
        self.chat.mark(words, found[place] if found else None)
        self.query_one(SearchLine).tell(place, len(found))

    def action_search(self) -> None:
        """Search the conversation."""
        self.query_one(SearchLine).open()

    def action_copy(self) -> None:
        """Copy the focused message, or the last answer."""
        focused = self.focused
        if isinstance(focused, Spoken):
            self._copy(focused.said)
        elif (last := self.subject) is not None and (variant := self.transcript[last].variant):
            self._copy(variant.text)

    def action_copy_all(self) -> None:
        """Copy the conversation as plain text."""
        if self.transcript.keys:
            self._copy(self.transcript.as_text())

    @work(thread=True, group="copy", description="copy")
    def _copy(self, words: str) -> None:
        through = None if self.is_web else way()  # a browser's own clipboard, which may be another machine's
        if through and copy(words, through):
            told = text("복사했습니다.", "Copied.")
        else:
            self.call_from_thread(self.copy_to_clipboard, words)
            failed = f"{through.name}: " + text("받지 않음. ", "did not take it. ") if through else ""
            told = failed + text(
                "터미널에 복사를 부탁했습니다(OSC 52). 붙여 넣어 보고 비어 있으면 그 터미널은 허락하지 않는 것입니다.",
                "The terminal was asked to copy (OSC 52). If nothing can be pasted, it does not allow that.",
            )
        self.call_from_thread(self.notify, told, timeout=4, markup=False)

    def action_quiet_line(self) -> None:
        """Show or hide the line below each reply."""
        self.chat.quiet_line = not self.chat.quiet_line
        self.chat.redraw()
        self.remember(quiet_line=self.chat.quiet_line)

    def action_reach(self, key: int) -> None:
        """Show an exchange and go there."""
        self.chat.jump(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Esc to a screen that stands over the conversation; stop only what can be stopped."""
        if action in ("stop", "to_prompt") and len(self.screen_stack) > 1:
            return False
        if action == "stop":
            return self.answering is not None and self.prompt.editing is None and not self._focused_waits
        return super().check_action(action, parameters)

    @property
    def _focused_waits(self) -> bool:
        return isinstance(self.focused, Spoken) and self.is_waiting(self.focused.key)

    def action_stop(self) -> None:
        """Stop the reply that is being sampled."""
        self.stop()
        self.action_to_prompt()

    def action_to_prompt(self) -> None:
        """Go back to the prompt: past a panel that lies over it, out of an edit, with what was to be taken back."""
        self.close_panels_over()
        if self.query_one(SearchLine).display:
            self.query_one(SearchLine).display = False
            self.chat.mark("", None)
        else:
            self.prompt.leave_editing()
        if isinstance(self.focused, Spoken) and (said := self.take_back(self.focused.key)):
            self.prompt.insert(said)
        self.set_focus(self.prompt)

    def action_begin_anew(self) -> None:
        """Forget what was said above this line."""
        self.transcript.begin_anew()
        self.chat.follow()

    def action_answer_again(self) -> None:
        """Answer the focused exchange, or the last one, once more."""
        if (key := self.subject) is not None:
            self.post_message(AnswerAgain(key))

    def action_edit(self) -> None:
        """Take the focused utterance, or the last one, up again in the prompt."""
        if (key := self.subject) is not None:
            self.prompt.take_up(key, self.transcript[key].said)
            self.set_focus(self.prompt)

    def action_scroll(self, direction: int) -> None:
        """Turn a page of the conversation."""
        (self.chat.scroll_page_up if direction < 0 else self.chat.scroll_page_down)(animate=False)

    @property
    def subject(self) -> int | None:
        """The key of the exchange that an action is about: of the focused message, else of the last one."""
        if isinstance(self.focused, Spoken):
            return self.focused.key
        return self.transcript.keys[-1] if self.transcript.keys else None

    def _said(self) -> list[str]:
        return [exchange.said for exchange in self.transcript.exchanges]
