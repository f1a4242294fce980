"""What a person can do with the conversation: say, stop, ask again, edit, go through the messages."""

from textual.app import ComposeResult
from textual.binding import Binding

from engine.language import text
from tui.answering import AnsweringApp
from tui.chat import Chat
from tui.lines import LinesPanel
from tui.messages import AnswerAgain, JumpTo
from tui.prompt import Prompt
from tui.spoken import Spoken, Utterance


class TalkingApp(AnsweringApp):
    """The conversation and its keys."""

    BINDINGS = [
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
    ]

    def compose_conversation(self) -> ComposeResult:
        """Lay out the messages, the phone lines after a crisis, and the prompt."""
        yield Chat(self.transcript, self.growing, id="chat")
        yield LinesPanel(id="lines")
        yield Prompt(self._said, id="prompt")

    @property
    def prompt(self) -> Prompt:
        """Where the person types."""
        return self.screen_stack[0].query_one(Prompt)

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Take up what was said; in the place of an earlier utterance if that was edited."""
        if event.editing is not None:
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
            self.leave_branch()
            self.action_reach(self.transcript.show_branch(key, place + event.step).key)
        else:
            self.transcript.show(key, self.transcript[key].shown + event.step)
            self.chat.redraw(key)

    def on_jump_to(self, event: JumpTo) -> None:
        """Show an exchange."""
        self.action_reach(event.key)

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
