"""What a person can do with topics: see those of an utterance and of the session, answer under another one."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from engine.companion import CRISIS_TOPICS
from engine.language import text
from tui.lines import LinesScreen
from tui.messages import Adopt, AnswerAgain, JumpTo, ReplyEnded, ReplyReplaced, ShowOnly, TopicsFound
from tui.only_line import OnlyLine
from tui.prompt import Prompt
from tui.spoken import Spoken
from tui.talking import TalkingApp
from tui.topic_tree import TopicTree
from tui.topics import TopicSidebar


class TopicalApp(TalkingApp):
    """The topics beside the conversation."""

    BINDINGS = [
        Binding(
            "ctrl+t",
            "topic_tree",
            text("모든 주제", "all topics"),
            tooltip=text(
                "모델의 모든 주제를 찾아보고, 그 주제로 다시 답하기",
                "Search all topics of the model, and answer again under one",
            ),
        ),
    ]

    def compose_topics(self) -> ComposeResult:
        """Lay out the left panel."""
        yield TopicSidebar(id="topics")

    def compose_conversation(self) -> ComposeResult:
        """Say above the messages if not all of them are there."""
        yield OnlyLine(id="only")
        yield from super().compose_conversation()

    def on_mount(self) -> None:
        """Follow what the conversation shows."""
        self.watch(self.chat, "only", self.query_one(OnlyLine).show)

    @property
    def topic_sidebar(self) -> TopicSidebar:
        """The left panel."""
        return self.screen_stack[0].query_one(TopicSidebar)

    def on_topics_found(self, event: TopicsFound) -> None:
        """Show the distribution before the first word."""
        self.topic_sidebar.show(event.topics)

    @on(Prompt.Sent)
    @on(ReplyEnded)
    @on(ReplyReplaced)
    @on(Adopt)
    @on(Spoken.Turned)
    def _count_soon(self) -> None:
        self.call_next(self._count)

    def _count(self) -> None:
        """Count the topics of the replies that are shown now; what no model answered has none."""
        self.topic_sidebar.show_session(self.transcript.topics())
        if self.transcript.keys:
            last = self.transcript[self.transcript.keys[-1]]
            if last.variant and not last.reply:
                self.topic_sidebar.show(None)

    def on_jump_to(self, event: JumpTo) -> None:
        """Show the distribution for the utterance that is gone to; a panel does not lie over it."""
        self._show_topics_of(event.key)
        self.close_panels_over()

    def on_spoken_turned(self, event: Spoken.Turned) -> None:
        """Show the distribution for what is shown now."""
        self.call_next(self._show_topics_of, event.spoken.key)

    def _show_topics_of(self, key: int) -> None:
        if (reply := self.transcript[key].reply) is not None:
            self.topic_sidebar.show(reply.topics)

    def on_show_only(self, event: ShowOnly) -> None:
        """Show the exchanges with one topic alone, or all again."""
        self.chat.show_only(event.topic if self.chat.only != event.topic else None)
        self.close_panels_over()

    def action_to_prompt(self) -> None:
        """Go back to the prompt; what was hidden comes back, once no panel lies over it."""
        if not self.close_panels_over():
            self.action_show_all()
        super().action_to_prompt()

    def action_show_all(self) -> None:
        """Show all exchanges again."""
        if self.chat.only is not None:
            self.chat.show_only(None)

    def action_topic_tree(self) -> None:
        """Show all topics; answer again under the one that is chosen."""
        if self.engine is None:
            self.notify(
                text("모델을 불러온 뒤에 볼 수 있습니다.", "Wait until the model is loaded."), timeout=3
            )
            return
        key = self.subject
        reply = self.transcript[key].reply if key is not None else None
        tree = TopicTree(self.engine.model.labels, reply.topics if reply else None, answers=key is not None)
        self.push_screen(tree, lambda label: self._answer_under(key, label))

    def _answer_under(self, key: int | None, label: str | None) -> None:
        if label is None:
            return
        if key is not None:
            self.post_message(AnswerAgain(key, topic=label))
        elif label.startswith(CRISIS_TOPICS):
            self.push_screen(LinesScreen())
