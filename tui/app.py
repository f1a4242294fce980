"""The app: a prompt, the conversation, the topics and the sampling panel around one engine."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.worker import Worker, WorkerState, get_current_worker

from engine import Conversation, CounselError, Reply, Sampling, Token, Topics
from engine.characters import printable
from engine.companion import Companion, describe
from engine.language import text
from engine.referral import Scripted
from engine.safety import warm_up
from tui.chat import Answer, Beginning, Chat, Notice
from tui.frame import FramedApp
from tui.header import Header
from tui.lines import LinesPanel, LinesScreen
from tui.messages import (
    EngineFailed,
    EngineReady,
    ReplyEnded,
    ReplyFailed,
    ReplyReplaced,
    TextAdded,
    TopicsFound,
)
from tui.page import Page
from tui.prompt import Prompt
from tui.sampling import SamplingPanel
from tui.settings import Settings
from tui.topics import TopicSidebar

if TYPE_CHECKING:
    from engine import Engine  # brings tokenizers and more, which the first paint does not wait for

_REPLY = "reply"  # the group of the worker that answers


class CounselApp(FramedApp):
    """`counsel-tui`.

    Args:
        load: gives the engine; called in a thread, since it takes its time.
        given: sampling parameters that the person chose on the command line.
        typed: what was typed before the app was there: lines to send, and the beginning of one.
        chosen: the settings.
    """

    AUTO_FOCUS = "#prompt"
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
            tooltip=text("입력창으로 돌아가기", "Go back to the prompt"),
            show=False,
            priority=True,
        ),
        # Without priority, so that it does not overtake a sentence that was sent just before.
        Binding(
            "ctrl+n",
            "begin_anew",
            text("새 대화", "new chat"),
            tooltip=text("앞의 말을 잊고 새로 시작하기", "Forget what was said and begin anew"),
        ),
        Binding(
            "f4",
            "lines",
            text("전화", "lines"),
            tooltip=text("사람이 받는 전화번호", "Phone lines where a person answers"),
            priority=True,
        ),
        Binding("pageup", "scroll(-1)", "↑", show=False, priority=True),
        Binding("pagedown", "scroll(1)", "↓", show=False, priority=True),
    ]

    def __init__(
        self,
        load: "Callable[[], Engine]",
        given: dict[str, float] | None = None,
        typed: str = "",
        chosen: Settings | None = None,
    ) -> None:
        super().__init__(chosen)
        self._load_engine = load
        self._given = given or {}
        self._typed = typed
        self._engine: Engine | None = None
        self._failed = False  # the model could not be loaded
        self._sampling = Sampling(**self._given)  # type: ignore[arg-type]
        self._conversation = Conversation()
        self._companion = Companion()
        self._waiting: deque[tuple[str, Answer] | None] = deque()  # None: a new conversation begins
        self._answering: Answer | None = None
        self._stop = Event()  # asks the reply that is being sampled to end

    def compose_topics(self) -> ComposeResult:
        """Lay out the left panel."""
        yield TopicSidebar(id="topics")

    def compose_conversation(self) -> ComposeResult:
        """Lay out the middle."""
        yield Chat(id="chat")
        yield LinesPanel(id="lines")
        yield Prompt(id="prompt", compact=True, highlight_cursor_line=False)

    def compose_sampling(self) -> ComposeResult:
        """Lay out the right panel."""
        yield SamplingPanel(self._sampling, self._conversation.memory, id="sampling")

    def on_mount(self) -> None:
        """Load the model once the screen is painted."""
        prompt = self.query_one(Prompt)
        self.set_focus(prompt)
        *sent, begun = printable(self._typed.replace("\r", "\n"), keep="\n").split("\n")
        for line in sent:
            prompt.insert(line)
            prompt.action_send()
        prompt.insert(begun)
        self.call_after_refresh(self._load)

    @work(thread=True, exit_on_error=False, group="load", description="load the model")
    def _load(self) -> None:
        warm_up()  # someone in danger may be typing
        try:
            self.post_message(EngineReady(self._load_engine()))
        except CounselError as error:
            self.post_message(EngineFailed(str(error)))

    def on_engine_ready(self, event: EngineReady) -> None:
        """Take the model's recommended sampling, then answer what was said meanwhile."""
        self._engine = event.engine
        self.query_one(Header).model = event.engine.model.name
        self.query_one(TopicSidebar).show_labels(event.engine.labels)
        if self._sampling == Sampling(**self._given):  # type: ignore[arg-type]  # nobody turned a knob yet
            self._sampling = replace(event.engine.default_sampling, **self._given)  # type: ignore[arg-type]
            self.query_one(SamplingPanel).start_from(self._sampling)
        self._answer_next()

    async def on_engine_failed(self, event: EngineFailed) -> None:
        """Say what is wrong; the rest of the app goes on."""
        self._failed = True
        await self.query_one(Chat).note(Notice(event.reason, error=True))
        self._answer_next()

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Show what was said, and answer it as soon as what came before is answered."""
        answer = await self.query_one(Chat).say(event.text)
        heard = self._companion.hear(event.text)
        if heard is not None:
            if heard.reason == "crisis":
                self._stop.set()  # small talk does not go on above it
            self._say(answer, heard)
            return
        if self._engine is None:
            answer.wait(text("모델을 불러오는 중입니다…", "Loading the model…"))
        self._waiting.append((event.text, answer))
        self._answer_next()

    def _say(self, answer: Answer, scripted: Scripted) -> None:
        """Show what no model wrote, and its phone lines."""
        answer.say(scripted)
        if scripted.lines:
            self.query_one(LinesPanel).show(scripted.lines)

    def on_sampling_panel_changed(self, event: SamplingPanel.Changed) -> None:
        """Use the new values, of the sampling from the next token on, of the memory from the next question on."""
        self._sampling = event.sampling
        self._conversation = replace(self._conversation, memory=event.memory)

    @property
    def is_working(self) -> bool:
        """Whether something is being loaded or answered, or waits for it."""
        return bool(self._waiting or self._answering or any(not w.is_finished for w in self.workers))

    def _answer_next(self) -> None:
        while self._waiting and self._answering is None and (self._engine or self._failed):
            said = self._waiting.popleft()
            if said is None:
                self._conversation = replace(self._conversation, turns=())
                continue
            question, answer = said
            cared = self._companion.care_for(question)  # a crisis may have been told after it
            if cared is not None:
                self._say(answer, cared)
                continue
            if self._engine is None:
                answer.fail(text("모델이 없어 답할 수 없습니다.", "No answer without a model."))
                continue
            self._answering = answer
            answer.wait("…")
            self.status = "reading"
            self._stop.clear()
            self._reply(self._engine, question, self._conversation)
        if self._answering is None:
            self.status = "ready" if self._engine else "missing" if self._failed else "loading"

    @work(thread=True, exit_on_error=False, group=_REPLY, description="answer")
    def _reply(self, engine: "Engine", question: str, conversation: Conversation) -> None:
        worker = get_current_worker()
        try:
            for event in self._companion.answer(
                engine,
                question,
                sampling=lambda: self._sampling,
                should_stop=lambda: self._stop.is_set() or worker.is_cancelled,
                conversation=conversation,
            ):
                match event:
                    case Topics():
                        self.post_message(TopicsFound(event))
                    case Token():
                        self.post_message(TextAdded(event.text))
                    case Reply():
                        self.post_message(ReplyEnded(event))
                    case Scripted():
                        self.post_message(ReplyReplaced(event))
        except CounselError as error:
            self.post_message(ReplyFailed(str(error)))

    def on_topics_found(self, event: TopicsFound) -> None:
        """Show the distribution before the first word."""
        self.status = "answering"
        self.query_one(TopicSidebar).show(event.topics)
        if self._answering:
            self._answering.begin(event.topics)

    def on_text_added(self, event: TextAdded) -> None:
        """Let the reply grow."""
        if self._answering:
            self._answering.add(event.text)

    def on_reply_ended(self, event: ReplyEnded) -> None:
        """Close the reply, remember it if it said anything, and take up the next question."""
        if self._answering:
            self._answering.end(event.reply)
        if event.reply.text:
            self._conversation = self._conversation.after(event.reply)
        self._answering = None
        self._answer_next()

    def on_reply_replaced(self, event: ReplyReplaced) -> None:
        """Say something else in the reply's place, and take up the next question."""
        if self._answering:
            self._say(self._answering, event.answer)
        self._answering = None
        self._answer_next()

    def on_reply_failed(self, event: ReplyFailed) -> None:
        """Say why, in the reply's place, and take up the next question."""
        if self._answering:
            self._answering.fail(event.reason)
        self._answering = None
        self._answer_next()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong where nobody expected it; nothing fails silently."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            assert error is not None
            if event.worker.group == _REPLY:
                self.post_message(ReplyFailed(describe(error)))
            else:
                self.post_message(EngineFailed(f"{type(error).__name__}: {error}"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave Esc to a screen that stands over the conversation; stop only what can be stopped."""
        if action in ("stop", "to_prompt") and len(self.screen_stack) > 1:
            return False
        return action != "stop" or self._answering is not None

    def action_stop(self) -> None:
        """Stop the reply that is being sampled."""
        # Not by cancelling the worker: one that has not begun would never say that it ended.
        self._stop.set()
        self.action_to_prompt()

    def action_to_prompt(self) -> None:
        """Go back to the prompt, past a panel that lies over it."""
        self.close_panels_over()
        self.set_focus(self.query_one(Prompt))

    async def action_begin_anew(self) -> None:
        """Forget what was said above this line, once all of it is answered."""
        chat = self.query_one(Chat)
        if chat.has_news:
            await chat.note(Beginning())
            self._waiting.append(None)
            self._answer_next()

    def action_scroll(self, direction: int) -> None:
        """Turn a page of the conversation, or of the phone lines."""
        if isinstance(self.screen, Page):
            self.screen.turn(direction)
            return
        chat = self.query_one(Chat)
        (chat.scroll_page_up if direction < 0 else chat.scroll_page_down)(animate=False)

    def action_lines(self) -> None:
        """Show all phone lines, over whatever screen, or go back to it."""
        if isinstance(self.screen, LinesScreen):
            self.pop_screen()
        else:
            self.push_screen(LinesScreen())

    def action_help_quit(self) -> None:
        """Say how to leave, where Ctrl+C does something else."""
        self.notify(text("끝내려면 F10을 누르세요.", "Press F10 to quit."), timeout=3)

    def on_key(self, event: events.Key) -> None:
        """Let what is typed elsewhere reach the prompt: nothing that a person says is lost."""
        prompt = self.query_one(Prompt)
        over = isinstance(self.screen, Page)
        if event.is_printable and event.character and (over or not prompt.has_focus):
            if over:
                self.pop_screen()
            self.action_to_prompt()
            prompt.insert(event.character)
