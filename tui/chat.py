"""The conversation: what was said, and replies that grow while they are sampled."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine import Reply, Topics
from engine.language import text
from engine.referral import Scripted

_FLUSH = 0.04  # seconds: tokens that come sooner are drawn together


class Notice(Static):
    """A quiet line by the program itself."""

    def __init__(self, content: str, *, error: bool = False) -> None:
        super().__init__(content, markup=False, classes="error" if error else "")


class Beginning(Notice):
    """The line below which a new conversation begins."""

    def __init__(self) -> None:
        super().__init__("")

    def on_mount(self) -> None:
        """Say so."""
        self.border_title = text(" 새 대화 ", " new conversation ")


class Utterance(Static):
    """What the person said."""

    def __init__(self, said: str) -> None:
        super().__init__(said, markup=False)

    def on_mount(self) -> None:
        """Say whose words these are."""
        self.border_title = text("나", "me")


class Answer(Static):
    """A reply, from its first sign to its last token."""

    def __init__(self) -> None:
        super().__init__("…", markup=False)
        self._text = ""
        self._drawn = ""

    def on_mount(self) -> None:
        """Draw what has come, at a steady pace."""
        self._timer = self.set_interval(_FLUSH, self.flush, pause=True)

    def wait(self, reason: str) -> None:
        """Say what is happening before the first word comes."""
        self.update(reason)

    def begin(self, topics: Topics) -> None:
        """Name the topic."""
        self.border_title = topics.chosen.replace("[", r"\[")
        self._timer.resume()

    def add(self, more: str) -> None:
        """Let the reply grow; it is drawn with the next flush."""
        self._text += more

    def flush(self) -> None:
        """Draw what has come since the last time."""
        if self._text != self._drawn:
            self._drawn = self._text
            self.update(self._text)

    def end(self, reply: Reply) -> None:
        """Show the whole reply, and in one quiet line how it came about."""
        self._timer.stop()
        self.update(reply.text)
        notes = [
            text(f"토큰 {len(reply.token_ids)}개", f"{len(reply.token_ids)} tokens"),
            text(f"{reply.timings.total:.2f}초", f"{reply.timings.total:.2f} s"),
        ]
        if reply.finish_reason == "stopped":
            notes.insert(0, text("멈춤", "stopped"))
        if reply.truncated:
            notes.insert(0, text("앞부분은 못 읽음", "cut at the beginning"))
        self.border_subtitle = " · ".join(notes)

    def say(self, answer: Scripted) -> None:
        """Show what is said instead of a reply, whatever had come of that."""
        self._timer.stop()
        self.border_title = text("안내", "a note") if answer.reason == "crisis" else ""
        self.update(answer.text)

    def fail(self, reason: str) -> None:
        """Say why no reply came, and what to do."""
        self._timer.stop()
        self.add_class("error")
        self.update(reason)


class Chat(VerticalScroll, can_focus=False):
    """The messages, the newest at the bottom and in view."""

    def compose(self) -> ComposeResult:
        """Begin with what everyone must know."""
        yield Notice(
            text(
                "counsel은 프로그램입니다. 상담사도 응급 서비스도 아니며, 틀린 말을 할 수 있습니다. "
                "적은 말은 이 컴퓨터를 떠나지 않고 저장되지 않습니다. "
                "죽고 싶거나 위험할 때는 109나 119에 전화하세요(F4).",
                "counsel is a program, no counsellor and no emergency service; it can be wrong. What you write "
                "never leaves this machine and is not stored. In danger, or when you think of dying, call "
                "109 or 119 (Korea; F4).",
            )
        )

    @property
    def has_news(self) -> bool:
        """Whether anything was said since the program's last words."""
        return not isinstance(self.children[-1], Notice)

    async def note(self, notice: Notice) -> None:
        """Add a line by the program itself."""
        await self.mount(notice)
        self.anchor()

    async def say(self, said: str) -> Answer:
        """Add an utterance, and the place for its answer."""
        answer = Answer()
        await self.mount(Utterance(said), answer)
        self.anchor()
        return answer
