"""What a person can do to understand a reply: look at its tokens, and compare it with others."""

from textual.binding import Binding

from engine import Conversation, Reply
from engine.language import text
from tui.compare import CompareScreen
from tui.inspect import InspectScreen
from tui.messages import Adopt, ContinueFrom
from tui.talking import TalkingApp


class LookingApp(TalkingApp):
    """The conversation, and two screens over it that ask the engine as long as nobody else does."""

    BINDINGS = [
        Binding(
            "f6",
            "inspect",
            text("들여다보기", "inspect"),
            tooltip=text(
                "답을 토큰마다 살펴보고 다른 토큰으로 이어 가기",
                "Look at a reply token by token, and go on from another one",
            ),
            show=False,
        ),
        Binding(
            "f7",
            "compare",
            text("견주기", "compare"),
            tooltip=text(
                "같은 말에 씨앗이나 설정을 달리한 답을 나란히 보기",
                "See answers of other seeds or settings side by side",
            ),
            show=False,
        ),
    ]

    def action_inspect(self) -> None:
        """Look at the reply to the focused exchange, or to the last one."""
        found = self._found(text("들여다볼", "to look at"))
        if found and self.engine:
            self.push_screen(InspectScreen(self.engine, *found), self._go_on)

    def action_compare(self) -> None:
        """Answer the focused exchange, or the last one, with several settings."""
        found = self._found(text("견줄", "to compare"))
        if not found or not self.engine:
            return
        key, reply = found
        said = self.transcript[key].said
        if self.companion.hear_again(said):  # since a crisis was told
            self.notify(
                text(
                    "지금은 답을 견주지 않고 이야기를 먼저 들을게요.",
                    "For now I would rather listen than compare.",
                )
            )
            return
        conversation = Conversation(self.transcript.before(key, self.engine.identity), self.memory)
        options = (self.companion, key, said, conversation, self.sampling, reply.seed)
        self.push_screen(CompareScreen(self.engine, *options), self._go_on)

    def _found(self, what_for: str) -> tuple[int, Reply] | None:
        """Return the exchange and its reply; say why if there is nothing to look at, or not yet."""
        key = self.subject
        if self.answering is not None:
            self.notify(text("답이 끝난 뒤에 볼 수 있어요.", "Wait until the reply has ended."))
        elif key is None or (reply := self.transcript[key].reply) is None:
            self.notify(
                text(
                    f"여기에는 모델이 한 답이 없어 {what_for} 것이 없어요.",
                    f"No model has replied here, so there is nothing {what_for}.",
                )
            )
        else:
            return key, reply
        return None

    def _go_on(self, chosen: Adopt | ContinueFrom | None) -> None:
        """Take what the person chose up into the conversation."""
        if chosen is not None:
            self.post_message(chosen)
