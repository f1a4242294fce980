"""Who answers: the queue of what was said, the worker that asks the model, and what it tells."""

from asyncio import AbstractEventLoop, get_running_loop
from collections import deque
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual import work
from textual.worker import Worker, WorkerState, get_current_worker

from engine import Conversation, CounselError, Memory, Reply, Sampling, Token, Topics
from engine.companion import CRISIS_TOPICS, Companion, describe
from engine.language import text
from engine.referral import Scripted
from engine.reply_check import objection, withheld
from tui.chat import Chat
from tui.frame import FramedApp
from tui.growing import Growing, State
from tui.lines import LinesPanel
from tui.messages import (
    Adopt,
    AnswerAgain,
    ContinueFrom,
    ReplyEnded,
    ReplyFailed,
    ReplyReplaced,
    TokenDrawn,
    TopicsFound,
)
from tui.pace import Pace
from tui.settings import Settings
from tui.task import Task
from tui.transcript import Exchange, Transcript, Variant
from tui.turns import in_turns

if TYPE_CHECKING:
    from engine import Engine  # brings tokenizers and more, which the first paint does not wait for

REPLY_GROUP = "reply"  # of the worker that answers


class AnsweringApp(FramedApp):
    """Answers what is said, one after the other; what a person in danger says first of all.

    Attributes:
        transcript: what was said in this session.
        growing: the answers on their way, by the key of their exchange.
        companion: judges what is said and what is replied.
        engine: that answers; None as long as there is none.
        failed: whether the model could not be loaded.
        sampling: asked before every token.
        pace: delays the sampling.
        memory: how earlier turns count, from the next question on.
    """

    def __init__(self, chosen: Settings | None = None) -> None:
        super().__init__(chosen)
        self.transcript = Transcript()
        self.growing: dict[int, Growing] = {}
        self.companion = Companion()
        self.engine: Engine | None = None
        self.failed = False
        self.sampling = Sampling()
        self.memory = Memory()
        self.pace = Pace(0)
        self._waiting: deque[Task] = deque()
        self._current: Task | None = None  # that is being answered
        self._is_left = False  # what is being answered belongs to a transcript that is not shown any more
        self._stop = Flag()  # asks the reply that is being sampled to end

    @property
    def is_working(self) -> bool:
        """Whether something is being loaded or answered, or waits for it."""
        return bool(self._waiting or self._current or any(not w.is_finished for w in self.workers))

    @property
    def answering(self) -> int | None:
        """The key of the exchange that is being answered."""
        return self._current.key if self._current else None

    @property
    def chat(self) -> Chat:
        """The conversation on the screen."""
        return self.screen_stack[0].query_one(Chat)

    def hear(self, key: int) -> None:
        """Answer what was said as soon as what came before is answered; at once in a crisis."""
        heard = self.companion.hear(self.transcript[key].said)
        if heard is None:
            self._want(Task(key))
            return
        if heard.reason == "crisis":
            self.stop()  # small talk does not go on above it
        self._say(key, heard)

    def stop(self) -> None:
        """End the reply that is being sampled; what was said stays."""
        # Not by cancelling the worker: one that has not begun would never say that it ended.
        self._stop.set()

    def is_waiting(self, key: int) -> bool:
        """Whether an utterance waits for its first answer, and nothing was said after it."""
        exchange = self.transcript[key]
        last = key == self.transcript.keys[-1]
        return last and not exchange.variants and any(task.key == key for task in self._waiting)

    def take_back(self, key: int) -> str | None:
        """Remove an utterance that still waits, and return it; None if it does not wait."""
        if not self.is_waiting(key):
            return None
        self._waiting = deque(task for task in self._waiting if task.key != key)
        del self.growing[key]
        self.chat.follow()
        return self.transcript.take_back(key).said

    def open(self, transcript: Transcript) -> None:
        """Go on with another transcript; what is answered or waits in the one before is left."""
        self._waiting.clear()
        self.growing.clear()
        self._is_left = self._current is not None
        self.stop()
        self.transcript = self.chat.transcript = transcript
        self.chat.follow()

    def leave_branch(self) -> None:
        """Stop what is answered on a branch that is not shown any more, and forget what waits there."""
        shown = set(self.transcript.keys)
        for task in [task for task in self._waiting if task.key not in shown]:
            self._waiting.remove(task)
            self.growing.pop(task.key)
        if self._current and self._current.key not in shown:
            self.stop()

    def answer_next(self) -> None:
        """Take up what waits, if nothing is being answered."""
        while self._waiting and self._current is None and (self.engine or self.failed):
            task = self._waiting.popleft()
            cared = self.companion.care_for(
                self.transcript[task.key].said
            )  # a crisis may have been told after it
            if cared is not None:
                self._say(task.key, cared)
            elif self.engine is None:
                self._fail(task.key, text("모델이 없어 답할 수 없습니다.", "No answer without a model."))
            else:
                self._begin(self.engine, task)
        if self._current is None:
            self.status = "ready" if self.engine else "missing" if self.failed else "loading"

    def on_answer_again(self, event: AnswerAgain) -> None:
        """Answer an utterance once more, beside the earlier answers."""
        self._want_if_harmless(Task(event.key, event.topic))

    def on_continue_from(self, event: ContinueFrom) -> None:
        """Go on with a reply from another token, beside the earlier answers."""
        self._want_if_harmless(Task(event.key, continued=event))

    def on_adopt(self, event: Adopt) -> None:
        """Take a reply that was sampled elsewhere, if it may be shown."""
        said, reply = self.transcript[event.key].said, event.reply
        scripted = self.companion.hear_again(said)
        if scripted is None and (objection(reply.text) or reply.topic.startswith(CRISIS_TOPICS)):
            scripted = withheld()
        if scripted is not None:
            self._say(event.key, scripted)
            return
        self._answered(event.key, Variant(reply.text, "reply", reply, reply.topic))

    def _want_if_harmless(self, task: Task) -> None:
        if task.key in self.growing:
            return  # it is being answered
        scripted = self.companion.hear_again(self.transcript[task.key].said)
        if scripted is None:
            self._want(task)
        else:
            self._say(task.key, scripted)

    def _want(self, task: Task) -> None:
        state: State = "waiting" if self._current or self._waiting else "loading"
        self.growing[task.key] = Growing(state)
        self._waiting.append(task)
        self.answer_next()
        self.chat.redraw(task.key)

    def _begin(self, engine: "Engine", task: Task) -> None:
        self._current = task
        self.growing[task.key] = Growing("reading", text=task.begun(engine))
        self.status = "reading"
        self._stop.clear()
        conversation = Conversation(self.transcript.before(task.key, engine.identity), self.memory)
        self.chat.redraw(task.key)
        self._ask(engine, task, self.transcript[task.key], conversation, get_running_loop())

    @work(thread=True, exit_on_error=False, group=REPLY_GROUP, description="answer")
    def _ask(
        self,
        engine: "Engine",
        task: Task,
        exchange: Exchange,
        conversation: Conversation,
        loop: AbstractEventLoop,
    ) -> None:
        worker = get_current_worker()

        def should_stop() -> bool:
            return self._stop.is_set() or worker.is_cancelled

        ended: ReplyEnded | ReplyReplaced | None = None
        try:
            events = task.ask(
                self.companion,
                engine,
                exchange.said,
                sampling=lambda: self.sampling,
                should_stop=should_stop,
                conversation=conversation,
                earlier=sum(variant.kind == "reply" for variant in exchange.variants),
            )
            for event in in_turns(events, loop):
                match event:
                    case Topics():
                        self.post_message(TopicsFound(task.key, event))
                    case Token():
                        self.post_message(TokenDrawn(task.key, event))
                        self.pace.wait(event, should_stop)
                    case Reply():
                        ended = ReplyEnded(task.key, event)
                    case Scripted():
                        ended = ReplyReplaced(task.key, event)
            if ended is not None:  # told once the engine is free, since the next question is asked at once
                self.post_message(ended)
        except CounselError as error:
            self.post_message(ReplyFailed(task.key, str(error)))

    def _grows(self, key: int) -> Growing | None:
        """Return the answer that is being sampled, unless its transcript was left meanwhile."""
        return None if self._is_left else self.growing.get(key)

    def on_topics_found(self, event: TopicsFound) -> None:
        """Name the topic before the first word."""
        if growing := self._grows(event.key):
            growing.state, growing.title = "answering", event.topics.chosen
            self.status = "answering"
            self.chat.redraw(event.key)

    def on_token_drawn(self, event: TokenDrawn) -> None:
        """Let the reply grow."""
        if growing := self._grows(event.key):
            growing.text += event.token.text
            self.chat.grow(event.key)

    def on_reply_ended(self, event: ReplyEnded) -> None:
        """Close the reply, and take up the next question."""
        reply = event.reply
        if self._grows(event.key) and (reply.text or not self.transcript[event.key].variants):
            self._answered(event.key, Variant(reply.text, "reply", reply, reply.topic))
        self._ended(event.key)

    def on_reply_replaced(self, event: ReplyReplaced) -> None:
        """Say something else in the reply's place, and take up the next question."""
        if self._grows(event.key):
            self._say(event.key, event.answer)
        self._ended(event.key)

    def on_reply_failed(self, event: ReplyFailed) -> None:
        """Say why, in the reply's place, and take up the next question."""
        if self._grows(event.key):
            self._fail(event.key, event.reason)
        self._ended(event.key)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong where nobody expected it; nothing fails silently."""
        if event.state is WorkerState.ERROR and event.worker.group == REPLY_GROUP and self._current:
            assert event.worker.error is not None
            self.post_message(ReplyFailed(self._current.key, describe(event.worker.error)))

    def _say(self, key: int, scripted: Scripted) -> None:
        """Show what no model wrote, and its phone lines."""
        title = text("안내", "a note") if scripted.reason == "crisis" else ""
        variant = Variant(scripted.text, "scripted", title=title)
        if variant not in self.transcript[key].variants:
            self._answered(key, variant)
        if scripted.lines:
            self.close_panels_over()
            self.screen_stack[0].query_one(LinesPanel).show(scripted.lines)

    def _fail(self, key: int, reason: str) -> None:
        self._answered(key, Variant(reason, "failed"))

    def _answered(self, key: int, variant: Variant) -> None:
        self.growing.pop(key, None)
        self.transcript.answer(key, variant)
        self.chat.redraw(key)

    def _ended(self, key: int) -> None:
        if not self._is_left:
            self.growing.pop(key, None)
            self.chat.redraw(key)
        self._current = None
        self._is_left = False
        self.answer_next()
